"""Texts that fit a plate format, with look-alike characters more often than on the road."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, combinations

import numpy as np

from lpstudio.alphabet import CHARACTERS, DIGITS, LETTERS
from lpstudio.plates.formats import Format
from lpstudio.similarity import DEFAULT_GROUPS

LOOKALIKE_WEIGHT = 2.0
PAIRED = 0.3  # share of texts that carry both characters of a look-alike pair, where the format has places for them
PAIRS = tuple(sorted({pair for group in DEFAULT_GROUPS for pair in combinations(group, 2)}))
_LOOKALIKES = frozenset(char for group in DEFAULT_GROUPS for char in group)
_WEIGHTS = {char: LOOKALIKE_WEIGHT if char in _LOOKALIKES else 1.0 for char in CHARACTERS}
_KINDS = {"L": LETTERS, "D": DIGITS, "X": CHARACTERS}
_SHORT_LENGTHS = (6, 6, 7, 8)  # of numbers without a pattern: most are short


@dataclass(frozen=True)
class PlateText:
    """A text and the format it was made by; one string for each group that stands apart on the plate."""

    format: Format
    groups: tuple[str, ...]

    @property
    def text(self) -> str:
        """The characters in reading order, without blanks."""
        return "".join(self.groups)


def choose_format(formats: Sequence[Format], rng: np.random.Generator) -> Format:
    """A format, usual ones more often; rare ones still occur, for weights count by their square root."""
    shares = list(accumulate(math.sqrt(one.weight) for one in formats))
    return formats[bisect_right(shares, rng.random() * shares[-1])]


def sample_text(formats: Sequence[Format], rng: np.random.Generator) -> PlateText:
    """A format and a text that fits it.

    Characters of a similarity group are drawn twice as often as the others, and many texts get both of a pair.
    """
    format_ = choose_format(formats, rng)
    if format_.texts:
        return PlateText(format_, (str(rng.choice(list(format_.texts))),))
    if format_.lengths is not None:
        return PlateText(format_, _free_groups(*format_.lengths, rng))
    places = format_.pattern.replace(" ", "")
    text = [_one_of(_KINDS[place], rng) for place in places]
    if rng.random() < PAIRED:
        text = _with_pair(text, places, rng)
    if format_.first and text[0] not in format_.first and rng.random() < 0.98:
        text[0] = _one_of(format_.first, rng)
    groups, start = [], 0
    for group in format_.pattern.split():
        groups.append("".join(text[start : start + len(group)]))
        start += len(group)
    return PlateText(format_, tuple(groups))


def _with_pair(text: list[str], places: str, rng: np.random.Generator) -> list[str]:
    """The text with both characters of a look-alike pair in two of the places that can take them."""
    one, other = PAIRS[int(rng.integers(len(PAIRS)))]
    fitting = [
        (a, b)
        for a in range(len(places))
        for b in range(len(places))
        if a != b and one in _KINDS[places[a]] and other in _KINDS[places[b]]
    ]
    if fitting:
        a, b = fitting[int(rng.integers(len(fitting)))]
        text[a], text[b] = one, other
    return text


@cache
def _shares(chars: str) -> tuple[float, ...]:
    """The weights of characters, added up."""
    return tuple(accumulate(_WEIGHTS[char] for char in chars))


def _one_of(chars: str, rng: np.random.Generator) -> str:
    shares = _shares(chars)
    return chars[bisect_right(shares, rng.random() * shares[-1])]


def _free_groups(least: int, most: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Letters first or mixed in, digits otherwise; a long number stands in two groups."""
    length = int(np.clip(rng.choice(_SHORT_LENGTHS), least, most)) if rng.random() < 0.85 else most
    if length > 9:
        return tuple("".join(_one_of(DIGITS, rng) for _ in range(n)) for n in (4, length - 4))
    letters = min(int(rng.integers(1, 4)), length)
    places = "L" * letters + "D" * (length - letters)
    if rng.random() < 0.3:
        places = "".join(rng.permutation(list(places)))
    text = "".join(_one_of(_KINDS[place], rng) for place in places)
    return (text,) if letters == length or rng.random() < 0.6 else (text[:letters], text[letters:])
