"""A TOML file whose faults are told with their line: typed values, and where each of them stands.

``tomllib`` says where the syntax breaks, but not where a value stands. Lines are therefore found by reading the headers
and keys again; a value that spans several lines counts where its key is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lpstudio.errors import LpStudioError

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r'^\s*(?:"([^"]+)"|([A-Za-z0-9_\-]+))\s*=')


class TomlFile:
    """A parsed file: its data, and the lines of its tables and keys. Raises LpStudioError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=path) from error
        except UnicodeDecodeError as error:
            raise LpStudioError("not written in UTF-8", path=path, remedy="Save it as UTF-8") from error
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            said, _, place = str(error).partition(" (at ")
            found = re.search(r"line (\d+)", place)
            line = int(found.group(1)) if found else len(text.splitlines())
            raise LpStudioError(f"this is no TOML: {said}", path=path, line=line) from None
        self._lines = _find_lines(text)

    def line(self, place: str, key: str = "") -> int | None:
        """The line of a key (or of the header, where the key has none) in a table such as ``style.2`` or ``style``."""
        return self._lines.get((place, key)) or self._lines.get((place, ""))

    def top(self) -> Table:
        """The keys before the first header."""
        return Table(self, "", self.data)

    def table(self, name: str) -> Table:
        """The table ``[name]``, empty when it is absent."""
        data = self.data.get(name, {})
        if not isinstance(data, dict):
            raise LpStudioError(f"{name} must be a table: [{name}]", path=self.path, line=self.line("", name))
        return Table(self, name, data)

    def tables(self, name: str) -> list[Table]:
        """All tables ``[[name]]`` in their order."""
        entries = self.data.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            line = self.line("", name) or self.line(name)
            raise LpStudioError(f"{name} must be written as [[{name}]]", path=self.path, line=line)
        return [Table(self, f"{name}.{number}", entry) for number, entry in enumerate(entries, 1)]


def _find_lines(text: str) -> dict[tuple[str, str], int]:
    """(table, key) to line, from 1; ``("", "")`` is line 1, a header has the key ``""``."""
    lines = {("", ""): 1}
    counts: dict[str, int] = {}
    place = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header.group(2)
            if header.group(1) == "[[":
                counts[name] = counts.get(name, 0) + 1
                place = f"{name}.{counts[name]}"
            else:
                first, dot, rest = name.partition(".")
                place = f"{first}.{counts[first]}{dot}{rest}" if first in counts else name
            lines.setdefault((place, ""), number)
        elif key := _KEY.match(line):
            lines.setdefault((place, key.group(1) or key.group(2)), number)
    return lines


class Table:
    """One table of a file, read key by key; every fault becomes an LpStudioError with file and line."""

    def __init__(self, file: TomlFile, place: str, data: Mapping[str, Any]) -> None:
        self._file = file
        self._place = place
        self.data = data

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return self._file.path.parent

    def fault(self, what: str, key: str = "") -> NoReturn:
        """Raise: ``what`` is wrong with ``key``, or with the table as a whole."""
        raise LpStudioError(
            f"{key}: {what}" if key else what, path=self._file.path, line=self._file.line(self._place, key)
        )

    def only(self, known: Collection[str]) -> None:
        """Refuse keys that mean nothing: they are mostly misspelt."""
        for key in self.data:
            if key not in known:
                self.fault(f"this is not known here. Known: {', '.join(sorted(known))}", key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value:
            self.fault("a text is needed", key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            self.fault("true or false is needed", key)
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return self._number(self.data.get(key, default), key, low, high)

    def pair(self, key: str, default: tuple[float, float] | None, low: float, high: float) -> tuple[float, float]:
        """Two numbers from ``low`` to ``high``; no default: they must be there."""
        value = self.data.get(key, default)
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
            self.fault("two numbers are needed: [first, second]", key)
        return self._number(value[0], key, low, high), self._number(value[1], key, low, high)

    def span(self, key: str, default: tuple[float, float], low: float, high: float) -> tuple[float, float]:
        """From and to: as :meth:`pair`, the first not above the second."""
        first, second = self.pair(key, default, low, high)
        if first > second:
            self.fault(f"from {first:g} to {second:g} runs backwards", key)
        return first, second

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when it is absent."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            self.fault("a list of texts is needed", key)
        return tuple(value)

    def rows(self, key: str, columns: int) -> list[list[Any]]:
        """A list of lists of ``columns`` values."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == columns for row in value):
            self.fault(f"a list of lists of {columns} values is needed", key)
        return value

    def check_number(self, value: Any, key: str, low: float, high: float) -> float:
        """A number that stands inside the value of ``key``."""
        return self._number(value, key, low, high)

    def _number(self, value: Any, key: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            self.fault(f"a number from {low:g} to {high:g} is needed, not {str(value)[:40]}", key)
        return float(value)
