"""Outlines as arrays: area, crossings, overlap, cutting at the picture's border. Plain numpy.

An outline is a float64 array of shape (n, 2): x, y per vertex in pixels, y down, closed from the last vertex to the
first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Point, Polygon

FloatArray = NDArray[np.float64]
Box = tuple[float, float, float, float]

_SAMPLES = 24  # per side of the grid on which overlaps are estimated
_MAX_CROSSINGS = 64  # an outline with more of them is no outline of a character
_MANY_VERTICES = 128
_MAX_VERTICES = 3000  # of outlines that are searched for crossings: every edge is compared with every other


def as_array(polygon: Sequence[Point] | FloatArray) -> FloatArray:
    """The polygon as a float64 array of shape (n, 2)."""
    return np.asarray(polygon, dtype=np.float64).reshape(-1, 2)


def as_polygon(points: Sequence[Point] | FloatArray) -> Polygon:
    """The inverse of :func:`as_array`: plain floats, immutable."""
    return tuple((float(x), float(y)) for x, y in points)


def bounds(points: FloatArray) -> Box:
    """x1, y1, x2, y2 of the smallest upright box; zeros for no points."""
    if len(points) == 0:
        return (0.0, 0.0, 0.0, 0.0)
    low, high = points.min(axis=0), points.max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def area(points: FloatArray) -> float:
    """The signed area in square pixels (positive when the vertices run clockwise on the screen)."""
    x, y = points[:, 0], points[:, 1]
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y))


def inside(points: FloatArray, x: FloatArray | float, y: FloatArray | float) -> NDArray[np.bool_]:
    """Whether the places (x, y) are inside the outline by the even-odd rule; the shape of ``x``."""
    px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    result = np.zeros(px.shape, dtype=bool)
    x1, y1 = points[:, 0], points[:, 1]
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    for i in range(len(points)):
        if y1[i] == y2[i]:
            continue
        straddles = (y1[i] > py) != (y2[i] > py)
        result ^= straddles & (px < (x2[i] - x1[i]) * (py - y1[i]) / (y2[i] - y1[i]) + x1[i])
    return result


@lru_cache(maxsize=256)
def _no_neighbours(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of edges of an outline with ``n`` of them that do not follow each other."""
    i, j = np.triu_indices(n, k=2)
    apart = ~((i == 0) & (j == n - 1))
    return i[apart], j[apart]


def _crossings(points: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of edges (numbers i < j of their first vertices) that cross."""
    n = len(points)
    nothing = np.empty(0, dtype=np.intp)
    if not 4 <= n <= _MAX_VERTICES:
        return nothing, nothing
    a, b = points, np.roll(points, -1, axis=0)
    i, j = _no_neighbours(n) if n <= _MANY_VERTICES else _no_neighbours.__wrapped__(n)

    def turn(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        return np.asarray((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    t1, t2 = turn(a[i], b[i], a[j]), turn(a[i], b[i], b[j])
    t3, t4 = turn(a[j], b[j], a[i]), turn(a[j], b[j], b[i])
    found = (t1 * t2 < 0) & (t3 * t4 < 0)
    return i[found], j[found]


def self_intersects(points: FloatArray) -> bool:
    """Whether two edges that are no neighbours cross. Fewer than four points never do; thousands are not searched."""
    return len(_crossings(points)[0]) > 0


def simple_loops(points: FloatArray) -> list[FloatArray]:
    """The outline cut at its crossings into loops that cross nowhere, the largest first; empty when that fails."""
    waiting, done = [points], []
    for _ in range(_MAX_CROSSINGS):
        if not waiting:
            break
        current = waiting.pop()
        first, second = _crossings(current)
        if len(first) == 0:
            done.append(current)
            continue
        i, j = int(first[0]), int(second[0])
        place = _crossing_place(current, i, j)
        waiting.append(np.vstack([place, current[i + 1 : j + 1]]))
        waiting.append(np.vstack([place, current[j + 1 :], current[: i + 1]]))
    if waiting:
        return []
    return sorted((loop for loop in done if len(loop) >= 3), key=lambda loop: -abs(area(loop)))


def _crossing_place(points: FloatArray, i: int, j: int) -> FloatArray:
    p, r = points[i], points[(i + 1) % len(points)] - points[i]
    q, s = points[j], points[(j + 1) % len(points)] - points[j]
    along = ((q[0] - p[0]) * s[1] - (q[1] - p[1]) * s[0]) / (r[0] * s[1] - r[1] * s[0])
    return np.asarray(p + along * r)


def clip_to_frame(points: FloatArray, width: float, height: float) -> FloatArray:
    """What of the outline lies on the picture (0..width, 0..height), by Sutherland and Hodgman; it may be empty.

    Cut, not squeezed: vertices outside are not moved to the border, the edges are cut where they cross it.
    """
    if len(points) == 0 or (points.min() >= 0 and points[:, 0].max() <= width and points[:, 1].max() <= height):
        return points
    result = [(float(x), float(y)) for x, y in points]
    for axis, limit, sign in ((0, 0.0, 1.0), (0, width, -1.0), (1, 0.0, 1.0), (1, height, -1.0)):
        source, result = result, []
        for index, current in enumerate(source):
            previous = source[index - 1]
            here, before = sign * (current[axis] - limit), sign * (previous[axis] - limit)
            if (here >= 0) != (before >= 0):
                share = before / (before - here)
                cut = [previous[k] + share * (current[k] - previous[k]) for k in (0, 1)]
                cut[axis] = limit
                result.append((cut[0], cut[1]))
            if here >= 0:
                result.append(current)
    cleaned = [p for k, p in enumerate(result) if math.dist(p, result[k - 1]) > 1e-9]
    return as_array(cleaned) if len(cleaned) >= 3 else np.empty((0, 2))


def covering(a: FloatArray, b: FloatArray, samples: int = _SAMPLES) -> tuple[float, float]:
    """How two outlines lie over each other, estimated on a grid over both boxes (a few per cent exact).

    Intersection over union, and intersection over the smaller of the two; 0 to 1.
    """
    ax1, ay1, ax2, ay2 = bounds(a)
    bx1, by1, bx2, by2 = bounds(b)
    if ax1 >= bx2 or bx1 >= ax2 or ay1 >= by2 or by1 >= ay2:
        return 0.0, 0.0
    steps = (np.arange(samples) + 0.5) / samples
    left, top, right, bottom = min(ax1, bx1), min(ay1, by1), max(ax2, bx2), max(ay2, by2)
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    in_a, in_b = inside(a, x, y), inside(b, x, y)
    common, union = int((in_a & in_b).sum()), int((in_a | in_b).sum())
    smaller = min(int(in_a.sum()), int(in_b.sum()))
    return (common / union if union else 0.0), (common / smaller if smaller else 0.0)


def overlap(a: FloatArray, b: FloatArray, samples: int = _SAMPLES) -> float:
    """Intersection over union of two outlines, estimated as in :func:`covering`."""
    return covering(a, b, samples)[0]
