"""Where a vertex snaps to: the vertices and edges of neighbours. Plain numpy, no Qt; pixels of the crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpstudio.dataset.types import Point
from lpstudio.studio.widgets.canvas_geometry import FloatArray, edge_distances


@dataclass(frozen=True, slots=True)
class Snap:
    """``point``: where to; ``on_vertex``: to a neighbour's vertex, else to one of its edges."""

    point: Point
    on_vertex: bool


def snap(x: float, y: float, reach: float, polygons: Sequence[FloatArray]) -> Snap | None:
    """The nearest vertex of ``polygons`` within ``reach`` of (x, y), else the nearest point of an edge, else None."""
    best: tuple[float, Point] | None = None
    for points in polygons:
        away = np.hypot(points[:, 0] - x, points[:, 1] - y)
        k = int(away.argmin())
        if away[k] <= reach and (best is None or away[k] < best[0]):
            best = (float(away[k]), (float(points[k, 0]), float(points[k, 1])))
    if best is not None:
        return Snap(best[1], True)
    for points in polygons:
        distances, feet = edge_distances(points, x, y)
        k = int(distances.argmin())
        if distances[k] <= reach and (best is None or distances[k] < best[0]):
            best = (float(distances[k]), (float(feet[k, 0]), float(feet[k, 1])))
    return None if best is None else Snap(best[1], False)
