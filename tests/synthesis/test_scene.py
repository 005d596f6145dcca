"""The drawing: polygons and pixels agree whatever bends and tilts the plate, every character is on the crop."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lpstudio.dataset.types import Character
from lpstudio.synthesis.camera import photograph
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.country import load_country
from lpstudio.synthesis.crops import characters_of, make_plate
from lpstudio.synthesis.occlusion import Cover, hidden_shares
from lpstudio.synthesis.plate import design_plate
from lpstudio.synthesis.raster import fill_mask
from lpstudio.synthesis.scene import draw
from lpstudio.synthesis.view import Bend, View
from tests.synthesis.support import conditions, coverage, plate_text, plates


@pytest.mark.parametrize(
    "bend",
    [Bend(), Bend(across=45.0, down=-8.0), Bend(corner=25.0, side=(-1, 1), reach=0.4)],
    ids=["flat", "bow", "fold"],
)
def test_polygons_and_drawn_pixels_agree_on_bent_plates_too(bend: Bend) -> None:
    for design, view, _ in plates(12):
        view = replace(view, bend=bend, barrel=0.05)
        for placed in design.characters:
            polygon = view.project(placed.outline)
            drawn = fill_mask([[view.project(placed.contours[0])]], view.width, view.height)
            exact = coverage(polygon, view.width, view.height)
            union = float(np.maximum(drawn, exact).sum())
            assert float(np.minimum(drawn, exact).sum()) / union > 0.9


def test_a_bend_moves_characters_and_a_flat_plate_stays_a_plane() -> None:
    design, view, _ = plates(1)[0]
    middle = np.array([[design.size[0] / 2, design.size[1] / 2]])
    edge = np.array([[design.size[0], design.size[1] / 2]])
    bowed = replace(view, bend=Bend(across=60.0))
    assert np.allclose(view.project(middle), bowed.project(middle))
    assert np.hypot(*(view.project(edge) - bowed.project(edge))[0]) > 1


def _plain(view: View) -> View:
    return replace(view, bend=Bend(), barrel=0.0)


def test_the_ink_is_where_the_polygons_are() -> None:
    """On a plain drawing without camera faults the characters differ from the plate around them."""
    for design, view, rng in plates(30):
        drawing = draw(design, view, (), 0.0, rng)
        for placed in design.characters:
            ink = fill_mask([view.project_all(placed.contours)], view.width, view.height)
            core, around = ink > 0.98, (cv2.dilate(ink, np.ones((5, 5))) > 0) & (ink == 0) & drawing.ground
            if core.sum() >= 8 and around.sum() >= 8:
                inside, outside = np.median(drawing.image[core], axis=0), np.median(drawing.image[around], axis=0)
                wanted = np.asarray(design.ink) - np.asarray(design.background)
                assert float((inside - outside) @ wanted) > 0


def test_every_character_stands_whole_inside_the_crop() -> None:
    for hard in (0.0, 1.0):
        for design, view, _ in plates(60, hard):
            for placed in design.characters:
                polygon = view.project(placed.outline)
                assert polygon.min() >= 0
                assert polygon[:, 0].max() <= view.width and polygon[:, 1].max() <= view.height


def test_characters_do_not_overlap_and_stand_in_reading_order() -> None:
    for design, _, _ in plates(120):
        assert "".join(placed.char for placed in design.characters) == design.text
        boxes = [(*placed.outline.min(axis=0), *placed.outline.max(axis=0)) for placed in design.characters]
        slack = 0.09 * design.characters[0].scale[1]  # slanted ones may lean over their neighbour's corner
        for (_, _, right, bottom), (left, top, _, _) in itertools.pairwise(boxes):
            assert left > right - slack or top > bottom - slack


def test_motorcycle_plates_come_on_one_line_and_on_two_or_as_wished() -> None:
    text = plate_text("ph-2018-motorcycle", ("123", "ABC"))

    def lines(share: float | None) -> set[int]:
        return {
            design_plate(load_country(), text, np.random.default_rng(number), 0.5, share).lines for number in range(30)
        }

    assert lines(None) == {1, 2}
    assert lines(0.0) == {1} and lines(1.0) == {2}


@pytest.mark.parametrize("plate_px", [20.0, 34.0, 70.0, 250.0])
def test_a_photograph_has_the_wished_size_and_the_polygons_are_scaled_with_it(plate_px: float) -> None:
    wanted = conditions(0.3, plate_px)
    for design, view, rng in plates(6, 0.3, plate_px):
        data, size = photograph(draw(design, view, (), 0.3, rng), view, wanted, rng)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (size[1], size[0], 3)
        across = np.ptp(view.project(design.corners)[:, 0]) / view.fine
        assert across == pytest.approx(plate_px, rel=0.35)  # bends move the corners
        for character in characters_of(design, view, size, np.zeros(len(design.characters))):
            points = np.array(character.polygon)
            assert points.min() >= 0 and (points.max(axis=0) <= size).all()


def _middle(character: Character) -> np.ndarray:
    return np.array(character.polygon).mean(axis=0)


def test_a_character_counts_as_unreadable_when_more_than_70_percent_are_hidden() -> None:
    design, view, _ = plates(1)[0]
    view = _plain(view)
    first = design.characters[0].outline
    low, high = first.min(axis=0) - 1, first.max(axis=0) + 1

    def share(hidden: float) -> float:
        box = np.array(
            [
                low,
                (low[0] + (high[0] - low[0]) * hidden, low[1]),
                (low[0] + (high[0] - low[0]) * hidden, high[1]),
                (low[0], high[1]),
            ]
        )
        shares = hidden_shares(design, view, (Cover(box, (0.1, 0.1, 0.1)),))
        assert shares[2:].max() == 0
        return float(shares[0])

    assert share(1.0) > 0.97
    assert 0.2 < share(0.5) < 0.7
    marked = characters_of(design, view, (view.width, view.height), np.array([share(1.0), share(0.5), 0, 0, 0, 0, 0]))
    assert [character.unreadable for character in marked] == [True, False, False, False, False, False, False]


def test_difficulty_takes_contrast_sharpness_and_pixels_away() -> None:
    """What a person would measure on the characters: how large they are, and how steep their edges."""

    def measured(difficulty: float) -> tuple[float, float]:
        heights, edges = [], []
        for number in range(25):
            for crop in make_plate(3, number, 1, Wishes(difficulty=difficulty)):
                grey = cv2.imdecode(np.frombuffer(crop.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)
                grey = cv2.resize(grey, (240, 90))
                edges.append(np.percentile(np.hypot(*np.gradient(cv2.GaussianBlur(grey, (0, 0), 1.0))), 95))
                heights.append(np.sqrt(crop.size[0] * crop.size[1]))
        return float(np.median(heights)), float(np.median(edges))

    clean, middle, worst = measured(0.0), measured(0.5), measured(1.0)
    assert clean[0] > middle[0] > worst[0]
    assert clean[1] > middle[1] > worst[1]
