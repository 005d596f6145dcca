"""The settings of the window; where they and the studio's other files lie is in :mod:`lpstudio.places`."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSettings, QTimer

from lpstudio.places import SETTINGS_VARIABLE, demo_folder, log_file, settings_folder
from lpstudio.studio import recent
from lpstudio.studio.ini import same
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.shared_ini import Contents, SharedIni, merged

__all__ = ["SETTINGS_VARIABLE", "Settings", "demo_folder", "log_file", "open_settings", "settings_folder"]

_log = logging.getLogger(__name__)

WRITTEN_AFTER_MS = 1_000  # what is changed meanwhile is written along
LONGEST_WRITE_MS = 5_000
_LISTS = (recent.KEY,)  # to which each studio adds its own


class Settings(QSettings):
    """An ini file that a thread writes a moment after a change, and that other studios write as well.

    Left to itself Qt writes it on the GUI thread and waits there for the disk, which takes a second on a busy one; in a
    thread it would hold the interpreter as long.
    """

    def __init__(self, path: str) -> None:
        file = SharedIni(Path(path))  # before Qt reads it: what is written in between counts as another's
        super().__init__(path, QSettings.Format.IniFormat)
        self._file = file
        self._on_disk = self._values()  # as far as known here
        self._jobs = Jobs(self, threads=1)
        self._job = 0
        self._newest = 0  # the write that may still replace the file
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
        """Write now and wait for it, as the window does when it closes: no earlier write comes after this one."""
        self._soon.stop()
        if not self._jobs.wait(LONGEST_WRITE_MS):
            _log.warning("the settings are not written yet after %d ms: the disk is slow", LONGEST_WRITE_MS)
        self._jobs.forget(self._job)
        self._newest += 1
        self._write_as_qt()

    def event(self, event: QEvent) -> bool:
        # Qt would write now; it asks once, and then no more, as it was never told that anything was written.
        return event.type() == QEvent.Type.UpdateRequest or super().event(event)

    def _write_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start(WRITTEN_AFTER_MS)

    def _write(self) -> None:
        if self._jobs.busy:
            self._write_soon()  # one at a time, that the newest is last
            return
        self._newest += 1
        number, values = self._newest, self._values()
        self._job = self._jobs.run(
            lambda: self._file.write(values, lambda: number == self._newest),
            lambda theirs: self._written(values, theirs),
            self._not_written,
        )

    def _written(self, values: dict[str, Any], theirs: Contents | None) -> None:
        if theirs is None:
            self._on_disk = values
        else:
            self._take(theirs)
            self._write()

    def _not_written(self, error: BaseException) -> None:
        if isinstance(error, TypeError):  # a key of an earlier version, perhaps, which nobody reads but Qt
            self._write_as_qt()
        else:
            _log.error("the settings were not written", exc_info=error)

    def _write_as_qt(self) -> None:
        with self._file.alone(LONGEST_WRITE_MS):
            if self._file.is_changed():
                with contextlib.suppress(OSError):  # Qt cannot read it either
                    self._take(self._file.read())
            super().sync()
            self._file.know_now()
        self._on_disk = self._values()

    def _take(self, theirs: Contents) -> None:
        """Hold what another studio wrote, and what was changed here since the file was last known."""
        ours = self._values()
        wanted = merged(self._on_disk, ours, theirs.values, _LISTS)
        for key in ours.keys() - wanted.keys():
            super().remove(key)
        for key, value in wanted.items():
            if key not in ours or not same(ours[key], value):
                super().setValue(key, value)
        self._on_disk = theirs.values
        self._file.know(theirs.stamp)

    def _values(self) -> dict[str, Any]:
        return {key: self.value(key) for key in self.allKeys()}


def open_settings() -> QSettings:
    """The settings of the window: an ini file a person can read."""
    folder = settings_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(str(folder / "studio.ini"))
