"""Round numbers for the axes of a plot. Plain Python."""

from __future__ import annotations

import math

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """At most ``most`` (at least two) round values between ``low`` and ``high``."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / max(most, 2)
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(scale * factor for factor in _STEPS if scale * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def whole_ticks(low: float, high: float, most: int) -> list[int]:
    """At most ``most`` round whole numbers (epochs) between ``low`` and ``high``."""
    return sorted({round(value) for value in linear_ticks(low, high, most) if abs(value - round(value)) < 1e-6})


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between two positive values, with 2 and 5 times them, or round values, where powers are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [10.0**exponent for exponent in range(first, last + 1)]
    for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
        ticks = [power * factor for power in powers for factor in factors]
        found = [tick for tick in ticks if low <= tick <= high]
        if len(found) >= 3:
            return found[:: -(-len(found) // max(most, 2))]
    return [value for value in linear_ticks(low, high, most) if value > 0]


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its neighbours need."""
    if value == 0 or step <= 0:
        return f"{value:g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    return f"{value:.{decimals}f}" if decimals <= 5 else f"{value:.3g}"
