"""The settings of the window; where they and the studio's other files lie is in :mod:`lpstudio.places`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSettings, QTimer

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.places import SETTINGS_VARIABLE, demo_folder, log_file, settings_folder
from lpstudio.studio.ini import ini_text
from lpstudio.studio.jobs import Jobs

__all__ = ["SETTINGS_VARIABLE", "Settings", "demo_folder", "log_file", "open_settings", "settings_folder"]

WRITTEN_AFTER_MS = 1_000  # what is changed meanwhile is written along
_LONGEST_WRITE_MS = 5_000


class Settings(QSettings):
    """An ini file that a thread writes a moment after a change.

    Left to itself Qt writes it on the GUI thread and waits there for the disk, which takes a second on a busy one; in a
    thread it would hold the interpreter as long.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, QSettings.Format.IniFormat)
        self._jobs = Jobs(self, threads=1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._write)

    def setValue(self, key: str, value: Any) -> None:
        super().setValue(key, value)
        self._write_soon()

    def remove(self, key: str) -> None:
        super().remove(key)
        self._write_soon()

    def sync(self) -> None:
        """Write now and wait for it, as the window does when it closes: no earlier write may come after this one."""
        self._soon.stop()
        self._jobs.wait(_LONGEST_WRITE_MS)
        super().sync()

    def event(self, event: QEvent) -> bool:
        # Qt would write now; it asks once, and then no more, as it was never told that anything was written.
        return event.type() == QEvent.Type.UpdateRequest or super().event(event)

    def _write_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start(WRITTEN_AFTER_MS)

    def _write(self) -> None:
        path, values = Path(self.fileName()), {key: self.value(key) for key in self.allKeys()}
        self._jobs.run(lambda: write_bytes_atomic(path, ini_text(values).encode()))


def open_settings() -> QSettings:
    """The settings of the window: an ini file a person can read."""
    folder = settings_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(str(folder / "studio.ini"))
