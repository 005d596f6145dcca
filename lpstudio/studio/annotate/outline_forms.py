"""Geometry that makes outlines of outlines: cut, join, simplify, smooth, thin. Shapely and numpy, no Qt.

Polygons are float64 arrays of shape (n, 2) in pixels of the crop, y down, as in
:mod:`lpstudio.studio.widgets.canvas_geometry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lpstudio.studio.widgets.canvas_geometry import FloatArray, area, as_array

if TYPE_CHECKING:
    from shapely import Polygon as ShapelyPolygon
    from shapely.geometry.base import BaseGeometry

_SLIVER = 1e-6  # square pixels; smaller pieces come from rounding alone
_ROUNDS = 2  # of corner cutting; more add vertices that nobody sees


def _shape(points: FloatArray) -> ShapelyPolygon | None:
    """The polygon for shapely; None when it crosses itself or has no area."""
    from shapely import Polygon

    if len(points) < 3:
        return None
    polygon = Polygon(points)
    return polygon if polygon.is_valid and polygon.area > _SLIVER else None


def _outer(polygon: ShapelyPolygon) -> FloatArray:
    """Its outer edge, without the repeated last point."""
    return as_array(np.asarray(polygon.exterior.coords)[:-1, :2])


def _polygons(geometry: BaseGeometry) -> list[ShapelyPolygon]:
    from shapely import Polygon

    parts = getattr(geometry, "geoms", [geometry])
    return [part for part in parts if isinstance(part, Polygon) and part.area > _SLIVER]


def cut(points: FloatArray, start: tuple[float, float], end: tuple[float, float]) -> list[FloatArray]:
    """The pieces of a polygon along the line from ``start`` to ``end``, the largest first; their areas add up.

    An empty list when the line does not divide it (it must cross it from edge to edge), or it crosses itself.
    """
    from shapely import LineString
    from shapely.ops import split

    polygon = _shape(points)
    if polygon is None or start == end:
        return []
    pieces = _polygons(split(polygon, LineString([start, end])))
    if len(pieces) < 2:
        return []
    return [_outer(piece) for piece in sorted(pieces, key=lambda piece: -piece.area)]


def join(polygons: Sequence[FloatArray]) -> FloatArray | None:
    """The outer edge of all of them as one polygon. None when they do not hang together, or one crosses itself."""
    from shapely import union_all

    shapes = [_shape(points) for points in polygons]
    parts = _polygons(union_all([shape for shape in shapes if shape is not None]))
    if len(parts) != 1 or any(shape is None for shape in shapes):
        return None
    return _outer(parts[0])


def without(points: FloatArray, neighbours: Sequence[FloatArray]) -> FloatArray | None:
    """What of a polygon lies outside of its neighbours, exactly; of several pieces the largest.

    None where nothing is left. Unchanged where one crosses itself, and where a neighbour lies wholly inside: a polygon
    has no holes.
    """
    from shapely import union_all

    polygon = _shape(points)
    others = [shape for shape in map(_shape, neighbours) if shape is not None]
    if polygon is None or not others or not any(polygon.intersects(other) for other in others):
        return points
    if not any(polygon.intersection(other).area > _SLIVER for other in others):
        return points
    parts = _polygons(polygon.difference(union_all(others)))
    if not parts:
        return None
    largest = max(parts, key=lambda part: part.area)
    return points if len(largest.interiors) else _outer(largest)


def simplify(points: FloatArray, tolerance: float) -> FloatArray:
    """Fewer vertices, none of the outline further than ``tolerance`` pixels away; unchanged where nothing is left."""
    polygon = _shape(points)
    if polygon is None or tolerance <= 0:
        return points
    simple = polygon.simplify(tolerance, preserve_topology=True)
    parts = _polygons(simple)
    return _outer(parts[0]) if len(parts) == 1 else points


def smooth(points: FloatArray, tolerance: float) -> FloatArray:
    """Rounder corners: each corner is cut twice (Chaikin), no cut longer than ``tolerance`` pixels of an edge.

    Vertices that then hardly matter (less than a tenth of the tolerance) go again.
    """
    if len(points) < 3 or tolerance <= 0:
        return points
    rounded = points
    for step in range(_ROUNDS):
        following = np.roll(rounded, -1, axis=0)
        along = following - rounded
        length = np.hypot(along[:, 0], along[:, 1])
        reach = tolerance / 2**step
        share = np.minimum(0.25, np.divide(reach, length, out=np.zeros_like(length), where=length > 0))[:, None]
        near, far = rounded + share * along, following - share * along
        rounded = np.stack([near, far], axis=1).reshape(-1, 2)
    return simplify(rounded, tolerance / 10)


def thin(points: FloatArray, tolerance: float) -> FloatArray:
    """A freehand line with the vertices that it needs (Douglas and Peucker); its ends stay. ``tolerance``: pixels."""
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        start, along = points[first], points[last] - points[first]
        between = points[first + 1 : last] - start
        length2 = float(along @ along)
        share = np.clip(between @ along / length2, 0.0, 1.0) if length2 > 0 else np.zeros(len(between))
        away = np.hypot(*(between - share[:, None] * along).T)
        furthest = int(np.argmax(away))
        if away[furthest] > tolerance:
            middle = first + 1 + furthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return points[kept]


def size_of(points: FloatArray) -> float:
    """The area in square pixels, without its sign."""
    return abs(area(points))
