"""The axes of a plot carry round numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lpstudio.studio.train.ticks import linear_ticks, log_ticks, tick_text, whole_ticks


def test_linear_ticks_are_round() -> None:
    assert linear_ticks(0.0, 1.0, 5) == [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
    assert linear_ticks(0.61, 3.72, 4) == [1.0, 2.0, 3.0]


def test_epochs_are_whole() -> None:
    assert whole_ticks(1, 3, 6) == [1, 2, 3]
    assert whole_ticks(1, 300, 4) == [100, 200, 300]


def test_logarithmic_ticks_cover_several_powers() -> None:
    assert log_ticks(0.08, 1200.0, 6) == [0.1, 1.0, 10.0, 100.0, 1000.0]
    assert log_ticks(1.1, 1.4, 4) == [1.1, 1.2000000000000002, 1.3, 1.4000000000000001]


def test_a_tick_has_as_many_decimals_as_its_neighbours() -> None:
    assert [tick_text(value, 0.25) for value in (0.25, 0.5, 1.0)] == ["0.25", "0.50", "1.00"]
    assert [tick_text(value, 50) for value in (0, 50.0, 100.0)] == ["0", "50", "100"]
    assert [tick_text(value, 2.5e-6) for value in (2.5e-6, 5e-6, 1e-5)] == ["2.5e-06", "5e-06", "1e-05"]
    assert [tick_text(value, 0.0) for value in (0.1, 20.0)] == ["0.1", "20"]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_ticks_lie_within_the_range_and_are_not_too_many(low: float, span: float, most: int) -> None:
    ticks = linear_ticks(low, low + span, most)
    slack = span * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    assert len(ticks) <= most + 2
