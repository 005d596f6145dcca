"""How a picture is displayed: contrast, gamma, sharpness, channels. The file is never touched. Plain numpy, no Qt.

The heavy filters work through the picture in bands of rows: each numpy call is short, so a thread that runs them does
not keep the window waiting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

GAMMAS = (0.3, 0.4, 0.5, 0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2)
_TAILS = (0.01, 0.99)  # shares of the pixels that may lose their detail to the stretch
_SAMPLES = 200_000  # pixels that are looked at for the stretch

_TILES = (4, 4)  # rows and columns of the picture whose contrast is equalised apart
_CLIP = 3.0  # times the mean that one value may count in a tile's histogram: noise is not blown up
_SHARPER = 1.2  # how much of what a blur takes away is added
_BAND = 48  # rows that are worked on at once

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Channel(StrEnum):
    """Which part of the colours is shown."""

    ALL = "all"
    LIGHT = "light"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Display:
    """``gamma``: of :data:`GAMMAS`; above 1 dark parts become lighter. ``equalise``: contrast by places (CLAHE)."""

    stretch: bool = False
    gamma: float = 1.0
    invert: bool = False
    equalise: bool = False
    sharpen: bool = False
    channel: Channel = Channel.ALL

    @property
    def is_plain(self) -> bool:
        return self == Display()

    def brighter(self, steps: int) -> Display:
        """With the gamma so many steps higher."""
        nearest = min(range(len(GAMMAS)), key=lambda place: abs(GAMMAS[place] - self.gamma))
        return replace(self, gamma=GAMMAS[min(max(nearest + steps, 0), len(GAMMAS) - 1)])

    def next_channel(self) -> Display:
        """All colours, then lightness, red, green, blue, and all again."""
        order = list(Channel)
        return replace(self, channel=order[(order.index(self.channel) + 1) % len(order)])

    def __str__(self) -> str:
        """What is done, in words; "as it is" for nothing."""
        parts = ["contrast stretched"] * self.stretch + ["with local contrast"] * self.equalise
        parts += ["sharpened"] * self.sharpen + ["inverted"] * self.invert
        if self.gamma != 1.0:
            parts.append(f"gamma {self.gamma:g}")
        if self.channel is not Channel.ALL:
            parts.append("lightness alone" if self.channel is Channel.LIGHT else f"{self.channel} alone")
        return ", ".join(parts) or "as it is"

    def to_text(self) -> str:
        """One line for the settings."""
        return (
            f"{int(self.stretch)} {self.gamma:g} {int(self.invert)} {int(self.equalise)} {int(self.sharpen)} "
            f"{self.channel}"
        )

    @classmethod
    def from_text(cls, text: str) -> Display:
        """The inverse; plain for anything that is not understood."""
        words = text.split()
        try:
            stretch, gamma, invert, equalise, sharpen, channel = words + ["0", "0", "all"][len(words) - 3 :]
            nearest = min(GAMMAS, key=lambda g: abs(g - float(gamma)))
            return cls(
                bool(int(stretch)),
                nearest,
                bool(int(invert)),
                bool(int(equalise)),
                bool(int(sharpen)),
                Channel(channel),
            )
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
    """RGB pixels, shape (height, width, 3), as they are displayed; a change of contrast keeps the hue of colours."""
    shown = _channel(pixels, display.channel)
    if display.equalise:
        shown = _equalised(shown)
    low, high = _range(shown) if display.stretch else (0, 255)
    table = lookup(display, low, high)
    result = np.empty_like(shown)
    for top in range(0, len(shown), _BAND):
        np.take(table, shown[top : top + _BAND], out=result[top : top + _BAND])
    return _sharpened(result) if display.sharpen else result


def _light(pixels: Bytes) -> Bytes:
    """The lightness (Rec. 601) of RGB pixels, shape (height, width)."""
    result = np.empty(pixels.shape[:2], np.uint8)
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    for top in range(0, len(pixels), _BAND):
        result[top : top + _BAND] = np.rint(pixels[top : top + _BAND].astype(np.float32) @ weights)
    return result


def _channel(pixels: Bytes, channel: Channel) -> Bytes:
    if channel is Channel.ALL:
        return pixels
    places = {Channel.RED: 0, Channel.GREEN: 1, Channel.BLUE: 2}
    one = _light(pixels) if channel is Channel.LIGHT else pixels[..., places[channel]]
    return np.repeat(one[..., None], 3, axis=2)


def _equalised(pixels: Bytes) -> Bytes:
    """Contrast-limited adaptive histogram equalisation of the lightness; colours follow it."""
    light = _light(pixels)
    height, width = light.shape
    rows, columns = min(_TILES[0], height), min(_TILES[1], width)
    edges_y = np.linspace(0, height, rows + 1).astype(int)
    edges_x = np.linspace(0, width, columns + 1).astype(int)
    tables = np.empty((rows, columns, 256), np.float32)
    for i in range(rows):
        for j in range(columns):
            tile = light[edges_y[i] : edges_y[i + 1], edges_x[j] : edges_x[j + 1]]
            counts = np.bincount(tile.reshape(-1), minlength=256).astype(np.float64)
            most = _CLIP * tile.size / 256
            counts = np.minimum(counts, most) + np.maximum(counts - most, 0.0).sum() / 256
            tables[i, j] = 255.0 * np.cumsum(counts) / counts.sum()
    across, left, right = _between(width, columns)
    down, upper, lower = _between(height, rows)
    result = np.empty_like(pixels)
    for top in range(0, height, _BAND):
        part = slice(top, top + _BAND)
        here = light[part]
        above, below = upper[part, None], lower[part, None]
        first = tables[above, left, here] * (1 - across) + tables[above, right, here] * across
        second = tables[below, left, here] * (1 - across) + tables[below, right, here] * across
        wanted = first + (second - first) * down[part, None]
        gain = (wanted + 1.0) / (here.astype(np.float32) + 1.0)
        result[part] = np.clip(np.rint(pixels[part] * gain[..., None]), 0, 255)
    return result


def _between(size: int, tiles: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Per pixel along one side: its place between the middles of two tiles (0 to 1), and these tiles."""
    place = np.clip((np.arange(size) + 0.5) * tiles / size - 0.5, 0.0, tiles - 1.0)
    first = np.minimum(place.astype(np.int64), max(0, tiles - 2))
    return (place - first).astype(np.float32), first, np.minimum(first + 1, tiles - 1)


def _sharpened(pixels: Bytes) -> Bytes:
    """An unsharp mask of three pixels."""
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    result = np.empty_like(pixels)
    for top in range(0, len(pixels), _BAND):
        part = padded[top : top + _BAND + 2].astype(np.float32)
        level = (part[:, :-2] + 2 * part[:, 1:-1] + part[:, 2:]) / 4
        blurred = (level[:-2] + 2 * level[1:-1] + level[2:]) / 4
        sharp = part[1:-1, 1:-1]
        result[top : top + _BAND] = np.clip(np.rint(sharp + _SHARPER * (sharp - blurred)), 0, 255)
    return result


def _range(pixels: Bytes) -> tuple[int, int]:
    sample = pixels.reshape(-1)
    sample = sample[:: max(1, sample.size // _SAMPLES)]
    if not sample.size:
        return 0, 255
    shares = np.cumsum(np.bincount(sample, minlength=256)) / sample.size
    return int(np.searchsorted(shares, _TAILS[0])), int(np.searchsorted(shares, _TAILS[1]))
