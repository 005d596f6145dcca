"""Makes the day's backup while a project is open: in a thread, when the opening is long over."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.dataset.backup import Backup
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession

_log = logging.getLogger(__name__)

FIRST_MS = 20_000  # after the crops are listed
THEN_MS = 30 * 60_000  # a session may go on past midnight


class DailyBackup(QObject):
    """For one session."""

    def __init__(self, session: ProjectSession, window: MainWindow) -> None:
        super().__init__(session)
        self._session = session
        self._window = window
        self._jobs = Jobs(self, threads=1)
        self._stopped = threading.Event()
        self._told = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.run)
        if not session.project.read_only:
            session.scanned.connect(lambda: self._timer.start(FIRST_MS))

    def run(self) -> None:
        """Make today's backup now, if it is not there."""
        project = self._session.project
        if project.read_only or self._stopped.is_set() or self._jobs.busy:
            return

        def work() -> Backup | None:
            from lpstudio.dataset.backup import back_up_daily

            return back_up_daily(project, self._stopped.is_set)

        self._jobs.run(work, self._done, self._failed)

    def _done(self, backup: Backup | None) -> None:
        if backup is not None:
            _log.info("backup %s: %d label files, %d bytes", backup.path, backup.labels, backup.bytes)
        self._timer.start(THEN_MS)

    def _failed(self, error: BaseException) -> None:
        message = plain_message(error)
        _log.warning("today's backup: %s", message)
        if not self._told and not self._stopped.is_set():
            self._told = True
            self._window.notify(Notice(f"Today's backup could not be made: {message}", Severity.WARNING))
        self._timer.start(THEN_MS)

    def stop(self) -> None:
        """The session ends; a backup that is being made is given up."""
        self._stopped.set()
        self._timer.stop()
        self._jobs.close()
