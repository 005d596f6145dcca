"""What stands before the characters: a tow bar, a strap, mud. And how much of each character it hides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from lpstudio.synthesis.glyphs import Points
from lpstudio.synthesis.plate import PlateDesign
from lpstudio.synthesis.raster import fill_mask, split_edges
from lpstudio.synthesis.view import View

MOST_HIDDEN = 0.7  # a character of which more is hidden is not readable any more


@dataclass(frozen=True)
class Cover:
    """An opaque thing before the plate: its polygon in millimetres, its colour and, for a bar, a bright streak."""

    polygon: Points
    colour: tuple[float, float, float]
    streak: Points | None = None


def choose_covers(design: PlateDesign, hard: float, rng: np.random.Generator) -> tuple[Cover, ...]:
    """Mostly nothing; on hard captures now and then a tow bar, a strap or mud."""
    share, kind = rng.random(2)
    if share >= 0.02 + 0.2 * hard:
        return ()
    if kind < 0.35:
        return (_tow_bar(design, rng),)
    if kind < 0.6:
        return (_strap(design, rng),)
    return tuple(_mud(design, rng) for _ in range(int(rng.integers(1, 4))))


def _somewhere(design: PlateDesign, rng: np.random.Generator) -> tuple[float, float, float]:
    """A place on the characters, and the height of that one."""
    one = design.characters[int(rng.integers(len(design.characters)))]
    low, high = one.outline.min(axis=0), one.outline.max(axis=0)
    x, y = rng.uniform(low, high)
    return float(x), float(y), one.scale[1]


def _band(x: float, y: float, angle: float, width: float, start: float, end: float) -> Points:
    """A straight band through (x, y) at ``angle`` to the rows, from ``start`` to ``end`` along it."""
    along, across = np.array((np.cos(angle), np.sin(angle))), np.array((-np.sin(angle), np.cos(angle))) * width / 2
    middle = np.array((x, y))
    first, last = middle + along * start, middle + along * end
    return split_edges(np.array([first - across, last - across, last + across, first + across]), width)


def _tow_bar(design: PlateDesign, rng: np.random.Generator) -> Cover:
    """A bar from below, with a ball on its end for some; dark or shining."""
    x, y, cap = _somewhere(design, rng)
    width = cap * float(rng.uniform(0.18, 0.5))
    lean = float(rng.normal(np.pi / 2, 0.12))
    down = design.size[1] * 1.5 - y
    bar = _band(x, y, lean, width, 0.0, down)
    if rng.random() < 0.5:
        turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ball = np.column_stack((np.cos(turns), np.sin(turns))) * width * 0.75 + (x, y)
        bar = np.asarray(Polygon(bar).union(Polygon(ball)).exterior.coords)[:-1]
    grey = float(rng.uniform(0.03, 0.2) if rng.random() < 0.7 else rng.uniform(0.4, 0.75))
    streak = _band(x - width * 0.2, y, lean, width * 0.2, 0.0, down)
    return Cover(bar, (grey, grey, grey), streak)


def _strap(design: PlateDesign, rng: np.random.Generator) -> Cover:
    """A strap, a rope or a cable across the plate."""
    x, y, cap = _somewhere(design, rng)
    width = cap * float(np.exp(rng.uniform(np.log(0.06), np.log(0.4))))
    angle = float(rng.uniform(0, np.pi))
    reach = float(np.hypot(*design.size)) * 1.2
    blue, green, red = (float(part) for part in rng.uniform(0.03, 0.75, 3) * rng.uniform(0.3, 1.0))
    return Cover(_band(x, y, angle, width, -reach, reach), (blue, green, red))


def _mud(design: PlateDesign, rng: np.random.Generator) -> Cover:
    """A clod with a ragged edge, as large as a part of a character or more."""
    x, y, cap = _somewhere(design, rng)
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.ones(40)
    for wave in range(1, 7):
        radius += float(rng.normal(0, 0.35 / wave)) * np.cos(wave * turns + float(rng.uniform(0, 2 * np.pi)))
    radius = np.maximum(radius, 0.15) * cap * float(rng.uniform(0.12, 0.5))
    tone = float(rng.uniform(0.4, 1.3))
    place = np.column_stack((np.cos(turns) * radius + x, np.sin(turns) * radius + y))
    return Cover(place, (0.2 * tone, 0.27 * tone, 0.34 * tone))


def hidden_shares(design: PlateDesign, view: View, covers: tuple[Cover, ...]) -> NDArray[np.float64]:
    """Which share of every character's ink the covers hide, 0 to 1, in reading order."""
    shares = np.zeros(len(design.characters))
    if not covers:
        return shares
    width, height = view.width, view.height
    before = fill_mask([[view.project(cover.polygon)] for cover in covers], width, height)
    for index, placed in enumerate(design.characters):
        ink = fill_mask([view.project_all(placed.contours)], width, height)
        shares[index] = float((ink * before).sum() / max(float(ink.sum()), 1e-6))
    return shares
