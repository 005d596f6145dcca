"""What a plate carries beside its text: border, bolts, frame, stickers, emblem. Millimetres on the plate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpstudio.synthesis.country import Colour, Style
from lpstudio.synthesis.glyphs import Points

_FRAME_WORDS = ("MANILA", "CEBU", "DAVAO", "QUEZON CITY", "ILOILO", "DRIVE SAFE", "AUTO CENTER", "MOTOR SALES", "4X4")


@dataclass(frozen=True)
class Frame:
    """A plastic frame around the plate: its width, how far it reaches below, its grey level, words on it."""

    rim: float
    below: float
    grey: float
    words: str


@dataclass(frozen=True)
class Trim:
    """Everything but text and ground. ``bolts``: x, y, radius; ``emblem``: a pale shape under the text and its
    strength; ``stickers``: polygons with their colours; ``border``: inset and thickness."""

    corner: float
    border: tuple[float, float] | None = None
    bolts: tuple[tuple[float, float, float], ...] = ()
    frame: Frame | None = None
    emblem: tuple[Points, Colour, float] | None = None
    stickers: tuple[tuple[Points, Colour], ...] = ()


NO_TRIM = Trim(5.0)


def choose_trim(style: Style, size: tuple[float, float], rng: np.random.Generator) -> Trim:
    """Draw the trim of one plate; shares come from the style."""
    width, height = size
    return Trim(
        corner=height * float(rng.uniform(0.03, 0.09)),
        border=(height * 0.03, height * float(rng.uniform(0.012, 0.03))) if rng.random() < style.border else None,
        bolts=_bolts(width, height, rng) if rng.random() < style.bolts else (),
        frame=_frame(height, rng) if rng.random() < style.frame else None,
        emblem=_emblem(width, height, rng) if rng.random() < style.emblem else None,
        stickers=_stickers(width, height, rng),
    )


def _frame(height: float, rng: np.random.Generator) -> Frame:
    rim = height * float(rng.uniform(0.04, 0.1))
    worded = rng.random() < 0.4
    below = height * float(rng.uniform(0.12, 0.2)) if worded else rim
    return Frame(rim, below, float(rng.uniform(0.03, 0.14)), str(rng.choice(list(_FRAME_WORDS))) if worded else "")


def _bolts(width: float, height: float, rng: np.random.Generator) -> tuple[tuple[float, float, float], ...]:
    """Two above, two above and two below, or one at each end."""
    kind = rng.random()
    radius = height * float(rng.uniform(0.025, 0.046))
    x, y = width * float(rng.uniform(0.2, 0.3)), height * float(rng.uniform(0.07, 0.1))
    if kind < 0.55:
        return ((x, y, radius), (width - x, y, radius))
    if kind < 0.85:
        return tuple((bx, by, radius) for bx in (x, width - x) for by in (y, height - y))
    side = radius * 1.3
    return ((side, height / 2, radius), (width - side, height / 2, radius))


def _emblem(width: float, height: float, rng: np.random.Generator) -> tuple[Points, Colour, float]:
    """A pale obelisk on steps, as on the plates with a monument under the text."""
    half, tall = height * float(rng.uniform(0.2, 0.35)), height * 0.8
    x = width / 2
    right = [(1, 0), (1, -0.12), (0.6, -0.2), (0.22, -0.3), (0.1, -1)]
    shape = [(-dx, dy) for dx, dy in right] + right[::-1]
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
            blue, green, red = (float(part) for part in rng.uniform(0.1, 0.9, 3))
            found.append((np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), (blue, green, red)))
    return tuple(found)
