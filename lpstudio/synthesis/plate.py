"""The flat plate: what is printed where, in millimetres from its upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from lpstudio.synthesis.glyphs import Points, glyph

Colour = tuple[float, float, float]  # blue, green, red, 0 to 1


@dataclass(frozen=True)
class PlacedGlyph:
    """A character of a font, stretched and moved to its place on the plate."""

    char: str
    font: str
    scale: tuple[float, float]  # millimetres per cap height, across and down
    origin: tuple[float, float]  # upper left corner of the ink

    def place(self, points: Points) -> Points:
        """Points in cap heights as millimetres on the plate."""
        return points * self.scale + self.origin

    @property
    def outline(self) -> Points:
        """The polygon of the character on the plate, shape (n, 2)."""
        return self.place(glyph(self.font, self.char).outline)

    @property
    def contours(self) -> tuple[Points, ...]:
        """What is inked, filled by the even-odd rule."""
        return tuple(self.place(contour) for contour in glyph(self.font, self.char).contours)


@dataclass(frozen=True)
class PlateDesign:
    """One plate as it leaves the press. Its ``text`` is the characters in reading order, without blanks."""

    text: str
    format: str
    size: tuple[float, float]
    corner: float
    background: Colour
    ink: Colour
    characters: tuple[PlacedGlyph, ...]
    captions: tuple[PlacedGlyph, ...] = ()
    separators: tuple[tuple[Points, ...], ...] = ()
    border: tuple[float, float] | None = None  # inset and thickness
    bolts: tuple[tuple[float, float, float], ...] = ()  # x, y, radius
    emblem: tuple[Points, Colour, float] | None = None  # a pale shape under the text: polygon, colour, strength
    stickers: tuple[tuple[Points, Colour], ...] = field(default=())
    embossed: bool = True


@dataclass(frozen=True)
class Style:
    """How the plates of one kind look; lists are drawn from with the given weights."""

    size: tuple[float, float]
    colours: Sequence[tuple[float, Colour, Colour]]  # weight, background, ink
    fonts: Sequence[str]
    two_lines: float = 0.0  # how often the text stands on two lines
    size_two_lines: tuple[float, float] | None = None
    captions: Sequence[str] = ()
    cap: float = 0.5  # cap height as a share of the plate's height, one line
    stretch: tuple[float, float] = (0.85, 1.15)
    embossed: bool = True
    emblem: bool = False


_WHITE, _BLACK = (0.92, 0.93, 0.92), (0.09, 0.08, 0.08)
_PRIVATE = (_WHITE, _BLACK)
_FOR_HIRE = ((0.10, 0.74, 0.93), _BLACK)
_GOVERNMENT = (_WHITE, (0.13, 0.10, 0.72))
_DIPLOMATIC = (_WHITE, (0.60, 0.25, 0.08))
_VINTAGE = ((0.93, 0.82, 0.64), _BLACK)
_GREEN = (_WHITE, (0.18, 0.34, 0.08))

_CONDENSED = (
    "BarlowCondensed-Medium",
    "BarlowCondensed-SemiBold",
    "Oswald-Regular",
    "Oswald-Medium",
    "LPSCondensed-Medium",
)
_HEAVY = ("BarlowCondensed-SemiBold", "BarlowCondensed-Bold", "BebasNeue-Regular", "LPSCondensed-SemiBold", "OSP-DIN")
_WIDE = ("Overpass-SemiBold", "Overpass-ExtraBold")
_COUNTRY = ("PILIPINAS", "REPUBLIKA NG PILIPINAS", "MATATAG NA REPUBLIKA", "PERLAS NG SILANGANAN")
_REGIONS = (
    "NCR", "REGION I", "REGION II", "REGION III", "REGION IV-A", "REGION IV-B", "REGION V", "REGION VI", "REGION VII",
    "REGION VIII", "REGION IX", "REGION X", "REGION XI", "REGION XII", "CAR", "CARAGA", "BARMM",
)  # fmt: skip

_CAR, _BIKE, _BIKE_TWO = (390.0, 140.0), (225.0, 105.0), (235.0, 135.0)
_USUAL = ((0.62, *_PRIVATE), (0.2, *_FOR_HIRE), (0.12, *_GOVERNMENT), (0.06, *_VINTAGE))

CAR_1981 = Style(
    _CAR, ((0.35, *_PRIVATE), (0.35, *_GREEN), (0.18, *_FOR_HIRE), (0.12, *_GOVERNMENT)), (*_CONDENSED, *_WIDE),
    captions=_COUNTRY, cap=0.5, stretch=(0.8, 1.1), emblem=True,
)  # fmt: skip
CAR_2014 = Style(_CAR, _USUAL, (*_CONDENSED, *_HEAVY), two_lines=0.03, size_two_lines=(300.0, 180.0), cap=0.52)
CAR_2018 = Style(
    _CAR, _USUAL, _HEAVY, two_lines=0.05, size_two_lines=(300.0, 180.0), captions=_REGIONS, cap=0.52,
)  # fmt: skip
BIKE_OLD = Style(_BIKE, _USUAL, (*_CONDENSED, *_WIDE), 0.25, (225.0, 120.0), _COUNTRY, 0.5, (0.8, 1.1))
BIKE_NEW = Style(_BIKE, _USUAL, _HEAVY, 0.65, _BIKE_TWO, _REGIONS, 0.5)
DIPLOMATIC = Style(_CAR, ((1.0, *_DIPLOMATIC),), (*_CONDENSED, *_HEAVY), captions=("DIPLOMATIC", "OEV", "PILIPINAS"))
PROTOCOL = Style(_CAR, ((0.7, *_PRIVATE), (0.3, *_GREEN)), (*_HEAVY, *_WIDE), captions=_COUNTRY, cap=0.6, emblem=True)
PAPER = Style(
    (300.0, 110.0), ((0.85, *_PRIVATE), (0.15, *_FOR_HIRE)), (*_WIDE, "Oswald-Medium"),
    captions=("TEMPORARY PLATE", "REGISTERED", "FOR REGISTRATION", *_REGIONS[:5]), cap=0.5, stretch=(0.6, 0.9),
    embossed=False,
)  # fmt: skip


_ODD_COLOURS = 0.22  # share of plates in colours of no Philippine series, most with light characters on dark ground
_SEPARATED = 0.3  # share of plates with a dot or dash between two groups


def style_of(format_id: str) -> Style:
    """The looks that belong to a format, by the words of its id; others look like a car plate."""
    name = format_id.lower()
    if "motorcycle" in name:
        return BIKE_OLD if "1981" in name else BIKE_NEW
    for word, style in (
        ("diplomatic", DIPLOMATIC), ("protocol", PROTOCOL), ("temporary", PAPER), ("conduction", PAPER),
        ("mv-file", PAPER), ("1981", CAR_1981), ("special", CAR_1981), ("2018", CAR_2018),
    ):  # fmt: skip
        if word in name:
            return style
    return CAR_2014


def _line(
    groups: Sequence[str],
    font: str,
    box: tuple[float, float, float, float],
    cap: float,
    stretch: float,
    gaps: tuple[float, float],
) -> list[PlacedGlyph]:
    """One line of text in the middle of a box (x1, y1, x2, y2), no higher than ``cap``, narrowed where it must be.

    ``gaps`` (between characters, and between groups on top of that) are in cap heights.
    """
    left, top, right, bottom = box
    chars = [(char, index > 0 and place == 0) for index, group in enumerate(groups) for place, char in enumerate(group)]
    widths = [glyph(font, char).width * stretch for char, _ in chars]
    spaces = [0.0] + [gaps[0] + (gaps[1] if starts else 0.0) for _, starts in chars[1:]]
    natural = sum(widths) + sum(spaces)
    room = right - left
    cap = min(cap, bottom - top)
    across = min(cap, room / natural)  # millimetres per cap height sideways
    if across < 0.72 * cap:  # letters would become too narrow: the whole line gets smaller instead
        cap = across / 0.72
    x = (left + right - natural * across) / 2
    y = (top + bottom - cap) / 2
    placed = []
    for (char, _), width, space in zip(chars, widths, spaces, strict=True):
        x += space * across
        placed.append(PlacedGlyph(char, font, (across * stretch, cap), (x, y)))
        x += width * across
    return placed


def _odd_colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """A ground and an ink of any colours, the ink mostly the lighter one: foreign, painted and reflecting plates."""
    dark, light = rng.uniform(0.08, 0.5, 3), rng.uniform(0.6, 1.0, 3)
    dark[int(rng.integers(3))] *= float(rng.uniform(0.2, 1.0))
    one, other = (float(dark[0]), float(dark[1]), float(dark[2])), (float(light[0]), float(light[1]), float(light[2]))
    return (one, other) if rng.random() < 0.75 else (other, one)


def _separators(placed: Sequence[PlacedGlyph], cap: float, rng: np.random.Generator) -> tuple[tuple[Points, ...], ...]:
    """A dot or a dash in the widest gap of a line: it is ink, but no character. Polygons in millimetres."""
    gaps = [
        (right.origin[0] - (left.origin[0] + float(np.ptp(left.outline[:, 0]))), left, right)
        for left, right in pairwise(placed)
        if right.origin[1] == left.origin[1]
    ]
    if not gaps:
        return ()
    room, _, right = max(gaps, key=lambda gap: gap[0])
    if room < 0.2 * cap:
        return ()
    x, y = right.origin[0] - room / 2, right.origin[1] + cap * float(rng.uniform(0.42, 0.58))
    half = min(room * 0.3, cap * float(rng.uniform(0.05, 0.16)))
    tall = half if rng.random() < 0.6 else half * float(rng.uniform(0.3, 0.6))
    return ((np.array([(x - half, y - tall), (x + half, y - tall), (x + half, y + tall), (x - half, y + tall)]),),)


def _two_lines(groups: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The groups of the upper and the lower line, as evenly as the groups allow."""
    best = min(range(1, len(groups)), key=lambda cut: abs(sum(map(len, groups[:cut])) - sum(map(len, groups[cut:]))))
    return groups[:best], groups[best:]


def design_plate(format_id: str, groups: Sequence[str], rng: np.random.Generator) -> PlateDesign:
    """Lay out one plate: its style belongs to the format, the rest is drawn from ``rng``."""
    style = style_of(format_id)
    weights = np.array([weight for weight, _, _ in style.colours])
    _, background, ink = style.colours[int(rng.choice(len(weights), p=weights / weights.sum()))]
    if rng.random() < _ODD_COLOURS:
        background, ink = _odd_colours(rng)
    font = str(rng.choice(list(style.fonts)))
    on_two = len(groups) > 1 and rng.random() < style.two_lines
    width, height = (style.size_two_lines or style.size) if on_two else style.size
    if rng.random() < 0.35:  # frames, frauds and foreign plates keep no standard
        height *= float(rng.uniform(0.9, 1.3))
    stretch = float(rng.uniform(*style.stretch)) * (0.62 if font in _WIDE else 1.0)
    gaps = (float(rng.uniform(0.09, 0.2)), float(rng.uniform(0.15, 0.5)))

    captioned = bool(style.captions) and rng.random() < 0.8
    above = captioned and rng.random() < 0.4
    strip = height * 0.16
    side = width * float(rng.uniform(0.03, 0.06))
    top = height * 0.08 + (strip if above else 0.0)
    bottom = height * 0.92 - (strip if captioned and not above else 0.0)
    if on_two:
        middle = top + (bottom - top) * float(rng.uniform(0.46, 0.52))
        gap = height * 0.025
        upper, lower = _two_lines(groups)
        cap = height * float(rng.uniform(0.33, 0.42))
        characters = [
            *_line(upper, font, (side, top, width - side, middle - gap), cap, stretch, gaps),
            *_line(lower, font, (side, middle + gap, width - side, bottom), cap, stretch, gaps),
        ]
    else:
        cap = height * style.cap * float(rng.uniform(0.94, 1.12))
        characters = _line(groups, font, (side, top, width - side, bottom), cap, stretch, gaps)

    captions: list[PlacedGlyph] = []
    if captioned:
        words = str(rng.choice(list(style.captions))).split()
        y = height * 0.05 if above else height * 0.81
        captions = _line(
            words, "BarlowCondensed-Medium", (side, y, width - side, y + height * 0.13), height * 0.09, 1.2, (0.15, 0.4)
        )

    return PlateDesign(
        text="".join(groups),
        format=format_id,
        size=(width, height),
        corner=height * float(rng.uniform(0.03, 0.09)),
        background=_vary(background, 0.04, rng),
        ink=_vary(ink, 0.05, rng),
        characters=tuple(characters),
        captions=tuple(captions),
        separators=_separators(characters, cap, rng) if rng.random() < _SEPARATED else (),
        border=(height * 0.03, height * float(rng.uniform(0.012, 0.03))) if rng.random() < 0.45 else None,
        bolts=_bolts(width, height, rng),
        emblem=_emblem(width, height, rng) if style.emblem and rng.random() < 0.5 else None,
        stickers=_stickers(width, height, rng),
        embossed=style.embossed,
    )


def _vary(colour: Colour, amount: float, rng: np.random.Generator) -> Colour:
    b, g, r = np.clip(np.asarray(colour) + rng.normal(0.0, amount / 2, 3) + rng.normal(0.0, amount / 2), 0.02, 0.98)
    return float(b), float(g), float(r)


def _bolts(width: float, height: float, rng: np.random.Generator) -> tuple[tuple[float, float, float], ...]:
    kind = rng.random()
    radius = float(rng.uniform(3.5, 6.5))
    x, y = width * float(rng.uniform(0.2, 0.3)), height * float(rng.uniform(0.07, 0.1))
    if kind < 0.4:
        return ((x, y, radius), (width - x, y, radius))
    if kind < 0.6:
        return tuple((bx, by, radius) for bx in (x, width - x) for by in (y, height - y))
    return ()


def _emblem(width: float, height: float, rng: np.random.Generator) -> tuple[Points, Colour, float]:
    """A pale obelisk on steps, as on the plates with a monument under the text."""
    half, tall = height * float(rng.uniform(0.2, 0.35)), height * 0.8
    x = width / 2
    shape = [
        (-1, 0),
        (-1, -0.12),
        (-0.6, -0.2),
        (-0.22, -0.3),
        (-0.1, -1),
        (0.1, -1),
        (0.22, -0.3),
        (0.6, -0.2),
        (1, -0.12),
        (1, 0),
    ]
    points = np.array([(x + dx * half, height * 0.92 + dy * tall) for dx, dy in shape])
    return points, (0.62, 0.78, 0.6), float(rng.uniform(0.25, 0.7))


def _stickers(width: float, height: float, rng: np.random.Generator) -> tuple[tuple[Points, Colour], ...]:
    """Registration stickers in upper corners, clear of the text."""
    found = []
    for corner in (0, 1):
        if rng.random() < 0.12:
            w, h = height * float(rng.uniform(0.1, 0.2)), height * float(rng.uniform(0.07, 0.12))
            x = width * 0.02 if corner == 0 else width * 0.98 - w
            y = height * 0.03
            colour = tuple(float(c) for c in rng.uniform(0.1, 0.9, 3))
            found.append(
                (np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), (colour[0], colour[1], colour[2]))
            )
    return tuple(found)
