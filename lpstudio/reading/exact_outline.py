"""An outline drawn to where the ink of a character ends.

It begins with coarse masks of a model, with a typeface's form, or with the light-and-dark outline of a known text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

_SAME = 0.4  # overlap (intersection over union) from which outlines of two sizes are of one character
_FINE = 64.0  # px that a character is large on the picture that its outline is found on; the next ones are such px
_AROUND = 0.25  # of a character's size: how much of the crop around it is looked at
_SLIMMER = 1.5  # how much fatter the masks of a model are than the characters
_CORE = 2.5  # so deep inside the masks is ink for sure
_GROUND = (3.0, 12.0)  # and so far outside is ground
FILL_EDGE = 0.5  # px by which a filled polygon is larger than itself
_LEAST_PIXELS = 20  # of core and of ground, to know their colours
_LEAST_SPREAD = 0.15  # of the way from ground to ink: how much either differs in itself
_FORM_WEIGHT = 0.4  # of a typeface's form beside the masks of a model
_INK_WEIGHT = 0.5  # of the evidence of colour beside one px of depth
_MOST_INK = 3.0
_TOLERANCE = 0.006  # of a character's size: how far simplifying may move its outline


def exact_outline(
    bgr: Bytes,
    polygon: Polygon,
    looks: Sequence[Sequence[Polygon]] = (),
    *,
    slimmer: float = _SLIMMER,
    form: Polygon | None = None,
) -> Polygon:
    """The outline of a character on a crop (uint8, shape (height, width, 3)), where a model saw about this one.

    The mean of it and of what lies over it in other ``looks``, made slimmer, and drawn to where ink ends and ground
    begins as far as the picture has contrast: masks of a model are coarse, they fill corners and thicken thin strokes.
    The given outline where nothing would be left of it. ``slimmer``: by how many 64ths of its size. ``form``: of the
    known character in a typeface, laid over it: it has corners and a height where the masks and the picture do not.
    """
    import cv2

    points = np.array(polygon, np.float64)
    low, high = points.min(0), points.max(0)
    size = float(max((high - low).max(), 1.0))
    zoom, origin = _FINE / size, low - _AROUND * size
    width, height = (int(value) for value in np.ceil((high - low + 2 * _AROUND * size) * zoom))

    def mask(outline: Any) -> Floats:
        placed = (np.array(outline, np.float64) - origin) * zoom - 0.5
        canvas = np.zeros((height, width), np.uint8)
        cv2.fillPoly(canvas, [np.round(placed * 16).astype(np.int32)], 1, shift=4)
        return canvas.astype(np.float64)

    own = mask(polygon)
    found = [own]
    for look in looks:
        masks = [mask(other) for other in look if _near(np.array(other), low, high)]
        best = max(masks, key=lambda each: _overlap(own, each), default=None)
        if best is not None and _overlap(own, best) >= _SAME:
            found.append(best)
    inside = np.asarray(np.mean(found, axis=0) >= 0.5, np.uint8)
    deep = _depth(inside) - slimmer
    if form is not None:
        deep = (1 - _FORM_WEIGHT) * deep + _FORM_WEIGHT * (_depth(np.asarray(mask(form), np.uint8)) - FILL_EDGE)
    shift = origin + 0.5 / zoom - 0.5
    matrix = np.array([[1 / zoom, 0.0, shift[0]], [0.0, 1 / zoom, shift[1]]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(bgr, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    field = deep + _INK_WEIGHT * _ink(part.astype(np.float64), deep)
    line = _zero_line(field)
    if line is None:
        return polygon
    placed = (line + 0.5) / zoom + origin
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in placed)


def _depth(inside: Bytes) -> Floats:
    """How many px inside (above 0) or outside (below 0) of what is 1 each pixel lies."""
    import cv2

    within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    return np.asarray(within - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5), np.float64)


def _ink(part: Floats, deep: Floats) -> Floats | float:
    """How much each pixel looks like the character's core (above 0) or like the ground around it (below).

    ``deep``: how many px inside the outline a pixel lies. 0 where core and ground are not to be told apart.
    """
    core, ground = deep > _CORE, (deep < -_GROUND[0]) & (deep > -_GROUND[1])
    if core.sum() < _LEAST_PIXELS or ground.sum() < _LEAST_PIXELS:
        return 0.0
    here, there = np.median(part[core], axis=0), np.median(part[ground], axis=0)
    apart = float(np.linalg.norm(here - there))
    if apart < 1.0:
        return 0.0
    value = (part - there) @ ((here - there) / apart) / apart  # 0 as the ground, 1 as the core
    spread = max(_LEAST_SPREAD, 0.5 * float(value[core].std() + value[ground].std()))
    return np.asarray(np.clip((value - 0.5) / spread**2, -_MOST_INK, _MOST_INK), np.float64)


def _zero_line(field: Floats) -> Floats | None:
    """The longest line where a field is 0, simplified, in its pixels; None where there is no area."""
    import cv2
    from contourpy import contour_generator

    closed = np.pad(field, 1, constant_values=min(float(field.min()), -1.0))
    lines: Any = contour_generator(z=closed).lines(0.0)
    line = max(lines, key=lambda each: abs(float(cv2.contourArea(each.astype(np.float32)))), default=None)
    if line is None:
        return None
    simple = cv2.approxPolyDP(line.astype(np.float32), _TOLERANCE * _FINE, True)[:, 0, :].astype(np.float64)
    return simple - 1.0 if len(simple) >= 3 and abs(cv2.contourArea(simple.astype(np.float32))) >= 4 else None


def _near(points: Floats, low: Floats, high: Floats) -> bool:
    return bool((points.min(0) < high).all() and (points.max(0) > low).all())


def _overlap(one: Floats, other: Floats) -> float:
    return float(np.minimum(one, other).sum() / max(1.0, np.maximum(one, other).sum()))
