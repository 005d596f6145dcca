"""Cutting, joining, simplifying and smoothing outlines: nothing of a character is lost or invented."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.studio.annotate import outline_forms
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits.outlines import CutCharacters, JoinCharacters, ReshapeAll
from lpstudio.studio.widgets.canvas_geometry import FloatArray, area, as_array, as_polygon, self_intersects


def rectangle(x1: float, y1: float, x2: float, y2: float) -> FloatArray:
    return as_array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


@st.composite
def stars(draw: st.DrawFn) -> FloatArray:
    """Polygons that never cross themselves: points around a middle, by rising angle."""
    number = draw(st.integers(3, 24))
    radii = draw(st.lists(st.floats(4, 60), min_size=number, max_size=number))
    turn = draw(st.floats(0, 6))
    angles = [turn + 2 * math.pi * k / number for k in range(number)]
    return as_array([(100 + r * math.cos(a), 80 + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)])


def size(points: FloatArray) -> float:
    return abs(area(points))


places = st.tuples(st.floats(0, 200), st.floats(0, 160))


@settings(deadline=None)
@given(stars(), places, places)
def test_the_pieces_of_a_cut_have_together_the_area_of_the_whole(
    whole: FloatArray, start: tuple[float, float], end: tuple[float, float]
) -> None:
    pieces = outline_forms.cut(whole, start, end)
    assert len(pieces) != 1
    if pieces:
        assert sum(size(piece) for piece in pieces) == pytest.approx(size(whole), rel=1e-6, abs=1e-4)
        assert [size(piece) for piece in pieces] == sorted((size(piece) for piece in pieces), reverse=True)
        assert all(len(piece) >= 3 and not self_intersects(piece) for piece in pieces)


@settings(deadline=None)
@given(stars(), st.floats(0, math.pi))
def test_what_a_line_through_the_middle_cut_is_joined_to_the_same_area_again(whole: FloatArray, turn: float) -> None:
    reach = np.array([math.cos(turn), math.sin(turn)]) * 200
    middle = np.array([100.0, 80.0])
    pieces = outline_forms.cut(whole, tuple(middle - reach), tuple(middle + reach))
    assume(len(pieces) == 2)
    joined = outline_forms.join(pieces)
    assume(joined is not None)  # pieces that touch in hardly more than a point
    assert joined is not None and size(joined) == pytest.approx(size(whole), rel=1e-4, abs=0.01)


def test_joined_areas_add_up_less_what_both_covered() -> None:
    joined = outline_forms.join([rectangle(0, 0, 10, 10), rectangle(8, 0, 20, 10)])
    assert joined is not None and size(joined) == pytest.approx(200)
    assert outline_forms.join([rectangle(0, 0, 10, 10), rectangle(11, 0, 20, 10)]) is None
    crossing = as_array([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert outline_forms.join([crossing, rectangle(0, 0, 10, 10)]) is None


def test_a_line_that_ends_inside_or_passes_by_cuts_nothing() -> None:
    box = rectangle(0, 0, 10, 10)
    assert outline_forms.cut(box, (-5, 5), (5, 5)) == []
    assert outline_forms.cut(box, (-5, 20), (25, 20)) == []
    assert outline_forms.cut(box, (5, 5), (5, 5)) == []
    assert len(outline_forms.cut(box, (5, -1), (5, 11))) == 2


@settings(deadline=None)
@given(stars(), st.sampled_from((0.1, 0.5, 1.0, 3.0, 8.0)))
def test_simpler_and_smoother_outlines_stay_near_and_never_cross_themselves(
    whole: FloatArray, tolerance: float
) -> None:
    from shapely import Polygon

    simple = outline_forms.simplify(whole, tolerance)
    assert 3 <= len(simple) <= len(whole)
    assert Polygon(simple).exterior.hausdorff_distance(Polygon(whole).exterior) <= 2 * tolerance + 1e-6
    smooth = outline_forms.smooth(whole, tolerance)
    assert len(smooth) >= 3
    assert Polygon(smooth).exterior.hausdorff_distance(Polygon(whole).exterior) <= 2.2 * tolerance + 1e-6
    assert size(smooth) <= 1.5 * size(whole) + 10 * tolerance
    assert not self_intersects(simple)


def test_a_finely_drawn_circle_keeps_its_area_with_far_fewer_vertices() -> None:
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([50 + 20 * np.cos(angles), 50 + 20 * np.sin(angles)], axis=1)
    simple = outline_forms.simplify(circle, 0.3)
    assert len(simple) < 40
    assert size(simple) == pytest.approx(size(circle), rel=0.03)
    assert len(outline_forms.smooth(rectangle(0, 0, 20, 20), 2.0)) >= 12


def test_a_thinned_stroke_keeps_its_ends_and_its_corners() -> None:
    stroke = as_array([(x, 0.0) for x in range(21)] + [(20.0, y) for y in range(1, 21)])
    assert outline_forms.thin(stroke, 0.5).tolist() == [[0, 0], [20, 0], [20, 20]]


def document(*characters: Character) -> Document:
    return Document("plate.png", CropContent(characters), CropState.LABELLED)


def test_a_cut_character_keeps_its_class_on_the_first_piece_and_undo_brings_it_back() -> None:
    whole = Character(as_polygon(rectangle(0, 0, 20, 10)), "A")
    made = document(whole, Character(as_polygon(rectangle(40, 0, 50, 10)), "B"))
    item = made.content.items[0]
    pieces = tuple(as_polygon(piece) for piece in outline_forms.cut(as_array(whole.polygon), (15, -1), (15, 11)))
    assert made.do(CutCharacters(((item.id, pieces),)))
    assert [i.character.char for i in made.content.items] == ["A", "", "B"]
    assert made.content.items[0].id == item.id
    assert made.selection == (made.content.items[1].id,)
    assert made.undo() == "Cut character in pieces"
    assert made.content.characters == (whole, Character(as_polygon(rectangle(40, 0, 50, 10)), "B"))


def test_joining_and_reshaping_several_are_single_steps_of_undo() -> None:
    first, second = (Character(as_polygon(rectangle(x, 0, x + 10, 10)), "") for x in (0.0, 10.0))
    made = document(first, second)
    ids = [item.id for item in made.content.items]
    polygon = as_polygon(rectangle(0, 0, 20, 10))
    assert made.do(JoinCharacters(frozenset(ids), ids[1], polygon))
    assert [item.id for item in made.content.items] == [ids[1]] and made.selection == (ids[1],)
    assert made.undo() == "Join 2 characters"
    assert made.do(ReshapeAll(tuple((i, as_polygon(rectangle(i, 0, i + 5, 5))) for i in ids), "Smooth"))
    assert made.undo() == "Smooth 2 characters"
    assert made.content.characters == (first, second)
