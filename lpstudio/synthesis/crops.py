"""One synthetic plate: its text, its design, its photographs with exact polygons.

Every plate has its own random stream, made of the seed and the plate's number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpstudio.dataset.types import Character
from lpstudio.synthesis.camera import photograph
from lpstudio.synthesis.conditions import Wishes, choose_conditions
from lpstudio.synthesis.country import load_country
from lpstudio.synthesis.occlusion import MOST_HIDDEN, choose_covers, hidden_shares
from lpstudio.synthesis.plate import PlateDesign, design_plate
from lpstudio.synthesis.scene import draw
from lpstudio.synthesis.texts import PlateText, sample_text
from lpstudio.synthesis.view import View, choose_view


@dataclass(frozen=True)
class SyntheticCrop:
    """One crop: the JPEG file, its size (width, height) in pixels, its characters in reading order.

    Characters of which too much is hidden are marked unreadable. ``difficulty``: 0 to 1, that of this capture.
    """

    jpeg: bytes
    size: tuple[int, int]
    characters: tuple[Character, ...]
    text: str
    format: str
    lines: int
    difficulty: float


def begin(seed: int, number: int, wishes: Wishes) -> tuple[np.random.Generator, PlateText]:
    """The random stream of a plate after its text was drawn from it. Raises LpStudioError for a bad country."""
    country = load_country(wishes.country)
    rng = np.random.default_rng([seed, number])
    return rng, sample_text(country.choose(wishes.formats), rng)


def design(seed: int, number: int, wishes: Wishes) -> tuple[np.random.Generator, PlateDesign]:
    """The random stream of a plate after its design was drawn from it, and the design."""
    rng, text = begin(seed, number, wishes)
    worn = float(rng.random()) if wishes.difficulty is None else wishes.difficulty
    return rng, design_plate(load_country(wishes.country), text, rng, worn, wishes.two_lines)


def make_plate(seed: int, number: int, captures: int, wishes: Wishes) -> list[SyntheticCrop]:
    """One plate photographed ``captures`` times; the polygons are those of the drawn glyphs, in pixels."""
    rng, plate = design(seed, number, wishes)
    return [_capture(plate, wishes, rng) for _ in range(captures)]


def _capture(plate: PlateDesign, wishes: Wishes, rng: np.random.Generator) -> SyntheticCrop:
    conditions = choose_conditions(wishes, rng)
    view = choose_view(plate, conditions, rng)
    covers = choose_covers(plate, conditions.hard, rng)
    hidden = hidden_shares(plate, view, covers)
    drawing = draw(plate, view, covers, conditions.hard, rng)
    jpeg, size = photograph(drawing, view, conditions, rng)
    characters = characters_of(plate, view, size, hidden)
    return SyntheticCrop(jpeg, size, characters, plate.text, plate.format, plate.lines, conditions.hard)


def characters_of(plate: PlateDesign, view: View, size: tuple[int, int], hidden: np.ndarray) -> tuple[Character, ...]:
    """The characters in pixels of a picture of ``size`` (width, height) that shows the whole drawing."""
    scale = np.array((size[0] / view.width, size[1] / view.height))
    polygons = view.project_all([placed.outline for placed in plate.characters])
    return tuple(
        Character(tuple(map(tuple, (polygon * scale).tolist())), placed.char, unreadable=bool(share > MOST_HIDDEN))
        for placed, polygon, share in zip(plate.characters, polygons, hidden, strict=True)
    )
