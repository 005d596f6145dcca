"""The flat plate: what is printed where, in millimetres from its upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lpstudio.synthesis.country import CAPTION_FONT, Colour, Country, Style
from lpstudio.synthesis.glyphs import Points, glyph
from lpstudio.synthesis.texts import PlateText
from lpstudio.synthesis.trim import NO_TRIM, Trim, choose_trim

_NARROWEST = 0.72  # characters are made no narrower than this for want of room; they get smaller instead


@dataclass(frozen=True)
class PlacedGlyph:
    """A character of a font, stretched and moved to its place on the plate."""

    char: str
    font: str
    scale: tuple[float, float]  # millimetres per cap height, across and down
    origin: tuple[float, float]  # upper left corner of the ink
    stroke: float = 0.0  # cap heights by which the outlines are moved outwards
    slant: float = 0.0  # how far the top leans to the right, as a share of the height

    def place(self, points: Points) -> Points:
        """Points in cap heights as millimetres on the plate."""
        placed = points * self.scale
        if self.slant:
            placed[:, 0] += self.slant * (self.scale[1] - placed[:, 1])
        return placed + self.origin

    @property
    def outline(self) -> Points:
        """The polygon of the character on the plate, shape (n, 2)."""
        return self.place(glyph(self.font, self.char, self.stroke).outline)

    @property
    def contours(self) -> tuple[Points, ...]:
        """What is inked, filled by the even-odd rule."""
        return tuple(self.place(contour) for contour in glyph(self.font, self.char, self.stroke).contours)


@dataclass(frozen=True)
class PlateDesign:
    """One plate as it leaves the press. Its ``text`` is the characters in reading order, without blanks."""

    text: str
    format: str
    lines: int
    size: tuple[float, float]
    background: Colour
    ink: Colour
    characters: tuple[PlacedGlyph, ...]
    captions: tuple[PlacedGlyph, ...] = ()
    separators: tuple[tuple[Points, ...], ...] = ()
    embossed: bool = True
    trim: Trim = NO_TRIM

    @property
    def corners(self) -> Points:
        """The plate's corners, shape (4, 2)."""
        width, height = self.size
        return np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)


@dataclass(frozen=True)
class Lettering:
    """How the characters of one plate are drawn; gaps in cap heights, the second one on top between groups."""

    font: str
    stretch: float
    gap: float
    group_gap: float
    stroke: float = 0.0
    slant: float = 0.0


def set_line(
    groups: Sequence[str], lettering: Lettering, box: tuple[float, float, float, float], cap: float
) -> list[PlacedGlyph]:
    """One line of text in the middle of a box (x1, y1, x2, y2), no higher than ``cap``, narrowed where it must be."""
    left, top, right, bottom = box
    font, stroke = lettering.font, lettering.stroke
    chars = [(char, index > 0 and place == 0) for index, group in enumerate(groups) for place, char in enumerate(group)]
    widths = [glyph(font, char, stroke).width * lettering.stretch for char, _ in chars]
    spaces = [0.0] + [lettering.gap + (lettering.group_gap if starts else 0.0) for _, starts in chars[1:]]
    natural = sum(widths) + sum(spaces) + abs(lettering.slant)
    cap = min(cap, bottom - top)
    across = min(cap, (right - left) / natural)  # millimetres per cap height sideways
    if across < _NARROWEST * cap:
        cap = across / _NARROWEST
    x = (left + right - natural * across) / 2 - min(0.0, lettering.slant) * cap
    y = (top + bottom - cap) / 2
    placed = []
    for (char, _), width, space in zip(chars, widths, spaces, strict=True):
        x += space * across
        placed.append(PlacedGlyph(char, font, (across * lettering.stretch, cap), (x, y), stroke, lettering.slant))
        x += width * across
    return placed


def _two_lines(groups: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The groups of the upper and the lower line, as evenly as the groups allow."""
    best = min(range(1, len(groups)), key=lambda cut: abs(sum(map(len, groups[:cut])) - sum(map(len, groups[cut:]))))
    return groups[:best], groups[best:]


def _by_hand(placed: list[PlacedGlyph], cap: float, rng: np.random.Generator) -> list[PlacedGlyph]:
    """Characters that dance a little: painted plates, and letters that were glued on."""
    moves = rng.normal(0, 0.018 * cap, (len(placed), 2)).clip(-0.035 * cap, 0.035 * cap)
    return [
        replace(one, origin=(one.origin[0] + float(dx), one.origin[1] + float(dy)))
        for one, (dx, dy) in zip(placed, moves, strict=True)
    ]


def _choose_lettering(style: Style, country: Country, hard: float, rng: np.random.Generator) -> Lettering:
    fonts = country.fonts if rng.random() < country.variety.odd_fonts else style.fonts
    font = str(rng.choice(list(fonts)))
    stretch = float(rng.uniform(*style.stretch)) * country.narrow.get(font, 1.0)
    gap, group_gap = float(rng.uniform(*style.gap)), float(rng.uniform(*style.group_gap))
    stroke = round(float(rng.uniform(*style.stroke)), 2)
    slanted = rng.random() < 0.04 + 0.06 * hard
    slant = float(rng.normal(0, 0.08)) if slanted else 0.0
    return Lettering(font, stretch, gap, group_gap, stroke, float(np.clip(slant, -0.18, 0.18)))


def _choose_colours(style: Style, country: Country, rng: np.random.Generator) -> tuple[Colour, Colour]:
    weights = np.array([weight for weight, _, _ in style.colours])
    _, ground, ink = style.colours[int(rng.choice(len(weights), p=weights / weights.sum()))]
    if rng.random() < country.variety.odd_colours:
        ground, ink = _odd_colours(country.variety.odd_light_ink, rng)
    return _vary(ground, 0.04, rng), _vary(ink, 0.05, rng)


def _odd_colours(light_ink: float, rng: np.random.Generator) -> tuple[Colour, Colour]:
    """A ground and an ink of any colours, the ink mostly the lighter one: foreign, painted and reflecting plates."""
    dark, light = rng.uniform(0.08, 0.5, 3), rng.uniform(0.6, 1.0, 3)
    if rng.random() < 0.5:  # most colours on the road are dull
        dark = dark.mean() + 0.35 * (dark - dark.mean())
    else:
        dark[int(rng.integers(3))] *= float(rng.uniform(0.2, 1.0))
    if rng.random() < 0.25:  # worn: the ground nearly as light as the ink
        dark = dark + (light - dark) * float(rng.uniform(0.3, 0.6))
    one, other = (float(dark[0]), float(dark[1]), float(dark[2])), (float(light[0]), float(light[1]), float(light[2]))
    return (one, other) if rng.random() < light_ink else (other, one)


def _vary(colour: Colour, amount: float, rng: np.random.Generator) -> Colour:
    b, g, r = np.clip(np.asarray(colour) + rng.normal(0.0, amount / 2, 3) + rng.normal(0.0, amount / 2), 0.02, 0.98)
    return float(b), float(g), float(r)


def design_plate(
    country: Country, text: PlateText, rng: np.random.Generator, hard: float = 0.5, two_lines: float | None = None
) -> PlateDesign:
    """Lay out one plate: its style belongs to the format, the rest is drawn from ``rng``.

    ``hard``: 0 to 1, how worn and irregular plates are. ``two_lines``: share of plates on two lines, None as the style
    says.
    """
    style = country.styles[text.format.id]
    background, ink = _choose_colours(style, country, rng)
    groups = text.groups
    share = style.two_lines if two_lines is None else two_lines
    on_two = bool(rng.random() < share) and len(groups) > 1
    width, height = (style.two_lines_size or (style.size[0] * 0.75, style.size[1] * 1.25)) if on_two else style.size
    if rng.random() < country.variety.odd_heights:  # frames, frauds and foreign plates keep no standard
        height *= float(rng.uniform(0.9, 1.3))
    lettering = _choose_lettering(style, country, hard, rng)

    captioned = bool(style.captions) and rng.random() < style.captions_share
    above = captioned and rng.random() < style.captions_above
    strip = height * 0.16
    side = width * float(rng.uniform(0.03, 0.06))
    top = height * 0.08 + (strip if above else 0.0)
    bottom = height * 0.92 - (strip if captioned and not above else 0.0)
    if on_two:
        middle = top + (bottom - top) * float(rng.uniform(0.46, 0.52))
        room = height * 0.025
        upper, lower = _two_lines(groups)
        cap = height * float(rng.uniform(*style.two_lines_cap))
        lines = [
            set_line(upper, lettering, (side, top, width - side, middle - room), cap),
            set_line(lower, lettering, (side, middle + room, width - side, bottom), cap),
        ]
    else:
        cap = height * float(rng.uniform(*style.cap))
        lines = [set_line(groups, lettering, (side, top, width - side, bottom), cap)]
    separated = rng.random() < country.variety.separators
    separators = _separators(lines, rng) if separated else ()
    if rng.random() < 0.03 + 0.1 * hard:
        lines = [_by_hand(line, line[0].scale[1], rng) for line in lines]

    captions: list[PlacedGlyph] = []
    if captioned:
        words = str(rng.choice(list(style.captions))).split()
        y = height * 0.05 if above else height * 0.81
        small = Lettering(CAPTION_FONT, 1.2, 0.15, 0.4)
        captions = set_line(words, small, (side, y, width - side, y + height * 0.13), height * 0.09)
    return PlateDesign(
        text="".join(groups),
        format=text.format.id,
        lines=len(lines),
        size=(width, height),
        background=background,
        ink=ink,
        characters=tuple(one for line in lines for one in line),
        captions=tuple(captions),
        separators=separators,
        embossed=style.embossed,
        trim=choose_trim(style, (width, height), rng),
    )


def _separators(lines: Sequence[Sequence[PlacedGlyph]], rng: np.random.Generator) -> tuple[tuple[Points, ...], ...]:
    """A dot or a dash in the widest gap of each line: it is ink, but no character. Polygons in millimetres."""
    height, size, flat = float(rng.uniform(0.42, 0.58)), float(rng.uniform(0.05, 0.16)), float(rng.uniform(0.3, 1.4))
    found = []
    for line in lines:
        gaps = [
            (right.origin[0] - (left.origin[0] + float(np.ptp(left.outline[:, 0]))), right)
            for left, right in pairwise(line)
        ]
        if not gaps:
            continue
        room, right = max(gaps, key=lambda gap: gap[0])
        cap = right.scale[1]
        if room >= 0.2 * cap:
            x, y = right.origin[0] - room / 2, right.origin[1] + cap * height
            half = min(room * 0.3, cap * size)
            tall = half * min(flat, 1.0)
            box = np.array([(x - half, y - tall), (x + half, y - tall), (x + half, y + tall), (x - half, y + tall)])
            found.append((box,))
    return tuple(found)
