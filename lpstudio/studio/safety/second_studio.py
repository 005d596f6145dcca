"""Two studios on one project: this one listens whether another asks for the project, and lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from lpstudio.dataset.read_only import READ_ONLY_ASKED
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.dataset.ownership import Owner, Ownership
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession

LISTEN_MS = 700
_HAND_OVER_S = 3.0  # how long another studio waits for what is still being written here


class SecondStudio(QObject):
    """Watches over one session's claim on its project."""

    def __init__(self, session: ProjectSession, window: MainWindow) -> None:
        super().__init__(session)
        self._session = session
        self._window = window
        self._jobs = Jobs(self, threads=1)
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setInterval(LISTEN_MS)
        self._timer.timeout.connect(self._listen)
        if session.project.ownership is not None:
            self._timer.start()

    def _listen(self) -> None:
        ownership = self._session.project.ownership
        if ownership is None or self._asking:
            return
        self._asking = True

        def look(claim: Ownership = ownership) -> tuple[Owner | None, bool]:
            return claim.wanted_by(), claim.is_ours()

        self._jobs.run(look, self._heard, lambda _error: self._rest())

    def _rest(self) -> None:
        self._asking = False

    def _heard(self, answer: tuple[Owner | None, bool]) -> None:
        wanted_by, is_ours = answer
        if not is_ours:
            self._lost(self._session.project.ownership.owner() if self._session.project.ownership else None)
        elif wanted_by is not None:
            self._session.when_written(lambda _written: self._hand_over(wanted_by), _HAND_OVER_S)
        else:
            self._rest()

    def _hand_over(self, to: Owner) -> None:
        """Let the project go: the other studio waits for that."""
        ownership = self._session.project.ownership
        self._lost(to)
        if ownership is not None:
            self._jobs.run(ownership.release)

    def _lost(self, to: Owner | None) -> None:
        self._timer.stop()
        self._session.become_read_only(READ_ONLY_ASKED)
        who = f" ({to.shown})" if to is not None else ""
        text = f"Another studio{who} took this project over. Everything done here is saved; here you can only look now"
        self._window.notify(Notice(text, Severity.WARNING, "file.take_over", "Take it back"))

    def stop(self) -> None:
        """The session ends."""
        self._timer.stop()
        self._jobs.close()
