"""The keys that a person changed: what may be a key, and the file they are kept in.

``shortcuts.json`` in the settings folder: ``{"version": 1, "keys": {"annotate.verify": ["Ctrl+Return"]}}``. Commands
that are not named have their own keys; an empty list takes a command's keys away. No widgets here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError, one_line
from lpstudio.studio.commands import spelled

FILE_NAME = "shortcuts.json"
VERSION = 1
MAX_BYTES = 256 * 1024
MAX_COMMANDS = 2000
MAX_KEYS = 4  # of one command
_MAX_TEXT = 80

ChangedKeys = dict[str, tuple[str, ...]]

_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_FIXED = {
    Qt.Key.Key_Escape: "Esc always leaves what was begun",
    Qt.Key.Key_Tab: "Tab always takes the second candidate or goes to the next field",
    Qt.Key.Key_Backtab: "Tab always takes the second candidate or goes to the next field",
    Qt.Key.Key_Backspace: "Backspace always takes back the last vertex or letter, or goes a character back",
    Qt.Key.Key_Space: "Space always moves the picture, or goes on to the next character",
    Qt.Key.Key_Left: "the arrows always move",
    Qt.Key.Key_Right: "the arrows always move",
    Qt.Key.Key_Up: "the arrows always move",
    Qt.Key.Key_Down: "the arrows always move",
}
_ONLY_MODIFIERS = {
    Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock, Qt.Key.Key_unknown,
}  # fmt: skip


class KeyRefusedError(ValueError):
    """A key that no command may have; its text says why, as a sentence."""


def checked(key: str) -> str:
    """A key in Qt's portable spelling. Raises KeyRefusedError."""
    sequence = QKeySequence(key, QKeySequence.SequenceFormat.PortableText) if len(key) <= _MAX_TEXT else QKeySequence()
    if sequence.isEmpty() or not spelled(key) or sequence[0].key() in _ONLY_MODIFIERS:  # type: ignore[index]
        raise KeyRefusedError(f"{one_line(key[:_MAX_TEXT])!r} is no key")
    if sequence.count() > 1:
        raise KeyRefusedError("One key at a time: two after each other cannot be a shortcut")
    chord = sequence[0]  # type: ignore[index]
    code, modifiers = chord.key(), chord.keyboardModifiers()
    if not modifiers & _MODIFIERS:
        if _is_letter_or_digit(code):
            raise KeyRefusedError("Letters and digits always label a character; hold Ctrl or Alt with it")
        if code in _FIXED:
            raise KeyRefusedError(f"{_FIXED[code]}; hold Ctrl or Alt with it")
    return spelled(key)


def _is_letter_or_digit(code: Qt.Key) -> bool:
    value = int(code.value)
    return value < 0x01000000 and chr(value).isalnum()


@dataclass(frozen=True)
class ReadKeys:
    """What a file holds: what can be used of it, and what cannot, each as a sentence."""

    keys: ChangedKeys
    faults: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """All faults in one sentence; empty when there is none."""
        if not self.faults:
            return ""
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        return f"{self.faults[0]}{more}"


def read_keys(path: Path) -> ReadKeys:
    """Read a file of keys; what is wrong in it is left out and named. Raises LpStudioError when it is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LpStudioError(f"the shortcuts cannot be read: {error.strerror or error}", path=path) from error
    if len(data) > MAX_BYTES:
        raise LpStudioError(f"this is no file of shortcuts: it has more than {MAX_BYTES // 1024} KB", path=path)
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else one_line(str(error))
        raise LpStudioError(f"this is no file of shortcuts: {what}", path=path) from error
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, dict):
        raise LpStudioError('this is no file of shortcuts: it has no table "keys"', path=path)
    version = found.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise LpStudioError(f"the shortcuts are of version {one_line(str(version)[:20])}, which is newer", path=path)
    return _usable(keys)


def _usable(found: dict[str, object]) -> ReadKeys:
    usable: ChangedKeys = {}
    faults: list[str] = []
    for command_id, wanted in found.items():
        name = one_line(command_id[:_MAX_TEXT])
        if len(usable) >= MAX_COMMANDS:
            faults.append(f"there are more than {MAX_COMMANDS:,} commands in it")
            break
        if len(command_id) > _MAX_TEXT or not command_id.replace(".", "").replace("_", "").isalnum():
            faults.append(f"{name!r} is no command")
            continue
        if not isinstance(wanted, list) or not all(isinstance(key, str) for key in wanted):
            faults.append(f"the keys of {name} are no list of texts")
            continue
        good: list[str] = []
        for key in wanted[:MAX_KEYS]:
            try:
                good.append(checked(key))
            except KeyRefusedError as error:
                faults.append(f"{name}: {error}")
        if len(wanted) > MAX_KEYS:
            faults.append(f"{name} has more than {MAX_KEYS} keys")
        if good or not wanted:
            usable[command_id] = tuple(dict.fromkeys(good))
    return ReadKeys(usable, tuple(faults))


def write_keys(path: Path, keys: Mapping[str, tuple[str, ...]]) -> None:
    """Write a file of keys, whole or not at all. Raises LpStudioError."""
    record = {"version": VERSION, "keys": {name: list(keys[name]) for name in sorted(keys)}}
    write_bytes_atomic(path, (json.dumps(record, indent=1) + "\n").encode())
