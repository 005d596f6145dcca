"""The outline of the glyph under a click, by classical means: no model, no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError

_ENLARGED = 4  # contours are drawn on an enlarged grey picture, so that they are finer than a pixel


def outline_around(bgr: NDArray[np.uint8], point: tuple[float, float], radius: float | None = None) -> Polygon:
    """The polygon, in pixels of the picture, of the connected dark or light glyph at ``point``.

    ``radius``: how far from the click the glyph may reach; half the picture's height unless given.
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
    grey = cv2.cvtColor(np.ascontiguousarray(bgr[top:bottom, left:right]), cv2.COLOR_BGR2GRAY)
    size = (grey.shape[1] * _ENLARGED, grey.shape[0] * _ENLARGED)
    smooth = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), (0, 0), _ENLARGED * 0.5)
    _, light = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    seed_x, seed_y = int((x - left + 0.5) * _ENLARGED), int((y - top + 0.5) * _ENLARGED)
    seed_x, seed_y = min(seed_x, size[0] - 1), min(seed_y, size[1] - 1)
    glyph = light if light[seed_y, seed_x] else cv2.bitwise_not(light)
    _, parts = cv2.connectedComponents(glyph, connectivity=4)
    part = (parts == parts[seed_y, seed_x]).astype(np.uint8)
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea)
    contrast = abs(float(smooth[part > 0].mean()) - float(smooth[part == 0].mean())) if (part == 0).any() else 0.0
    if cv2.contourArea(contour) < 4 * _ENLARGED**2 or contrast < 8.0 or cv2.contourArea(contour) > 0.9 * part.size:
        raise LpStudioError("nothing stands out at this place")
    simple = cv2.approxPolyDP(contour, 0.3 * _ENLARGED, True)[:, 0, :].astype(np.float64)
    if len(simple) < 3:
        raise LpStudioError("nothing stands out at this place")
    xs, ys = (simple[:, 0] + 0.5) / _ENLARGED + left, (simple[:, 1] + 0.5) / _ENLARGED + top
    return tuple((round(float(a), 3), round(float(b), 3)) for a, b in zip(xs, ys, strict=True))
