"""The drawings of a comparison: every scale has lines enough to read a value by, and all values lie on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.evaluation.compare_report import _ticks

SHARES = st.floats(0.0, 1.0, allow_nan=False)


@given(SHARES, SHARES)
def test_a_scale_has_four_to_seven_lines_around_all_values(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ticks = _ticks(low, high)
    assert 4 <= len(ticks) <= 7
    assert -1e-9 <= ticks[0] <= low + 1e-9 and high - 1e-9 <= ticks[-1] <= 1 + 1e-9


@pytest.mark.parametrize(("share", "first", "last"), [(1.0, 0.994, 1.0), (0.0, 0.0, 0.006), (0.9, 0.896, 0.904)])
def test_a_scale_of_one_value_alone_stays_among_the_shares(share: float, first: float, last: float) -> None:
    ticks = _ticks(share, share)
    assert (ticks[0], ticks[-1]) == pytest.approx((first, last)) and len(ticks) >= 4
