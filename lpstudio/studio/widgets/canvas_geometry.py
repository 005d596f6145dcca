"""Geometry of polygons in pixels of the crop: what is under the pointer, clipping, crossings. Plain numpy, no Qt.

A polygon is a float64 array of shape (n, 2): x, y per vertex, y down, closed from the last vertex to the first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Point, Polygon

FloatArray = NDArray[np.float64]
Box = tuple[float, float, float, float]


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
    """Whether the places (x, y) are inside the polygon by the even-odd rule; the shape of ``x``."""
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


def edge_distances(points: FloatArray, x: float, y: float) -> tuple[FloatArray, FloatArray]:
    """Per edge (vertex i to i + 1): the distance of (x, y) to it, and the nearest point on it, shapes (n,), (n, 2)."""
    start, end = points, np.roll(points, -1, axis=0)
    along = end - start
    length2 = (along * along).sum(axis=1)
    to_point = np.array([x, y]) - start
    share = np.divide((to_point * along).sum(axis=1), length2, out=np.zeros(len(points)), where=length2 > 0)
    nearest = start + np.clip(share, 0.0, 1.0)[:, None] * along
    return np.hypot(nearest[:, 0] - x, nearest[:, 1] - y), nearest


def self_intersects(points: FloatArray) -> bool:
    """Whether two edges that are no neighbours cross or touch. Fewer than four points never do."""
    n = len(points)
    if n < 4:
        return False
    a, b = points, np.roll(points, -1, axis=0)
    i, j = np.triu_indices(n, k=2)
    apart = ~((i == 0) & (j == n - 1))
    i, j = i[apart], j[apart]

    def turn(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        return np.asarray((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    t1, t2 = turn(a[i], b[i], a[j]), turn(a[i], b[i], b[j])
    t3, t4 = turn(a[j], b[j], a[i]), turn(a[j], b[j], b[i])
    return bool(np.any((t1 * t2 < 0) & (t3 * t4 < 0)))


def clip_to_frame(points: FloatArray, width: float, height: float) -> FloatArray:
    """What of the polygon lies on the picture (0..width, 0..height), by Sutherland and Hodgman; it may be empty.

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


def limit_shift(box: Box, dx: float, dy: float, width: float, height: float) -> tuple[float, float]:
    """The part of a shift that keeps a box on the picture; a box that sticks out already may come back in."""
    x1, y1, x2, y2 = box

    def limited(shift: float, low: float, high: float, size: float) -> float:
        least, most = min(0.0, -low), max(0.0, size - high)
        return min(max(shift, least), most)

    return limited(dx, x1, x2, width), limited(dy, y1, y2, height)


def overlap(a: FloatArray, b: FloatArray, samples: int = 24) -> float:
    """Intersection over union of two polygons, estimated on a grid over both boxes (a few per cent exact)."""
    ax1, ay1, ax2, ay2 = bounds(a)
    bx1, by1, bx2, by2 = bounds(b)
    if ax1 >= bx2 or bx1 >= ax2 or ay1 >= by2 or by1 >= ay2:
        return 0.0
    steps = (np.arange(samples) + 0.5) / samples
    left, top, right, bottom = min(ax1, bx1), min(ay1, by1), max(ax2, bx2), max(ay2, by2)
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    in_a, in_b = inside(a, x, y), inside(b, x, y)
    union = int((in_a | in_b).sum())
    return int((in_a & in_b).sum()) / union if union else 0.0


class Part(Enum):
    """What of a polygon is under the pointer."""

    VERTEX = "vertex"
    EDGE = "edge"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Hit:
    """What the pointer is over. ``index``: of the polygon; ``at``: vertex number, or the edge's first vertex.

    ``point``: the vertex, the nearest point on the edge, or the pointer itself.
    """

    index: int
    part: Part
    at: int
    point: Point


class HitTester:
    """Finds what is under the pointer among many polygons; boxes are compared first, all at once."""

    def __init__(self, polygons: Sequence[FloatArray]) -> None:
        self._polygons = list(polygons)
        self._boxes = np.array([bounds(p) for p in self._polygons], dtype=np.float64).reshape(-1, 4)

    def __len__(self) -> int:
        return len(self._polygons)

    @property
    def boxes(self) -> FloatArray:
        """x1, y1, x2, y2 per polygon, shape (n, 4)."""
        return self._boxes

    def replace(self, index: int, points: FloatArray) -> None:
        """One polygon changed its shape."""
        self._polygons[index] = points
        self._boxes[index] = bounds(points)

    def near(self, x: float, y: float, tolerance: float) -> list[int]:
        """Polygons whose box, widened by the tolerance, holds the place."""
        b = self._boxes
        hits = (
            (b[:, 0] - tolerance <= x)
            & (x <= b[:, 2] + tolerance)
            & (b[:, 1] - tolerance <= y)
            & (y <= b[:, 3] + tolerance)
        )
        return [int(i) for i in np.flatnonzero(hits)]

    def touching(self, box: Box) -> list[int]:
        """Polygons whose box meets the given one."""
        b = self._boxes
        hits = (b[:, 0] <= box[2]) & (b[:, 2] >= box[0]) & (b[:, 1] <= box[3]) & (b[:, 3] >= box[1])
        return [int(i) for i in np.flatnonzero(hits)]

    def at(self, x: float, y: float, tolerance: float, preferred: Sequence[int] = ()) -> Hit | None:
        """What is under (x, y).

        Vertices and edges count within ``tolerance`` pixels of the crop, and only of the ``preferred`` (selected)
        polygons; among bodies the smallest comes first, so that a character inside another can be reached. Where
        no body is, a polygon whose outline is within the tolerance counts (thin and degenerate ones).
        """
        near = self.near(x, y, tolerance)
        chosen = [i for i in near if i in set(preferred)]
        return (
            self._vertex(chosen, x, y, tolerance)
            or self._edge(chosen, x, y, tolerance)
            or self._body(near, x, y, tolerance)
        )

    def _vertex(self, chosen: Sequence[int], x: float, y: float, tolerance: float) -> Hit | None:
        best: Hit | None = None
        nearest = tolerance
        for i in chosen:
            points = self._polygons[i]
            distances = np.hypot(points[:, 0] - x, points[:, 1] - y)
            k = int(distances.argmin())
            if distances[k] <= nearest:
                nearest = float(distances[k])
                best = Hit(i, Part.VERTEX, k, (float(points[k, 0]), float(points[k, 1])))
        return best

    def _edge(self, chosen: Sequence[int], x: float, y: float, tolerance: float) -> Hit | None:
        best: Hit | None = None
        nearest = tolerance
        for i in chosen:
            distances, feet = edge_distances(self._polygons[i], x, y)
            k = int(distances.argmin())
            if distances[k] <= nearest:
                nearest = float(distances[k])
                best = Hit(i, Part.EDGE, k, (float(feet[k, 0]), float(feet[k, 1])))
        return best

    def _body(self, near: Sequence[int], x: float, y: float, tolerance: float) -> Hit | None:
        under = [i for i in near if bool(inside(self._polygons[i], x, y))]
        if not under:
            under = [i for i in near if float(edge_distances(self._polygons[i], x, y)[0].min()) <= tolerance]
        if not under:
            return None
        smallest = min(under, key=lambda i: abs(area(self._polygons[i])))
        return Hit(smallest, Part.BODY, -1, (x, y))
