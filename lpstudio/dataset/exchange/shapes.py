"""Outlines from what other programs draw: checked, bounded, and cut at the picture's border."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.report import shown
from lpstudio.dataset.types import Point, Polygon

_CURVE_POINTS = 48


class ShapeError(ValueError):
    """Why a shape cannot become a character, in plain words."""


def number(value: Any) -> float:
    """A finite number of bounded size, from a number or its text. Raises ShapeError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ShapeError(f"“{shown(value, 24)}” is not a number")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise ShapeError(f"“{shown(value, 24)}” is not a number") from None
    if not math.isfinite(result) or (isinstance(value, str) and "_" in value):
        raise ShapeError(f"“{shown(value, 24)}” is not a number")
    if abs(result) > limits.MAX_COORDINATE:
        raise ShapeError(f"the coordinate {result:g} is out of all bounds")
    return result


def points(pairs: Any, least: int = 3) -> Polygon:
    """Points from a list of pairs. Raises ShapeError."""
    if not isinstance(pairs, (list, tuple)):
        raise ShapeError("there are no points")
    _check_count(len(pairs), least)
    result = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ShapeError(f"“{shown(pair, 24)}” is no point")
        result.append((number(pair[0]), number(pair[1])))
    return tuple(result)


def flat_points(values: Any, least: int = 3) -> Polygon:
    """Points from x1, y1, x2, y2, … Raises ShapeError."""
    if not isinstance(values, (list, tuple)):
        raise ShapeError("there are no points")
    if len(values) % 2:
        raise ShapeError(f"an odd number of coordinates ({len(values)})")
    _check_count(len(values) // 2, least)
    numbers = [number(value) for value in values]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _check_count(count: int, least: int) -> None:
    if count < least:
        raise ShapeError(f"{count} point(s) instead of {least} or more")
    if count > limits.MAX_POINTS:
        raise ShapeError(f"{count} points; an outline may have {limits.MAX_POINTS}")


def box(x1: Any, y1: Any, x2: Any, y2: Any) -> Polygon:
    """The four corners of a box given by two opposite ones. Raises ShapeError."""
    left, right = sorted((number(x1), number(x2)))
    top, bottom = sorted((number(y1), number(y2)))
    if right <= left or bottom <= top:
        raise ShapeError("a box without area")
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def turned(polygon: Polygon, degrees: float, about: Point) -> Polygon:
    """Turned clockwise (y down) about a point."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    ax, ay = about
    return tuple(
        (ax + (x - ax) * cosine - (y - ay) * sine, ay + (x - ax) * sine + (y - ay) * cosine) for x, y in polygon
    )


def ellipse(x: Any, y: Any, radius_x: Any, radius_y: Any) -> Polygon:
    """An ellipse about (x, y) as an outline of 48 points. Raises ShapeError."""
    cx, cy, rx, ry = number(x), number(y), number(radius_x), number(radius_y)
    if rx <= 0 or ry <= 0:
        raise ShapeError("an ellipse without area")
    angles = (2 * math.pi * step / _CURVE_POINTS for step in range(_CURVE_POINTS))
    return tuple((cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles)


def bounds(polygon: Polygon) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2 of the box around an outline."""
    xs = [x for x, _ in polygon]
    ys = [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def area(polygon: Polygon) -> float:
    """The area by the shoelace rule, never negative."""
    previous = polygon[-1]
    total = 0.0
    for point in polygon:
        total += previous[0] * point[1] - point[0] * previous[1]
        previous = point
    return abs(total) / 2


def scaled(polygon: Polygon, x: float, y: float) -> Polygon:
    """With every x and y multiplied."""
    return tuple((px * x, py * y) for px, py in polygon)


def clipped(polygon: Polygon, width: float, height: float) -> Polygon:
    """Cut at the picture's border, not pushed onto it; what lies inside stays point for point. Empty: nothing is left.

    Sutherland and Hodgman's way takes any outline, crossing ones included; parts that the cut separates stay connected
    along the border.
    """
    x1, y1, x2, y2 = bounds(polygon)
    if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
        return polygon
    result: Sequence[Point] = polygon
    for axis, limit, sign in ((0, 0.0, 1.0), (0, float(width), -1.0), (1, 0.0, 1.0), (1, float(height), -1.0)):
        result = _cut(result, axis, limit, sign)
        if len(result) < 3:
            return ()
    return tuple(result) if area(tuple(result)) > 0 else ()


def _cut(polygon: Sequence[Point], axis: int, limit: float, sign: float) -> list[Point]:
    """The part of an outline on the side of a line where ``sign · (coordinate − limit)`` is not negative."""
    result: list[Point] = []
    previous = polygon[-1]
    before = sign * (previous[axis] - limit)
    for point in polygon:
        distance = sign * (point[axis] - limit)
        # A point on the line itself is kept below, and is no crossing.
        if distance * before < 0:
            share = before / (before - distance)
            other = previous[1 - axis] + share * (point[1 - axis] - previous[1 - axis])
            result.append((limit, other) if axis == 0 else (other, limit))
        if distance >= 0:
            result.append(point)
        previous, before = point, distance
    return result


def joined(parts: Iterable[Polygon]) -> Polygon:
    """Several parts of one character as one outline: each is tied to those before by a line there and back between
    their nearest points, so that nothing of it is lost. Raises ShapeError when the whole has too many points."""
    import numpy as np

    ordered = sorted(parts, key=area, reverse=True)
    _check_count(sum(len(part) + 2 for part in ordered), 3)
    whole = list(ordered[0])
    for part in ordered[1:]:
        a, b = np.asarray(whole), np.asarray(part)
        best, at, to = math.inf, 0, 0
        for row, point in enumerate(b):
            distances = ((a - point) ** 2).sum(axis=1)
            nearest = int(distances.argmin())
            if distances[nearest] < best:
                best, at, to = float(distances[nearest]), nearest, row
        loop = [*part[to:], *part[:to], part[to]]
        whole = [*whole[: at + 1], *loop, *whole[at:]]
    return tuple(whole)
