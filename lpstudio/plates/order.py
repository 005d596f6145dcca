"""Reading order: which characters stand together on a plate, on which line, and in which order, also under tilt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]

_MOST_TILT = math.radians(42)
_LINE_GAP = 0.5  # of a character's height: lines lie further apart than this
_REACH_X, _REACH_Y = 2.7, 1.9  # of a height: how far the next character of a plate may be
_LEAST_LIKE = 0.55  # heights of neighbours on one plate differ less than this ratio


def box_of(polygon: Sequence[Sequence[float]]) -> Box:
    """The upright box x1, y1, x2, y2 around a polygon."""
    xs, ys = [point[0] for point in polygon], [point[1] for point in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def reading_order(boxes: Sequence[Box]) -> list[list[int]]:
    """The lines of one plate from top to bottom, each with the indices of its characters from left to right.

    ``boxes``: x1, y1, x2, y2 of the characters, y down, in any order. The plate may be tilted by up to some 40 degrees.
    """
    if len(boxes) < 2:
        return [list(range(len(boxes)))] if boxes else []
    array = np.asarray(boxes, np.float64)
    centres = (array[:, :2] + array[:, 2:]) / 2
    sizes = np.maximum(array[:, 2:] - array[:, :2], 1e-6)
    best: tuple[float, list[list[int]]] | None = None
    for angle in _angles(centres):
        lines, cost = _lines_at(centres, sizes, angle)
        if best is None or cost < best[0] - 1e-9:
            best = (cost, lines)
    assert best is not None
    return best[1]


def flat_order(boxes: Sequence[Box]) -> list[int]:
    """:func:`reading_order` in one list, line after line."""
    return [index for line in reading_order(boxes) for index in line]


def group_plates(boxes: Sequence[Box]) -> list[list[int]]:
    """Which characters of a picture belong to the same plate: neighbours of similar height, chained.

    Each group is in reading order; groups go from top to bottom, then from left to right.
    """
    count = len(boxes)
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in range(count):
        for j in range(i):
            if root(i) != root(j) and _neighbours(boxes[i], boxes[j]):
                parent[root(i)] = root(j)
    groups: dict[int, list[int]] = {}
    for i in range(count):
        groups.setdefault(root(i), []).append(i)
    plates = [[group[i] for i in flat_order([boxes[m] for m in group])] for group in groups.values()]
    return sorted(plates, key=lambda plate: _corner([boxes[i] for i in plate]))


def _corner(boxes: Sequence[Box]) -> tuple[float, float]:
    return min(box[1] for box in boxes), min(box[0] for box in boxes)


def _neighbours(a: Box, b: Box) -> bool:
    height_a, height_b = max(a[3] - a[1], 1e-6), max(b[3] - b[1], 1e-6)
    if min(height_a, height_b) < _LEAST_LIKE * max(height_a, height_b):
        return False
    height = (height_a + height_b) / 2
    # Between the edges, not the centres, counts along a line: a wide M must not seem further away than an I.
    gap_x = max(0.0, max(a[0], b[0]) - min(a[2], b[2]))
    apart_y = abs((a[1] + a[3]) - (b[1] + b[3])) / 2
    return math.hypot(gap_x / ((_REACH_X - 0.6) * height), apart_y / (_REACH_Y * height)) < 1.0


def _angles(centres: NDArray[np.float64]) -> list[float]:
    """Tilts worth trying, the flattest first: level, and the direction of every pair of characters."""
    difference = centres[None, :, :] - centres[:, None, :]
    upper = difference[np.triu_indices(len(centres), 1)]
    angles = np.arctan2(upper[:, 1], upper[:, 0])
    angles = (angles + math.pi / 2) % math.pi - math.pi / 2
    usable = {round(float(angle), 4) for angle in angles if abs(angle) <= _MOST_TILT}
    return sorted(usable | {0.0}, key=abs)


def _lines_at(centres: NDArray[np.float64], sizes: NDArray[np.float64], angle: float) -> tuple[list[list[int]], float]:
    """The lines that a tilt (radians) gives, and how badly the characters lie on them."""
    along = centres[:, 0] * math.cos(angle) + centres[:, 1] * math.sin(angle)
    across = centres[:, 1] * math.cos(angle) - centres[:, 0] * math.sin(angle)
    height = float(np.median(sizes[:, 1]))
    order = np.argsort(across, kind="stable")
    cuts = np.flatnonzero(np.diff(across[order]) > _LINE_GAP * height) + 1
    lines: list[list[int]] = []
    off = 0.0
    crowded = 0.0
    for part in np.split(order, cuts):
        line = part[np.argsort(along[part], kind="stable")]
        lines.append(line.tolist())
        off += float(((across[line] - across[line].mean()) ** 2).sum())
        widths = sizes[line, 0]
        needed = 0.35 * np.minimum(widths[1:], widths[:-1])
        crowded += float((np.diff(along[line]) < needed).sum())
    spread = math.sqrt(off / len(centres)) / height
    return lines, spread + 0.12 * (len(lines) - 1) + 0.3 * crowded + 0.15 * abs(angle)
