"""YOLO: polygons or boxes in one text file for every picture, with a ``data.yaml`` or a list of class names.

What the lines have no place for (states, texts, unreadable characters, origins) goes into ``crops.jsonl`` and
``plates.csv`` beside the yaml, as in a project; a dataset that has them brings them back. Lines that end in a
confidence, as predictions do, make a draft.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

from lpstudio.alphabet import Alphabet
from lpstudio.dataset import labels, records
from lpstudio.dataset.exchange import limits, shapes
from lpstudio.dataset.exchange.model import ExchangedCrop, resolved_state
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.reading import CropReader, lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.exchange.yolo_layout import has_names, read_layout
from lpstudio.dataset.plate_texts import format_plate_texts
from lpstudio.dataset.records import CropRecord, KeptCharacter
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError


def recognise(tree: Tree) -> bool:
    """Whether there are class names and label files."""
    return has_names(tree)


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of all pictures, and those of label files whose picture is not there."""
    layout = read_layout(tree, report)
    for picture, label in layout.pairs(tree):
        name = picture or layout.picture_name(label or "")
        split = layout.split_of(name) or split_of(name.rpartition("/")[0])
        reader = CropReader(name, tree.place(label or picture or ""), report)
        known = layout.records.pop(name, None)
        labelled = False
        if label is not None:
            try:
                _read_lines(tree.read(label), layout.alphabet, reader)
                labelled = True
            except LpStudioError as error:
                lose_file(report, error)
                reader.incomplete = True
        if known is not None:
            _add_known(tree, picture, known, reader, report)
        reader.text = reader.text or layout.texts.text_of(name, split or "")
        if reader.state is None and labelled:
            state = resolved_state(None, tuple(reader.characters))
            # An empty label file says that there are no characters.
            reader.state = CropState.LABELLED if state is CropState.UNLABELLED else state
        yield reader.crop(relative=True, split=split, picture=picture)
    for record in layout.records.values():
        report.lose("crops", f"{shown(record.key)}: the picture is not there", tree.place(layout.records_name))


def _read_lines(data: bytes, alphabet: Alphabet, reader: CropReader) -> None:
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        values = line.split()
        if not values:
            continue
        try:
            char = alphabet.names[_class_number(values[0], len(alphabet))]
        except ShapeError as error:
            reader.lose(str(error), number)
            continue
        coordinates = values[1:]
        # A polygon has an even number of values, at least six; a box four; one more is a confidence.
        scored = len(coordinates) == 5 or (len(coordinates) > 6 and len(coordinates) % 2 == 1)

        def outline(values: list[str] = coordinates[:-1] if scored else coordinates) -> Polygon:
            return _outline(values, reader)

        reader.add(char, outline, line=number, confidence=coordinates[-1] if scored else None)


def _class_number(value: str, count: int) -> int:
    number = shapes.number(value)
    if number != int(number):
        raise ShapeError(f"the class “{shown(value, 24)}” is not a whole number")
    if not 0 <= number < count:
        raise ShapeError(f"unknown class {int(number)} (there are 0 to {count - 1})")
    return int(number)


def _outline(values: list[str], reader: CropReader) -> Polygon:
    if len(values) == 4:
        x, y, width, height = (shapes.number(value) for value in values)
        reader.report.note("boxes became outlines of four points")
        return shapes.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return shapes.flat_points(values)


def _add_known(tree: Tree, picture: str | None, known: CropRecord, reader: CropReader, report: Report) -> None:
    """What ``crops.jsonl`` says of a crop; its outlines count in pixels."""
    reader.state, reader.text, reader.origin = known.state, known.text, known.origin
    if not known.kept:
        return
    try:
        if picture is None:
            raise LpStudioError("the picture is not there, so the unreadable characters have no size")
        width, height = tree.picture_size(picture)
    except LpStudioError as error:
        report.lose("characters", error.what, reader.place)
        return
    for entry in sorted(known.kept, key=lambda kept: kept.at)[: limits.MAX_CHARACTERS]:
        try:
            outline = shapes.scaled(shapes.points(list(entry.character.polygon)), 1 / width, 1 / height)
        except ShapeError as error:
            report.lose("characters", f"unreadable character: {error}", reader.place)
            continue
        at = max(0, min(entry.at, len(reader.characters)))
        reader.characters.insert(at, replace(entry.character, polygon=outline))


def picture_place(name: str) -> str:
    """Where the picture of a crop goes."""
    return f"images/{name}"


class Writer:
    """Writes a label file for every crop that has one, then ``crops.jsonl``, ``plates.csv`` and ``data.yaml``."""

    boxes = False

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink
        self.alphabet = alphabet
        self._splits: set[str] = set()
        self._records: list[str] = []
        self._texts: list[tuple[str, str, str]] = []

    def add(self, crop: ExchangedCrop) -> None:
        assert crop.size is not None
        split = crop.split or "train"
        self._splits.add(split)
        written = [c for c in crop.characters if labels.is_written(c, self.alphabet)]
        kept = [KeptCharacter(i, c) for i, c in enumerate(crop.characters) if c not in written]
        if crop.state not in (CropState.DRAFT, CropState.UNLABELLED) and (written or crop.state in _WITH_FILE):
            if self.boxes:
                lines = [self._box(character, crop.size) for character in written]
            else:
                lines = labels.format_label_lines(written, self.alphabet, crop.size)
            stem = crop.name.rpartition(".")[0]
            self.sink.write(f"labels/{stem}.txt", "".join(f"{line}\n" for line in lines).encode("utf-8"))
        state = None if crop.state in _BY_DISK else crop.state
        kept_here = tuple(kept) if crop.state is not CropState.DRAFT else ()
        if state or crop.text or kept_here or crop.origin:
            key = picture_place(crop.name)
            record = CropRecord(key, state, crop.text, kept_here, crop.origin, round(time.time(), 3))
            self._records.append(records.record_to_line(record))
        if crop.text:
            self._texts.append((picture_place(crop.name), split, crop.text))

    def _box(self, character: Character, size: tuple[int, int]) -> str:
        index = self.alphabet.index(character.char)
        x1, y1, x2, y2 = shapes.bounds(character.polygon)
        width, height = size
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        return f"{index} {' '.join(f'{value:.8f}' for value in values)}"

    def finish(self) -> None:
        if self._records:
            self.sink.write("crops.jsonl", "".join(f"{line}\n" for line in sorted(self._records)).encode("utf-8"))
        if self._texts:
            self.sink.write("plates.csv", format_plate_texts(self._texts).encode("utf-8"))
        lines = [f"{split}: images/{split}" for split in ("train", "val", "test") if split in self._splits]
        names = [f"  {i}: '{_quoted(name)}'" for i, name in enumerate(self.alphabet.names)]
        self.sink.write("data.yaml", "\n".join([*lines, "names:", *names, ""]).encode("utf-8"))


class BoxWriter(Writer):
    """As :class:`Writer`, with the box around each character."""

    boxes = True


_BY_DISK = frozenset({CropState.UNLABELLED, CropState.LABELLED, CropState.DRAFT})
_WITH_FILE = frozenset({CropState.LABELLED, CropState.VERIFIED})


def _quoted(name: str) -> str:
    return re.sub(r"[\x00-\x1f]", " ", name).replace("'", "''")
