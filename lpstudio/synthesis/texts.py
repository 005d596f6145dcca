"""Texts that fit a plate format, with look-alike characters more often than on the road."""

from __future__ import annotations

import numpy as np

from lpstudio.alphabet import DIGITS, LETTERS
from lpstudio.similarity import DEFAULT_GROUPS

LOOKALIKE_WEIGHT = 2.0
_LOOKALIKES = frozenset(char for group in DEFAULT_GROUPS for char in group)


def _probabilities(chars: str) -> np.ndarray:
    weights = np.array([LOOKALIKE_WEIGHT if char in _LOOKALIKES else 1.0 for char in chars])
    return weights / weights.sum()


_LETTER_PROBABILITIES = _probabilities(LETTERS)
_DIGIT_PROBABILITIES = _probabilities(DIGITS)


def sample_groups(pattern: str, rng: np.random.Generator) -> tuple[str, ...]:
    """A text for a pattern such as ``LLL DDDD`` (L letter, D digit, others stand as they are), one string per group.

    Characters of a similarity group are drawn twice as often as the others.
    """

    def one(place: str) -> str:
        if place == "L":
            return str(rng.choice(list(LETTERS), p=_LETTER_PROBABILITIES))
        if place == "D":
            return str(rng.choice(list(DIGITS), p=_DIGIT_PROBABILITIES))
        return place

    return tuple("".join(one(place) for place in group) for group in pattern.split())
