"""How sure a figure is: bootstrap intervals that draw whole plates, and intervals of a share.

Characters of one plate succeed and fail together, so a draw takes or leaves a plate with all its crops. Every figure is
a function of sums over plates: with the sums of each plate at hand, a draw is one row of a matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
DRAWS = 2000
SEED = 42
_AT_ONCE = 4_000_000  # drawn plates held in memory at a time

Figure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Sums over plates, shape (draws, quantities), to one value for each draw; nan where it is not defined."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval. ``count``: how many cases it is about; ``plates``: from how many plates they are.

    ``low`` and ``high`` are None where there are fewer than two plates: one plate says nothing about others.
    """

    value: float
    low: float | None
    high: float | None
    count: int
    plates: int

    def to_dict(self) -> dict[str, Any]:
        """As plain data, rounded to six digits after the point."""
        low, high = (None if end is None else round(end, 6) for end in (self.low, self.high))
        return {"value": round(self.value, 6), "low": low, "high": high, "count": self.count, "plates": self.plates}


def sums_by_plate(plates: Sequence[Hashable], values: ArrayLike) -> NDArray[np.float64]:
    """Rows of one plate added up. ``plates[i]``: the plate of row i; ``values``: (rows, quantities).

    Returns (different plates, quantities), plates in the order in which they first come.
    """
    rows = np.asarray(values, np.float64)
    number: dict[Hashable, int] = {}
    places = np.array([number.setdefault(plate, len(number)) for plate in plates], np.intp)
    sums = np.zeros((len(number), rows.shape[1]))
    np.add.at(sums, places, rows)
    return sums


def drawn_sums(sums: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED) -> NDArray[np.float64]:
    """The sums of ``draws`` samples of as many plates, drawn with replacement: (draws, quantities)."""
    plates = len(sums)
    generator = np.random.default_rng(seed)
    drawn = np.zeros((draws, sums.shape[1]))
    if not plates:
        return drawn
    at_once = max(1, _AT_ONCE // plates)
    for start in range(0, draws, at_once):
        rows = min(at_once, draws - start)
        chosen = generator.integers(0, plates, (rows, plates))
        chosen += plates * np.arange(rows)[:, None]
        times = np.bincount(chosen.ravel(), minlength=rows * plates).reshape(rows, plates)
        drawn[start : start + rows] = times @ sums
    return drawn


def estimate(
    sums: NDArray[np.float64],
    drawn: NDArray[np.float64],
    figure: Figure,
    count: int,
    plates: int,
    level: float = LEVEL,
) -> Estimate | None:
    """A figure of the sums with its interval from the drawn ones; None where it is not defined.

    ``count`` and ``plates``: how many cases the figure is about, and from how many plates. The ends of the interval are
    quantiles of the draws, shifted for the median bias of the figure (BC): a calibration error grows when plates are
    drawn twice, and plain quantiles would then leave the figure itself out.
    """
    value = float(figure(sums.sum(axis=0, keepdims=True))[0])
    if not math.isfinite(value):
        return None
    if plates < 2:
        return Estimate(value, None, None, count, plates)
    values = figure(drawn)
    low, high = shifted_quantiles(values[np.isfinite(values)], value, level)
    return Estimate(value, low, high, count, plates)


def shifted_quantiles(values: NDArray[np.float64], value: float, level: float = LEVEL) -> tuple[float, float]:
    """The interval of bias-corrected bootstrap quantiles; ``value``: the figure of the sample itself."""
    normal = NormalDist()
    # Draws that equal the figure (up to rounding) count half: a figure without spread has no bias.
    tie = 1e-12 * max(1.0, abs(value))
    below = float(np.mean(values < value - tie) + 0.5 * np.mean(np.abs(values - value) <= tie))
    least = 0.5 / len(values)
    shift = normal.inv_cdf(min(max(below, least), 1 - least))
    tail = normal.inv_cdf((1 - level) / 2)
    low, high = np.quantile(values, [normal.cdf(2 * shift + tail), normal.cdf(2 * shift - tail)])
    return min(float(low), value), max(float(high), value)


def ratio(part: int, whole: int) -> Figure:
    """The figure "sum of quantity ``part`` over sum of quantity ``whole``"."""

    def figure(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        below = sums[:, whole]
        return np.divide(sums[:, part], below, out=np.full(len(sums), np.nan), where=below > 0)

    return figure


def wilson(successes: float, cases: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share, 0 to 1; the counts need not be whole numbers. (0, 1) without cases."""
    if cases <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / cases
    middle = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    reach = z / (1 + z * z / cases) * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
    return max(0.0, min(middle - reach, share)), min(1.0, max(middle + reach, share))


def clumping(counts: ArrayLike) -> float:
    """How many cases go on one independent case, from how many each plate gave; 1 when no plate gave two.

    Σm² / Σm: five plates with one case each weigh five times as much as one plate read wrong on five of its crops.
    """
    numbers = np.asarray(counts, np.float64)
    total = float(numbers.sum())
    return max(1.0, float((numbers**2).sum()) / total) if total else 1.0
