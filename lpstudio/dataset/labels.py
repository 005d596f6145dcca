"""Label files: YOLO polygons ``class x1 y1 x2 y2 …``, normalised by the size of the picture after EXIF orientation.

One bad line never costs the others: it comes back as an :class:`UnreadLine` and is written back unchanged.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.types import Character, CropContent, Point, UnreadLine
from lpstudio.errors import LpStudioError

# A coordinate this far outside 0..1 is the rounding of another program, not a fault.
TOLERANCE = 1e-6
# A label file of a plate has a few kilobytes; something a thousand times larger is no label file.
MAX_BYTES = 64 * 1024 * 1024


class LabelChangedError(LpStudioError):
    """A label file is not what it was when the content that was to be written came from it."""


class _LineFaultError(Exception):
    """Why a line cannot be understood."""


def parse_label_text(text: str, alphabet: Alphabet, size: tuple[int, int]) -> CropContent:
    """The characters and the unread lines of a label file; never raises for what the text says.

    ``size``: width and height of the picture in pixels after EXIF orientation. Polygons come back in its pixels.
    Blank lines, a byte-order mark and any line ending are passed over.
    """
    characters, unread = [], []
    for number, character, fault, line in parse_lines(text, alphabet, size):
        if character is not None:
            characters.append(character)
        else:
            unread.append(UnreadLine(number, line, fault))
    return CropContent(tuple(characters), tuple(unread))


def parse_lines(text: str, alphabet: Alphabet, size: tuple[int, int]) -> list[tuple[int, Character | None, str, str]]:
    """Every line that is not blank as (line number from 1, character or None, fault, the line itself)."""
    result: list[tuple[int, Character | None, str, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        values = line.split()
        if not values:
            continue
        try:
            result.append((number, _parse_values(values, alphabet, size), "", line))
        except _LineFaultError as fault:
            result.append((number, None, str(fault), line))
    return result


def _parse_values(values: list[str], alphabet: Alphabet, size: tuple[int, int]) -> Character:
    char = alphabet.names[_class_number(values[0], len(alphabet))]
    coordinates = values[1:]
    if len(coordinates) == 4:
        raise _LineFaultError("a box or two points instead of a polygon of at least three")
    if len(coordinates) % 2:
        raise _LineFaultError(f"an odd number of coordinates ({len(coordinates)})")
    if len(coordinates) < 6:
        raise _LineFaultError(f"{len(coordinates) // 2} point(s) instead of a polygon of at least three")
    try:
        numbers = [float(value) for value in coordinates]
    except ValueError:
        bad = next(value for value in coordinates if not _is_number(value))
        raise _LineFaultError(f"{_shown(bad)} is not a number") from None
    if not (min(numbers) >= 0.0 and max(numbers) <= 1.0) or "_" in "".join(coordinates):
        numbers = [_clipped(number, value) for number, value in zip(numbers, coordinates, strict=True)]
    width, height = size
    return Character(tuple(_points(numbers, width, height)), char)


def _points(numbers: list[float], width: int, height: int) -> list[Point]:
    return [(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _class_number(value: str, count: int) -> int:
    if not _is_number(value):
        raise _LineFaultError(f"the class {_shown(value)} is not a number")
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):
        raise _LineFaultError(f"the class {_shown(value)} is not a whole number")
    if not 0 <= number < count:
        raise _LineFaultError(f"unknown class {int(number)} (the dataset has 0 to {count - 1})")
    return int(number)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return "_" not in value


def _clipped(number: float, value: str) -> float:
    # Written so that nan, which compares false to everything, is refused too.
    if "_" in value or number != number or number in (float("inf"), float("-inf")):
        raise _LineFaultError(f"{_shown(value)} is not a number")
    if not -TOLERANCE <= number <= 1.0 + TOLERANCE:
        raise _LineFaultError(f"the coordinate {_shown(value)} is outside 0 to 1")
    return min(1.0, max(0.0, number))


def _shown(value: str) -> str:
    """A value as it may stand in a message: printable and short."""
    text = value.encode("ascii", "backslashreplace").decode("ascii")
    text = "".join(c if c.isprintable() else "?" for c in text)
    return f"“{text[:24]}…”" if len(text) > 24 else f"“{text}”"


def is_written(character: Character, alphabet: Alphabet) -> bool:
    """Whether a character stands in the label file; the others (unreadable, without class) live in the store."""
    return not character.unreadable and bool(character.char) and alphabet.index(character.char) is not None


def format_label_lines(
    characters: tuple[Character, ...] | list[Character], alphabet: Alphabet, size: tuple[int, int]
) -> list[str]:
    """One line for every character that stands in the label file. Points outside the picture are moved to its edge.

    Raises ValueError for a character that has no class in ``alphabet`` or fewer than three points.
    """
    width, height = size
    lines = []
    for character in characters:
        index = alphabet.index(character.char)
        if index is None:
            raise ValueError(f"the dataset has no class {character.char!r}")
        if len(character.polygon) < 3:
            raise ValueError("a polygon needs at least three points")
        coordinates = [f"{_number(x / width)} {_number(y / height)}" for x, y in character.polygon]
        lines.append(f"{index} {' '.join(coordinates)}")
    return lines


def _number(value: float) -> str:
    """Eight decimals (0.0002 px at 20,000), but no zeros beyond the sixth, so that untouched lines stay the same."""
    if value != value:
        raise ValueError("a coordinate is not a number")
    text = f"{min(1.0, max(0.0, value)):.8f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")


def format_label_text(content: CropContent, alphabet: Alphabet, size: tuple[int, int]) -> str:
    """The whole label file: the characters that belong there, then the unread lines as they were."""
    written = [character for character in content.characters if is_written(character, alphabet)]
    lines = format_label_lines(written, alphabet, size) + [unread.text for unread in content.unread]
    return "".join(f"{line}\n" for line in lines)


def read_label_text(path: Path) -> str | None:
    """The text of a label file, or None when there is none. Raises LpStudioError when it cannot be read.

    Bytes that are no UTF-8 are kept as lone surrogates, so that the line they stand on can be written back.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LpStudioError(f"the label file cannot be read: {error.strerror or error}", path=path) from error
    if len(data) > MAX_BYTES:
        raise LpStudioError(f"too large for a label file (more than {MAX_BYTES >> 20} MB)", path=path)
    return data.decode("utf-8", "surrogateescape")


def digest_of(text: str | None) -> str:
    """A short name for what a label file says; empty when there is none."""
    if text is None:
        return ""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def read_labels(path: Path, alphabet: Alphabet, size: tuple[int, int]) -> CropContent | None:
    """What a label file says, or None when there is none. Raises LpStudioError when it cannot be read at all."""
    text = read_label_text(path)
    return None if text is None else parse_label_text(text, alphabet, size)


def write_labels(path: Path, content: CropContent, alphabet: Alphabet, size: tuple[int, int]) -> str:
    """Write a label file whole; returns its digest. Raises LpStudioError; the old file then stays as it was."""
    text = format_label_text(content, alphabet, size)
    write_bytes_atomic(path, text.encode("utf-8", "surrogateescape"))
    return digest_of(text)
