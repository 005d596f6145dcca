"""Sources and targets in memory, crops from hypothesis, and small projects for the tests of the exchange."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

from lpstudio.alphabet import CHARACTERS, Alphabet
from lpstudio.dataset.exchange.formats import FORMATS, Format
from lpstudio.dataset.exchange.model import ExchangedCrop, Place
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.types import Candidate, Character, CropState, Origin
from lpstudio.errors import LpStudioError

ALPHABET = Alphabet.standard()
SIZE = (120, 60)
PLACE = Place("here")


class MemoryTree(Tree):
    """A source that is a dictionary."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__("memory")
        self.files = files
        self.names = sorted(files)

    def _pieces(self, name: str) -> Iterator[bytes]:
        yield self.files[name]


class MemorySink(Sink):
    """A target that is a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        assert name not in self.files
        self.files[name] = data

    def copy(self, name: str, path: Path) -> None:
        self.write(name, path.read_bytes())

    def finish(self) -> None: ...

    def discard(self) -> None: ...


def png(size: tuple[int, int] = SIZE, shade: int = 0) -> bytes:
    """A picture as PNG bytes."""
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, "PNG")
    return buffer.getvalue()


def header_png(size: tuple[int, int]) -> bytes:
    """As much of a PNG as its size stands in: pictures of 20,000 pixels need not be made to be measured."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0), b"IDAT", b"IEND")
    parts = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def written(chosen: Format, crops: list[ExchangedCrop], pictures: bool = True) -> tuple[dict[str, bytes], Report]:
    """The files that a format makes of crops."""
    sink, report = MemorySink(), Report()
    writer = chosen.writer(sink, ALPHABET, report)
    for crop in crops:
        writer.add(crop)
        if pictures:
            sink.write(chosen.picture_place(crop.name), header_png(crop.size or SIZE))
    writer.finish()
    return sink.files, report


def read(chosen: Format, files: dict[str, bytes]) -> tuple[list[ExchangedCrop], Report]:
    """The crops that a format finds in files."""
    report = Report()
    with MemoryTree(files) as tree:
        return list(chosen.read(tree, report)), report


def there_and_back(name: str, crops: list[ExchangedCrop]) -> tuple[list[ExchangedCrop], Report]:
    """Through a format and back, in the order they went."""
    chosen = FORMATS[name]
    files, lost = written(chosen, crops)
    assert not lost.losses
    back, report = read(chosen, files)
    by_name = {crop.name.rpartition("/")[2]: crop for crop in back}
    return [by_name[crop.name.rpartition("/")[2]] for crop in crops], report


def square(char: str = "A", x: float = 10.0, **fields: object) -> Character:
    """A character 8 pixels wide."""
    polygon = ((x, 10.0), (x + 8.0, 10.0), (x + 8.0, 40.0), (x, 40.0))
    return Character(polygon, char, **fields)  # type: ignore[arg-type]


def make_project(root: Path, crops: dict[str, str | None], size: tuple[int, int] = SIZE) -> Path:
    """A project on disk: {"train/a": label text or None}; every picture has a shade of its own."""
    for split in ("train", "val"):
        (root / "images" / split).mkdir(parents=True)
        (root / "labels" / split).mkdir(parents=True)
    names = ", ".join(f"'{c}'" for c in CHARACTERS)
    (root / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: [{names}]\n")
    for number, (name, text) in enumerate(crops.items()):
        (root / "images" / f"{name}.png").write_bytes(png(size, number % 256))
        if text is not None:
            (root / "labels" / f"{name}.txt").write_text(text)
    return root


# --- crops from hypothesis -----------------------------------------------------------------------------------------

_numbers = st.floats(0, 1, allow_nan=False, width=32)
_chars = st.sampled_from(CHARACTERS)
_candidates = st.lists(st.builds(Candidate, _chars, st.floats(0, 1)), max_size=3).map(tuple)
_texts = st.none() | st.text(CHARACTERS, min_size=1, max_size=8)
_origins = st.none() | st.builds(
    Origin,
    st.text(min_size=1, max_size=20).filter(lambda s: s.isprintable()),
    st.none() | st.integers(0, 10**6),
    st.none() | st.floats(0, 1e5),
    st.none() | st.tuples(*[st.floats(-1e4, 1e4)] * 4),
)


@st.composite
def characters(draw: st.DrawFn, size: tuple[int, int], *, scored: bool) -> Character:
    width, height = size
    points = draw(st.lists(st.tuples(_numbers, _numbers), min_size=3, max_size=12))
    polygon = tuple((x * width, y * height) for x, y in points)
    unreadable = draw(st.booleans())
    char = draw(st.just("") | _chars) if unreadable else draw(_chars)
    confidence = draw(st.none() | st.floats(0, 1)) if scored else None
    return Character(polygon, char, unreadable, draw(_candidates) if scored else (), confidence)


@st.composite
def crops(draw: st.DrawFn, *, scored: bool = True) -> ExchangedCrop:
    size = draw(st.tuples(st.integers(2, 20_000), st.integers(2, 20_000)))
    state = draw(st.sampled_from(CropState))
    several = st.lists(characters(size, scored=scored), max_size=5)
    found = () if state is CropState.UNLABELLED else tuple(draw(several))
    split = draw(st.sampled_from(("train", "val", "test")))
    stem = draw(st.text("abcäß 漢_-()'&<>", min_size=1, max_size=12).map(str.strip).filter(bool))
    text, origin = draw(_texts), draw(_origins)
    return ExchangedCrop(f"{split}/{stem}.png", PLACE, found, state, size, False, text, split, origin)


def in_pixels(crop: ExchangedCrop, size: tuple[int, int]) -> list[tuple[tuple[float, float], ...]]:
    """The outlines of a crop in pixels of a picture."""
    width, height = size if crop.relative else (1, 1)
    return [tuple((x * width, y * height) for x, y in character.polygon) for character in crop.characters]


def readable(error: LpStudioError) -> bool:
    """Whether an error is one line with a reason."""
    return bool(error.what) and "\n" not in error.message
