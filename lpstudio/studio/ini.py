"""Qt's ini files as text: Qt itself would hold the interpreter, and with it the window, while the disk works.

What is written here is read by QSettings (format: https://doc.qt.io/qt-6/qsettings.html#Format-enum).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QByteArray

_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


def ini_text(values: Mapping[str, Any]) -> str:
    """Keys ``section/name`` and their values as an ini file: texts, numbers, truths, bytes, and lists of them.

    Raises TypeError for a value of another kind.
    """
    sections: dict[str, list[str]] = {}
    for key, value in values.items():
        section, slash, name = key.partition("/")
        if not slash:
            section, name = "General", key
        elif section.lower() == "general":
            section = "%General"
        else:
            section = _key(section)
        sections.setdefault(section, []).append(f"{_key(name)}={_value(value)}")
    return "\n\n".join("\n".join((f"[{section}]", *lines)) for section, lines in sections.items()) + "\n"


def same(one: Any, other: Any) -> bool:
    """Whether an ini file holds both as one value: nothing in it tells ``True`` from ``"true"``, or a list of one."""
    try:
        return one == other or _value(one) == _value(other)
    except TypeError:
        return False


def _key(name: str) -> str:
    """A key with all but plain characters escaped; a further / of it is a backslash there."""
    return "".join(
        one if one in _PLAIN else "\\" if one == "/" else f"%{unit:02X}" if unit <= 0xFF else f"%U{unit:04X}"
        for one, unit in ((chr(unit), unit) for unit in _units(name))
    )


def _value(value: Any) -> str:
    if value is None or value in ([], ()):
        return "@Invalid()"
    if not isinstance(value, (list, tuple)):
        return _quoted(_plain(value))
    return ", ".join(_quoted(_plain(one)) for one in value)


def _plain(value: Any) -> str:
    if value is None:
        return "@Invalid()"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (QByteArray, bytes)):
        return f"@ByteArray({bytes(value).decode('latin-1')})"  # type: ignore[arg-type]
    if isinstance(value, str):
        return f"@{value}" if value.startswith("@") else value
    raise TypeError(f"settings hold no {type(value).__name__}")


def _quoted(text: str) -> str:
    """A text, in quotes where it needs them; others than ASCII by number, which a digit behind would lengthen."""
    if text and _PLAIN.issuperset(text.replace("/", "")):
        return text
    said = []
    in_number = False
    for unit in _units(text):
        one = chr(unit)
        literal = 0x20 <= unit < 0x7F and one not in '"\\' and not (in_number and one in "0123456789abcdefABCDEF")
        said.append(one if literal else f"\\x{unit:x}")
        in_number = not literal
    return f'"{"".join(said)}"'


def _units(text: str) -> list[int]:
    """The UTF-16 code units of a text, in which Qt counts."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [data[at] | data[at + 1] << 8 for at in range(0, len(data), 2)]
