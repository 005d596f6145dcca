"""What is wished for, and what one capture gets: how hard it is, by what light, how few pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from lpstudio.errors import UsageError, one_line

NARROWEST, WIDEST = 20.0, 250.0  # plates on the sensor, in pixels
_LOW_RESOLUTION = 80.0  # what counts as few pixels for a plate


@dataclass(frozen=True)
class Wishes:
    """What the crops shall be like; all shares from 0 to 1.

    ``difficulty``: 0 clean to 1 the worst CCTV, None mixed. ``night``, ``blur``, ``low_resolution``: share of such
    captures, None as the difficulty brings them. ``two_lines``: share of the plates that can have two lines, None as
    their style says. ``formats``: ids, empty for all. ``country``: its file, None for the shipped one.
    """

    difficulty: float | None = None
    night: float | None = None
    blur: float | None = None
    low_resolution: float | None = None
    two_lines: float | None = None
    formats: tuple[str, ...] = ()
    country: Path | None = None

    def check(self) -> None:
        """Raise UsageError for a share that is none."""
        for name in ("difficulty", "night", "blur", "low_resolution", "two_lines"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise UsageError(f"{name.replace('_', ' ')} must be between 0 and 1, not {value:g}")

    @property
    def told(self) -> str:
        """What was wished for, as it follows on other words: ", difficulty 0.5, night 0.2"; empty for nothing."""
        parts = [
            f"{name.replace('_', ' ')} {value:g}"
            for name in ("difficulty", "night", "blur", "low_resolution", "two_lines")
            if (value := getattr(self, name)) is not None
        ]
        if self.formats:
            parts.append(f"formats {' '.join(self.formats)}")
        if self.country is not None:
            parts.append(f"country {one_line(self.country.name)}")
        return "".join(f", {part}" for part in parts)


class Light(StrEnum):
    """By what light a plate is seen."""

    DAY = "day"
    DUSK = "dusk"  # or a lamp at night
    INFRARED = "infra-red"


@dataclass(frozen=True)
class Conditions:
    """One capture. ``hard``: 0 to 1, scales everything that is not said here. ``plate_px``: width on the sensor."""

    hard: float
    light: Light
    blurred: bool
    plate_px: float

    def between(self, clean: float, worst: float) -> float:
        """A value that goes from ``clean`` to ``worst`` with the difficulty."""
        return clean + (worst - clean) * self.hard


def choose_conditions(wishes: Wishes, rng: np.random.Generator) -> Conditions:
    """Draw what one capture gets. Every wish takes the same number of draws, so that sliders change little else."""
    mixed, night, infrared, blur, low, width = rng.random(6)
    hard = float(mixed) if wishes.difficulty is None else wishes.difficulty
    light = Light.DAY
    if night < (0.06 + 0.5 * hard if wishes.night is None else wishes.night):
        light = Light.INFRARED if infrared < 0.5 else Light.DUSK
    blurred = bool(blur < (0.02 + 0.6 * hard if wishes.blur is None else wishes.blur))
    few = low < (0.75 * hard**1.3 if wishes.low_resolution is None else wishes.low_resolution)
    least, most = (55 - 35 * hard, _LOW_RESOLUTION) if few else (170 - 90 * hard, WIDEST)
    plate_px = float(np.exp(np.log(least) + np.sqrt(width) * (np.log(most) - np.log(least))))
    return Conditions(hard, light, blurred, plate_px)
