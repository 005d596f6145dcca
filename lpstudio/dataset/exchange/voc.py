"""Pascal VOC: one XML with boxes beside every picture.

Coordinates are taken and written as pixels from 0, as today's programs do. ``verified="yes"`` is labelImg's mark of a
checked picture; other states, the plate's text and the marks of characters stand in ``attributes``, as CVAT writes
them.
"""

from __future__ import annotations

from collections.abc import Iterator

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import shapes, xml_files
from lpstudio.dataset.exchange.json_files import size_of
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.reading import CropReader, candidates_to, lose_file
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.exchange.xml_files import Element
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError

_SNIFFED = 50


def recognise(tree: Tree) -> bool:
    """Whether there is an XML whose first element is ``annotation``."""
    return any(xml_files.looks_like(tree, name, "annotation") for name in tree.having(".xml")[:_SNIFFED])


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of all XML files."""
    lists = _lists(tree, report)
    for name in tree.having(".xml"):
        found = False
        try:
            for element in xml_files.elements(tree, name, {"annotation"}):
                found = True
                yield _read_crop(tree, name, element, lists, report)
            if not found:
                report.note(f"{tree.place(name).file}: passed over, no Pascal VOC file")
        except LpStudioError as error:
            lose_file(report, error)


def _lists(tree: Tree, report: Report) -> dict[str, str]:
    """The split of each picture that a list of ``ImageSets`` names, by its path without ending."""
    result: dict[str, str] = {}
    for name in tree.having(".txt"):
        split = split_of(name.rpartition("/")[2].rpartition(".")[0])
        if "ImageSets/" not in name or split is None:
            continue
        try:
            text = tree.read(name).decode("utf-8", "replace")
        except LpStudioError as error:
            lose_file(report, error)
            continue
        for line in text.splitlines():
            result.setdefault(line.strip(), split)
    return result


def _read_crop(tree: Tree, name: str, element: Element, lists: dict[str, str], report: Report) -> ExchangedCrop:
    folder, _, file = name.rpartition("/")
    stem = file.rpartition(".")[0]
    given = element.value("filename") or f"{stem}.png"
    below = folder.partition("Annotations/")[2] if "Annotations/" in folder else ""
    path = f"{below}/{given}" if below and "/" not in given else given
    reader = CropReader(path, tree.place(name, element.line), report)
    size = _size(element)
    for found in element.all("object"):

        def outline(found: Element = found) -> Polygon:
            return _outline(found, reader)

        values = _attributes(found)
        reader.add(
            found.value("name") or None,
            outline,
            line=found.line,
            unreadable=values.get("unreadable", "").lower() == "true",
            confidence=values.get("confidence"),
            candidates=values.get("candidates"),
        )
    values = _attributes(element)
    reader.say_state(values.get("state"))
    if reader.state is None and element.attributes.get("verified", "").lower() in ("yes", "true"):
        reader.state = CropState.VERIFIED
    reader.text = values.get("text") or None
    above = folder.partition("Annotations")[0]
    picture = f"{above}JPEGImages/{path}"
    if not tree.has(picture):
        picture = tree.resolve(folder, path) or tree.resolve(folder, given) or ""
    key = f"{below}/{stem}" if below else stem
    split = lists.get(key) or lists.get(stem) or split_of(below, folder)
    return reader.crop(size=size, split=split, picture=picture or None)


def _size(element: Element) -> tuple[int, int] | None:
    """labelImg writes 0 where it did not know: that is no size."""
    try:
        return size_of(*(shapes.number(element.value("size", key)) for key in ("width", "height")))
    except ShapeError:
        return None


def _attributes(element: Element) -> dict[str, str]:
    place = element.first("attributes")
    return {a.value("name"): a.value("value") for a in place.all("attribute")} if place is not None else {}


def _outline(element: Element, reader: CropReader) -> Polygon:
    corners = element.first("bndbox")
    if corners is None:
        raise ShapeError("there is no bndbox")
    reader.report.note("boxes became outlines of four points")
    return shapes.box(*(corners.value(key) for key in ("xmin", "ymin", "xmax", "ymax")))


def picture_place(name: str) -> str:
    """Where the picture of a crop goes."""
    return f"JPEGImages/{name}"


class Writer:
    """Writes one XML for every crop, and the lists of the splits."""

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink
        self._lists: dict[str, list[str]] = {}

    def add(self, crop: ExchangedCrop) -> None:
        assert crop.size is not None
        stem = crop.name.rpartition(".")[0]
        self._lists.setdefault(crop.split or "train", []).append(stem)
        verified = ' verified="yes"' if crop.state is CropState.VERIFIED else ""
        tag = xml_files.element
        width, height = crop.size
        folder, _, file = f"JPEGImages/{crop.name}".rpartition("/")
        lines = [
            f"<annotation{verified}>",
            tag("folder", folder),
            tag("filename", file),
            f"<size>{tag('width', str(width))}{tag('height', str(height))}{tag('depth', '3')}</size>",
            tag("segmented", "0"),
            *(_object(character) for character in crop.characters),
        ]
        values = {}
        if crop.state is not CropState.UNLABELLED:
            values["state"] = crop.state.value
        if crop.text is not None:
            values["text"] = crop.text
        lines += [_values(values), "</annotation>", ""]
        self.sink.write(f"Annotations/{stem}.xml", "\n".join(lines).encode("utf-8"))

    def finish(self) -> None:
        for split, stems in self._lists.items():
            text = "".join(f"{stem}\n" for stem in stems)
            self.sink.write(f"ImageSets/Main/{split}.txt", text.encode("utf-8"))


def _object(character: Character) -> str:
    tag = xml_files.element
    x1, y1, x2, y2 = shapes.bounds(character.polygon)
    corners = "".join(
        tag(key, f"{value:.5f}") for key, value in zip(("xmin", "ymin", "xmax", "ymax"), (x1, y1, x2, y2), strict=True)
    )
    values = {}
    if character.unreadable:
        values["unreadable"] = "true"
    if character.confidence is not None:
        values["confidence"] = repr(character.confidence)
    if character.candidates:
        values["candidates"] = candidates_to(character)
    difficult = "1" if character.unreadable else "0"
    name = tag("name", character.char or NO_CLASS)
    rest = f"{tag('pose', 'Unspecified')}{tag('truncated', '0')}{tag('difficult', difficult)}"
    return f"<object>{name}{rest}<bndbox>{corners}</bndbox>{_values(values)}</object>"


def _values(values: dict[str, str]) -> str:
    if not values:
        return ""
    tag = xml_files.element
    inner = "".join(f"<attribute>{tag('name', k)}{tag('value', v)}</attribute>" for k, v in values.items())
    return f"<attributes>{inner}</attributes>"
