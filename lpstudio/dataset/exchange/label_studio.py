"""Label Studio: one JSON list of tasks, shapes in percent of the picture.

State and text are a choice and a text area of the whole picture, unreadable a choice for a region; drafts go out as
predictions. ``label_config.xml`` beside it is the labelling set-up that shows all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import shapes, xml_files
from lpstudio.dataset.exchange.json_files import dump_json, load_json, looks_like, mapping, sequence, size_of, text_of
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop, Place
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.reading import CropReader, lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError

_SNIFFED = 50
_LABELS = ("polygonlabels", "rectanglelabels", "ellipselabels", "brushlabels", "labels")


def recognise(tree: Tree) -> bool:
    """Whether there is a JSON list of tasks."""
    return any(looks_like(tree, name, "[", "annotations", "predictions") for name in tree.having(".json")[:_SNIFFED])


def read(tree: Tree, report: Report) -> Iterator[ExchangedCrop]:
    """The crops of every task."""
    for name in tree.having(".json"):
        try:
            data = load_json(tree, name)
        except LpStudioError as error:
            lose_file(report, error)
            continue
        tasks = data if isinstance(data, list) else [data]
        if not any("data" in mapping(task) for task in tasks):
            report.note(f"{tree.place(name).file}: passed over, no Label Studio file")
            continue
        for number, task in enumerate(tasks, start=1):
            given = _picture_name(mapping(mapping(task).get("data")))
            if given is None:
                report.lose("crops", f"task {number} has no picture", tree.place(name))
            else:
                yield _read_task(tree, name, mapping(task), given, report)


def _picture_name(data: dict[str, Any]) -> str | None:
    """What the task's data call the picture: a path within the source where there is one."""
    own = text_of(data.get("name"))
    if own:
        return own
    values = [data.get(key) for key in ("image", "img", "ocr", "url")] + list(data.values())
    given = next((value for value in values if text_of(value)), None)
    if given is None:
        return None
    try:
        url = urlsplit(given)
    except ValueError:
        return given
    local = parse_qs(url.query, max_num_fields=20).get("d") if url.query.count("&") < 20 else None
    return local[0] if local else unquote(url.path) or given


def _read_task(tree: Tree, name: str, task: dict[str, Any], given: str, report: Report) -> ExchangedCrop:
    place = tree.place(name)
    reader = CropReader(given, Place(f"{place.file} ({shown(given)})"), report)
    annotations = [a for a in map(mapping, sequence(task.get("annotations"))) if a.get("was_cancelled") is not True]
    predictions = [p for p in map(mapping, sequence(task.get("predictions"))) if p]
    chosen = annotations[-1:] or predictions[-1:]
    for kind, count in (
        ("annotation", len(annotations) - 1),
        ("prediction", 0 if annotations else len(predictions) - 1),
    ):
        if count > 0:
            report.lose(
                "other opinions", f"{count} more {kind}(s) of the same picture; the last was taken", reader.place
            )
    size = None
    if chosen:
        size = _read_result(sequence(chosen[0].get("result")), reader)
    if chosen and not annotations:
        reader.state = CropState.DRAFT
    data = mapping(task.get("data"))
    split = split_of(text_of(data.get("split")), given.rpartition("/")[0])
    return reader.crop(size=size, relative=True, split=split, picture=_picture(tree, name, given))


def _picture(tree: Tree, name: str, given: str) -> str | None:
    """Uploads are called ``12345678-name.png``; an export from the server holds them under that name or their own."""
    folder = name.rpartition("/")[0]
    found = tree.resolve(folder, f"images/{given}") or tree.resolve(folder, given)
    if found is None:
        last = re.sub(r"^[0-9a-f]{8}-", "", given.rpartition("/")[2])
        found = tree.resolve(folder, last) if last else None
    return found


def _read_result(result: list[Any], reader: CropReader) -> tuple[int, int] | None:
    """All regions of one annotation; returns the picture's size where it is said."""
    size = None
    unreadable = set()
    regions: list[tuple[int, dict[str, Any]]] = []
    for number, region in enumerate(map(mapping, result), start=1):
        value = mapping(region.get("value"))
        kind = region.get("type")
        identity = region.get("id") if isinstance(region.get("id"), str) else None
        size = size or size_of(region.get("original_width"), region.get("original_height"))
        if kind == "choices":
            for choice in sequence(value.get("choices")):
                if region.get("from_name") == "state":
                    reader.say_state(choice)
                elif choice == "unreadable":
                    unreadable.add(identity)
        elif kind == "textarea" and region.get("from_name") == "text":
            texts = value.get("text")
            reader.text = text_of(texts[0] if isinstance(texts, list) and texts else texts)
        elif kind not in ("relation", "pairwise"):
            regions.append((number, region))
    for number, region in regions:
        identity = region.get("id") if isinstance(region.get("id"), str) else None
        value = mapping(region.get("value"))
        labels = next((sequence(value.get(key)) for key in _LABELS if value.get(key)), [])

        def outline(region: dict[str, Any] = region, value: dict[str, Any] = value) -> Polygon:
            return _outline(region, value, reader)

        reader.add(
            labels[0] if labels else NO_CLASS,
            outline,
            item=f"region {number}",
            unreadable=identity is not None and identity in unreadable,
            confidence=region.get("score"),
        )
    return size


def _outline(region: dict[str, Any], value: dict[str, Any], reader: CropReader) -> Polygon:
    """The outline from 0 to 1."""
    if region.get("image_rotation") not in (None, 0, 360):
        raise ShapeError("drawn on a picture that was turned on the server")
    kind = str(region.get("type", "")).removesuffix("labels")
    if kind == "polygon":
        return shapes.scaled(shapes.points(value.get("points")), 0.01, 0.01)
    if kind not in ("rectangle", "ellipse"):
        raise ShapeError(f"a {shown(region.get('type'), 24)} region is not read")
    # Turning counts in pixels: percent of width and of height are of different length.
    size = size_of(region.get("original_width"), region.get("original_height"))
    degrees = shapes.number(value.get("rotation") or 0)
    if size is None and degrees:
        raise ShapeError("turned, and the picture's size is not given")
    width, height = size or (100, 100)
    x, y = shapes.number(value.get("x")) * width / 100, shapes.number(value.get("y")) * height / 100
    if kind == "ellipse":
        reader.report.note("ellipses became outlines of many points")
        rx, ry = shapes.number(value.get("radiusX")), shapes.number(value.get("radiusY"))
        polygon = shapes.ellipse(x, y, rx * width / 100, ry * height / 100)
    else:
        reader.report.note("boxes became outlines of four points")
        w, h = shapes.number(value.get("width")), shapes.number(value.get("height"))
        polygon = shapes.box(x, y, x + w * width / 100, y + h * height / 100)
    # Rectangles turn about their upper left corner, ellipses about their centre: x and y in both.
    return shapes.scaled(shapes.turned(polygon, degrees, (x, y)), 1 / width, 1 / height)


def picture_place(name: str) -> str:
    """Where the picture of a crop goes."""
    return f"images/{name}"


class Writer:
    """Collects the tasks, and writes ``tasks.json`` and ``label_config.xml``."""

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink
        self.names = [*alphabet.names, NO_CLASS]
        self._tasks: list[str] = []

    def add(self, crop: ExchangedCrop) -> None:
        assert crop.size is not None
        frame = {
            "original_width": crop.size[0],
            "original_height": crop.size[1],
            "image_rotation": 0,
            "to_name": "image",
        }
        result: list[dict[str, Any]] = []
        for number, character in enumerate(crop.characters, start=1):
            result += _regions(character, f"c{number}", crop.size, frame)
        if crop.text is not None:
            result.append(
                {**frame, "id": "text", "from_name": "text", "type": "textarea", "value": {"text": [crop.text]}}
            )
        draft = crop.state is CropState.DRAFT
        if not draft and crop.state is not CropState.UNLABELLED:
            choice = {"choices": [crop.state.value]}
            result.append({**frame, "id": "state", "from_name": "state", "type": "choices", "value": choice})
        data = {"image": f"/data/local-files/?d={picture_place(crop.name)}", "name": crop.name}
        if crop.split:
            data["split"] = crop.split
        task = {
            "data": data,
            "annotations": [] if draft or not result else [{"result": result}],
            "predictions": [{"model_version": "lpstudio", "result": result}] if draft else [],
        }
        self._tasks.append(dump_json(task))

    def finish(self) -> None:
        self.sink.write("tasks.json", ("[\n" + ",\n".join(self._tasks) + "\n]\n").encode("utf-8"))
        self.sink.write("label_config.xml", _config(self.names).encode("utf-8"))


def _regions(character: Character, identity: str, size: tuple[int, int], frame: dict[str, Any]) -> list[dict[str, Any]]:
    width, height = size
    value = {
        "points": [[x / width * 100, y / height * 100] for x, y in character.polygon],
        "closed": True,
        "polygonlabels": [character.char or NO_CLASS],
    }
    region: dict[str, Any] = {**frame, "id": identity, "from_name": "label", "type": "polygonlabels", "value": value}
    if character.confidence is not None:
        region["score"] = character.confidence
    result = [region]
    if character.unreadable:
        choice = {"choices": ["unreadable"]}
        result.append({**frame, "id": identity, "from_name": "unreadable", "type": "choices", "value": choice})
    return result


def _config(names: list[str]) -> str:
    def tag(text: str, **attributes: str) -> str:
        return xml_files.element(text, **attributes).removesuffix(f"></{text}>") + "/>"

    def choices(name: str, values: list[str], **more: str) -> list[str]:
        opening = tag("Choices", name=name, toName="image", **more).removesuffix("/>") + ">"
        return [f"  {opening}", *(f"    {tag('Choice', value=value)}" for value in values), "  </Choices>"]

    states = [state.value for state in CropState if state not in (CropState.UNLABELLED, CropState.DRAFT)]
    lines = [
        "<View>",
        f"  {tag('Image', name='image', value='$image')}",
        '  <PolygonLabels name="label" toName="image">',
        *(f"    {tag('Label', value=name)}" for name in names),
        "  </PolygonLabels>",
        *choices("unreadable", ["unreadable"], perRegion="true"),
        f"  {tag('TextArea', name='text', toName='image', maxSubmissions='1')}",
        *choices("state", states),
        "</View>",
        "",
    ]
    return "\n".join(lines)
