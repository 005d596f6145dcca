"""Characters on the clipboard, as text that any crop (and another window) can take. Plain Python, no Qt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lpstudio.dataset.types import Character
from lpstudio.studio.widgets.canvas_geometry import Box, as_array, as_polygon, bounds, clip_to_frame, limit_shift

MIME = "application/x-lpstudio-characters+json"


def to_bytes(characters: Sequence[Character], size: tuple[float, float] | None = None) -> bytes:
    """Polygons, classes and marks; what a model said of them stays behind. ``size``: of the crop they stand on."""
    rows = [{"polygon": c.polygon, "char": c.char, "unreadable": c.unreadable} for c in characters]
    return json.dumps({"v": 1, "size": size, "characters": rows}).encode()


def from_bytes(data: bytes, size: tuple[float, float] | None = None) -> list[Character]:
    """The inverse; an empty list for anything that is not ours.

    ``size``: of the crop they come to. From one of another size they are scaled with it, so that captures of one plate
    line up.
    """
    try:
        told = json.loads(data)
        scale = _scale(told.get("size"), size)
        found = []
        for row in told["characters"]:
            points = as_array(row["polygon"]) * scale
            if len(points) >= 3 and bool(np.isfinite(points).all()):
                found.append(Character(as_polygon(points), str(row["char"]), bool(row["unreadable"])))
        return found
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _scale(before: object, after: tuple[float, float] | None) -> tuple[float, float]:
    """Across and down; 1 where a size is not known."""
    if after is None or min(after) <= 0 or not isinstance(before, list) or len(before) != 2:
        return 1.0, 1.0
    if not all(isinstance(side, (int, float)) and 0 < side < np.inf for side in before):
        return 1.0, 1.0
    return after[0] / before[0], after[1] / before[1]


def union_box(characters: Sequence[Character]) -> Box:
    """The box around all of them."""
    boxes = np.array([bounds(as_array(c.polygon)) for c in characters])
    return (
        float(boxes[:, 0].min()),
        float(boxes[:, 1].min()),
        float(boxes[:, 2].max()),
        float(boxes[:, 3].max()),
    )


def shifted(characters: Sequence[Character], dx: float, dy: float) -> list[Character]:
    return [replace(c, polygon=tuple((x + dx, y + dy) for x, y in c.polygon)) for c in characters]


def fitted(characters: Sequence[Character], size: tuple[float, float]) -> list[Character]:
    """Brought onto a picture of this size: shifted as a whole where that is enough, cut at the border where not."""
    if not characters:
        return []
    box = union_box(characters)
    dx, _ = limit_shift(box, max(0.0, -box[0]) or min(0.0, size[0] - box[2]), 0.0, *size)
    _, dy = limit_shift(box, 0.0, max(0.0, -box[1]) or min(0.0, size[1] - box[3]), *size)
    result = []
    for character in shifted(characters, dx, dy):
        points = clip_to_frame(as_array(character.polygon), *size)
        if len(points) >= 3:
            result.append(replace(character, polygon=as_polygon(points)))
    return result


def beside(characters: Sequence[Character], size: tuple[float, float]) -> tuple[float, float]:
    """Where a duplicate goes: to the right if there is room, else to the left, else a little down."""
    x1, y1, x2, y2 = union_box(characters)
    width = x2 - x1
    gap = max(1.0, width * 0.1)
    if x2 + gap + width <= size[0]:
        return gap + width, 0.0
    if x1 - gap - width >= 0:
        return -gap - width, 0.0
    return limit_shift((x1, y1, x2, y2), 0.0, 4.0 if y2 + 4.0 <= size[1] else -4.0, *size)
