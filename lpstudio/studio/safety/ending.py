"""The end of a session: what waits is written and the project let go while the window goes on painting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lpstudio.studio.jobs import Jobs
from lpstudio.studio.workspace import Workspace

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession

_TASK = "close"


class Ending(QObject):
    """Closes the window's project. Its parts are the window's; the slow ones run in a thread."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._jobs = Jobs(self, threads=1)
        self._then: list[Callable[[], object]] = []
        self._writing = False
        self._letting_go = 0
        self._asked_twice = False

    @property
    def is_busy(self) -> bool:
        """Whether a project is being closed."""
        return self._writing or self._letting_go > 0

    def close_project(self, then: Callable[[], object] | None = None) -> None:
        """Write what waits, close the project, then ``then()``.

        When something cannot be written the project stays open and a notice says so; what is at least in the journal
        may be left to it by asking again.
        """
        session = self._window.session
        if session is None and not self.is_busy:
            if then is not None:
                then()
            return
        if then is not None:
            self._then.append(then)
        if session is None or self._writing:
            return
        current = self._window.stack.currentWidget()
        if isinstance(current, Workspace):
            current.leave()
        self._writing = True
        self._window.set_task(_TASK, "writing what waits", None)
        session.when_written(lambda written: self._written(session, written))

    def _written(self, session: ProjectSession, written: bool) -> None:
        self._writing = False
        self._window.end_task(_TASK)
        if session is not self._window.session:
            return
        if written or session.project.read_only or self._may_leave(session):
            self.let_go()
            return
        self._then.clear()
        current = self._window.stack.currentWidget()
        if isinstance(current, Workspace):
            current.enter()
        self._asked_twice = session.is_safe
        self._window.say_not_saved(
            "The project stays open: ",
            " It is safe in the journal: close once more to leave it to the next opening." if session.is_safe else "",
        )

    def _may_leave(self, session: ProjectSession) -> bool:
        """What is in the journal is written at the next opening; what waits for a choice is asked again there."""
        only_conflicts = not session.has_failed and session.pending <= len(session.conflicts)
        return session.is_safe and (only_conflicts or self._asked_twice)

    def let_go(self) -> None:
        """Close the project as it is, whatever could not be written."""
        session = self._window.session
        if session is None:
            return
        self._asked_twice = False
        self._letting_go += 1
        self._window.change.end(lambda: self._abandon(session))

    def _abandon(self, session: ProjectSession) -> None:
        """Nobody looks at it any more."""
        self._jobs.run(session.abandon, lambda _: self._gone(session), lambda _error: self._gone(session))

    def _gone(self, session: ProjectSession) -> None:
        self._letting_go -= 1
        session.deleteLater()
        if not self.is_busy:
            then, self._then = self._then, []
            for each in then:
                each()

    def stop(self) -> None:
        """The window closes."""
        self._jobs.close()
