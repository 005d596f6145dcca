"""How a picture is displayed: contrast stretched, gamma, inverted. The file is never touched. Plain numpy, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

GAMMAS = (0.3, 0.4, 0.5, 0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2)
_TAILS = (0.01, 0.99)  # shares of the pixels that may lose their detail to the stretch
_SAMPLES = 200_000  # pixels that are looked at for the stretch

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Display:
    """``gamma``: of :data:`GAMMAS`; above 1 dark parts become lighter."""

    stretch: bool = False
    gamma: float = 1.0
    invert: bool = False

    @property
    def is_plain(self) -> bool:
        return self == Display()

    def brighter(self, steps: int) -> Display:
        """With the gamma so many steps higher."""
        nearest = min(range(len(GAMMAS)), key=lambda place: abs(GAMMAS[place] - self.gamma))
        return replace(self, gamma=GAMMAS[min(max(nearest + steps, 0), len(GAMMAS) - 1)])

    def __str__(self) -> str:
        """What is done, in words; "as it is" for nothing."""
        parts = ["contrast stretched"] * self.stretch + ["inverted"] * self.invert
        if self.gamma != 1.0:
            parts.append(f"gamma {self.gamma:g}")
        return ", ".join(parts) or "as it is"

    def to_text(self) -> str:
        """One line for the settings."""
        return f"{int(self.stretch)} {self.gamma:g} {int(self.invert)}"

    @classmethod
    def from_text(cls, text: str) -> Display:
        """The inverse; plain for anything that is not understood."""
        try:
            stretch, gamma, invert = text.split()
            return cls(bool(int(stretch)), min(GAMMAS, key=lambda g: abs(g - float(gamma))), bool(int(invert)))
        except ValueError:
            return cls()


def lookup(display: Display, low: int = 0, high: int = 255) -> Bytes:
    """The shown value of each of the 256 values. ``low`` and ``high``: what the stretch makes black and white."""
    values = np.arange(256, dtype=np.float64)
    if display.stretch and high > low:
        values = np.clip((values - low) * (255.0 / (high - low)), 0.0, 255.0)
    values = 255.0 * (values / 255.0) ** (1.0 / display.gamma)
    if display.invert:
        values = 255.0 - values
    return np.asarray(np.rint(values), dtype=np.uint8)


def displayed(pixels: Bytes, display: Display) -> Bytes:
    """The pixels, any shape, as they are displayed; one stretch for all channels, so that colours keep their hue."""
    low, high = _range(pixels) if display.stretch else (0, 255)
    return lookup(display, low, high)[pixels]


def _range(pixels: Bytes) -> tuple[int, int]:
    sample = pixels.reshape(-1)
    sample = sample[:: max(1, sample.size // _SAMPLES)]
    if not sample.size:
        return 0, 255
    shares = np.cumsum(np.bincount(sample, minlength=256)) / sample.size
    return int(np.searchsorted(shares, _TAILS[0])), int(np.searchsorted(shares, _TAILS[1]))
