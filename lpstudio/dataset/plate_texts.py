"""``plates.csv``: the known text of each plate (columns file, text and perhaps split)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from lpstudio.errors import LpStudioError

FILE_NAME = "plates.csv"


def normalise_text(text: str) -> str:
    """A plate's text as it is kept: upper case, letters and digits only (no blanks, no hyphens)."""
    return "".join(character for character in text.upper() if character.isalnum())


class PlateTexts:
    """The texts of a ``plates.csv``, found by a crop's key.

    A row's ``file`` may be a whole key, the end of one, or a file name; with a ``split`` column the row counts for that
    split alone where a name occurs in several.
    """

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        """``rows``: (file, split or empty, text)."""
        self._texts: dict[tuple[str, str], str] = {}
        for file, split, text in rows:
            self._texts[file, split] = text
            self._texts.setdefault((file, ""), text)
        self._splits = {file: split for file, split, _ in rows if split}
        self._deep = any("/" in file for file, _, _ in rows)

    def __len__(self) -> int:
        return len({file for file, _ in self._texts})

    def text_of(self, key: str, split: str = "") -> str | None:
        """The text of a crop, or None when it is not known."""
        for candidate in self._ends(key):
            for which in (split, "") if split else ("",):
                text = self._texts.get((candidate, which))
                if text is not None:
                    return text
        return None

    def split_of(self, key: str) -> str | None:
        """The split that the rows give a crop, or None."""
        return next((self._splits[end] for end in self._ends(key) if end in self._splits), None)

    def _ends(self, key: str) -> list[str]:
        """What a row may call a crop: its key, the ends of it, its file name."""
        parts = key.split("/")
        return ["/".join(parts[at:]) for at in range(len(parts))] if self._deep else parts[-1:]


def read_plate_texts(path: Path) -> PlateTexts:
    """Read a ``plates.csv``. Raises LpStudioError (file, line)."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=path) from error
    except UnicodeDecodeError as error:
        raise LpStudioError("not written in UTF-8", path=path, remedy="Save it as UTF-8") from error
    lines = text.splitlines()
    if not lines:
        return PlateTexts([])
    reader = csv.reader(lines, delimiter=";" if lines[0].count(";") > lines[0].count(",") else ",")
    rows: list[tuple[str, str, str]] = []
    try:
        header = [name.strip().lower() for name in next(reader)]
        if "file" not in header or "text" not in header:
            raise LpStudioError("the columns file and text are needed", path=path, line=1)
        file_at, text_at = header.index("file"), header.index("text")
        split_at = header.index("split") if "split" in header else None
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) <= max(file_at, text_at):
                raise LpStudioError("a column is missing", path=path, line=reader.line_num)
            file = row[file_at].strip().replace("\\", "/").removeprefix("./")
            plate = normalise_text(row[text_at])
            if file and plate:
                split = row[split_at].strip() if split_at is not None and split_at < len(row) else ""
                rows.append((file, split, plate))
    except csv.Error as error:
        raise LpStudioError(f"broken CSV: {error}", path=path, line=reader.line_num) from error
    return PlateTexts(rows)


def format_plate_texts(rows: list[tuple[str, str, str]]) -> str:
    """The text of a ``plates.csv`` from (file, split, text) rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("file", "split", "text"))
    writer.writerows(rows)
    return buffer.getvalue()
