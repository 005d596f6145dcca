"""Contrast, gamma and inversion of what is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.studio.annotate.display import GAMMAS, Display, displayed, lookup

displays = st.builds(Display, st.booleans(), st.sampled_from(GAMMAS), st.booleans())


@given(displays)
def test_a_display_is_remembered_as_it_was(display: Display) -> None:
    assert Display.from_text(display.to_text()) == display


@given(st.text(max_size=12))
def test_settings_that_make_no_sense_show_the_picture_somehow(text: str) -> None:
    assert Display.from_text(text).gamma in GAMMAS


@given(displays, st.integers(0, 255), st.integers(0, 255))
def test_light_stays_lighter_than_dark_unless_it_is_inverted(display: Display, low: int, high: int) -> None:
    steps = np.diff(lookup(display, low, high).astype(int))
    assert (steps <= 0).all() if display.invert else (steps >= 0).all()


def test_a_stretch_uses_the_full_range_and_plain_changes_nothing() -> None:
    pixels = np.linspace(90, 140, 1000).astype(np.uint8).reshape(10, 100)
    stretched = displayed(pixels, Display(stretch=True))
    assert stretched.min() == 0 and stretched.max() == 255
    assert (displayed(pixels, Display()) == pixels).all()
    flat = np.full((4, 4, 3), 77, np.uint8)
    assert (displayed(flat, Display(stretch=True)) == flat).all()


def test_gamma_goes_step_by_step_and_ends_at_its_limits() -> None:
    assert Display().brighter(1).gamma > 1 > Display().brighter(-1).gamma
    assert Display().brighter(99).gamma == GAMMAS[-1] and Display().brighter(1).brighter(-1).is_plain
    assert lookup(Display(gamma=2.0))[60] > 60 > lookup(Display(gamma=0.5))[60]
