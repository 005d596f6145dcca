"""What a plate says: characters with candidates, and soft formats, become ranked texts with probabilities.

Every detected character has a probability for each class and a doubt: the probability that it is no character of the
plate at all (a doubled box, a screw). A text comes about by giving each character a class, by leaving doubtful ones
out, and, within a format, by places whose character was missed. Its weight is the product of all that, times the
format's prior; the weights of all texts, of all formats and of no format sum up to 1, exactly, also those not listed.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpstudio.alphabet import CHARACTERS
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.lattice import MISSED, MOST_LEFT_OUT, Array, Weighed, lattices_for

_FLOOR = 0.002  # of every posterior is spread over all characters: a model is never quite as sure as it says
_BEAM = 16
_CANDIDATES = 6
_HOPELESS = 3e-4  # beginnings that cannot become so much of the best text are given up; the sum still has them
_UNLISTED = 0.01  # nor those that cannot become so much of the last text that is listed


@dataclass(frozen=True)
class Observed:
    """One detected character: ``probabilities`` of the plate characters (at most 1 in sum) and ``doubt``, 0 to 1."""

    probabilities: Mapping[str, float]
    doubt: float = 0.01


@dataclass(frozen=True)
class Hypothesis:
    """One text that the plate may say. ``format``: the id of the format that speaks most for it, or None.

    ``chars[i]``: what the text has for detected character i; None where it was left out.
    """

    text: str
    probability: float
    format: str | None
    chars: tuple[str | None, ...]


# What each character became, the last first: (char or None, those before it).
_Chars = tuple[str | None, "_Chars"] | None
# The beginning of a text: the weight of all ways to come by it and of the best of them, and that way. Plain tuples, for
# thousands are made for a plate.
_Part = tuple[float, float, _Chars]
_Parts = dict[str, _Part]
_State = tuple[int, int]  # how many characters were left out, how many places missed


def decode(observed: Sequence[Observed], formats: FormatSet, most: int = 8) -> list[Hypothesis]:
    """The likeliest texts, best first, with probabilities that count every other text too.

    ``observed``: the characters of one plate in reading order. Empty for no characters. Texts far less probable than
    the first are not listed.
    """
    if not observed:
        return []
    rows, doubts = _weights(observed)
    lattices = lattices_for(formats, len(rows))
    weighed = Weighed(lattices, rows, doubts)
    nothing = float(np.prod(doubts))
    total = 0.5 * nothing + float(weighed.sums() @ lattices.shares)  # the first: that there is no plate at all
    bounds = weighed.bounds()
    reach = bounds[0, :, 0, 0] * lattices.shares
    least = _HOPELESS * float(reach.max())
    texts: dict[str, dict[str | None, _Part]] = {}
    search = _Search(weighed, bounds, most)
    for number in sorted(np.flatnonzero(reach >= max(least, 1e-300)).tolist(), key=lambda n: -reach[n]):
        identity, share = lattices.identities[number], float(lattices.shares[number])
        if reach[number] < least:
            break  # the others reach less
        found, bar = search.texts(number, least / share)
        least = max(least, share * bar)
        for text, part in found.items():
            _add(texts.setdefault(text, {}), identity, share * part[0], share * part[1], part[2])
    ranked = heapq.nlargest(most, texts.items(), key=lambda item: sum(way[0] for way in item[1].values()))
    result = []
    for text, ways in ranked:
        identity, way = max(ways.items(), key=lambda item: item[1][0])
        result.append(Hypothesis(text, sum(w[0] for w in ways.values()) / total, identity, _listed(way[2])))
    return result


def _weights(observed: Sequence[Observed]) -> tuple[Array, list[float]]:
    """What each character gives a text that has it, by class (n, 36), and one that leaves it out.

    Both are divided by the greater of them: a common factor of all texts, without which long plates would underflow.
    """
    rows = _rows(observed)
    doubts = np.clip([one.doubt for one in observed], 1e-4, 0.9)
    rows *= (1 - doubts)[:, None]
    greatest = np.maximum(doubts, rows.max(axis=1))
    return rows / greatest[:, None], (doubts / greatest).tolist()


def _rows(observed: Sequence[Observed]) -> Array:
    """The probabilities of each over the plate characters, with a floor, summing to 1; shape (n, 36)."""
    known = [one.probabilities for one in observed]
    given = np.maximum(np.array([[one.get(c, 0.0) for c in CHARACTERS] for one in known], np.float64), 0.0)
    mass = given.sum(axis=1, keepdims=True)
    even = 1.0 / len(CHARACTERS)
    shares = np.divide(given, mass, out=np.full_like(given, even), where=mass > 0)
    return np.asarray((1 - _FLOOR) * shares + _FLOOR * even)


class _Search:
    """A beam over the states of lattices, without what cannot become as much as is asked any more.

    ``bounds`` (n + 1, lattices, left out + 1, missed + 1) says how far each state can come. ``most``: how many texts
    are wanted.
    """

    def __init__(self, weighed: Weighed, bounds: Array, most: int) -> None:
        self._weighed = weighed
        self._bounds = bounds
        self._most = most
        self._choices: dict[tuple[int, int], list[tuple[str, float]]] = {}

    def texts(self, number: int, least: float) -> tuple[_Parts, float]:
        """The texts of one lattice that weigh ``least`` or more, with the weight of all ways to come by each.

        Where so many are found that others can no longer be listed, these are left out; the second value says below
        which weight, ``least`` otherwise.
        """
        weighed, lattices = self._weighed, self._weighed.lattices
        count, length = weighed.count, int(lattices.lengths[number])
        kinds = lattices.kinds[number].tolist()
        bounds = self._bounds[:, number].tolist()
        states: dict[_State, _Parts] = {(0, 0): {"": (1.0, 1.0, None)}}
        for i in range(count + 1):
            _miss(states, i, length, int(lattices.most_missed[number]), least, bounds[i])
            if i == count:
                break
            ahead = bounds[i + 1]
            following: dict[_State, _Parts] = {}
            for (out, missed), parts in states.items():
                place = i - out + missed
                reach = ahead[out][missed]
                if place < length and reach > 0:
                    target = following.setdefault((out, missed), {})
                    choices = self._choices_at(i, kinds[place])
                    for text, (all_ways, best, chars) in parts.items():
                        enough = least / (best * reach)
                        for char, weight in choices:
                            if weight < enough:
                                break  # the others weigh less
                            longer = text + char
                            if longer in target:
                                _add(target, longer, all_ways * weight, best * weight, (char, chars))
                            else:  # nearly always: without a call, for this is most of the work
                                target[longer] = (all_ways * weight, best * weight, (char, chars))
                if out < MOST_LEFT_OUT and ahead[out + 1][missed] > 0:
                    doubt = weighed.doubts[i]
                    enough = least / (doubt * ahead[out + 1][missed])
                    left = [(text, part) for text, part in parts.items() if part[1] >= enough]
                    if left:
                        target = following.setdefault((out + 1, missed), {})
                        for text, (all_ways, best, chars) in left:
                            _add(target, text, all_ways * doubt, best * doubt, (None, chars))
            states = {}
            for (out, missed), parts in following.items():
                if len(parts) > _BEAM:
                    parts = _pruned(parts)
                if parts:
                    states[out, missed] = parts
                if len(parts) >= self._most:
                    # So many texts of this state alone will weigh as much: all have beginnings of their own.
                    last = sorted([part[1] for part in parts.values()], reverse=True)[self._most - 1]
                    least = max(least, _UNLISTED * last * ahead[out][missed])
        ended: _Parts = {}
        for (out, missed), parts in states.items():
            if count - out + missed == length and out < count:
                for text, part in parts.items():
                    _add(ended, text, *part)
        return ended, least

    def _choices_at(self, i: int, kind: int) -> list[tuple[str, float]]:
        """The characters worth trying at a place, best first, with their weights; hopeless ones are left to the sum."""
        known = self._choices.get((i, kind))
        if known is None:
            values = (self._weighed.rows[i] * self._weighed.lattices.factors[kind]).tolist()
            best = sorted(zip(values, CHARACTERS, strict=True), reverse=True)[:_CANDIDATES]
            known = [(char, value) for value, char in best if value >= 1e-3 * best[0][0] and value > 0]
            self._choices[(i, kind)] = known
        return known


def _miss(
    states: dict[_State, _Parts], i: int, length: int, most_missed: int, least: float, reach: list[list[float]]
) -> None:
    """Add to the states after ``i`` characters those that pass places without a character."""
    for missed in range(most_missed):
        for out in [out for out, m in states if m == missed and i - out + m < length]:
            ahead = MISSED * reach[out][missed + 1]
            if ahead <= 0:
                continue
            enough = least / ahead
            passed = [(text, part) for text, part in states[out, missed].items() if part[1] >= enough]
            if passed:
                target = states.setdefault((out, missed + 1), {})
                for text, (all_ways, best, chars) in passed:
                    _add(target, text, all_ways * MISSED, best * MISSED, chars)


def _add(target: dict[Any, _Part], key: str | None, weight: float, best: float, chars: _Chars) -> None:
    """Put a beginning beside the others; one with the same text adds to its weight."""
    known = target.get(key)
    if known is None:
        target[key] = (weight, best, chars)
    elif best > known[1]:
        target[key] = (known[0] + weight, best, chars)
    else:
        target[key] = (known[0] + weight, known[1], known[2])


def _listed(chars: _Chars) -> tuple[str | None, ...]:
    """What each character became, in reading order."""
    found = []
    while chars is not None:
        char, chars = chars
        found.append(char)
    return tuple(reversed(found))


def _pruned(parts: _Parts) -> _Parts:
    return dict(sorted(parts.items(), key=lambda item: item[1][0], reverse=True)[:_BEAM])
