"""Reading order holds for one line and two, whatever the order of the boxes, under tilt and jitter."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.plates.order import Box, box_of, flat_order, group_plates, reading_order


def _plate(
    lines: list[int],
    tilt: float,
    chance: random.Random,
    height: float = 30.0,
    origin: tuple[float, float] = (100.0, 100.0),
) -> list[Box]:
    """Boxes of tilted characters, in reading order: widths from I to M, a gap in each line, centres a bit off."""
    boxes: list[Box] = []
    turn = math.radians(tilt)
    for row, count in enumerate(lines):
        x = chance.uniform(-0.4, 0.4) * height
        gap_at = chance.randrange(count + 1)
        for place in range(count):
            width = height * chance.choice([0.2, 0.45, 0.55, 0.6, 0.75])
            if place == gap_at:
                x += height * chance.uniform(0.0, 0.9)
            cx = x + width / 2
            cy = row * height * 1.25 + chance.uniform(-0.05, 0.05) * height
            half_w = (abs(width * math.cos(turn)) + abs(height * math.sin(turn))) / 2
            half_h = (abs(width * math.sin(turn)) + abs(height * math.cos(turn))) / 2
            px = origin[0] + cx * math.cos(turn) - cy * math.sin(turn)
            py = origin[1] + cx * math.sin(turn) + cy * math.cos(turn)
            boxes.append((px - half_w, py - half_h, px + half_w, py + half_h))
            x += width + height * chance.uniform(0.1, 0.25)
    return boxes


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10), st.floats(-30, 30), st.integers(0, 2**30), st.floats(3, 300))
def test_one_line_is_read_from_left_to_right_under_tilt(count: int, tilt: float, seed: int, height: float) -> None:
    chance = random.Random(seed)
    boxes = _plate([count], tilt, chance, height)
    shuffled = list(range(count))
    chance.shuffle(shuffled)
    lines = reading_order([boxes[i] for i in shuffled])
    assert [[shuffled[i] for i in line] for line in lines] == [list(range(count))]


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), st.floats(-20, 20), st.integers(0, 2**30))
def test_two_lines_are_read_line_by_line_under_tilt(first: int, second: int, tilt: float, seed: int) -> None:
    if first + second < 5:
        return
    chance = random.Random(seed)
    boxes = _plate([first, second], tilt, chance)
    shuffled = list(range(first + second))
    chance.shuffle(shuffled)
    lines = reading_order([boxes[i] for i in shuffled])
    wanted = [list(range(first)), list(range(first, first + second))]
    assert [[shuffled[i] for i in line] for line in lines] == wanted


def test_the_order_does_not_depend_on_the_order_of_the_boxes() -> None:
    boxes = _plate([3, 3], 12, random.Random(5))
    texts = set()
    for seed in range(20):
        order = list(range(6))
        random.Random(seed).shuffle(order)
        texts.add(tuple(order[i] for i in flat_order([boxes[i] for i in order])))
    assert texts == {(0, 1, 2, 3, 4, 5)}


def test_no_and_single_characters_have_an_order_too() -> None:
    assert reading_order([]) == [] and flat_order([]) == [] and group_plates([]) == []
    assert reading_order([(0, 0, 5, 10)]) == [[0]] and group_plates([(0, 0, 5, 10)]) == [[0]]
    assert flat_order([(0, 0, 5, 10), (0, 0, 5, 10)]) in ([0, 1], [1, 0])
    assert flat_order([(3, 3, 3, 3), (9, 3, 9, 3)]) == [0, 1]


@pytest.mark.parametrize("tilt", [-20, -8, 0, 8, 20])
def test_two_plates_of_one_frame_are_kept_apart_each_whole(tilt: float) -> None:
    for seed in range(30):
        chance = random.Random(seed)
        left = _plate([7], tilt, chance, 28, (100, 300))
        right = _plate([3, 3], tilt, chance, 34, (900, 320))
        far = _plate([6], tilt, chance, 14, (500, 60))
        boxes = left + right + far
        order = list(range(len(boxes)))
        chance.shuffle(order)
        groups = [sorted(order[i] for i in plate) for plate in group_plates([boxes[i] for i in order])]
        assert sorted(groups) == [list(range(7)), list(range(7, 13)), list(range(13, 19))]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([[7], [6], [3, 3], [3, 4]]), st.floats(-20, 20), st.integers(0, 2**30))
def test_one_plate_stays_one_plate(lines: list[int], tilt: float, seed: int) -> None:
    boxes = _plate(lines, tilt, random.Random(seed))
    assert group_plates(boxes) == [list(range(sum(lines)))]


def test_small_print_beside_a_plate_is_no_part_of_it() -> None:
    plate = _plate([7], 0, random.Random(1), 40)
    small = _plate([8], 0, random.Random(2), 12, (110, 65))
    groups = group_plates(plate + small)
    assert sorted(map(sorted, groups)) == [list(range(7)), list(range(7, 15))]


def test_the_box_of_a_polygon_is_the_upright_one() -> None:
    assert box_of([(3, 1), (8, 4), (2, 9)]) == (2, 1, 8, 9)
