"""The outline of a known character in a box that was dragged around it, also where the picture hardly shows it.

What stands out in the box is taken where it fills the box and looks like the character. Else its form in the shipped
plate typefaces is laid into the box, leaning as the row of characters does, and drawn to where ink ends. Of whole
plates that a model outlined, the forms of all characters are found from those outlines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError
from lpstudio.plates.order import Box, box_of
from lpstudio.synthesis.glyphs import font_names, glyph

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

_FINE = 48.0  # px that the box is high on the picture that forms are compared on
_MOST_OTHERS = 10
_CONTRAST_WEIGHT = 0.8  # of the contrast in spreads, beside the likeness to other characters
_RING = 0.12  # of the box's height: how far around it its surroundings reach
_ALIKE = 0.7  # overlap (intersection over union) with its form from which an outline looks like the character
_FILLED = 0.75  # overlap of their boxes from which an outline fills the box
_HALF = 0.5  # the same, where the character is not known yet
_AIR = 0.05  # of the box's height, around it: what stands out is told from its ground
_SLIMMER = 0.7  # 64ths of its size by which a form is made slimmer, as print is bolder than most plates


def known_outline(
    bgr: Bytes, box: Box, char: str, slope: float = 0.0, others: Sequence[tuple[str, Polygon]] = ()
) -> Polygon:
    """The outline of the character ``char`` in a box; the arguments and errors are those of :func:`form_in_box`."""
    from lpstudio.reading.exact_outline import exact_outline
    from lpstudio.reading.outline import outline_in_box

    form = form_in_box(bgr, box, char, slope, others)
    air = _AIR * abs(box[3] - box[1])
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    try:
        ink = outline_in_box(bgr, (x1 - air, y1 - air, x2 + air, y2 + air))
    except LpStudioError:
        ink = ()
    if len(ink) >= 3 and _box_overlap(ink, (x1, y1, x2, y2)) >= _FILLED and _overlap(ink, form) >= _ALIKE:
        return ink
    return exact_outline(bgr, form, slimmer=_SLIMMER)


def fills(polygon: Polygon, box: Box) -> bool:
    """Whether an outline is about as large as the box (x1, y1, x2, y2 in any order) that was dragged around it."""
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    return len(polygon) >= 3 and _box_overlap(polygon, (x1, y1, x2, y2)) >= _HALF


def _box_overlap(polygon: Polygon, box: Box) -> float:
    x1, y1, x2, y2 = box_of(polygon)
    shared = max(0.0, min(x2, box[2]) - max(x1, box[0])) * max(0.0, min(y2, box[3]) - max(y1, box[1]))
    both = (x2 - x1) * (y2 - y1) + (box[2] - box[0]) * (box[3] - box[1]) - shared
    return float(shared / max(both, 1e-9))


def _overlap(one: Polygon, other: Polygon) -> float:
    from shapely import make_valid
    from shapely.geometry import Polygon as Shape

    a, b = make_valid(Shape(one)), make_valid(Shape(other))
    return float(a.intersection(b).area / max(a.union(b).area, 1e-9))


def form_in_box(
    bgr: Bytes, box: Box, char: str, slope: float = 0.0, others: Sequence[tuple[str, Polygon]] = ()
) -> Polygon:
    """The outline of ``char`` in a box (x1, y1, x2, y2), pixels of the crop (uint8, shape (height, width, 3)).

    ``slope``: of the row of characters, down per pixel to the right; the box is around what leans so. ``others``: what
    else stands on the plate, by which its typeface is known.
    Raises LpStudioError when the box is empty or no typeface has the character.
    """
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    if x2 - x1 < 1 or y2 - y1 < 1:
        raise LpStudioError("the box is too small")
    forms = _in_typefaces(char, (x1, y1, x2, y2), slope)
    likeness = {font: _likeness(font, tuple(others[:_MOST_OTHERS]), slope) for font in forms}
    return _best(bgr, (x1, y1, x2, y2), forms, likeness)


def forms_of_plate(bgr: Bytes, characters: Sequence[tuple[str, Polygon]]) -> list[Polygon]:
    """The form of each character of a plate in the box of its outline, in the typeface that the others are like.

    ``characters``: class and outline of each, pixels of the crop. An outline is given back where no typeface has it.
    """
    boxes = [box_of(polygon) for _, polygon in characters]
    placed: list[dict[str, Floats]] = []
    for (char, _), box in zip(characters, boxes, strict=True):
        try:
            placed.append(_in_typefaces(char, box, 0.0))
        except LpStudioError:
            placed.append({})
    overlaps = [
        {font: _overlap(_points(form), polygon) for font, form in forms.items()}
        for forms, (_, polygon) in zip(placed, characters, strict=True)
    ]
    found = []
    for place, (forms, box) in enumerate(zip(placed, boxes, strict=True)):
        beside = [each for other, each in enumerate(overlaps) if other != place]
        likeness = {font: sum(each.get(font, 0.0) for each in beside) / max(1, len(beside)) for font in forms}
        found.append(_best(bgr, box, forms, likeness) if forms else characters[place][1])
    return found


def _in_typefaces(char: str, box: Box, slope: float) -> dict[str, Floats]:
    """The outline of a character in a box (x1 < x2, y1 < y2), in every shipped typeface that has it."""
    forms: dict[str, Floats] = {}
    for font in font_names():
        try:
            forms[font] = _placed(glyph(font, char).outline, box, slope)
        except LpStudioError:
            continue  # this typeface lacks it
    if not forms:
        raise LpStudioError(f"no typeface has the character {char}")
    return forms


def _best(bgr: Bytes, box: Box, forms: dict[str, Floats], likeness: dict[str, float]) -> Polygon:
    """Of a character's forms in a box the one that stands out best and is most like the plate's other characters."""
    best = max(forms, key=lambda font: likeness[font] + _CONTRAST_WEIGHT * _contrast(bgr, forms[font], box))
    return _points(forms[best])


def _points(form: Floats) -> Polygon:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in form)


def _likeness(font: str, others: tuple[tuple[str, Polygon], ...], slope: float) -> float:
    """How well a typeface's forms lie on the outlines of other characters, 0 to 1; 0 without others."""
    overlaps = []
    for char, polygon in others:
        try:
            form = _placed(glyph(font, char).outline, box_of(polygon), slope)
        except LpStudioError:
            continue
        overlaps.append(_overlap(_points(form), polygon))
    return sum(overlaps) / len(overlaps) if overlaps else 0.0


def _placed(outline: Floats, box: Box, slope: float) -> Floats:
    """A glyph's outline, leaning by the slope, so that its own box is the given one."""
    low, high = outline.min(0), outline.max(0)
    unit = (outline - low) / np.maximum(high - low, 1e-6)
    width, height = box[2] - box[0], box[3] - box[1]
    leaning = unit * (width, max(height - abs(slope) * width, 0.3 * height))
    leaning[:, 1] += slope * leaning[:, 0]
    low, high = leaning.min(0), leaning.max(0)
    return (leaning - low) / np.maximum(high - low, 1e-6) * (width, height) + (box[0], box[1])


def _contrast(bgr: Bytes, form: Floats, box: Box) -> float:
    """How much the picture inside a form differs from the rest of the box and what is around it, in spreads."""
    import cv2

    height = box[3] - box[1]
    zoom, air = _FINE / height, _RING * height
    left, top = box[0] - air, box[1] - air
    size = (int(np.ceil((box[2] - box[0] + 2 * air) * zoom)), int(np.ceil((height + 2 * air) * zoom)))
    matrix = np.array([[1 / zoom, 0.0, left + 0.5 / zoom - 0.5], [0.0, 1 / zoom, top + 0.5 / zoom - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(bgr, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float64)
    mask = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(((form - (left, top)) * zoom - 0.5) * 16).astype(np.int32)], 1, shift=4)
    inside = mask > 0
    if not inside.any() or inside.all():
        return 0.0
    apart = abs(float(grey[inside].mean() - grey[~inside].mean()))
    return apart / max(1.0, float(grey[inside].std() + grey[~inside].std()))
