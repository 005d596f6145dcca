"""The workspaces of the window: what there is, and their building, at once or bit by bit before anyone enters them."""

from __future__ import annotations

import functools
import importlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.studio import icons
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.slices import Slices, Steps, run_out
from lpstudio.studio.workspace import Notice, Severity, Workspace

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession

_log = logging.getLogger(__name__)

_SMALL = (
    "lpstudio.studio.palette",
    "lpstudio.studio.shortcuts.sheet",
    "lpstudio.studio.settings_dialog",
    "PIL.JpegImagePlugin",  # measures pictures: to load it while the first crop was painted held the window
    "tomlkit",  # writes lpstudio.toml: to load it at the first change held the window although a thread did
)
WARM_AFTER_MS = 1200  # of quiet after a project is there, until the others are built


@dataclass(frozen=True)
class WorkspaceEntry:
    """A workspace before it is built."""

    id: str
    title: str
    icon: str
    class_name: str
    tip: str
    needs_project: bool = True
    more_modules: tuple[str, ...] = ()  # what it loads at its first use

    @property
    def module(self) -> str:
        return f"lpstudio.studio.{self.id}.workspace"

    def load(self) -> None:
        """Import everything it needs; takes long, for a thread."""
        for module in (self.module, *self.more_modules):
            importlib.import_module(module)


WORKSPACES = (
    WorkspaceEntry(
        "annotate",
        "Annotate",
        "pencil-line",
        "AnnotateWorkspace",
        "Draw and label characters",
        more_modules=("numpy.ma", "lpstudio.studio.session"),
    ),
    WorkspaceEntry("similarity", "Similarity", "grid-3x3", "SimilarityWorkspace", "Say which characters look alike"),
    WorkspaceEntry("train", "Train", "chart-spline", "TrainWorkspace", "Train and follow runs"),
    WorkspaceEntry("review", "Review", "scan-eye", "ReviewWorkspace", "Read plates and correct them", False),
)
_BY_ID = {entry.id: entry for entry in WORKSPACES}


def entry_of(workspace_id: str) -> WorkspaceEntry:
    return _BY_ID[workspace_id]


class Shelf(QObject):
    """Builds each workspace once. ``now`` builds on the spot; ``soon`` and ``warm`` in slices beside other work."""

    built = Signal(str)  # the id of a workspace that stands now
    furnished = Signal(str)  # and has everything made that its first entry needs

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._built: dict[str, Workspace] = {}
        self._building: dict[str, Steps] = {}
        self._broken: set[str] = set()  # not tried again: a part of them stands already
        self._furnished: set[str] = set()
        self._given: dict[str, ProjectSession | None] = {}  # what each workspace was told last
        self._slices = Slices(self)
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._warm_timer = QTimer(self)
        self._warm_timer.setSingleShot(True)
        self._warm_timer.timeout.connect(lambda: self.warm(_BY_ID))

    def __iter__(self) -> Iterator[Workspace]:
        return iter(list(self._built.values()))

    def get(self, workspace_id: str) -> Workspace | None:
        """The workspace if it is built."""
        return self._built.get(workspace_id)

    def now(self, workspace_id: str) -> Workspace | None:
        """The workspace, built on the spot if need be; None when it cannot be built (a notice says why)."""
        if workspace_id not in self._built:
            run_out(self._steps(workspace_id))
        self.give(workspace_id)
        return self._built.get(workspace_id)

    def give(self, workspace_id: str) -> None:
        """Hand the window's session to a workspace that stands, unless it has it already."""
        built, session = self._built.get(workspace_id), self._window.session
        if built is not None and self._given.get(workspace_id) is not session:
            self._given[workspace_id] = session
            built.set_session(session)

    def soon(self, workspace_id: str, done: Callable[[], object]) -> None:
        """Build a workspace in slices, then call ``done`` (also when it cannot be built)."""
        if workspace_id in self._built:
            done()
            return
        self._load(workspace_id, lambda: self._slices.add(self._steps(workspace_id), done))

    def is_ready(self, workspace_id: str) -> bool:
        """Whether a workspace can be entered without anything being made."""
        if workspace_id in self._broken:
            return True
        return workspace_id in self._furnished and self._given.get(workspace_id) is self._window.session

    def note_entered(self, workspace_id: str) -> None:
        """Someone entered it, which made what was left to be made."""
        self._furnished.add(workspace_id)

    def ready(self, workspace_id: str, done: Callable[[], object]) -> None:
        """Build and furnish a workspace in slices, then call ``done`` (also when it cannot be built)."""
        self._load(workspace_id, lambda: self._slices.add(self._warm(workspace_id), done))

    def warm(self, workspace_ids: Iterable[str]) -> None:
        """Load, build and furnish these in slices, each when the one before is done."""
        for workspace_id in workspace_ids:
            self._load(workspace_id, functools.partial(self._add_warm, workspace_id))

    def _add_warm(self, workspace_id: str) -> None:
        self._slices.add(self._warm(workspace_id))

    def warm_the_small(self) -> None:
        """Load in a thread what small parts of the window need at their first use."""
        self._jobs.run(icons.read_all)
        for module in _SMALL:
            self._jobs.run(functools.partial(importlib.import_module, module))

    def warm_when_quiet(self) -> None:
        """Do so with all of them when nothing was opened or entered for a while."""
        self._warm_timer.start(WARM_AFTER_MS)

    def stop(self) -> None:
        """Build no more."""
        self._warm_timer.stop()
        self._slices.stop()
        self._jobs.close()

    def _load(self, workspace_id: str, then: Callable[[], object]) -> None:
        """Import in a thread, which spares the GUI thread; what fails there fails again, and is told, on building."""
        self._jobs.run(_BY_ID[workspace_id].load, lambda _: then(), lambda _error: then())

    def _warm(self, workspace_id: str) -> Steps:
        yield from self._steps(workspace_id)
        self.give(workspace_id)
        yield
        built = self._built.get(workspace_id)
        if built is not None and (self._window.session is not None or not _BY_ID[workspace_id].needs_project):
            yield from built.furnish()
            self._furnished.add(workspace_id)
            self.furnished.emit(workspace_id)

    def _steps(self, workspace_id: str) -> Steps:
        """The steps that are left until the workspace stands; whoever runs them, each is run once."""
        if workspace_id in self._built or workspace_id in self._broken:
            return
        steps = self._building.get(workspace_id)
        if steps is None:
            steps = self._building[workspace_id] = self._build(_BY_ID[workspace_id])
        while workspace_id in self._building:
            if next(steps, self) is self:
                return
            yield

    def _build(self, entry: WorkspaceEntry) -> Steps:
        window = self._window
        try:
            module = importlib.import_module(entry.module)
            yield
            built: Workspace = getattr(module, entry.class_name)(window, window.stack)
            yield
            yield from built.prepare()
            yield from built.register_commands() or ()
            built.restore_state(window.settings)
            yield
        except Exception as error:  # one broken workspace must not take the others with it
            self._broken.add(entry.id)
            _log.exception("workspace %s cannot be built", entry.id)
            text = f"{entry.title} cannot be opened: {error}"
            window.notify(Notice(text, Severity.ERROR, "view.log", "Show the log"))
            return
        finally:
            self._building.pop(entry.id, None)
        self._built[entry.id] = built
        window.stack.addWidget(built)
        self.built.emit(entry.id)
        window.commands.set_workspace(window.current_workspace)
        self.give(entry.id)
