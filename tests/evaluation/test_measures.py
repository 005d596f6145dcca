"""Character accuracy: what counts as found, right, missed and extra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.evaluation.measures import CharacterCounts, box_iou, count_characters, match_boxes

A, B, C = [0, 0, 10, 20], [12, 0, 22, 20], [24, 0, 34, 20]


def test_a_read_plate_counts_its_characters() -> None:
    counts = count_characters([A, B, C], "AB0", [A, B, C], [("A", "R"), ("8", "B"), ("Q", "D")])
    assert counts == CharacterCounts(characters=3, top1=1, top2=2, missed=0, extra=0)
    assert counts.top1_accuracy == pytest.approx(1 / 3)
    assert counts.top2_accuracy == pytest.approx(2 / 3)


def test_a_missed_character_is_wrong() -> None:
    counts = count_characters([A, B], "AB", [A], [("A", "R")])
    assert (counts.top1, counts.missed, counts.extra) == (1, 1, 0)
    assert counts.top1_accuracy == 0.5


def test_extra_characters_are_counted_and_help_nothing() -> None:
    counts = count_characters([A], "A", [A, C], [("A", "R"), ("I", "1")])
    assert counts == CharacterCounts(1, 1, 1, 0, 1)
    nothing = count_characters([], "", [A], [("A", "R")])
    assert nothing == CharacterCounts(0, 0, 0, 0, 1)
    assert nothing.top1_accuracy == 0.0


def test_a_box_counts_from_an_overlap_of_one_half() -> None:
    assert match_boxes([[0, 0, 10, 10]], [[0, 0, 5, 10]]) == [(0, 0)]
    assert match_boxes([[0, 0, 10, 10]], [[0, 0, 4.9, 10]]) == []


def test_one_found_character_stands_for_one_true_one_only() -> None:
    twice = count_characters([A], "O", [A, [0, 0, 10, 18]], [("0", "Q"), ("O", "0")])
    assert twice == CharacterCounts(characters=1, top1=0, top2=0, missed=0, extra=1)
    close = [[0, 0, 10, 20], [3, 0, 13, 20]]
    assert sorted(match_boxes(close, close)) == [(0, 0), (1, 1)]


def test_counts_of_crops_add_up() -> None:
    total = sum([CharacterCounts(3, 2, 3, 0, 1), CharacterCounts(4, 4, 4, 0, 0)], CharacterCounts())
    assert total == CharacterCounts(7, 6, 7, 0, 1)


def test_class_numbers_serve_as_well_as_characters() -> None:
    assert count_characters([A], [7], np.array([A]), [[3, 7]]).top2 == 1


boxes = st.lists(
    st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0.5, 20), st.floats(0.5, 20)).map(
        lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
    ),
    max_size=8,
)


@given(boxes, boxes)
def test_matching_is_one_to_one_whatever_the_boxes(true: list[list[float]], found: list[list[float]]) -> None:
    pairs = match_boxes(true, found)
    assert len({t for t, _ in pairs}) == len({f for _, f in pairs}) == len(pairs)
    overlap = box_iou(true, found)
    assert overlap.shape == (len(true), len(found))
    assert all(overlap[pair] >= 0.5 for pair in pairs)


@given(boxes)
def test_every_box_overlaps_itself_wholly(some: list[list[float]]) -> None:
    np.testing.assert_allclose(np.diag(box_iou(some, some)), 1.0)
