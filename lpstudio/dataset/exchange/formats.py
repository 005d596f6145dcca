"""The formats: by name, with what each has a place for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import coco, cvat, label_studio, labelme, voc, x_anylabeling, yolo
from lpstudio.dataset.exchange.model import ExchangedCrop, Part
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.errors import LpStudioError, UsageError

_ALL = frozenset(Part)


class Writer(Protocol):
    """Writes crops one by one; what stands in common files is written in the end."""

    def add(self, crop: ExchangedCrop) -> None:
        """Take one crop; its size is known, its polygons count in pixels."""

    def finish(self) -> None:
        """Write the common files."""


@dataclass(frozen=True)
class Format:
    """One format. ``keeps``: what it has a place for; ``outlines``: what it makes of polygons where it has none."""

    name: str
    title: str
    recognise: Callable[[Tree], bool]
    read: Callable[[Tree, Report], Iterator[ExchangedCrop]]
    writer: Callable[[Sink, Alphabet, Report], Writer]
    picture_place: Callable[[str], str]
    keeps: frozenset[Part]
    outlines: str = ""


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format(
            "yolo-seg",
            "YOLO polygons, an Ultralytics dataset",
            yolo.recognise,
            yolo.read,
            yolo.Writer,
            yolo.picture_place,
            _ALL - {Part.DRAFT},
        ),
        Format(
            "yolo-box",
            "YOLO boxes, an Ultralytics dataset",
            yolo.recognise,
            yolo.read,
            yolo.BoxWriter,
            yolo.picture_place,
            _ALL - {Part.DRAFT, Part.OUTLINE},
            "boxes",
        ),
        Format(
            "labelme",
            "labelme JSON",
            labelme.recognise,
            labelme.read,
            labelme.Writer,
            labelme.picture_place,
            _ALL,
        ),
        Format(
            "x-anylabeling",
            "X-AnyLabeling JSON",
            labelme.recognise_x,
            labelme.read,
            x_anylabeling.Writer,
            labelme.picture_place,
            _ALL,
        ),
        Format("coco", "COCO JSON, polygons", coco.recognise, coco.read, coco.Writer, coco.picture_place, _ALL),
        Format(
            "coco-rle",
            "COCO JSON, run-length masks",
            coco.recognise,
            coco.read,
            coco.RunLengthWriter,
            coco.picture_place,
            _ALL - {Part.OUTLINE},
            "masks of whole pixels",
        ),
        Format(
            "cvat",
            "CVAT XML 1.1 for images",
            cvat.recognise,
            cvat.read,
            cvat.Writer,
            cvat.picture_place,
            _ALL - {Part.ORIGIN},
        ),
        Format(
            "label-studio",
            "Label Studio JSON",
            label_studio.recognise,
            label_studio.read,
            label_studio.Writer,
            label_studio.picture_place,
            _ALL - {Part.ORIGIN, Part.CANDIDATES},
        ),
        Format(
            "voc",
            "Pascal VOC XML, boxes",
            voc.recognise,
            voc.read,
            voc.Writer,
            voc.picture_place,
            _ALL - {Part.OUTLINE, Part.ORIGIN},
            "boxes",
        ),
    )
}


def format_named(name: str) -> Format:
    """The format of this name. Raises UsageError."""
    found = FORMATS.get(name.strip().lower())
    if found is None:
        raise UsageError(f"there is no format “{name}” (there are {', '.join(FORMATS)})")
    return found


def recognised(tree: Tree) -> Format:
    """The one format that a source is in. Raises LpStudioError when there is none, or more than one."""
    found: list[Format] = []
    for candidate in FORMATS.values():
        # Two names may share a reader, which takes both.
        if all(candidate.read is not other.read for other in found) and candidate.recognise(tree):
            found.append(candidate)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(candidate.name for candidate in found)
        raise LpStudioError(
            f"this is more than one format: {names}", path=tree.shown_as, remedy="Say which one it is (--format)"
        )
    titles = "; ".join(candidate.title for candidate in FORMATS.values())
    raise LpStudioError(f"no known format is found here (known: {titles})", path=tree.shown_as)
