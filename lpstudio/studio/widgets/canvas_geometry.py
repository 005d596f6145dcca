"""Geometry of polygons in pixels of the crop: what is under the pointer, clipping, crossings. Plain numpy, no Qt.

A polygon is a float64 array of shape (n, 2): x, y per vertex, y down, closed from the last vertex to the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from lpstudio.dataset.outlines import (
    Box,
    FloatArray,
    area,
    as_array,
    as_polygon,
    bounds,
    clip_to_frame,
    inside,
    overlap,
    self_intersects,
)
from lpstudio.dataset.types import Point

__all__ = [
    "Box",
    "FloatArray",
    "Hit",
    "HitTester",
    "Part",
    "area",
    "as_array",
    "as_polygon",
    "bounds",
    "clip_to_frame",
    "edge_distances",
    "inside",
    "limit_shift",
    "overlap",
    "self_intersects",
]


def edge_distances(points: FloatArray, x: float, y: float) -> tuple[FloatArray, FloatArray]:
    """Per edge (vertex i to i + 1): the distance of (x, y) to it, and the nearest point on it, shapes (n,), (n, 2)."""
    start, end = points, np.roll(points, -1, axis=0)
    along = end - start
    length2 = (along * along).sum(axis=1)
    to_point = np.array([x, y]) - start
    share = np.divide((to_point * along).sum(axis=1), length2, out=np.zeros(len(points)), where=length2 > 0)
    nearest = start + np.clip(share, 0.0, 1.0)[:, None] * along
    return np.hypot(nearest[:, 0] - x, nearest[:, 1] - y), nearest


def limit_shift(box: Box, dx: float, dy: float, width: float, height: float) -> tuple[float, float]:
    """The part of a shift that keeps a box on the picture; a box that sticks out already may come back in."""
    x1, y1, x2, y2 = box

    def limited(shift: float, low: float, high: float, size: float) -> float:
        least, most = min(0.0, -low), max(0.0, size - high)
        return min(max(shift, least), most)

    return limited(dx, x1, x2, width), limited(dy, y1, y2, height)


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

    def __init__(self, polygons: Sequence[FloatArray], boxes: Sequence[Box] | None = None) -> None:
        """``boxes``: those of the polygons, where they are known already."""
        self._polygons = list(polygons)
        known = boxes if boxes is not None else [bounds(p) for p in self._polygons]
        self._boxes = np.array(known, dtype=np.float64).reshape(-1, 4)

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
