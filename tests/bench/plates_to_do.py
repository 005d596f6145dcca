"""The plates that scripted sessions annotate: synthetic crops whose truth is known, and drafts with known errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from shapely import make_valid
from shapely.geometry import Polygon as Shape

from lpstudio.dataset.types import Character, Polygon

LEAST_IOU = 0.7  # a character's outline is right from here on
_DRAWN_IOU = 0.78  # of the outlines that are drawn by hand: with room for the rounding to pixels of the screen
ERRORS = (("class", 0.6), ("shift", 0.15), ("cut", 0.1), ("missing", 0.1), ("extra", 0.05))  # kinds and their shares


@dataclass(frozen=True)
class Plate:
    """A crop's key, its file's name, its size (width, height) and its characters in reading order."""

    key: str
    size: tuple[int, int]
    characters: tuple[Character, ...]

    @property
    def text(self) -> str:
        return "".join(character.char for character in self.characters)


def shape(polygon: Sequence[Sequence[float]]) -> Any:
    """The outline as a valid area."""
    return make_valid(Shape([tuple(point) for point in polygon]))


def iou(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """The overlap of two outlines' areas by their union's."""
    a, b = shape(one), shape(other)
    union = a.union(b).area
    return float(a.intersection(b).area / union) if union else 0.0


def inside(polygon: Polygon) -> tuple[float, float]:
    """A place well inside an outline, where a click takes hold of it."""
    point = shape(polygon).representative_point()
    return float(point.x), float(point.y)


def fewest_vertices(polygon: Polygon) -> Polygon:
    """An outline of as few vertices as are right: the least that a person must click."""
    found = list(polygon)
    tolerance = 0.0
    span = max(np.ptp(np.array(polygon), axis=0))
    while tolerance < span:
        tolerance += span / 200
        simple = Shape(polygon).simplify(tolerance, preserve_topology=True)
        points = list(simple.exterior.coords)[:-1] if simple.geom_type == "Polygon" else []
        if len(points) < 3 or iou(points, polygon) < _DRAWN_IOU:
            break
        found = points
    return tuple((float(x), float(y)) for x, y in found)


def with_errors(plates: Sequence[Plate], share: float, seed: int) -> dict[str, tuple[Character, ...]]:
    """The plates' characters with errors in that share of them, by key: other classes, shifted and cut outlines, some
    missing, some that are none."""
    rng = np.random.default_rng(seed)
    alphabet = sorted({character.char for plate in plates for character in plate.characters})
    total = sum(len(plate.characters) for plate in plates)
    chosen = rng.choice(total, round(share * total), replace=False)
    names, shares = [kind for kind, _ in ERRORS], [part for _, part in ERRORS]
    kinds = {int(place): str(rng.choice(names, p=shares)) for place in chosen}
    drafts, number = {}, 0
    for plate in plates:
        found: list[Character] = []
        for character in plate.characters:
            kind = kinds.get(number)
            number += 1
            if kind == "class":
                found.append(replace(character, char=str(rng.choice([c for c in alphabet if c != character.char]))))
            elif kind == "shift":
                found.append(replace(character, polygon=_shifted(character.polygon, plate.size)))
            elif kind == "cut":
                found.append(replace(character, polygon=_upper_half(character.polygon)))
            elif kind != "missing":
                found.append(character)
            if kind == "extra":
                found.append(Character(_corner(plate.size), str(rng.choice(alphabet))))
        drafts[plate.key] = tuple(found)
    return drafts


def _shifted(polygon: Polygon, size: tuple[int, int]) -> Polygon:
    """Up or down by a third of its height, whichever the crop has room for."""
    ys = [y for _, y in polygon]
    by = (max(ys) - min(ys)) / 3
    if max(ys) + by > size[1]:
        by = -by
    return tuple((x, min(max(y + by, 0.0), float(size[1]))) for x, y in polygon)


def _upper_half(polygon: Polygon) -> Polygon:
    ys = [y for _, y in polygon]
    middle = (min(ys) + max(ys)) / 2
    return tuple((x, min(y, middle + 0.05 * (y - middle))) for x, y in polygon)


def _corner(size: tuple[int, int]) -> Polygon:
    width, height = size
    return ((0.5, 0.5), (0.05 * width, 0.5), (0.05 * width, 0.12 * height), (0.5, 0.12 * height))


def save_plan(path: Path, plates: Sequence[Plate], drafts: dict[str, tuple[Character, ...]] | None) -> None:
    """The truth, the outlines to draw and the drafts (with a place inside of each) as JSON, for those who play."""
    plan = [
        {
            "key": plate.key, "size": plate.size, "text": plate.text,
            "truth": [[c.char, c.polygon] for c in plate.characters],
            "draw": [fewest_vertices(c.polygon) for c in plate.characters],
            "draft": None if drafts is None else [[c.char, c.polygon, inside(c.polygon)] for c in drafts[plate.key]],
        }
        for plate in plates
    ]  # fmt: skip
    path.write_text(json.dumps(plan))


def quality(truth: Sequence[Sequence[Any]], found: Sequence[Sequence[Any]]) -> tuple[int, list[float]]:
    """Characters of a plate that are right (class, and an outline of the least IoU), and the IoU of each of the truth.

    Both are lists of class and polygon. A found one counts for one of the truth; those too many make the plate wrong,
    told by the caller's own count.
    """
    left = list(found)
    right, overlaps = 0, []
    for char, polygon in truth:
        best = max(left, key=lambda one: iou(one[1], polygon), default=None)
        overlap = iou(best[1], polygon) if best is not None else 0.0
        overlaps.append(overlap)
        if best is not None and overlap >= LEAST_IOU:
            left.remove(best)
            right += best[0] == char
    return right, overlaps
