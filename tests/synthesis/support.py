"""What the tests of synthetic plates share: some plates, and coverage computed another way than the program does."""

from __future__ import annotations

import numpy as np

from lpstudio.synthesis.conditions import Conditions, Light
from lpstudio.synthesis.country import load_country
from lpstudio.synthesis.plate import PlateDesign, design_plate
from lpstudio.synthesis.texts import PlateText
from lpstudio.synthesis.view import View, choose_view

KINDS = (
    ("ph-2018-car", ("NBC", "1234")), ("ph-1981-car", ("OQI", "081")), ("ph-2018-motorcycle", ("123", "ABC")),
    ("ph-2018-motorcycle-letter-first", ("A", "123", "BC")), ("ph-2014-diplomatic", ("10827",)),
    ("ph-protocol", ("8",)),
)  # fmt: skip


def plate_text(format_id: str, groups: tuple[str, ...]) -> PlateText:
    return PlateText(load_country().choose([format_id])[0], groups)


def conditions(hard: float = 0.3, plate_px: float = 160.0, **changes: object) -> Conditions:
    return Conditions(**{"hard": hard, "light": Light.DAY, "blurred": False, "plate_px": plate_px, **changes})


def plates(
    count: int, hard: float = 0.5, plate_px: float = 160.0
) -> list[tuple[PlateDesign, View, np.random.Generator]]:
    """Some plates of several kinds, each seen from somewhere."""
    made = []
    for number in range(count):
        rng = np.random.default_rng([5, number])
        design = design_plate(load_country(), plate_text(*KINDS[number % len(KINDS)]), rng, hard)
        made.append((design, choose_view(design, conditions(hard, plate_px), rng), rng))
    return made


def coverage(polygon: np.ndarray, width: int, height: int, fine: int = 16) -> np.ndarray:
    """Coverage of every pixel by sampling the middle of 16×16 parts of it: independent of the drawing code."""
    columns = (np.arange(width * fine) + 0.5) / fine
    rows = (np.arange(height * fine) + 0.5) / fine
    inside = np.zeros((height * fine, width * fine), bool)
    x, y = polygon[:, 0], polygon[:, 1]
    for x1, y1, x2, y2 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        crossed = (rows >= min(y1, y2)) & (rows < max(y1, y2))
        at = x1 + (rows[crossed] - y1) * (x2 - x1) / (y2 - y1) if crossed.any() else np.zeros(0)
        inside[crossed] ^= columns[None, :] > at[:, None]
    return inside.reshape(height, fine, width, fine).mean(axis=(1, 3))
