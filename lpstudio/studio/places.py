"""The settings of the window; where they and the studio's other files lie is in :mod:`lpstudio.places`."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSettings, QTimer

from lpstudio.places import SETTINGS_VARIABLE, demo_folder, log_file, settings_folder
from lpstudio.studio.jobs import Jobs

__all__ = ["SETTINGS_VARIABLE", "Settings", "demo_folder", "log_file", "open_settings", "settings_folder"]

WRITTEN_AFTER_MS = 1_000  # what is changed meanwhile is written along


class Settings(QSettings):
    """An ini file that a thread writes a moment after a change.

    Left to itself Qt writes it on the GUI thread and waits there for the disk, which takes a second on a busy one.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, QSettings.Format.IniFormat)
        self._jobs = Jobs(self, threads=1)

    def event(self, event: QEvent) -> bool:
        if event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        QTimer.singleShot(WRITTEN_AFTER_MS, self, self._write)
        return True

    def _write(self) -> None:
        path = self.fileName()

        def write() -> None:
            QSettings(path, QSettings.Format.IniFormat).sync()  # all that name one file share what is to be written

        self._jobs.run(write, lambda _: self._tell_written())

    def _tell_written(self) -> None:
        """Let Qt find that nothing is left to be written, and so announce the next change."""
        super().event(QEvent(QEvent.Type.UpdateRequest))


def open_settings() -> QSettings:
    """The settings of the window: an ini file a person can read."""
    folder = settings_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(str(folder / "studio.ini"))
