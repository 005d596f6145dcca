"""labelme: one JSON beside every picture.

The crop's state is an image flag of that name, an unreadable character has the shape flag ``unreadable``; the plate's
text (``plate_text``), the origin, scores and candidates stand in keys of their own, which labelme keeps.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from typing import Any

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import limits, masks, shapes
from lpstudio.dataset.exchange.json_files import dump_json, load_json, looks_like, mapping, sequence, size_of, text_of
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop, state_from_name
from lpstudio.dataset.exchange.names import split_of, stem_of
from lpstudio.dataset.exchange.reading import CropReader, candidates_to, lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.records import origin_to_dict
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError

_SNIFFED = 50  # files that are looked into; a folder of this format has nothing else
_X_KEYS = ("kie_linking", "difficult", "checked")


def recognise(tree: Tree) -> bool:
    """Whether there are labelme files that are not X-AnyLabeling's."""
    names = tree.having(".json")[:_SNIFFED]
    return any(looks_like(tree, n, "{", "shapes") and not looks_like(tree, n, "{", *_X_KEYS) for n in names)


def recognise_x(tree: Tree) -> bool:
    """Whether there are files of X-AnyLabeling's, which have more keys."""
    names = tree.having(".json")[:_SNIFFED]
    return any(looks_like(tree, n, "{", "shapes") and looks_like(tree, n, "{", *_X_KEYS) for n in names)


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of all JSON files, of labelme and of X-AnyLabeling alike."""
    for name in tree.having(".json"):
        try:
            data = load_json(tree, name)
        except LpStudioError as error:
            lose_file(report, error)
            continue
        if not isinstance(data, dict) or not isinstance(data.get("shapes"), list):
            report.note(f"{tree.place(name).file}: passed over, no labelme file")
            continue
        yield _read_crop(tree, name, data, report)


def _read_crop(tree: Tree, name: str, data: dict[str, Any], report: Report) -> ExchangedCrop:
    folder = name.rpartition("/")[0]
    given = text_of(data.get("imagePath"))
    picture = tree.resolve(folder, given) if given else None
    if picture is None:
        stem = name.rpartition(".")[0]
        picture = next((p for p in tree.pictures if p.rpartition(".")[0] == stem), None) if not given else None
    reader = CropReader(picture or given or f"{name.rpartition('.')[0]}.png", tree.place(name), report)
    embedded = None
    if picture is None and data.get("imageData"):
        embedded = _embedded(data["imageData"], reader)
    for number, shape in enumerate(sequence(data["shapes"]), start=1):
        _read_shape(reader, mapping(shape), f"shape {number}")
    flags = mapping(data.get("flags"))
    reader.state = next(
        (state_from_name(key) for key, on in flags.items() if on is True and state_from_name(key)), None
    )
    if reader.state is None and data.get("checked") is True:
        reader.state = CropState.VERIFIED  # X-AnyLabeling's mark of a person's check
    reader.text = text_of(data.get("plate_text"))
    reader.say_origin(data.get("origin"))
    size = size_of(data.get("imageWidth"), data.get("imageHeight"))
    split = split_of(folder, (given or "").rpartition("/")[0])
    return reader.crop(size=size, split=split, picture=picture, embedded=embedded)


def _embedded(value: Any, reader: CropReader) -> bytes | None:
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError, TypeError):
        reader.report.lose("pictures", "the picture inside (imageData) is damaged", reader.place)
        return None


def _read_shape(reader: CropReader, shape: dict[str, Any], item: str) -> None:
    attributes = mapping(shape.get("attributes"))

    def outline() -> Polygon:
        return _outline(shape, reader, item)

    reader.add(
        shape.get("label"),
        outline,
        item=item,
        unreadable=mapping(shape.get("flags")).get("unreadable") is True,
        confidence=shape.get("score"),
        candidates=shape.get("candidates", attributes.get("candidates")),
    )


def _outline(shape: dict[str, Any], reader: CropReader, item: str) -> Polygon:
    kind = shape.get("shape_type") or "polygon"
    pairs = shape.get("points")
    if kind in ("polygon", "rotation", "oriented_rectangle", "quadrilateral"):
        return shapes.points(pairs)
    if kind in ("rectangle", "mask"):
        corners = shapes.points(pairs, least=2)
        if kind == "mask":
            return _mask(shape, corners, reader, item)
        reader.report.note("boxes became outlines of four points")
        return shapes.box(*shapes.bounds(corners)) if len(corners) != 4 else corners
    if kind == "circle":
        corners = shapes.points(pairs, least=2)
        (cx, cy), (ex, ey) = corners[0], corners[1]
        radius = ((cx - ex) ** 2 + (cy - ey) ** 2) ** 0.5
        reader.report.note("circles became outlines of many points")
        return shapes.ellipse(cx, cy, radius, radius)
    raise ShapeError(f"a {shown(kind, 24)} has no area")


def _mask(shape: dict[str, Any], corners: Polygon, reader: CropReader, item: str) -> Polygon:
    """A mask is a black and white PNG in base64 that fills the box of its two points."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(shape.get("mask") or ""))) as picture:
            if picture.size[0] * picture.size[1] > limits.MAX_MASK_PIXELS:
                raise ShapeError(f"a mask of {picture.size[0]} × {picture.size[1]} pixels")
            mask = np.asarray(picture.convert("L")) > 0
    except ShapeError:
        raise
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error…
        raise ShapeError("the mask is damaged") from error
    x1, y1, _, _ = shapes.bounds(corners)
    polygon, lost = masks.polygon_from_mask(mask, (x1, y1))
    for what in lost:
        reader.lose_part(f"{item}: {what}")
    return polygon


def picture_place(name: str) -> str:
    """Where the picture of a crop goes: beside its JSON."""
    return name


class Writer:
    """Writes one JSON for every crop."""

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink

    def add(self, crop: ExchangedCrop) -> None:
        data = crop_to_dict(crop, [shape_to_dict(character) for character in crop.characters])
        data = {"version": "5.5.0", **data}
        self.sink.write(f"{crop.name.rpartition('.')[0]}.json", dump_json(data).encode("utf-8"))

    def finish(self) -> None:
        """Nothing stands in a common file."""


def crop_to_dict(crop: ExchangedCrop, shape_list: list[dict[str, Any]]) -> dict[str, Any]:
    """What labelme and X-AnyLabeling share of a crop."""
    assert crop.size is not None
    flags = {crop.state.value: True} if crop.state is not CropState.UNLABELLED else {}
    data: dict[str, Any] = {
        "flags": flags,
        "shapes": shape_list,
        "imagePath": stem_of(crop.name) + crop.name[crop.name.rindex(".") :],
        "imageData": None,
        "imageHeight": crop.size[1],
        "imageWidth": crop.size[0],
    }
    if crop.text is not None:
        data["plate_text"] = crop.text
    if crop.origin is not None:
        data["origin"] = origin_to_dict(crop.origin)
    return data


def shape_to_dict(character: Character) -> dict[str, Any]:
    """One shape as labelme writes it."""
    data: dict[str, Any] = {
        "label": character.char or NO_CLASS,
        "points": [[round(x, 5), round(y, 5)] for x, y in character.polygon],
        "group_id": None,
        "description": "",
        "shape_type": "polygon",
        "flags": {"unreadable": True} if character.unreadable else {},
        "mask": None,
    }
    if character.confidence is not None:
        data["score"] = character.confidence
    if character.candidates:
        data["candidates"] = candidates_to(character)
    return data
