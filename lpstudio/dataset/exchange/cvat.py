"""CVAT for images 1.1: one ``annotations.xml``.

The crop's state and the plate's text are attributes of an image tag ``plate``; the mark of unreadable characters, the
confidence and the candidates are attributes of the shapes.
"""

from __future__ import annotations

from collections.abc import Iterator

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import masks, shapes, xml_files
from lpstudio.dataset.exchange.json_files import size_of
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.reading import CropReader, candidates_to, lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.exchange.xml_files import Element
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError

_SNIFFED = 50
_NO_SHAPES = frozenset({"tag"})


def recognise(tree: Tree) -> bool:
    """Whether there is an XML whose first element is ``annotations``."""
    return any(xml_files.looks_like(tree, name, "annotations") for name in tree.having(".xml")[:_SNIFFED])


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of every ``image`` element."""
    for name in tree.having(".xml"):
        if not xml_files.looks_like(tree, name, "annotations"):
            try:
                for _ in xml_files.elements(tree, name, set()):
                    pass
                report.note(f"{tree.place(name).file}: passed over, no CVAT file")
            except LpStudioError as error:
                lose_file(report, error)
            continue
        try:
            for element in xml_files.elements(tree, name, {"image", "track"}):
                if element.tag == "track":
                    reason = "a track of a video; export it as “CVAT for images”"
                    report.lose("tracks", reason, tree.place(name, element.line))
                else:
                    yield _read_image(tree, name, element, report)
        except LpStudioError as error:
            lose_file(report, error)


def _read_image(tree: Tree, name: str, image: Element, report: Report) -> ExchangedCrop:
    given = image.attributes.get("name", "")
    folder = name.rpartition("/")[0]
    reader = CropReader(given, tree.place(name, image.line), report)
    try:
        size = size_of(*(shapes.number(image.attributes.get(key)) for key in ("width", "height")))
    except ShapeError:
        size = None
    machine = []
    for shape in image.children:
        values = {a.attributes.get("name", ""): a.text.strip() for a in shape.all("attribute")}
        if shape.tag in _NO_SHAPES:
            reader.text = values.get("text") or reader.text
            reader.say_state(values.get("state"))
            continue
        machine.append(shape.attributes.get("source") == "auto")

        def outline(shape: Element = shape) -> Polygon:
            return _outline(shape, reader)

        reader.add(
            shape.attributes.get("label"),
            outline,
            item=shown(shape.tag, 24),
            line=shape.line,
            unreadable=values.get("unreadable", "").lower() == "true",
            confidence=values.get("confidence"),
            candidates=values.get("candidates"),
        )
    if reader.state is None and machine and all(machine):
        reader.state = CropState.DRAFT  # CVAT's own models drew it, and nobody touched it
    split = split_of(image.attributes.get("subset"), given.rpartition("/")[0])
    picture = None
    for base in (f"{folder}/images" if folder else "images", f"{folder}/images/{image.attributes.get('subset')}"):
        picture = picture or (f"{base}/{given}" if tree.has(f"{base}/{given}") else None)
    return reader.crop(size=size, split=split, picture=picture or tree.resolve(folder, given))


def _outline(shape: Element, reader: CropReader) -> Polygon:
    a = shape.attributes
    if shape.tag == "polygon":
        pairs = [pair.split(",") for pair in a.get("points", "").split(";") if pair.strip()]
        return shapes.points(pairs)
    if shape.tag == "box":
        corners = shapes.box(a.get("xtl"), a.get("ytl"), a.get("xbr"), a.get("ybr"))
        reader.report.note("boxes became outlines of four points")
        return _turned(corners, a)
    if shape.tag == "ellipse":
        reader.report.note("ellipses became outlines of many points")
        return _turned(shapes.ellipse(a.get("cx"), a.get("cy"), a.get("rx"), a.get("ry")), a)
    if shape.tag == "mask":
        return _mask(shape, reader)
    raise ShapeError(f"a {shown(shape.tag, 24)} has no area")


def _turned(polygon: Polygon, attributes: dict[str, str]) -> Polygon:
    degrees = shapes.number(attributes.get("rotation") or 0)
    if not degrees:
        return polygon
    x1, y1, x2, y2 = shapes.bounds(polygon)
    return shapes.turned(polygon, degrees, ((x1 + x2) / 2, (y1 + y2) / 2))


def _mask(shape: Element, reader: CropReader) -> Polygon:
    """Run lengths row by row within the box of left, top, width and height."""
    a = shape.attributes
    left, top = shapes.number(a.get("left")), shapes.number(a.get("top"))
    size = size_of(shapes.number(a.get("width")), shapes.number(a.get("height")))
    if size is None:
        raise ShapeError("the mask has no size")
    words = a.get("rle", "").replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ShapeError("the mask's run lengths are damaged")
    mask = masks.mask_from_counts([int(word) for word in words], size, by_column=False)
    polygon, lost = masks.polygon_from_mask(mask, (left, top))
    for what in lost:
        reader.lose_part(f"mask: {what}", shape.line)
    return polygon


def picture_place(name: str) -> str:
    """Where the picture of a crop goes."""
    return f"images/{name}"


# name, kind of input, default, values
_ATTRIBUTES = (
    ("unreadable", "checkbox", "false", "false\ntrue"),
    ("confidence", "text", "", ""),
    ("candidates", "text", "", ""),
)


class Writer:
    """Collects the images, and writes ``annotations.xml``."""

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink
        self.names = [*alphabet.names, NO_CLASS]
        self._images: list[str] = []

    def add(self, crop: ExchangedCrop) -> None:
        assert crop.size is not None
        width, height = crop.size
        attributes = {"id": str(len(self._images)), "name": crop.name}
        if crop.split:
            attributes["subset"] = crop.split
        attributes |= {"width": str(width), "height": str(height)}
        lines = [_opening("image", attributes)]
        lines += [_polygon(character) for character in crop.characters]
        values = {}
        if crop.text is not None:
            values["text"] = crop.text
        if crop.state is not CropState.UNLABELLED:
            values["state"] = crop.state.value
        if values:
            lines += [_opening("tag", {"label": "plate", "source": "manual"}), _values(values), "</tag>"]
        self._images.append("\n".join([*lines, "</image>"]))

    def finish(self) -> None:
        labels = [_label(name, "polygon", _ATTRIBUTES) for name in self.names]
        states = "\n".join(state.value for state in CropState)
        of_plate = (("text", "text", "", ""), ("state", "select", CropState.UNLABELLED.value, states))
        labels.append(_label("plate", "tag", of_plate))
        count = len(self._images)
        task = f"<task><name>plates</name><size>{count}</size><mode>annotation</mode>"
        text = [
            '<?xml version="1.0" encoding="utf-8"?>',
            f"<annotations><version>1.1</version><meta>{task}<labels>",
            *labels,
            "</labels></task></meta>",
            *self._images,
            "</annotations>",
            "",
        ]
        self.sink.write("annotations.xml", "\n".join(text).encode("utf-8"))


def _opening(tag: str, attributes: dict[str, str]) -> str:
    return xml_files.element(tag, **attributes).removesuffix(f"</{tag}>")


def _values(values: dict[str, str]) -> str:
    return "".join(xml_files.element("attribute", value, name=key) for key, value in values.items())


def _polygon(character: Character) -> str:
    points = ";".join(f"{x:.5f},{y:.5f}" for x, y in character.polygon)
    label = character.char or NO_CLASS
    opening = _opening(
        "polygon", {"label": label, "source": "manual", "occluded": "0", "points": points, "z_order": "0"}
    )
    values = {"unreadable": "true" if character.unreadable else "false"}
    if character.confidence is not None:
        values["confidence"] = repr(character.confidence)
    if character.candidates:
        values["candidates"] = candidates_to(character)
    return f"{opening}{_values(values)}</polygon>"


def _label(name: str, kind: str, attributes: tuple[tuple[str, str, str, str], ...]) -> str:
    inner = "".join(
        "<attribute>"
        + xml_files.element("name", attribute)
        + "<mutable>False</mutable>"
        + xml_files.element("input_type", input_type)
        + xml_files.element("default_value", default)
        + xml_files.element("values", values)
        + "</attribute>"
        for attribute, input_type, default, values in attributes
    )
    head = xml_files.element("name", name) + xml_files.element("type", kind)
    return f"<label>{head}<attributes>{inner}</attributes></label>"
