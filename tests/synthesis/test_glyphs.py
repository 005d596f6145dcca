"""The outlines of the characters."""

from __future__ import annotations

import pytest
from shapely.geometry import Polygon

from lpstudio.alphabet import CHARACTERS
from lpstudio.resources import resource
from lpstudio.synthesis.glyphs import font_names, glyph


def test_every_font_stands_beside_its_licence() -> None:
    assert len(font_names()) >= 5
    for name in font_names():
        family = name if name == "OSP-DIN" else name.split("-")[0]
        licence = resource("fonts", f"{family}-OFL.txt").read_text()
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence


@pytest.mark.parametrize("font", font_names())
def test_every_character_is_one_simple_polygon_of_cap_height(font: str) -> None:
    for char in CHARACTERS:
        one = glyph(font, char)
        outline = Polygon(one.outline)
        assert outline.is_valid and not outline.interiors
        left, top, right, bottom = outline.bounds
        assert left == pytest.approx(0, abs=1e-9) and right == pytest.approx(one.width)
        assert -0.06 < top < 0.06 and 0.94 < bottom < (1.3 if char in "QJ" else 1.06)
        inked = Polygon(one.contours[0], one.contours[1:])
        assert outline.buffer(1e-6).contains(inked)


@pytest.mark.parametrize("font", font_names())
def test_holes_are_left_out_of_the_ink_but_not_of_the_polygon(font: str) -> None:
    assert len(glyph(font, "8").contours) == 3
    assert len(glyph(font, "O").contours) == 2
    assert len(glyph(font, "L").contours) == 1
    ring = glyph(font, "O")
    middle = Polygon(ring.outline).centroid
    assert Polygon(ring.outline).contains(middle)
    assert not Polygon(ring.contours[0], ring.contours[1:]).contains(middle)


def test_look_alikes_differ_in_their_outline() -> None:
    for font in font_names():
        for one, other in (("O", "Q"), ("O", "D"), ("I", "1"), ("B", "8"), ("S", "5"), ("Z", "2")):
            a, b = Polygon(glyph(font, one).outline), Polygon(glyph(font, other).outline)
            assert a.symmetric_difference(b).area > 0.01
