"""Between the command table and the file of changed keys: reads it at the start, writes it after every change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lpstudio.errors import LpStudioError
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.places import settings_folder
from lpstudio.studio.shortcuts.keymap import FILE_NAME, ChangedKeys, read_keys, write_keys

_log = logging.getLogger(__name__)


class KeyKeeper(QObject):
    """Changes keys with undo, and keeps them in the settings folder."""

    failed = Signal(str)  # one sentence: the file could not be read or written
    history_changed = Signal()

    def __init__(self, table: CommandTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._path = settings_folder() / FILE_NAME
        self._past: list[ChangedKeys] = []
        self._jobs = Jobs(self, threads=1, in_order=True)

    def load(self) -> None:
        """Take the keys of the file, where there is one; a small file, read at once so that no key is wrong first."""
        if not self._path.is_file():
            return
        try:
            found = read_keys(self._path)
        except LpStudioError as error:
            self.failed.emit(f"{error.message}; the keys are as they were made")
            return
        self._table.set_changed_keys(found.keys)
        for fault in found.faults:
            _log.warning("%s: %s", self._path, fault)
        if found.faults:
            self.failed.emit(f"{self._path.name}: {found.message}; the rest counts")

    def take(self, path: Path) -> str:
        """Import a file of keys in place of the present ones; what cannot be used of it, as a sentence.

        Raises LpStudioError when it is no such file.
        """
        found = read_keys(path)
        self.change(found.keys)
        return found.message

    def export(self, path: Path) -> None:
        """Write the changed keys to a file of the person's own. Raises LpStudioError."""
        write_keys(path, self._table.changed_keys)

    def change(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Give commands these keys in place of all that were changed before; kept in the file soon."""
        before = self._table.changed_keys
        wanted = {name: tuple(given) for name, given in keys.items()}
        if wanted == before:
            return
        self._past.append(before)
        self._apply(wanted)

    def set_keys(self, command_id: str, keys: tuple[str, ...], *, taking: bool = False) -> None:
        """Give one command these keys; ``taking``: those whose keys they were lose them."""
        changed = self._table.changed_keys
        if taking:
            for key in keys:
                for other in self._table.taken_by(command_id, key):
                    left = tuple(own for own in self._table.keys(other.id) if own != key)
                    changed[other.id] = left
        changed[command_id] = keys
        if keys == self._table.own_keys(command_id):
            del changed[command_id]
        self.change(changed)

    def reset(self, command_id: str) -> None:
        """Give one command its own keys back."""
        changed = self._table.changed_keys
        changed.pop(command_id, None)
        self.change(changed)

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self._apply(self._past.pop())

    def _apply(self, keys: ChangedKeys) -> None:
        self._table.set_changed_keys(keys)
        self.history_changed.emit()
        path = self._path
        self._jobs.run(
            lambda: write_keys(path, keys),
            on_error=lambda error: self.failed.emit(f"The shortcuts count until the end: {plain_message(error)}"),
        )

    def close(self) -> None:
        """Wait until everything is written."""
        self._jobs.wait(3000)
        self._jobs.close()
