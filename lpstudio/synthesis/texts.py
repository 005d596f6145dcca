"""Texts that fit a plate format, with look-alike characters more often than on the road."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpstudio.alphabet import CHARACTERS, DIGITS, LETTERS
from lpstudio.plates.formats import Format
from lpstudio.similarity import DEFAULT_GROUPS

LOOKALIKE_WEIGHT = 2.0
_LOOKALIKES = frozenset(char for group in DEFAULT_GROUPS for char in group)
_WEIGHTS = {char: LOOKALIKE_WEIGHT if char in _LOOKALIKES else 1.0 for char in CHARACTERS}
_SHORT_LENGTHS = (6, 6, 7, 8)  # of numbers without a pattern: most are short


def choose_format(formats: Sequence[Format], rng: np.random.Generator) -> Format:
    """A format, usual ones more often; rare ones still occur, for weights count by their square root."""
    weights = np.sqrt([one.weight for one in formats])
    return formats[int(rng.choice(len(formats), p=weights / weights.sum()))]


def sample_groups(format_: Format, rng: np.random.Generator) -> tuple[str, ...]:
    """A text of a format, one string for each group that stands apart on the plate.

    Characters of a similarity group are drawn twice as often as the others.
    """
    if format_.texts:
        return (str(rng.choice(list(format_.texts))),)
    if format_.lengths is not None:
        return _free_groups(*format_.lengths, rng)
    groups = ["".join(_draw(place, rng) for place in group) for group in format_.pattern.split()]
    if format_.first and rng.random() < 0.98:
        groups[0] = _one_of(format_.first, rng) + groups[0][1:]
    return tuple(groups)


def _one_of(chars: str, rng: np.random.Generator) -> str:
    weights = np.array([_WEIGHTS[char] for char in chars])
    return chars[int(rng.choice(len(chars), p=weights / weights.sum()))]


def _draw(place: str, rng: np.random.Generator) -> str:
    """One character for a place of a pattern: L a letter, D a digit, X either."""
    return _one_of({"L": LETTERS, "D": DIGITS, "X": CHARACTERS}[place], rng)


def _free_groups(least: int, most: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Letters first or mixed in, digits otherwise; a long number stands in two groups."""
    length = int(np.clip(rng.choice(_SHORT_LENGTHS), least, most)) if rng.random() < 0.85 else most
    if length > 9:
        return tuple("".join(_draw("D", rng) for _ in range(n)) for n in (4, length - 4))
    letters = int(rng.integers(1, 4))
    places = "L" * letters + "D" * (length - letters)
    if rng.random() < 0.3:
        places = "".join(rng.permutation(list(places)))
    text = "".join(_draw(place, rng) for place in places)
    return (text,) if rng.random() < 0.6 else (text[:letters], text[letters:])
