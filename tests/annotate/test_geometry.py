"""What is under the pointer, clipping at the border, crossings, overlaps."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.studio.widgets.canvas_geometry import (
    FloatArray,
    HitTester,
    Part,
    area,
    as_array,
    bounds,
    clip_to_frame,
    inside,
    limit_shift,
    overlap,
    self_intersects,
)


def rectangle(x1: float, y1: float, x2: float, y2: float) -> FloatArray:
    return as_array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


def test_a_vertex_an_edge_and_a_body_are_told_apart_within_the_tolerance() -> None:
    hits = HitTester([rectangle(10, 10, 50, 50)])
    vertex = hits.at(12, 11, 3, preferred=[0])
    assert vertex is not None and (vertex.part, vertex.at) == (Part.VERTEX, 0)
    edge = hits.at(30, 8, 3, preferred=[0])
    assert edge is not None and (edge.part, edge.at, edge.point) == (Part.EDGE, 0, (30, 10))
    body = hits.at(30, 30, 3, preferred=[0])
    assert body is not None and body.part is Part.BODY
    assert hits.at(30, 4, 3, preferred=[0]) is None


def test_vertices_and_edges_answer_only_on_selected_polygons() -> None:
    hits = HitTester([rectangle(10, 10, 50, 50)])
    hit = hits.at(10, 10, 3)
    assert hit is not None and hit.part is Part.BODY


def test_the_smaller_of_two_polygons_inside_one_another_is_hit() -> None:
    hits = HitTester([rectangle(0, 0, 100, 100), rectangle(40, 40, 60, 60)])
    inner = hits.at(50, 50, 2)
    outer = hits.at(10, 10, 2)
    assert inner is not None and inner.index == 1
    assert outer is not None and outer.index == 0


def test_a_polygon_without_area_can_still_be_hit() -> None:
    hits = HitTester([as_array([(10, 10), (50, 10), (30, 10)])])
    assert hits.at(30, 11, 2) is not None


def test_finding_the_hit_among_two_thousand_polygons_takes_under_a_millisecond() -> None:
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rng = np.random.default_rng(1)
    circles = [
        np.stack([x + 20 * np.cos(turn), y + 30 * np.sin(turn)], axis=1)
        for x, y in rng.uniform((30, 40), (1890, 1040), (2000, 2))
    ]
    hits = HitTester(circles)
    start = time.perf_counter()
    for x, y in rng.uniform((0, 0), (1920, 1080), (100, 2)):
        hits.at(float(x), float(y), 7, preferred=[5])
    assert (time.perf_counter() - start) / 100 < 0.005  # usually 0.6 ms; a busy machine gets some room


def test_a_polygon_over_the_border_is_cut_there_and_keeps_its_form_inside() -> None:
    cut = clip_to_frame(as_array([(50, 50), (150, 50), (150, 90), (50, 90)]), 100, 100)
    assert bounds(cut) == (50, 50, 100, 90)
    slanted = clip_to_frame(as_array([(80, 0), (120, 40), (80, 80)]), 100, 100)
    # The slanted edge is cut where it meets the border; its end is not pushed onto the border.
    assert {(round(x, 6), round(y, 6)) for x, y in slanted} == {(80, 0), (100, 20), (100, 60), (80, 80)}


def test_a_polygon_inside_is_returned_untouched_and_one_outside_vanishes() -> None:
    within = rectangle(1, 1, 99, 99)
    assert clip_to_frame(within, 100, 100) is within
    assert len(clip_to_frame(rectangle(200, 200, 220, 220), 100, 100)) == 0


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=3, max_size=12))
def test_what_is_cut_lies_on_the_picture_and_is_never_larger(points: list[tuple[float, float]]) -> None:
    cut = clip_to_frame(as_array(points), 100, 80)
    assert len(cut) == 0 or len(cut) >= 3
    if len(cut):
        x1, y1, x2, y2 = bounds(cut)
        assert x1 >= -1e-6 and y1 >= -1e-6 and x2 <= 100 + 1e-6 and y2 <= 80 + 1e-6


def test_a_bow_tie_crosses_itself_and_a_star_shaped_outline_does_not() -> None:
    assert self_intersects(as_array([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert not self_intersects(rectangle(0, 0, 10, 10))
    assert not self_intersects(as_array([(0, 0), (5, 4), (10, 0), (6, 5), (10, 10), (5, 6), (0, 10), (4, 5)]))
    assert not self_intersects(as_array([(0, 0), (5, 5), (5, 0)]))


def test_a_shift_stops_at_the_border_and_may_bring_a_stray_polygon_back() -> None:
    assert limit_shift((10, 10, 20, 20), 500, -500, 100, 100) == (80, -10)
    assert limit_shift((-30, 10, 20, 20), -5, 0, 100, 100) == (0, 0)
    assert limit_shift((-30, 10, 20, 20), 12, 0, 100, 100) == (12, 0)


def test_overlap_of_equal_halved_and_separate_polygons() -> None:
    whole = rectangle(0, 0, 40, 40)
    assert overlap(whole, whole) == 1.0
    assert overlap(whole, rectangle(0, 0, 20, 40)) == pytest.approx(0.5, abs=0.05)
    assert overlap(whole, rectangle(41, 0, 60, 40)) == 0.0


def test_inside_follows_the_even_odd_rule_and_area_its_sign() -> None:
    notch = as_array([(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)])
    assert inside(notch, np.array([5.0, 5.0, 1.0]), np.array([2.0, 8.0, 8.0])).tolist() == [True, False, True]
    assert area(rectangle(0, 0, 4, 5)) == 20
