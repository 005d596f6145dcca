"""What captures get: sizes, hours and blur as wished, from one end of the difficulty to the other."""

from __future__ import annotations

import numpy as np
import pytest

from lpstudio.errors import UsageError
from lpstudio.synthesis.conditions import NARROWEST, WIDEST, Conditions, Light, Wishes, choose_conditions
from lpstudio.synthesis.surroundings import draw_neighbours
from tests.synthesis.support import plates


def chosen(wishes: Wishes, count: int = 2000) -> list[Conditions]:
    rng = np.random.default_rng(1)
    return [choose_conditions(wishes, rng) for _ in range(count)]


def test_mixed_captures_go_from_20_to_250_pixels_and_through_all_difficulties() -> None:
    made = chosen(Wishes())
    widths = [one.plate_px for one in made]
    assert NARROWEST <= min(widths) < 28 and 240 < max(widths) <= WIDEST
    assert np.histogram([one.hard for one in made], 10, (0, 1))[0].min() > 140
    assert {one.light for one in made} == set(Light)


def test_clean_captures_are_large_sharp_and_mostly_by_day() -> None:
    made = chosen(Wishes(difficulty=0.0))
    assert min(one.plate_px for one in made) >= 165
    assert np.mean([one.light is Light.DAY for one in made]) > 0.9
    assert np.mean([one.blurred for one in made]) < 0.05


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_that_is_wished_for_comes(share: float) -> None:
    made = chosen(Wishes(night=share, blur=share, low_resolution=share))
    assert np.mean([one.light is not Light.DAY for one in made]) == pytest.approx(share, abs=0.03)
    assert np.mean([one.blurred for one in made]) == pytest.approx(share, abs=0.03)
    assert np.mean([one.plate_px <= 80 for one in made]) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("wishes", [Wishes(difficulty=1.2), Wishes(night=-0.1), Wishes(two_lines=float("nan"))])
def test_a_share_beyond_0_and_1_is_refused(wishes: Wishes) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        wishes.check()


def test_letters_of_neighbours_are_always_cut_by_the_edge() -> None:
    """Nothing readable stands beside the plate without a label: such letters reach the crop's border everywhere."""
    seen = 0
    for number in range(60):
        _, view, _ = plates(1)[0]
        image = np.full((view.height, view.width, 3), 0.3, np.float32)
        draw_neighbours(image, view, 1.0, np.random.default_rng(number))
        changed = np.abs(image - 0.3).max(axis=2) > 0.02
        seen += bool(changed.any())
        room = round(1.3 * view.cap_px * 0.55 + 0.4 * view.cap_px)
        assert not changed[room:-room, room:-room].any()
    assert seen > 10
