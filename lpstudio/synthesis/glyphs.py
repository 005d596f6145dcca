"""The outlines of the characters, taken from the shipped fonts and flattened to polygons.

Units: the cap height is 1; x runs from 0 at the left edge of the ink, y from 0 at the cap line down to 1 at the base.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont, TTLibError
from numpy.typing import NDArray

from lpstudio.errors import LpStudioError
from lpstudio.resources import resource

if TYPE_CHECKING:
    from shapely.geometry import Polygon

Points = NDArray[np.float64]

_STEPS_PER_CURVE = 6
_SIMPLIFY = 0.003  # cap heights: 0.1 pixel on a character of 33 pixels
_CLOSE = 0.06  # cap heights: parts of one character are at most this far apart


@dataclass(frozen=True)
class Glyph:
    """One character of one font.

    ``outline``: the outer contour, shape (n, 2): the polygon of the annotation.
    ``contours``: what is inked, filled by the even-odd rule: the outer contours and the holes.
    ``width``: of the ink, in cap heights.
    """

    outline: Points
    contours: tuple[Points, ...]
    width: float


class _FlatteningPen(BasePen):  # type: ignore[misc]  # fontTools is untyped
    """Collects closed contours as lists of points; curves become short straight pieces."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.contours: list[list[tuple[float, float]]] = []

    def _moveTo(self, point: tuple[float, float]) -> None:
        self.contours.append([point])

    def _lineTo(self, point: tuple[float, float]) -> None:
        self.contours[-1].append(point)

    def _curveToOne(self, a: tuple[float, float], b: tuple[float, float], end: tuple[float, float]) -> None:
        start = self.contours[-1][-1]
        for step in range(1, _STEPS_PER_CURVE + 1):
            t = step / _STEPS_PER_CURVE
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points = (start, a, b, end)
            x = sum(w * p[0] for w, p in zip(weights, points, strict=True))
            y = sum(w * p[1] for w, p in zip(weights, points, strict=True))
            self.contours[-1].append((x, y))


@lru_cache(maxsize=32)
def _font(name: str) -> tuple[Any, dict[int, str], float]:
    """The glyphs of a font, its characters and the height of H in font units; see :func:`glyph` for ``name``."""
    path = Path(name) if Path(name).is_absolute() else resource("fonts", f"{name}.ttf")
    if not path.is_file():
        raise LpStudioError("the font of the synthetic plates is missing", path=path, remedy="Install lpstudio again")
    try:
        font = TTFont(path)
        glyphs, characters = font.getGlyphSet(), font.getBestCmap()
        pen = _FlatteningPen(glyphs)
        glyphs[characters[ord("H")]].draw(pen)
        height = max(y for contour in pen.contours for _, y in contour)
    except (TTLibError, KeyError, TypeError, ValueError, OSError, struct.error) as error:
        raise LpStudioError(f"{path.name} is no font with Latin letters ({error})", path=path) from None
    return glyphs, characters, height


def font_names() -> tuple[str, ...]:
    """The shipped fonts, by file name without ending, sorted."""
    return tuple(sorted(path.stem for path in resource("fonts").glob("*.ttf")))


@lru_cache(maxsize=32768)
def glyph(font: str, char: str, stroke: float = 0.0) -> Glyph:
    """The outline of one character (A to Z, 0 to 9, hyphen or full stop) in a font.

    ``font``: the name of a shipped one, or the whole path of a font file. ``stroke``: how far the outlines are moved
    outwards (below 0: inwards), in cap heights; the polygon follows. Strokes that would vanish keep their own width.
    Raises LpStudioError when the font lacks the character.
    """
    parts = _offset(_plain(font, char), round(stroke, 3))
    left = min(part.bounds[0] for part in parts)
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    inked = tuple(np.asarray(ring.coords)[:-1] - (left, 0) for ring in rings)
    outline = _one_outline(parts) - (left, 0)
    return Glyph(outline, inked, float(outline[:, 0].max()))


@lru_cache(maxsize=2048)
def _plain(font: str, char: str) -> list[Polygon]:
    """The inked area of a character as the font has it."""
    glyphs, characters, cap = _font(font)
    if ord(char) not in characters:
        raise LpStudioError(f"the font {font} has no character {char!r}")
    pen = _FlatteningPen(glyphs)
    glyphs[characters[ord(char)]].draw(pen)
    return _ink([np.array(c, dtype=np.float64) / cap * (1, -1) + (0, 1) for c in pen.contours if len(c) >= 3])


def _signed_area(points: Points) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def _ink(contours: list[Points]) -> list[Polygon]:
    """The inked area as simple polygons: contours that turn as the largest one does are ink, the others holes."""
    from shapely.geometry import Polygon
    from shapely.ops import unary_union

    areas = [_signed_area(contour) for contour in contours]
    turn = np.sign(max(areas, key=abs))
    solid = unary_union([Polygon(c).buffer(0) for c, a in zip(contours, areas, strict=True) if np.sign(a) == turn])
    holes = unary_union([Polygon(c).buffer(0) for c, a in zip(contours, areas, strict=True) if np.sign(a) != turn])
    return _polygons(solid.difference(holes).simplify(_SIMPLIFY))


def _offset(parts: list[Polygon], stroke: float) -> list[Polygon]:
    """The ink with bolder or thinner strokes, as long as no part breaks or melts away and no hole closes."""
    from shapely.geometry import MultiPolygon

    if not stroke:
        return parts
    moved = _polygons(MultiPolygon(parts).buffer(stroke, join_style="mitre", mitre_limit=2.0).simplify(_SIMPLIFY / 2))
    same = len(moved) == len(parts) and sum(len(p.interiors) for p in moved) == sum(len(p.interiors) for p in parts)
    return moved if same else parts


def _polygons(area: Any) -> list[Polygon]:
    return [part for part in getattr(area, "geoms", [area]) if part.geom_type == "Polygon" and not part.is_empty]


def _one_outline(parts: list[Polygon]) -> Points:
    """The outer contour of a character; parts that do not touch are joined across the gap between them."""
    from shapely.geometry import Polygon
    from shapely.ops import unary_union

    filled = _polygons(unary_union([Polygon(part.exterior) for part in parts]))
    if len(filled) > 1:
        filled = _polygons(unary_union(filled).buffer(_CLOSE).buffer(-_CLOSE).simplify(_SIMPLIFY))
    whole = filled[0] if len(filled) == 1 else unary_union(filled).convex_hull
    return np.asarray(whole.exterior.coords, dtype=np.float64)[:-1]
