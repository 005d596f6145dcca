"""A project comes into the window or goes out of it: each part in a slice of its own, so that the window answers.

Hidden workspaces are handed the new state last. Whoever shows one earlier hands it over then (:meth:`Shelf.give`), so
nobody ever sees one with another project than the window's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lpstudio.studio.safety.daily_backup import DailyBackup
from lpstudio.studio.safety.second_studio import SecondStudio
from lpstudio.studio.session_watch import SessionWatch
from lpstudio.studio.slices import Slices, Steps

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession


class SessionChange(QObject):
    """Begins and ends the window's session, with what accompanies it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._slices = Slices(self)
        self._watch: SessionWatch | None = None
        self._second: SecondStudio | None = None
        self.daily: DailyBackup | None = None

    @property
    def watch(self) -> SessionWatch:
        """What tells of the open project's troubles; there is one while a project is open."""
        assert self._watch is not None
        return self._watch

    def begin(self, project: Project) -> None:
        """Let the window show this project from now on; no other may be open."""
        from lpstudio.studio.session import ProjectSession

        session = ProjectSession(project, self._window)
        self._watch = SessionWatch(session, self._window)
        self._second = SecondStudio(session, self._window)
        self.daily = DailyBackup(session, self._window)
        self._window.use_session(session)
        self._slices.add(self._bring_in(session))

    def _bring_in(self, session: ProjectSession) -> Steps:
        window = self._window
        window.shelf.give(window.current_workspace)
        yield
        window.show_wanted()
        session.scan()  # what it finds is shown in a workspace that has its size already
        yield
        window.commands.refresh()
        window.session_changed.emit()
        yield
        yield from self._hand_round()

    def _hand_round(self) -> Steps:
        for workspace in self._window.shelf:
            self._window.shelf.give(workspace.id)
            yield

    def end(self, then: Callable[[], object]) -> None:
        """Show no project any more, then call ``then``; until that nobody may close the session's project."""
        self._slices.stop()  # it may still be coming in
        self.watch.stop()
        self._watch = None
        if self._second is not None:
            self._second.stop()
            self._second = None
        if self.daily is not None:
            self.daily.stop()
            self.daily = None
        window = self._window
        window.use_session(None)
        window.shelf.give(window.current_workspace)  # at once: it has the keys
        self._slices.add(self._take_out(), then)

    def _take_out(self) -> Steps:
        window = self._window
        window.show_empty()
        yield
        yield from self._hand_round()
        window.commands.refresh()
        window.session_changed.emit()
        yield

    def stop(self) -> None:
        """The window closes."""
        self._slices.stop()
