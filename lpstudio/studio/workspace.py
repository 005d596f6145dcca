"""What a workspace is to the main window, and what the main window is to a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from lpstudio.dataset.types import Origin
    from lpstudio.studio.commands import CommandTable
    from lpstudio.studio.session import ProjectSession
    from lpstudio.studio.workers import WorkerPool


class Severity(Enum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Notice:
    """A bar above the workspace: what happened, and at most one command that mends it."""

    text: str
    severity: Severity = Severity.INFO
    command_id: str = ""
    command_title: str = ""


class Studio(Protocol):
    """What workspaces may ask of the main window. There is no other way from a workspace to the rest."""

    commands: CommandTable
    workers: WorkerPool
    settings: QSettings

    @property
    def session(self) -> ProjectSession | None:
        """The open project, or None."""
        ...

    def open_project(self, path: Path) -> None:
        """Open a project folder or a data.yaml in place of the present one."""
        ...

    def show_workspace(self, workspace_id: str) -> None: ...

    def show_crop(self, key: str, character: int | None = None) -> None:
        """Go to Annotate, to one crop, and select one of its characters."""
        ...

    def review_weights(self, weights: Path) -> None:
        """Go to Review with these weights chosen."""
        ...

    def show_proposal(self, run: str) -> None:
        """Go to Similarity, to what the confusions of a run say against the present groups."""
        ...

    def notify(self, notice: Notice) -> None: ...

    def keep_free(self, widget: QWidget) -> None:
        """Notices do not cover this part of a workspace."""
        ...

    def set_task(self, task_id: str, text: str, fraction: float | None = None, cancel_command: str = "") -> None:
        """Show running work in the status line; ``fraction`` 0 to 1, None while unknown."""
        ...

    def end_task(self, task_id: str) -> None: ...

    def add_crop(
        self,
        image_png: bytes,
        stem: str,
        origin: Origin,
        on_done: Callable[[str], object],
        on_error: Callable[[str], object],
    ) -> None:
        """Add a picture to the project (train split) in a thread; then ``on_done(key)``, or ``on_error(message)``."""
        ...


class Workspace(QWidget):
    """Base of the four workspaces. Subclasses set ``id``, ``title`` and ``icon`` and override what they need."""

    id = ""
    title = ""
    icon = ""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio

    # Building goes in slices, so that the window answers meanwhile: every ``yield`` ends one, of 10 ms at most.

    def prepare(self) -> Iterator[None]:
        """Make the widgets; called once, before anything else."""
        yield from ()

    def register_commands(self) -> Iterator[None] | None:
        """Register this workspace's commands with ``self.studio.commands``; called once, before the first show."""
        return None

    def furnish(self) -> Iterator[None]:
        """Make what :meth:`enter` would have to make, while nobody waits for it; ``enter`` may come in between."""
        yield from ()

    def set_session(self, session: ProjectSession | None) -> None:
        """A project was opened (or closed: None)."""

    def top_bar(self) -> QWidget | None:
        """A widget for the row between project and palette (split, query…); the same one every time."""
        return None

    def enter(self) -> None:
        """The workspace came to the front: build what was put off until now, take the focus."""

    def leave(self) -> None:
        """Another workspace comes to the front."""

    def drop(self, paths: list[Path]) -> bool:
        """Files were dropped on it; True when it took them (else the main window does what is usual)."""
        return False

    def save_state(self, settings: QSettings) -> None:
        """Write splitter positions and choices to ``settings`` (in a group of the workspace's own)."""

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of :meth:`save_state`."""

    def shut_down(self) -> None:
        """The window closes: stop timers and processes that belong to this workspace."""
