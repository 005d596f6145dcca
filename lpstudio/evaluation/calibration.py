"""Whether probabilities mean what they say: likelihood and calibration of the posterior (numpy only)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15
_LEAST = 1e-9  # a probability below this counts as this: one impossible truth must not make every mean infinite


@dataclass(frozen=True)
class Bin:
    """Characters whose best candidate has a probability in (low, high]: how many, the mean of it, the share right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def negative_log_likelihood(probabilities: ArrayLike) -> NDArray[np.float64]:
    """-ln of the probability that each character's truth was given."""
    return -np.log(np.clip(np.asarray(probabilities, np.float64), _LEAST, 1.0))


def bin_of(confidences: ArrayLike, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of each confidence: bin b holds (b / bins, (b + 1) / bins], the first one 0 as well."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, np.asarray(confidences, np.float64), side="left") - 1, 0, bins - 1)


def bin_sums(confidences: ArrayLike, right: ArrayLike, bins: int = BINS) -> NDArray[np.float64]:
    """For each character its entry in the sums of :func:`error_of_sums`: shape (characters, 3 · bins).

    The columns: how many, their confidences, how many right, each by bin.
    """
    confidence = np.asarray(confidences, np.float64)
    rows = np.zeros((len(confidence), 3, bins))
    at = np.arange(len(confidence)), bin_of(confidence, bins)
    rows[at[0], 0, at[1]] = 1.0
    rows[at[0], 1, at[1]] = confidence
    rows[at[0], 2, at[1]] = np.asarray(right, np.float64)
    return rows.reshape(len(confidence), 3 * bins)


def error_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The expected calibration error of bin sums (n, 3 · bins): Σ |confidences − right| over all characters; (n,)."""
    bins = sums.shape[1] // 3
    counted = sums[:, :bins].sum(axis=1)
    gaps = np.abs(sums[:, bins : 2 * bins] - sums[:, 2 * bins :]).sum(axis=1)
    return np.divide(gaps, counted, out=np.full(len(sums), np.nan), where=counted > 0)


def reliability(confidences: ArrayLike, right: ArrayLike, bins: int = BINS) -> tuple[Bin, ...]:
    """The bins that hold characters, from the least sure to the surest."""
    count, confidence, correct = bin_sums(confidences, right, bins).sum(axis=0).reshape(3, bins)
    return tuple(
        Bin(b / bins, (b + 1) / bins, int(count[b]), confidence[b] / count[b], correct[b] / count[b])
        for b in range(bins)
        if count[b]
    )
