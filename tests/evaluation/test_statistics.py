"""Intervals draw whole plates, are the same for the same seed, and hold what they promise."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.evaluation.statistics import (
    clumping,
    drawn_sums,
    estimate,
    ratio,
    shifted_quantiles,
    sums_by_plate,
    wilson,
)

rows = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), st.integers(0, 5), st.integers(0, 5)).map(
        lambda row: (row[0], min(row[1:]), max(row[1:]))
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_crops_of_one_plate_are_added_up(crops: list[tuple[str, int, int]]) -> None:
    sums = sums_by_plate([plate for plate, _, _ in crops], [[a, b] for _, a, b in crops])
    expected: dict[str, list[int]] = {}
    for plate, a, b in crops:
        entry = expected.setdefault(plate, [0, 0])
        entry[0] += a
        entry[1] += b
    assert sums.tolist() == list(expected.values())


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_every_draw_takes_as_many_whole_plates_as_there_are(plates: int, seed: int) -> None:
    # Each plate is a power of its own: the digits of a sum say how often it was drawn.
    sums = np.eye(plates)
    drawn = drawn_sums(sums, 50, seed)
    assert (drawn.sum(axis=1) == plates).all() and (drawn == drawn.round()).all() and (drawn >= 0).all()


def test_draws_in_parts_are_draws_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpstudio.evaluation.statistics._AT_ONCE", 70)
    drawn = drawn_sums(np.eye(20), 1000, 3)
    assert drawn.sum() == 20_000 and drawn.mean(axis=0) == pytest.approx(1.0, abs=0.15)


@given(rows, st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_an_interval_holds_its_figure_and_the_same_seed_gives_it_again(
    crops: list[tuple[str, int, int]], seed: int
) -> None:
    sums = sums_by_plate([plate for plate, _, _ in crops], [[a, b] for _, a, b in crops])
    both = [estimate(sums, drawn_sums(sums, 200, seed), ratio(0, 1), 9, len(sums)) for _ in range(2)]
    assert both[0] == both[1]
    one = both[0]
    if sums[:, 1].sum() == 0:
        assert one is None
        return
    assert one is not None and one.value == pytest.approx(sums[:, 0].sum() / sums[:, 1].sum())
    if len(sums) < 2:
        assert one.low is None and one.high is None
    else:
        assert one.low is not None and one.high is not None
        assert 0 <= one.low <= one.value <= one.high <= 1


def test_captures_of_one_plate_make_no_interval_narrower() -> None:
    """The same 30 plates, photographed once or ten times: nothing more is known about other plates."""
    generator = np.random.default_rng(5)
    right = generator.integers(0, 2, 30)
    once = sums_by_plate(range(30), [[r, 1] for r in right])
    often = sums_by_plate([plate for plate in range(30) for _ in range(10)], [[r, 1] for r in right for _ in range(10)])
    a = estimate(once, drawn_sums(once), ratio(0, 1), 30, 30)
    b = estimate(often, drawn_sums(often), ratio(0, 1), 300, 30)
    assert a is not None and b is not None
    assert (a.low, a.high) == pytest.approx((b.low, b.high))


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    generator = np.random.default_rng(11)
    held = 0
    for trial in range(200):
        plates = generator.beta(4, 2, 60)  # each plate has its own difficulty; 7 characters on it
        right = generator.binomial(7, plates)
        sums = np.stack([right, np.full(60, 7)], axis=1).astype(float)
        one = estimate(sums, drawn_sums(sums, 400, trial), ratio(0, 1), 420, 60)
        assert one is not None and one.low is not None and one.high is not None
        held += one.low <= 4 / 6 <= one.high
    assert 180 <= held <= 199


def test_a_figure_without_spread_has_no_width() -> None:
    assert shifted_quantiles(np.ones(100), 1.0) == (1.0, 1.0)


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_is_where_the_normal_test_of_a_share_turns(successes: int, more: int) -> None:
    cases = successes + more
    low, high = wilson(successes, cases)
    share = successes / cases
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        if 0 < end < 1 and not math.isclose(end, share):
            assert abs(share - end) / math.sqrt(end * (1 - end) / cases) == pytest.approx(1.959964, rel=1e-4)


def test_no_cases_say_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.lists(st.integers(1, 9), max_size=20))
def test_cases_of_one_plate_count_as_one(counts: list[int]) -> None:
    cases = [plate for plate, count in enumerate(counts) for _ in range(count)]
    if not cases:
        assert clumping([]) == 1.0
        return
    # The mean, over the cases, of how many cases their plate has.
    by_plate = Counter(cases)
    assert clumping(counts) == pytest.approx(np.mean([by_plate[plate] for plate in cases]))
