"""Run lengths and outlines of masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lpstudio.dataset.exchange.masks import (
    compressed,
    counts_from_polygon,
    decompressed,
    mask_from_counts,
    polygon_from_mask,
)
from lpstudio.dataset.exchange.shapes import ShapeError, joined


@settings(deadline=None)
@given(st.lists(st.integers(0, 4_000_000), max_size=60))
def test_compressed_run_lengths_come_back(counts: list[int]) -> None:
    assert decompressed(compressed(counts)) == counts


def test_the_spelling_is_that_of_coco() -> None:
    # From the definition: five bits a sign, sign bit, from the fourth count on as difference to the one two before.
    assert compressed([6, 1, 40, 4, 5, 4, 5, 4, 21]) == "61X13mN000`0"
    assert decompressed("61X13mN000`0") == [6, 1, 40, 4, 5, 4, 5, 4, 21]


@settings(deadline=None, max_examples=60)
@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_an_outline_covers_the_pixels_of_its_mask_with_holes_filled(mask: np.ndarray) -> None:
    if not mask.any():
        with pytest.raises(ShapeError, match="empty"):
            polygon_from_mask(mask)
        return
    height, width = mask.shape
    polygon, lost = polygon_from_mask(mask)
    back = mask_from_counts(counts_from_polygon(polygon, (width, height)), (width, height), by_column=True)
    if any("hole" in what for what in lost):
        assert (back | mask == back).all()
    else:
        assert (back == mask).all()


def test_a_square_of_whole_pixels_has_its_area() -> None:
    counts = counts_from_polygon(((1.0, 1.0), (3.0, 1.0), (3.0, 4.0), (1.0, 4.0)), (5, 6))
    assert counts == [7, 3, 3, 3, 14]
    assert sum(counts) == 30


@pytest.mark.parametrize(
    "counts", ["no list", [-1, 3], [1.5], [10**12], [5, 30], [True], [float("nan")], [[1]], [1] * 300_000]
)
def test_run_lengths_that_do_not_fit_are_refused(counts: object) -> None:
    with pytest.raises(ShapeError):
        mask_from_counts(counts, (5, 6), by_column=True)


@pytest.mark.parametrize("size", [(0, 5), (10**6, 10**6)])
def test_masks_without_bounds_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="mask of"):
        mask_from_counts([1], size, by_column=True)


@pytest.mark.parametrize("text", ["\x00", "é", "o" * 40, "0o"])
def test_damaged_texts_are_refused(text: str) -> None:
    with pytest.raises(ShapeError):
        decompressed(text)


def test_parts_are_tied_at_their_nearest_points() -> None:
    a = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    b = ((6.0, 0.0), (8.0, 0.0), (8.0, 2.0), (6.0, 2.0))
    whole = joined([b, a])
    assert set(whole) == {*a, *b}
    assert whole == ((0.0, 0.0), (4.0, 0.0), (6.0, 0.0), (8.0, 0.0), (8.0, 2.0), (6.0, 2.0), (6.0, 0.0), *a[1:])
