"""All ways in which detected characters may fill the places of plate formats, as arrays over every format at once.

A lattice is one row of places. A state of it after some characters is (left out, missed): how many of them were no
characters of the plate, and how many places were passed without one. Both are few, so sums and maxima over all ways
are small arrays that numpy fills character by character for all lattices together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lpstudio.alphabet import CHARACTERS
from lpstudio.plates.formats import Format, FormatSet

TRUST = 0.5  # exponent on what a format says of a place; 1 would let a format outvote characters clearly seen
MISSED = 0.004  # weight of a place of a format without a character
MOST_MISSED = 2
MOST_LEFT_OUT = 3
_SHORT = 6  # formats with fewer places leave no room for missed ones
# How usual texts of so few characters are, when nothing else speaks for them: what stands alone is mostly no plate.
LENGTH_PRIOR = {1: 0.002, 2: 0.02, 3: 0.2}

Array = NDArray[np.float64]
# The place of a state after i characters is i + its shift, in rows of left out and columns of missed.
_SHIFT = np.arange(MOST_MISSED + 1)[None, :] - np.arange(MOST_LEFT_OUT + 1)[:, None]
_ANY = (1.0,) * len(CHARACTERS)


@dataclass(frozen=True)
class Lattices:
    """Every row of places that may explain a number of characters.

    ``identities`` (L): the format of each, None for no format. ``shares`` (L,): its prior. ``kinds`` (L, places):
    which row of ``factors`` each place has, the last row behind the end. ``factors`` (kinds + 1, 36): what a place
    multiplies each plate character with; zeros in the last row. ``lengths`` (L,), ``most_missed`` (L,). ``next_kinds``
    (count + 1, L, left out + 1, missed + 1): the kind of the next place of every state after so many characters,
    behind the end where there is none. ``passing``: what passing that place without a character weighs, 0 where it
    cannot be.
    """

    identities: tuple[str | None, ...]
    shares: Array
    kinds: NDArray[np.intp]
    factors: Array
    lengths: NDArray[np.intp]
    most_missed: NDArray[np.intp]
    next_kinds: NDArray[np.intp]
    passing: Array


@lru_cache(maxsize=256)
def lattices_for(formats: FormatSet, count: int) -> Lattices:
    """The lattices of some formats, and of no format, for ``count`` characters."""
    identities: list[str | None] = []
    shares: list[float] = []
    rows: list[list[tuple[float, ...]]] = []
    missed: list[int] = []
    for identity, share, places, most_missed in _each(formats, count):
        identities.append(identity)
        shares.append(share)
        rows.append(places)
        missed.append(most_missed)
    known = {place: number for number, place in enumerate(dict.fromkeys(place for row in rows for place in row))}
    width = count + MOST_MISSED + 1  # no state looks further
    kinds = np.full((len(rows), width), len(known), np.intp)
    for number, row in enumerate(rows):
        kinds[number, : len(row)] = [known[place] for place in row]
    factors = np.array([*known, (0.0,) * len(CHARACTERS)], np.float64)
    lengths = np.array([len(row) for row in rows], np.intp)
    allowed = np.array(missed, np.intp)
    following = np.arange(count + 1)[:, None, None] + _SHIFT  # of every state after so many characters
    next_kinds = kinds[:, np.clip(following, 0, width - 1)].swapaxes(0, 1)
    next_kinds = np.ascontiguousarray(np.where(following[:, None] >= 0, next_kinds, len(known)))
    room = np.arange(MOST_MISSED + 1) < allowed[:, None, None]  # may one more be missed
    passing = np.where(room & (next_kinds < len(known)), MISSED, 0.0)
    return Lattices(tuple(identities), np.array(shares), kinds, factors, lengths, allowed, next_kinds, passing)


def _each(formats: FormatSet, count: int) -> Iterable[tuple[str | None, float, list[tuple[float, ...]], int]]:
    """(format id or None, share, places, most missed) of every lattice."""
    weights = sum(f.weight for f in formats.formats)
    for one in formats.formats:
        share = (1 - formats.free) * one.weight / weights
        for places, scale, most_missed in _of_format(one, count):
            yield one.id, share * scale, places, most_missed
    for length in _lengths(count):
        yield None, formats.free * LENGTH_PRIOR.get(length, 1.0), [_ANY] * length, 0


def _of_format(one: Format, count: int) -> Iterable[tuple[list[tuple[float, ...]], float, int]]:
    if one.texts:
        scale = (len(CHARACTERS) / len(one.texts)) ** TRUST
        for text in one.texts:
            if len(text) in _lengths(count):
                yield [tuple(float(c == char) for c in CHARACTERS) for char in text], scale, 0
    elif one.lengths is not None:
        for length in _lengths(count):
            if one.lengths[0] <= length <= one.lengths[1]:
                yield [_ANY] * length, 1.0, 0
    else:
        places = [_factors(place) for place in one.places]
        most_missed = MOST_MISSED if len(places) >= _SHORT else 0
        if len(places) - most_missed <= count <= len(places) + MOST_LEFT_OUT:
            yield places, 1.0, most_missed


def _factors(prior: Mapping[str, float]) -> tuple[float, ...]:
    """What a place multiplies each plate character with."""
    return tuple((prior.get(c, 0.0) * len(CHARACTERS)) ** TRUST for c in CHARACTERS)


def _lengths(count: int) -> range:
    return range(max(1, count - MOST_LEFT_OUT), count + 1)


class Weighed:
    """Lattices with the characters of one plate in them.

    ``rows`` (n, 36): what each character gives a text that has it, by plate character; ``doubts`` (n,): what it gives
    one that leaves it out.
    """

    def __init__(self, lattices: Lattices, rows: Array, doubts: Sequence[float]) -> None:
        self.lattices = lattices
        self.rows = rows
        self.doubts = doubts
        self.count = len(rows)
        self._end = self.count + _SHIFT == lattices.lengths[:, None, None]

    def sums(self) -> Array:
        """The weight of all texts of each lattice together (the forward sum), without its share; shape (L,)."""
        steps = self._steps(self.rows @ self.lattices.factors.T)
        passing = self.lattices.passing
        states = np.zeros(self._end.shape)
        states[:, 0, 0] = 1.0
        for i in range(self.count + 1):
            for missed in range(MOST_MISSED):
                states[..., missed + 1] += states[..., missed] * passing[i, ..., missed]
            if i == self.count:
                break
            following = states * steps[i]
            following[:, 1:] += states[:, :-1] * self.doubts[i]
            states = following
        return np.asarray((states * self._end).sum(axis=(1, 2)))

    def bounds(self) -> Array:
        """The weight of the best way from each state to the end, shape (n + 1, L, left out + 1, missed + 1)."""
        factors = self.lattices.factors
        steps = self._steps((self.rows[:, None, :] * factors[None, :, :]).max(axis=2))
        passing = self.lattices.passing
        bounds = np.zeros((self.count + 1, *self._end.shape))
        for i in range(self.count, -1, -1):
            best = bounds[i]
            if i == self.count:
                best[:] = self._end
            else:
                np.multiply(bounds[i + 1], steps[i], out=best)
                np.maximum(best[:, :-1], bounds[i + 1][:, 1:] * self.doubts[i], out=best[:, :-1])
            for missed in range(MOST_MISSED - 1, -1, -1):
                np.maximum(best[..., missed], best[..., missed + 1] * passing[i, ..., missed], out=best[..., missed])
        return bounds

    def _steps(self, per_kind: Array) -> Array:
        """What is said of each character by kind of place (n, kinds + 1), at the next place of every state."""
        return per_kind[np.arange(self.count)[:, None, None, None], self.lattices.next_kinds[: self.count]]
