"""The drawing: polygons and pixels agree, every character is on the crop."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from lpstudio.synthesis.camera import photograph
from lpstudio.synthesis.plate import PlateDesign, design_plate
from lpstudio.synthesis.scene import View, choose_view, draw, fill_mask

KINDS = (
    ("ph-2018-car", ("NBC", "1234")), ("ph-1981-car", ("OQI", "081")), ("ph-2018-motorcycle", ("123", "ABC")),
    ("ph-2018-motorcycle", ("A", "123", "BC")), ("ph-2014-diplomatic", ("10827",)), ("ph-protocol", ("8",)),
)  # fmt: skip


def plates(count: int) -> list[tuple[PlateDesign, View, np.random.Generator]]:
    made = []
    for number in range(count):
        rng = np.random.default_rng([5, number])
        design = design_plate(*KINDS[number % len(KINDS)], rng)
        made.append((design, choose_view(design, rng), rng))
    return made


def test_polygons_and_drawn_pixels_agree() -> None:
    for design, view, _ in plates(60):
        for placed in design.characters:
            polygon = view.project(placed.outline)
            drawn = fill_mask([[view.project(placed.contours[0])]], view.width, view.height)
            exact = _coverage(polygon, view.width, view.height)
            union = float(np.maximum(drawn, exact).sum())
            assert float(np.minimum(drawn, exact).sum()) / union > 0.9


def _coverage(polygon: np.ndarray, width: int, height: int, fine: int = 16) -> np.ndarray:
    """Coverage of every pixel by sampling the middle of 16×16 parts of it: independent of the drawing code."""
    columns = (np.arange(width * fine) + 0.5) / fine
    rows = (np.arange(height * fine) + 0.5) / fine
    inside = np.zeros((height * fine, width * fine), bool)
    x, y = polygon[:, 0], polygon[:, 1]
    for x1, y1, x2, y2 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        crossed = (rows >= min(y1, y2)) & (rows < max(y1, y2))
        at = x1 + (rows[crossed] - y1) * (x2 - x1) / (y2 - y1) if crossed.any() else np.zeros(0)
        inside[crossed] ^= columns[None, :] > at[:, None]
    return inside.reshape(height, fine, width, fine).mean(axis=(1, 3))


def test_the_ink_is_where_the_polygons_are() -> None:
    """On a plain drawing without camera faults the characters are darker inside their polygons than around them."""
    for design, view, rng in plates(30):
        image = draw(design, view, rng).mean(axis=2)
        for placed in design.characters:
            ink = fill_mask([[view.project(c) for c in placed.contours]], view.width, view.height)
            core, around = ink > 0.98, (cv2.dilate(ink, np.ones((5, 5))) > 0) & (ink == 0)
            if core.sum() >= 8 and around.sum() >= 8:
                assert np.median(image[core]) < np.median(image[around])


def test_every_character_stands_whole_inside_the_crop() -> None:
    for design, view, _ in plates(120):
        for placed in design.characters:
            polygon = view.project(placed.outline)
            assert polygon.min() >= 0
            assert polygon[:, 0].max() <= view.width and polygon[:, 1].max() <= view.height


def test_characters_do_not_overlap_and_stand_in_reading_order() -> None:
    for design, _, _ in plates(120):
        assert "".join(placed.char for placed in design.characters) == design.text
        boxes = [(*placed.outline.min(axis=0), *placed.outline.max(axis=0)) for placed in design.characters]
        for (_, _, right, bottom), (left, top, _, _) in itertools.pairwise(boxes):
            assert left > right or top > bottom


def test_motorcycle_plates_come_on_one_line_and_on_two() -> None:
    lines = set()
    for number in range(40):
        design = design_plate("ph-2018-motorcycle", ("123", "ABC"), np.random.default_rng(number))
        tops = [placed.origin[1] for placed in design.characters]
        lines.add(2 if max(tops) - min(tops) > 20 else 1)
    assert lines == {1, 2}


@pytest.mark.parametrize("number", range(12))
def test_a_photograph_is_a_colour_picture_of_the_same_size(number: int) -> None:
    design, view, rng = plates(12)[number]
    data = photograph(draw(design, view, rng), view.cap_px, rng)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (view.height, view.width, 3)
    assert picture.std() > 3
