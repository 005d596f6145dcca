"""What a plate says: characters with candidates, and soft formats, become ranked texts with probabilities.

Every detected character has a probability for each class and a doubt: the probability that it is no character of the
plate at all (a doubled box, a screw). A text comes about by giving each character a class, by leaving doubtful ones
out, and, within a format, by places whose character was missed. Its weight is the product of all that, times the
format's prior; the weights of all texts, of all formats and of no format sum up to 1, exactly, also those not listed.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lpstudio.alphabet import CHARACTERS
from lpstudio.plates.formats import Format, FormatSet

_FLOOR = 0.002  # of every posterior is spread over all characters: a model is never quite as sure as it says
_TRUST = 0.5  # exponent on what a format says of a place; 1 would let a format outvote characters clearly seen
_MISSED = 0.004  # weight of a place of a format without a character
_MOST_MISSED = 2
_MOST_LEFT_OUT = 3
_SHORT = 6  # formats with fewer places leave no room for missed ones
_BEAM = 16
_CANDIDATES = 6
_IRRELEVANT = 1e-4  # formats with a smaller share of the weight are summed, but not searched for texts
# How usual texts of so few characters are, when nothing else speaks for them: what stands alone is mostly no plate.
_LENGTH_PRIOR = {0: 0.0, 1: 0.002, 2: 0.02, 3: 0.2}


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


@dataclass
class _Part:
    """The beginning of a text, with the weight of all ways to come by it."""

    weight: float
    best: float
    chars: tuple[str | None, ...]


_State = tuple[int, int]  # how many characters were left out, how many places missed
_Places = Sequence[Mapping[str, float]]


def decode(observed: Sequence[Observed], formats: FormatSet, most: int = 8) -> list[Hypothesis]:
    """The likeliest texts, best first, with probabilities that count every other text too.

    ``observed``: the characters of one plate in reading order. Empty for no characters.
    """
    if not observed:
        return []
    rows, doubts = _weights(observed)
    nothing = 1.0
    for doubt in doubts:
        nothing *= doubt
    sources = [
        (share * scale * _sum(rows, doubts, places, most_missed), identity, share * scale, places, most_missed)
        for identity, share, lattices in _sources(formats, len(rows))
        for places, scale, most_missed in lattices
    ]
    total = 0.5 * nothing + sum(source[0] for source in sources)  # the first: that there is no plate at all
    likely = [heapq.nlargest(_CANDIDATES, row.items(), key=lambda item: item[1]) for row in rows]
    greatest = max((source[0] for source in sources), default=0.0)
    texts: dict[str, dict[str | None, _Part]] = {}
    for weight, identity, share, places, most_missed in sources:
        if weight < _IRRELEVANT * greatest:
            continue
        for text, part in _best(rows, likely, doubts, places, most_missed):
            ways = texts.setdefault(text, {})
            known = ways.get(identity)
            if known is None or known.best < part.best:
                ways[identity] = _Part(share * part.weight + (known.weight if known else 0.0), part.best, part.chars)
            else:
                known.weight += share * part.weight
    ranked = heapq.nlargest(most, texts.items(), key=lambda item: sum(way.weight for way in item[1].values()))
    result = []
    for text, ways in ranked:
        identity, way = max(ways.items(), key=lambda item: item[1].weight)
        result.append(Hypothesis(text, sum(w.weight for w in ways.values()) / total, identity, way.chars))
    return result


def _weights(observed: Sequence[Observed]) -> tuple[list[dict[str, float]], list[float]]:
    """What each character gives a text that has it, by class, and one that leaves it out.

    Both are divided by the greater of them: a common factor of all texts, without which long plates would underflow.
    """
    rows, doubts = [], []
    for one in observed:
        row, doubt = _row(one), min(max(one.doubt, 1e-4), 0.9)
        greatest = max(doubt, (1 - doubt) * max(row.values()))
        rows.append({c: p * (1 - doubt) / greatest for c, p in row.items()})
        doubts.append(doubt / greatest)
    return rows, doubts


def _row(one: Observed) -> dict[str, float]:
    """The probabilities over the plate characters, with a floor, summing to 1."""
    given = {c: max(float(one.probabilities.get(c, 0.0)), 0.0) for c in CHARACTERS}
    mass = sum(given.values())
    even = 1.0 / len(CHARACTERS)
    if mass <= 0:
        return dict.fromkeys(CHARACTERS, even)
    return {c: (1 - _FLOOR) * p / mass + _FLOOR * even for c, p in given.items()}


_Lattice = tuple[_Places, float, int]  # places, scale, most missed places


def _sources(formats: FormatSet, count: int) -> Iterable[tuple[str | None, float, list[_Lattice]]]:
    """(format id or None, its prior, its lattices) for everything that may explain ``count`` characters."""
    weights = sum(f.weight for f in formats.formats)
    for one in formats.formats:
        yield one.id, (1 - formats.free) * one.weight / weights, _lattices(one, count)
    yield None, formats.free, [(_any(n), _LENGTH_PRIOR.get(n, 1.0), 0) for n in _lengths(count)]


@lru_cache(maxsize=512)
def _lattices(one: Format, count: int) -> list[_Lattice]:
    if one.texts:
        scale = (len(CHARACTERS) / len(one.texts)) ** _TRUST
        return [([{c: 1.0} for c in text], scale, 0) for text in one.texts if len(text) in _lengths(count)]
    if one.lengths is not None:
        return [(_any(n), 1.0, 0) for n in _lengths(count) if one.lengths[0] <= n <= one.lengths[1]]
    places = [_factors(tuple(place.items())) for place in one.places]
    most_missed = _MOST_MISSED if len(places) >= _SHORT else 0
    fits = len(places) - most_missed <= count <= len(places) + _MOST_LEFT_OUT
    return [(places, 1.0, most_missed)] if fits else []


@lru_cache(maxsize=256)
def _factors(prior: tuple[tuple[str, float], ...]) -> Mapping[str, float]:
    """What a place multiplies a character with; the same object for the same prior."""
    return {c: (p * len(CHARACTERS)) ** _TRUST for c, p in prior}


def _lengths(count: int) -> range:
    return range(max(1, count - _MOST_LEFT_OUT), count + 1)


_ANY: Mapping[str, float] = dict.fromkeys(CHARACTERS, 1.0)


def _any(length: int) -> _Places:
    return [_ANY] * length


def _sum(rows: Sequence[Mapping[str, float]], doubts: Sequence[float], places: _Places, most_missed: int) -> float:
    """The weight of all texts of these places together (the forward sum)."""
    different = {id(place): place for place in places if place is not _ANY}
    sums = [{key: sum(row[c] * w for c, w in place.items()) for key, place in different.items()} for row in rows]
    whole = [sum(row.values()) for row in rows]
    states: dict[_State, float] = {(0, 0): 1.0}
    for i in range(len(rows)):
        states = _skip_places(states, i, places, most_missed)
        following: dict[_State, float] = {}
        for (out, missed), weight in states.items():
            place = i - out + missed
            if place < len(places):
                key = (out, missed)
                following[key] = following.get(key, 0.0) + weight * sums[i].get(id(places[place]), whole[i])
            if out < _MOST_LEFT_OUT:
                key = (out + 1, missed)
                following[key] = following.get(key, 0.0) + weight * doubts[i]
        states = following
    states = _skip_places(states, len(rows), places, most_missed)
    return sum(weight for (out, missed), weight in states.items() if len(rows) - out + missed == len(places))


def _skip_places(states: Mapping[_State, float], i: int, places: _Places, most_missed: int) -> dict[_State, float]:
    result: dict[_State, float] = dict(states)
    for missed in range(most_missed):
        for (out, m), weight in list(result.items()):
            if m == missed and i - out + m < len(places):
                key = (out, m + 1)
                result[key] = result.get(key, 0.0) + weight * _MISSED
    return result


def _best(
    rows: Sequence[Mapping[str, float]],
    likely: Sequence[Sequence[tuple[str, float]]],
    doubts: Sequence[float],
    places: _Places,
    most_missed: int,
) -> list[tuple[str, _Part]]:
    """The best texts of these places with the weight of all ways to come by each (a beam over the same lattice)."""
    count = len(rows)
    states: dict[_State, dict[str, _Part]] = {(0, 0): {"": _Part(1.0, 1.0, ())}}
    for i, row in enumerate(rows):
        states = _skip_parts(states, i, places, most_missed)
        following: dict[_State, dict[str, _Part]] = {}
        for (out, missed), parts in states.items():
            place = i - out + missed
            if place < len(places) and (count - i - 1) + most_missed - missed >= len(places) - place - 1:
                choices = _choices(row, likely[i], places[place])
                target = following.setdefault((out, missed), {})
                for text, part in parts.items():
                    for char, weight in choices:
                        _add(target, text + char, part, weight, (*part.chars, char))
            if out < _MOST_LEFT_OUT and (count - i - 1) + most_missed - missed >= len(places) - place:
                target = following.setdefault((out + 1, missed), {})
                for text, part in parts.items():
                    _add(target, text, part, doubts[i], (*part.chars, None))
        states = {state: _pruned(parts) for state, parts in following.items()}
    states = _skip_parts(states, count, places, most_missed)
    ended: dict[str, _Part] = {}
    for (out, missed), parts in states.items():
        if count - out + missed == len(places) and out < count:
            for text, part in parts.items():
                _add(ended, text, part, 1.0, part.chars)
    return list(_pruned(ended).items())


def _choices(
    row: Mapping[str, float], likely: Sequence[tuple[str, float]], place: Mapping[str, float]
) -> list[tuple[str, float]]:
    """The characters worth trying at a place with their weights; clearly hopeless ones are left to the sum."""
    if place is _ANY:
        weighted = list(likely)
    else:
        weighted = heapq.nlargest(_CANDIDATES, ((c, row[c] * w) for c, w in place.items()), key=lambda item: item[1])
    least = 1e-3 * weighted[0][1]
    return [item for item in weighted if item[1] >= least]


def _skip_parts(
    states: dict[_State, dict[str, _Part]], i: int, places: _Places, most_missed: int
) -> dict[_State, dict[str, _Part]]:
    if not most_missed:
        return states
    result = {state: dict(parts) for state, parts in states.items()}
    for missed in range(most_missed):
        for out, m in [state for state in result if state[1] == missed]:
            if i - out + m < len(places):
                target = result.setdefault((out, m + 1), {})
                for text, part in list(result[(out, m)].items()):
                    _add(target, text, part, _MISSED, part.chars)
    return result


def _add(target: dict[str, _Part], text: str, part: _Part, factor: float, chars: tuple[str | None, ...]) -> None:
    known = target.get(text)
    if known is None:
        target[text] = _Part(part.weight * factor, part.best * factor, chars)
        return
    better = part.best * factor > known.best
    target[text] = _Part(
        known.weight + part.weight * factor, max(known.best, part.best * factor), chars if better else known.chars
    )


def _pruned(parts: dict[str, _Part]) -> dict[str, _Part]:
    if len(parts) <= _BEAM:
        return parts
    return dict(heapq.nlargest(_BEAM, parts.items(), key=lambda item: item[1].weight))
