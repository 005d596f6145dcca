"""Likelihood and calibration, against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.evaluation.calibration import (
    BINS,
    bin_of,
    bin_sums,
    error_of_sums,
    negative_log_likelihood,
    reliability,
)

characters = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


def _by_hand(found: list[tuple[float, bool]], bins: int) -> float:
    """Expected calibration error as its definition has it, bin after bin."""
    error = 0.0
    for b in range(bins):
        low, high = np.linspace(0, 1, bins + 1)[[b, b + 1]]
        inside = [one for one in found if low < one[0] <= high or (b == 0 and one[0] == 0)]
        if inside:
            confidence = sum(c for c, _ in inside) / len(inside)
            accuracy = sum(r for _, r in inside) / len(inside)
            error += len(inside) / len(found) * abs(confidence - accuracy)
    return error


@given(characters, st.integers(1, 20))
def test_the_calibration_error_is_that_of_its_definition(found: list[tuple[float, bool]], bins: int) -> None:
    sums = bin_sums([c for c, _ in found], [r for _, r in found], bins).sum(axis=0, keepdims=True)
    assert error_of_sums(sums)[0] == pytest.approx(_by_hand(found, bins), abs=1e-9)


@given(characters)
def test_the_reliability_diagram_holds_every_character_once(found: list[tuple[float, bool]]) -> None:
    diagram = reliability([c for c, _ in found], [r for _, r in found])
    assert sum(one.count for one in diagram) == len(found)
    for one in diagram:
        assert one.low - 1e-9 <= one.confidence <= one.high + 1e-9 and 0 <= one.accuracy <= 1
    error = sum(one.count * abs(one.confidence - one.accuracy) for one in diagram) / len(found)
    assert error == pytest.approx(_by_hand(found, BINS), abs=1e-9)


def test_the_ends_of_the_scale_have_their_bins() -> None:
    assert bin_of([0.0, 1e-12, 1.0], 10).tolist() == [0, 0, 9]


def test_no_characters_have_no_calibration_error() -> None:
    assert reliability([], []) == () and math.isnan(error_of_sums(np.zeros((1, 3 * BINS)))[0])


@given(st.lists(st.floats(0.001, 1), min_size=1))
def test_the_likelihood_is_the_mean_surprise(probabilities: list[float]) -> None:
    expected = [-math.log(p) for p in probabilities]
    assert negative_log_likelihood(probabilities).tolist() == pytest.approx(expected)


def test_an_impossible_truth_stays_a_number() -> None:
    assert negative_log_likelihood([0.0])[0] == pytest.approx(-math.log(1e-9))
