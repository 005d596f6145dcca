"""The one window: rail, top bar, workspaces, status line. It is what workspaces know as the studio."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from lpstudio.studio import recent, shell_commands, theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.empty_state import EmptyState
from lpstudio.studio.exchange.commands import Exchange
from lpstudio.studio.icons import icon
from lpstudio.studio.menus import Menus, icon_action
from lpstudio.studio.notice_bar import NoticeBar
from lpstudio.studio.projects import ProjectDoor
from lpstudio.studio.rail import Rail
from lpstudio.studio.safety.ending import Ending
from lpstudio.studio.session_change import SessionChange
from lpstudio.studio.shortcuts import words
from lpstudio.studio.shortcuts.keeper import KeyKeeper
from lpstudio.studio.status_line import StatusLine, Task
from lpstudio.studio.top_bar import TopBar
from lpstudio.studio.train.glance import TrainingGlance
from lpstudio.studio.workers import WorkerPool
from lpstudio.studio.workspace import Notice, Severity, Workspace
from lpstudio.studio.workspaces import WORKSPACES, Shelf, entry_of

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.types import Origin
    from lpstudio.studio.session import ProjectSession

_log = logging.getLogger(__name__)


MINIMUM = QSize(960, 600)
SMALL_AFTER_MS = 150  # after the first paint
FRAME_HEIGHT = 40  # room that the desktop's title bar may take


class MainWindow(QMainWindow):
    """Implements :class:`lpstudio.studio.workspace.Studio`."""

    session_changed = Signal()
    first_painted = Signal()

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.setObjectName("studio")
        theme.dress(self)
        self.setWindowTitle("LP Studio")
        self.setMinimumSize(MINIMUM)
        self.setAcceptDrops(True)
        self.commands = CommandTable(self)
        self.workers = WorkerPool(self)
        self._session: ProjectSession | None = None
        self._current = ""
        self._coming = ""  # a workspace that is shown as soon as it stands
        self._painted = False
        self._arriving: Project | None = None
        self._next: Project | None = None  # waits until the open one is closed
        self.before_restore: tuple[Path, Path] | None = None  # project, and the backup that undoes its last restore
        self.change = SessionChange(self)
        self.ending = Ending(self)
        self.shelf = Shelf(self)

        shell_commands.register(self)
        self.exchange = Exchange(self)
        self.session_changed.connect(self.exchange.close_dialogs)
        words.use_table(self.commands)
        self.keys = KeyKeeper(self.commands, self)
        self.top_bar = TopBar(icon_action(self.commands, "view.palette"), self)
        self.setMenuWidget(self.top_bar)
        self.menus = Menus(self.commands, self.top_bar.menu_bar, self._build_for_menu)
        self.top_bar.project_menu.aboutToShow.connect(self._fill_project_menu)
        self._build_centre()

        self.door = ProjectDoor(self)
        self.door.opening.connect(self._say_opening)
        self.door.idle.connect(lambda: self.end_task("open"))
        self.door.opened.connect(self._prepare_for)
        self.door.failed.connect(lambda _message: self._show_project())
        self.door.failed.connect(lambda message: self.notify(Notice(message, Severity.ERROR, "file.open", "Open…")))
        self._glance = TrainingGlance(lambda: self.workspace("train"), self)
        self.keys.failed.connect(
            lambda message: self.notify(Notice(message, Severity.WARNING, "view.shortcuts", "Keys…"))
        )
        self.keys.load()
        self._watch_reader()
        self._restore_window()
        self.show_workspace("annotate")

    # -- building --------------------------------------------------------------------------------------------------

    def _build_centre(self) -> None:
        self.rail = Rail(
            [(icon_action(self.commands, f"go.{entry.id}"), entry.title) for entry in WORKSPACES],
            [icon_action(self.commands, "help.open"), icon_action(self.commands, "view.settings")],
            self,
        )
        centre = QWidget(self)
        self.stack = QStackedWidget(centre)
        self.notice_bar = NoticeBar(centre, over=self.stack)
        self.notice_bar.command_wanted.connect(self.run_command)
        self.empty_state = EmptyState(self.stack)
        self.empty_state.command_wanted.connect(self.run_command)
        self.empty_state.project_wanted.connect(self.open_project)
        self.empty_state.forget_wanted.connect(self._forget_recent)
        self.empty_state.show_recent(recent.recent_projects(self.settings))
        self.stack.addWidget(self.empty_state)
        self.status = StatusLine(self)
        self.status.command_wanted.connect(self.run_command)
        self.status.details_wanted.connect(lambda: self.run_command("view.activity"))
        upper = QHBoxLayout()
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(0)
        upper.addWidget(self.rail)
        upper.addWidget(self.stack, 1)
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper, 1)
        whole.addWidget(self.status)
        self.setCentralWidget(centre)

    def _build_for_menu(self, title: str) -> None:
        if self._session is not None and any(entry.id == title.lower() for entry in WORKSPACES):
            self.workspace(title.lower())

    def build_all(self) -> None:
        """Build every workspace that was put off, bit by bit, so that the palette gets to know all commands."""
        if self._session is not None:
            self.shelf.warm(entry.id for entry in WORKSPACES)

    def workspace(self, workspace_id: str) -> Workspace | None:
        """A workspace, built now if it was not yet; None when it cannot be built (a notice says why)."""
        found = self.shelf.now(workspace_id)
        self._come(workspace_id)
        return found

    # -- what workspaces ask ---------------------------------------------------------------------------------------

    @property
    def session(self) -> ProjectSession | None:
        return self._session

    @property
    def current_workspace(self) -> str:
        """The id of the workspace that is chosen (the empty state may be shown in its place)."""
        return self._current

    def open_project(self, path: Path) -> None:
        """Open a project folder or a data.yaml in a thread."""
        path, session = Path(path), self._session
        if session is not None and path.resolve() in (session.project.root, session.project.yaml_path.resolve()):
            self.ending.close_project(lambda: self.door.open(path))  # it cannot be claimed twice
        else:
            self.door.open(path)

    def go(self, workspace_id: str) -> None:
        """Show a workspace as soon as it stands: what is left of it is built in slices, and the present one stays."""
        if (self._session is None and entry_of(workspace_id).needs_project) or self.shelf.is_ready(workspace_id):
            self.show_workspace(workspace_id)
            return
        self._coming = workspace_id
        self.shelf.ready(workspace_id, lambda: self._come(workspace_id))

    def _come(self, workspace_id: str) -> None:
        if workspace_id == self._coming:
            self.show_workspace(workspace_id)

    def show_workspace(self, workspace_id: str) -> None:
        self._coming = ""
        entry = entry_of(workspace_id)
        wanted: QWidget | None = self.empty_state
        if self._session is not None or not entry.needs_project:
            wanted = self.workspace(workspace_id)
        if wanted is None:
            self.commands.action(f"go.{self._current}").setChecked(True)
            return
        before = self.stack.currentWidget()
        if isinstance(before, Workspace) and before is not wanted:
            before.leave()
        self._current = workspace_id
        self.commands.action(f"go.{workspace_id}").setChecked(True)
        self.commands.set_workspace(workspace_id)
        self.menus.set_workspace(workspace_id)
        self.stack.setCurrentWidget(wanted)
        self.top_bar.show_middle(wanted.top_bar() if isinstance(wanted, Workspace) else None)
        if isinstance(wanted, Workspace) and before is not wanted:
            wanted.enter()
            self.shelf.note_entered(workspace_id)
            self.commands.refresh()

    def show_crop(self, key: str, character: int | None = None) -> None:
        self.show_workspace("annotate")
        annotate: Any = self.shelf.get("annotate")
        if annotate is not None:
            annotate.show_crop(key, character)

    def review_weights(self, weights: Path) -> None:
        self.show_workspace("review")
        review: Any = self.shelf.get("review")
        if review is not None:
            review.use_weights(weights)

    def show_proposal(self, run: str) -> None:
        self.show_workspace("similarity")
        similarity: Any = self.shelf.get("similarity")
        if similarity is not None:
            similarity.show_proposal(run)

    def notify(self, notice: Notice) -> None:
        self.notice_bar.show_notice(notice)

    def keep_free(self, widget: QWidget) -> None:
        self.notice_bar.keep_free(widget)

    def set_task(self, task_id: str, text: str, fraction: float | None = None, cancel_command: str = "") -> None:
        self.status.set_task(task_id, Task(text, fraction, cancel_command))

    def end_task(self, task_id: str) -> None:
        self.status.end_task(task_id)

    def add_crop(
        self,
        image_png: bytes,
        stem: str,
        origin: Origin,
        on_done: Callable[[str], object],
        on_error: Callable[[str], object],
    ) -> None:
        if self._session is None:
            on_error("No project is open. Open one first, then add the crop.")
        else:
            self._session.add_crop(image_png, stem, origin, on_done, on_error)

    def run_command(self, command_id: str) -> None:
        """Run a command as its menu entry would."""
        self.commands.refresh()
        action = self.commands.action(command_id)
        if action.isEnabled():
            action.trigger()

    # -- projects --------------------------------------------------------------------------------------------------

    def _say_opening(self, text: str) -> None:
        self.set_task("open", text, None)
        self.top_bar.set_project(f"{text[:1].upper()}{text[1:]}…", "It is here in a moment")

    def _show_project(self) -> None:
        """Name the open project in the top row."""
        if self._session is None:
            self.top_bar.set_project("No project", "Open a project")
        else:
            project = self._session.project
            self.top_bar.set_project(project.name, str(project.yaml_path))

    def _prepare_for(self, project: Project) -> None:
        """Build what the project is to be seen in, in slices, then open it."""
        self._arriving = project
        wanted = self._current if entry_of(self._current).needs_project else ""
        arrived = functools.partial(self._arrived, project)
        if wanted:
            self.shelf.soon(wanted, arrived)
        else:
            arrived()

    def _arrived(self, project: Project) -> None:
        if project is self._arriving:
            self._arriving = None
            self._take_project(project)
        else:
            project.close()  # overtaken by another one

    def _take_project(self, project: Project) -> None:
        self._next = project
        self.ending.close_project(lambda: self._begin_session(project))
        if self._next is not None:
            self._show_project()  # until that one is saved and gone

    def _begin_session(self, project: Project) -> None:
        self._next = None
        self.change.begin(project)
        place = project.root if project.yaml_path.name == "data.yaml" else project.yaml_path
        recent.note_opened(self.settings, place)
        self.settings.setValue("projects/last", str(place))

    def use_session(self, session: ProjectSession | None) -> None:
        """Name another session, or none, as the window's; the workspaces are handed it afterwards."""
        self._session = session
        self.setWindowTitle("LP Studio" if session is None else f"{session.project.name} – LP Studio")
        self._show_project()
        if session is not None:
            session.scanned.connect(lambda: self._glance.look(session.project.root))
            session.scanned.connect(self.shelf.warm_when_quiet)

    def show_wanted(self) -> None:
        """Show the workspace that was chosen while the project came in."""
        self.show_workspace(self._coming or self._current)

    def show_empty(self) -> None:
        """Show what there is without a project."""
        self.empty_state.show_recent(recent.recent_projects(self.settings))
        self.stack.setCurrentWidget(self.empty_state)
        self.show_workspace(self._current)

    def close_project(self) -> None:
        """Close the open project. When something could not be saved it stays open and a notice says so."""
        self.ending.close_project()

    def abandon_project(self) -> None:
        """Close the project although something could not be written; what is in the journal is, at the next opening."""
        self.ending.let_go()

    def say_not_saved(self, lead: str, more: str) -> None:
        """Say which work is not in its files and why."""
        if self._next is not None:
            self._next.close()
            self._next = None
        self.change.watch.say_not_saved(lead, more)

    def _forget_recent(self, path: Path) -> None:
        recent.forget(self.settings, path)
        self.empty_state.show_recent(recent.recent_projects(self.settings))

    def _fill_project_menu(self) -> None:
        menu = self.top_bar.project_menu
        menu.clear()
        for path in recent.recent_projects(self.settings):
            action = menu.addAction(icon("folder"), recent.shown_path(path))
            action.triggered.connect(lambda _checked=False, path=path: self.open_project(path))
        menu.addSeparator()
        for command_id in ("file.open", "file.new", "file.add_images", "file.close_project"):
            menu.addAction(self.commands.action(command_id))

    # -- the reader in the status line -----------------------------------------------------------------------------

    def _watch_reader(self) -> None:
        reader = self.workers.reader
        reader.started.connect(lambda: self.status.set_reader("reader: starting…"))
        reader.crashed.connect(lambda _message: self.status.set_reader("reader: stopped"))
        reader.result_seen.connect(self._note_reader)
        for worker in (reader, self.workers.tools):
            worker.crashed.connect(
                lambda message: self.notify(Notice(message, Severity.WARNING, "view.activity", "Show its log"))
            )

    def _note_reader(self, kind: str, payload: dict[str, Any]) -> None:
        if kind == "load":
            self.status.set_reader(f"reader: {payload.get('weights')} ({payload.get('device')})")

    # -- drag and drop ---------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: shell_commands.take_dropped(self, paths))

    # -- the window itself -----------------------------------------------------------------------------------------

    def _restore_window(self) -> None:
        geometry = self.settings.value("window/geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            room = self.screen().availableGeometry().height() - FRAME_HEIGHT
            self.resize(1280, min(800, room))

    def save_window(self) -> None:
        """Remember geometry and the workspaces' panels; they are written a moment later."""
        self.settings.setValue("window/geometry", self.saveGeometry())
        for workspace in self.shelf:
            workspace.save_state(self.settings)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.commands.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
            QTimer.singleShot(SMALL_AFTER_MS, self, self.shelf.warm_the_small)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.save_window()
        if self._session is not None or self.ending.is_busy:
            event.ignore()  # closed when everything is written; the window paints meanwhile
            self.ending.close_project(self.close)
            return
        self.settings.sync()
        for workspace in self.shelf:
            workspace.shut_down()
        self.shelf.stop()
        self.change.stop()
        if self._arriving is not None:
            self._arriving.close()
        self.ending.stop()
        self._glance.stop()
        self.workers.stop()
        self.exchange.close()
        self.keys.close()
        self.door.close()
        event.accept()
