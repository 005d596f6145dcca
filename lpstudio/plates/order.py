"""Reading order: which characters stand together on a plate, on which line, and in which order, also under tilt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

Box = tuple[float, float, float, float]

_MOST_TILT = math.radians(42)
_TILT_COST = 0.15  # of a radian: of two tilts that suit as well, the flatter
_LINE_GAP = 0.5  # of a character's height: lines lie further apart than this
_REACH_X, _REACH_Y = 2.7, 1.9  # of a height: how far the next character of a plate may be
_LEAST_LIKE = 0.55  # heights of neighbours on one plate differ less than this ratio


class _Seen(NamedTuple):
    """The middle and the size of a character's box."""

    x: float
    y: float
    width: float
    height: float


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
    seen = [_Seen((x1 + x2) / 2, (y1 + y2) / 2, max(x2 - x1, 1e-6), max(y2 - y1, 1e-6)) for x1, y1, x2, y2 in boxes]
    height = median(one.height for one in seen)
    best: tuple[float, list[list[int]]] | None = None
    for angle in _angles(seen):
        if best is not None and _TILT_COST * abs(angle) >= best[0]:
            break  # the tilt alone costs more, and the others are steeper
        lines, cost = _lines_at(seen, height, angle)
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


def _angles(seen: Sequence[_Seen]) -> list[float]:
    """Tilts worth trying, the flattest first: level, and the direction of every pair of characters."""
    usable = {0.0}
    for number, one in enumerate(seen):
        for other in seen[:number]:
            across, down = one.x - other.x, one.y - other.y
            angle = math.atan2(down, across) if across or down else 0.0
            angle = (angle + math.pi / 2) % math.pi - math.pi / 2
            if abs(angle) <= _MOST_TILT:
                usable.add(round(angle, 2))  # half a degree moves no character to another line
    return sorted(usable, key=abs)


def _lines_at(seen: Sequence[_Seen], height: float, angle: float) -> tuple[list[list[int]], float]:
    """The lines that a tilt (radians) gives, and how badly the characters lie on them.

    Plain numbers: for the few characters of a plate arrays cost ten times as much.
    """
    cos, sin = math.cos(angle), math.sin(angle)
    along = [one.x * cos + one.y * sin for one in seen]
    across = [one.y * cos - one.x * sin for one in seen]
    order = sorted(range(len(seen)), key=across.__getitem__)
    lines = [[order[0]]]
    for before, index in pairwise(order):
        if across[index] - across[before] > _LINE_GAP * height:
            lines.append([])
        lines[-1].append(index)
    off = 0.0
    crowded = 0
    for line in lines:
        line.sort(key=along.__getitem__)
        middle = sum(across[index] for index in line) / len(line)
        off += sum((across[index] - middle) ** 2 for index in line)
        crowded += sum(
            along[right] - along[left] < 0.35 * min(seen[left].width, seen[right].width)
            for left, right in pairwise(line)
        )
    spread = math.sqrt(off / len(seen)) / height
    return lines, spread + 0.12 * (len(lines) - 1) + 0.3 * crowded + _TILT_COST * abs(angle)
