"""COCO: one JSON for each split, with polygons or with run-length masks.

States, texts and origins stand as keys of the images, the mark of unreadable characters and candidates under the
annotations' ``attributes``: readers of COCO pass over keys that they do not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import masks, shapes
from lpstudio.dataset.exchange.json_files import dump_json, load_json, looks_like, mapping, sequence, size_of, text_of
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop, Place
from lpstudio.dataset.exchange.names import split_of, split_of_file
from lpstudio.dataset.exchange.reading import CropReader, candidates_to, lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.records import origin_to_dict
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError

_SNIFFED = 50


def recognise(tree: Tree) -> bool:
    """Whether there is a JSON with images and annotations, and no shapes."""
    return any(
        looks_like(tree, name, "{", "images", "categories") and not looks_like(tree, name, "{", "shapes")
        for name in tree.having(".json")[:_SNIFFED]
    )


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of every JSON that has images and annotations."""
    for name in tree.having(".json"):
        try:
            data = load_json(tree, name)
        except LpStudioError as error:
            lose_file(report, error)
            continue
        if isinstance(data, dict) and isinstance(data.get("images"), list):
            yield from _read_file(tree, name, data, report)
        elif isinstance(data, list) and data and "image_id" in mapping(data[0]):
            report.lose("files", "only results, without the images that they are of", tree.place(name))
        else:
            report.note(f"{tree.place(name).file}: passed over, no COCO file")


def _read_file(tree: Tree, name: str, data: dict[str, Any], report: Report) -> Iterator[ExchangedCrop]:
    place = tree.place(name)
    classes = {
        key: category.get("name")
        for category in map(mapping, sequence(data.get("categories")))
        if (key := _key(category.get("id"))) is not None
    }
    images: dict[Any, dict[str, Any]] = {}
    for number, image in enumerate(map(mapping, data["images"]), start=1):
        key = _key(image.get("id"))
        if key is None or text_of(image.get("file_name")) is None:
            report.lose("crops", f"image {number} has no id or no file_name", place)
        elif key in images:
            report.lose("crops", f"image {number}: the id {shown(key, 24)} is another image's", place)
        else:
            images[key] = image
    of_image: dict[Any, list[tuple[int, dict[str, Any]]]] = {}
    for number, annotation in enumerate(map(mapping, sequence(data.get("annotations"))), start=1):
        key = _key(annotation.get("image_id"))
        if key in images:
            of_image.setdefault(key, []).append((number, annotation))
        else:
            report.lose("characters", f"annotation {number} is of no image that is there", place)
    for key, image in images.items():
        yield _read_image(tree, name, image, of_image.get(key, []), classes, report)


def _key(value: Any) -> Any:
    """An id that can be looked up, or None."""
    return value if isinstance(value, (int, str)) and not isinstance(value, bool) else None


def _read_image(
    tree: Tree,
    name: str,
    image: dict[str, Any],
    annotations: list[tuple[int, dict[str, Any]]],
    classes: dict[Any, Any],
    report: Report,
) -> ExchangedCrop:
    given = str(image["file_name"])
    folder = name.rpartition("/")[0]
    place = tree.place(name)
    reader = CropReader(given, Place(f"{place.file} ({shown(given)})"), report)
    size = size_of(image.get("width"), image.get("height"))
    for number, annotation in annotations:
        attributes = mapping(annotation.get("attributes"))

        def outline(annotation: dict[str, Any] = annotation, number: int = number) -> Polygon:
            return _outline(annotation, size, reader, f"annotation {number}")

        reader.add(
            classes.get(_key(annotation.get("category_id"))),
            outline,
            item=f"annotation {number}",
            unreadable=attributes.get("unreadable") is True,
            confidence=annotation.get("score"),
            candidates=attributes.get("candidates"),
        )
    reader.say_state(image.get("state"))
    reader.text = text_of(image.get("text"))
    reader.say_origin(image.get("origin"))
    split = split_of(given.rpartition("/")[0]) or split_of_file(name)
    picture = _picture(tree, folder, given, split)
    return reader.crop(size=size, split=split, picture=picture)


def _picture(tree: Tree, folder: str, given: str, split: str | None) -> str | None:
    """``file_name`` counts from the JSON's folder, or from a folder of pictures beside it or its parent."""
    above = folder.rpartition("/")[0]
    for base in (f"{above}/images" if above else "images", f"{folder}/images", f"{above}/{split}", f"{folder}/{split}"):
        name = "/".join(part for part in f"{base}/{given}".split("/") if part)
        if ".." not in name.split("/") and tree.has(name):
            return name
    return tree.resolve(folder, given)


def _outline(annotation: dict[str, Any], size: tuple[int, int] | None, reader: CropReader, item: str) -> Polygon:
    segmentation = annotation.get("segmentation")
    if isinstance(segmentation, dict):
        return _mask(segmentation, size, reader, item)
    parts = sequence(segmentation)
    if parts and not isinstance(parts[0], list):
        parts = [parts]
    if not parts:
        bbox = sequence(annotation.get("bbox"))
        if len(bbox) != 4:
            raise ShapeError("neither a segmentation nor a bbox")
        x, y, width, height = (shapes.number(value) for value in bbox)
        reader.report.note("boxes became outlines of four points")
        return shapes.box(x, y, x + width, y + height)
    polygons = [shapes.flat_points(part) for part in parts]
    if len(polygons) == 1:
        return polygons[0]
    reader.lose_part(f"{item}: {len(polygons)} parts were tied into one outline")
    return shapes.joined(polygons)


def _mask(segmentation: dict[str, Any], size: tuple[int, int] | None, reader: CropReader, item: str) -> Polygon:
    given = sequence(segmentation.get("size"))
    own = size_of(given[1], given[0]) if len(given) == 2 else None
    if own is None or (size is not None and own != size):
        raise ShapeError("the mask's size is not the picture's")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        counts = masks.decompressed(counts)
    polygon, lost = masks.polygon_from_mask(masks.mask_from_counts(counts, own, by_column=True))
    for what in lost:
        reader.lose_part(f"{item}: {what}")
    return polygon


def picture_place(name: str) -> str:
    """Where the picture of a crop goes."""
    return f"images/{name}"


class Writer:
    """Collects the crops of each split, and writes ``annotations/instances_SPLIT.json``."""

    run_lengths = False

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink
        self.report = report
        self.names = [*alphabet.names, NO_CLASS]
        self._images: dict[str, list[str]] = {}
        self._annotations: dict[str, list[str]] = {}
        self._annotation = 0
        self._image = 0

    def add(self, crop: ExchangedCrop) -> None:
        assert crop.size is not None
        split = crop.split or "train"
        self._image += 1
        image: dict[str, Any] = {
            "id": self._image,
            "file_name": crop.name,
            "width": crop.size[0],
            "height": crop.size[1],
        }
        if crop.state is not CropState.UNLABELLED:
            image["state"] = crop.state.value
        if crop.text is not None:
            image["text"] = crop.text
        if crop.origin is not None:
            image["origin"] = origin_to_dict(crop.origin)
        self._images.setdefault(split, []).append(dump_json(image))
        lines = self._annotations.setdefault(split, [])
        for character in crop.characters:
            segmentation, area = self._segmentation(character, crop.size)
            if area == 0 and self.run_lengths:
                self.report.lose("characters", f"{character.char or NO_CLASS} covers no pixel's centre", crop.place)
                continue
            self._annotation += 1
            lines.append(dump_json(self._to_dict(character) | {"segmentation": segmentation, "area": area}))

    def _segmentation(self, character: Character, size: tuple[int, int]) -> tuple[Any, float]:
        """The outline in COCO's spelling, and its area."""
        if not self.run_lengths:
            flat = [round(value, 5) for point in character.polygon for value in point]
            return [flat], round(shapes.area(character.polygon), 4)
        counts = masks.counts_from_polygon(character.polygon, size)
        return {"size": [size[1], size[0]], "counts": masks.compressed(counts)}, sum(counts[1::2])

    def _to_dict(self, character: Character) -> dict[str, Any]:
        x1, y1, x2, y2 = shapes.bounds(character.polygon)
        data: dict[str, Any] = {
            "id": self._annotation,
            "image_id": self._image,
            "category_id": self.names.index(character.char or NO_CLASS) + 1,
            "bbox": [round(value, 5) for value in (x1, y1, x2 - x1, y2 - y1)],
        }
        data["iscrowd"] = 0
        attributes: dict[str, Any] = {}
        if character.unreadable:
            attributes["unreadable"] = True
        if character.candidates:
            attributes["candidates"] = candidates_to(character)
        if attributes:
            data["attributes"] = attributes
        if character.confidence is not None:
            data["score"] = character.confidence
        return data

    def finish(self) -> None:
        categories = [{"id": i, "name": name} for i, name in enumerate(self.names, start=1)]
        for split, images in self._images.items():
            text = (
                '{"info":{"description":"licence-plate characters"},"licenses":[],"categories":'
                + dump_json(categories)
                + ',"images":[\n'
                + ",\n".join(images)
                + '\n],"annotations":[\n'
                + ",\n".join(self._annotations[split])
                + "\n]}\n"
            )
            self.sink.write(f"annotations/instances_{split}.json", text.encode("utf-8"))


class RunLengthWriter(Writer):
    """As :class:`Writer`, with masks instead of polygons."""

    run_lengths = True
