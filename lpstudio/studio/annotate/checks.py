"""What can be wrong with a character on a crop, found while it is drawn. Plain numpy, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.types import Polygon
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.widgets.canvas_geometry import area, as_array, bounds, overlap, self_intersects

DOUBLED = 0.7  # intersection over union from which two characters count as the same one drawn twice
_OUTSIDE = 0.5  # px that a vertex may stand over the border (label files of others round)


@dataclass(frozen=True, slots=True)
class Fault:
    """``item_id``: whose fault. ``blocking``: the crop cannot be verified while it stands."""

    item_id: int
    text: str
    blocking: bool = False


@lru_cache(maxsize=16384)
def _shape_faults(polygon: Polygon, width: float, height: float) -> tuple[str, ...]:
    points = as_array(polygon)
    found = []
    if len({(round(x, 3), round(y, 3)) for x, y in polygon}) < 3:
        found.append("has fewer than three different points")
    elif abs(area(points)) < 0.5:
        found.append("has no area")
    if self_intersects(points):
        found.append("its outline crosses itself")
    x1, y1, x2, y2 = bounds(points)
    if width and height and (min(x1, y1) < -_OUTSIDE or x2 > width + _OUTSIDE or y2 > height + _OUTSIDE):
        found.append("reaches outside the picture")
    return tuple(found)


@lru_cache(maxsize=4096)
def _covers(first: Polygon, second: Polygon) -> bool:
    return overlap(as_array(first), as_array(second)) >= DOUBLED


def doubled_pairs(polygons: Sequence[Polygon]) -> list[tuple[int, int]]:
    """Pairs of indices (the earlier first) of polygons that cover the same place."""
    count = len(polygons)
    if count < 2:
        return []
    boxes = np.array([bounds(as_array(polygon)) for polygon in polygons])
    order = np.argsort(boxes[:, 0], kind="stable")
    b = boxes[order]
    areas = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    pairs = []
    for step in range(1, count):
        first, second = b[:-step], b[step:]
        wide = np.minimum(first[:, 2], second[:, 2]) - second[:, 0]
        if not (wide > 0).any():
            break
        high = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
        common = np.clip(wide, 0, None) * np.clip(high, 0, None)
        union = areas[:-step] + areas[step:] - common
        close = common > 0.5 * np.where(union > 0, union, np.inf)
        for place in np.flatnonzero(close):
            i, j = sorted((int(order[place]), int(order[place + step])))
            if _covers(polygons[i], polygons[j]):
                pairs.append((i, j))
    return pairs


def find_faults(items: Sequence[Item], size: tuple[float, float] | None, alphabet: Alphabet) -> list[Fault]:
    """All faults of a crop's characters, in the order of the items; a missing class comes last of an item's own."""
    width, height = size or (0.0, 0.0)
    found = [
        Fault(item.id, text, blocking=True)
        for item in items
        for text in _shape_faults(item.character.polygon, width, height)
    ]
    for i, j in doubled_pairs([item.character.polygon for item in items]):
        char = items[i].character.char
        found.append(Fault(items[j].id, f"covers the same place as {char or 'another character'}"))
    for item in items:
        character = item.character
        if not character.char and not character.unreadable:
            found.append(Fault(item.id, "has no class yet", blocking=True))
        elif character.char and alphabet.index(character.char) is None:
            found.append(Fault(item.id, f"the dataset has no class {character.char}", blocking=True))
    return found
