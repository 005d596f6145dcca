"""The outline of the glyph under a click or in a box, by classical means: no model, no torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError

_ENLARGED = 4  # contours are drawn on an enlarged grey picture, so that they are finer than a pixel
_LEAST_BOX = 3  # px; a smaller box holds no glyph
_FILLED = 0.9  # of the region: what covers more is the ground, not a glyph
_RING = 0.3  # of the region: a larger part around a hole is the plate, not the glyph

Bytes = NDArray[np.uint8]


def outline_around(bgr: Bytes, point: tuple[float, float], radius: float | None = None) -> Polygon:
    """The polygon, in pixels of the picture, of the connected dark or light glyph at ``point``.

    A click into a hole, as in O, finds the glyph around it. ``radius``: how far from the click the glyph may reach;
    half the picture's height unless given.
    Raises LpStudioError when the click is outside, or on nothing that stands out.
    """
    import cv2

    height, width = bgr.shape[:2]
    x, y = point
    if not (0 <= x < width and 0 <= y < height):
        raise LpStudioError("the click lies outside the picture")
    reach = radius or max(8.0, height / 2)
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    right, bottom = min(width, int(x + reach) + 1), min(height, int(y + reach) + 1)
    smooth, light = _two_tones(bgr[top:bottom, left:right])
    rows, columns = light.shape
    seed_x = min(int((x - left + 0.5) * _ENLARGED), columns - 1)
    seed_y = min(int((y - top + 0.5) * _ENLARGED), rows - 1)
    glyph = light if light[seed_y, seed_x] else cv2.bitwise_not(light)
    _, parts = cv2.connectedComponents(glyph, connectivity=4)
    part = np.asarray(parts == parts[seed_y, seed_x], np.uint8)
    return _outline(_around_hole(part, cv2.bitwise_not(glyph)), smooth, (left, top))


def outline_in_box(bgr: Bytes, box: tuple[float, float, float, float]) -> Polygon:
    """The polygon of the dark or light glyph in a box (x1, y1, x2, y2): of the largest part of each, the more central.

    Raises LpStudioError when the box lies outside, is tiny, or holds nothing that stands out.
    """
    import cv2

    height, width = bgr.shape[:2]
    left, right = (int(min(max(v, 0.0), width)) for v in (min(box[0], box[2]), max(box[0], box[2]) + 1))
    top, bottom = (int(min(max(v, 0.0), height)) for v in (min(box[1], box[3]), max(box[1], box[3]) + 1))
    if right - left < _LEAST_BOX or bottom - top < _LEAST_BOX:
        raise LpStudioError("the box is too small, or lies outside the picture")
    smooth, light = _two_tones(bgr[top:bottom, left:right])
    found: list[tuple[float, Bytes]] = []
    for tone in (light, cv2.bitwise_not(light)):
        count, parts, stats, _ = cv2.connectedComponentsWithStats(tone, connectivity=4)
        if count > 1:
            part = np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.uint8)
            found.append((_centrality(part), part))
    best = max(found, key=lambda pair: pair[0])[1]
    return _outline(best, smooth, (left, top))


def _centrality(part: Bytes) -> float:
    """How much of what a part encloses lies in the middle of the region (0 to 1); 0 when it fills the region."""
    import cv2

    contours: Any = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    filled = cv2.drawContours(np.zeros_like(part), contours, -1, 1, cv2.FILLED) > 0
    if filled.mean() > _FILLED:
        return 0.0
    rows, columns = (1.0 - np.abs(np.linspace(-1.0, 1.0, side)) for side in part.shape)
    return float((rows[:, None] * columns[None, :])[filled].mean())


def _two_tones(bgr: Bytes) -> tuple[Bytes, Bytes]:
    """The region enlarged and smooth, and 255 where it is light (0 where dark)."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(bgr), cv2.COLOR_BGR2GRAY)
    size = (grey.shape[1] * _ENLARGED, grey.shape[0] * _ENLARGED)
    smooth = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), (0, 0), _ENLARGED * 0.5)
    _, light = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(smooth, np.uint8), np.asarray(light, np.uint8)


def _around_hole(part: Bytes, other: Bytes) -> Bytes:
    """The glyph whose hole ``part`` is; ``part`` itself when it is no hole. ``other``: all of the other tone."""
    import cv2

    _, parts, stats, _ = cv2.connectedComponentsWithStats(other, connectivity=8)
    grown = cv2.dilate(part, np.ones((3, 3), np.uint8))
    beside = np.unique(parts[(grown > 0) & (part == 0)])
    if len(beside) != 1 or beside[0] == 0:
        return part
    x, y, width, height, size = (int(v) for v in stats[beside[0]])
    rows, columns = part.shape
    at_border = x == 0 or y == 0 or x + width == columns or y + height == rows
    return part if at_border or size > _RING * part.size else np.asarray(parts == beside[0], np.uint8)


def _outline(part: Bytes, smooth: Bytes, corner: tuple[int, int]) -> Polygon:
    """The outer edge of a part of the enlarged region, whose upper left ``corner`` stands there in the picture."""
    import cv2

    contours: Any = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    contour = max(contours, key=cv2.contourArea)
    contrast = abs(float(smooth[part > 0].mean()) - float(smooth[part == 0].mean())) if (part == 0).any() else 0.0
    if cv2.contourArea(contour) < 4 * _ENLARGED**2 or contrast < 8.0 or cv2.contourArea(contour) > _FILLED * part.size:
        raise LpStudioError("nothing stands out at this place")
    simple = cv2.approxPolyDP(contour, 0.3 * _ENLARGED, True)[:, 0, :].astype(np.float64)
    if len(simple) < 3:
        raise LpStudioError("nothing stands out at this place")
    xs, ys = (simple[:, 0] + 0.5) / _ENLARGED + corner[0], (simple[:, 1] + 0.5) / _ENLARGED + corner[1]
    return tuple((round(float(a), 3), round(float(b), 3)) for a, b in zip(xs, ys, strict=True))
