"""Contrast, gamma, sharpness and channels of what is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.studio.annotate.display import GAMMAS, Channel, Display, displayed, lookup

displays = st.builds(
    Display,
    st.booleans(),
    st.sampled_from(GAMMAS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(list(Channel)),
)


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


def test_settings_of_earlier_versions_are_understood() -> None:
    assert Display.from_text("1 1.6 0") == Display(stretch=True, gamma=1.6)


def test_local_contrast_lifts_a_dim_corner_and_leaves_even_ground_alone() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(20, 236, (96, 192, 3), dtype=np.uint8)
    pixels[:48, :96] = rng.integers(40, 52, (48, 96, 1), dtype=np.uint8)
    shown = displayed(pixels, Display(equalise=True))
    assert shown.shape == pixels.shape
    assert shown[:40, :80].std() > 1.5 * pixels[:40, :80].std()
    flat = displayed(np.full((40, 60, 3), 90, np.uint8), Display(equalise=True))
    assert flat.std() < 3


def test_sharpening_raises_edges_and_changes_nothing_even() -> None:
    pixels = np.full((20, 20, 3), 60, np.uint8)
    pixels[:, 10:] = 180
    shown = displayed(pixels, Display(sharpen=True)).astype(int)
    assert (shown[:, :8] == 60).all() and (shown[:, 12:] == 180).all()
    assert (shown[:, 9] < 60).all() and (shown[:, 10] > 180).all()


def test_a_single_channel_is_grey() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[...] = (200, 100, 50)
    assert (displayed(pixels, Display(channel=Channel.RED)) == 200).all()
    assert (displayed(pixels, Display(channel=Channel.BLUE)) == 50).all()
    assert (displayed(pixels, Display(channel=Channel.LIGHT)) == 124).all()
    seen, display = [], Display()
    for _ in Channel:
        display = display.next_channel()
        seen.append(display.channel)
    assert set(seen) == set(Channel) and display.is_plain


@given(displays, st.integers(1, 9), st.integers(1, 9))
def test_every_display_shows_a_picture_of_any_size(display: Display, height: int, width: int) -> None:
    pixels = np.full((height, width, 3), 128, np.uint8)
    assert displayed(pixels, display).shape == pixels.shape
