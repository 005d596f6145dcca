"""Which crops the list shows, in which order, and which comes next. Plain numpy, no Qt; cheap for half a million."""

from __future__ import annotations

import functools
import heapq
import operator
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.query import NUMBERS, STATE_WORDS, Interval, Term, interval, matcher, parse

Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]

_STATES = tuple(CropState)
UNVERIFIED = frozenset(CropState) - {CropState.VERIFIED, CropState.IGNORED}


@dataclass(frozen=True, slots=True)
class CropFilter:
    """``states`` empty: all of them. ``split`` empty: all of them. ``words``: a query, see :mod:`.query`."""

    states: frozenset[CropState] = frozenset()
    split: str = ""
    words: str = ""
    sort: str = ""  # as in a query: "margin", "-score"; one in the words counts before it

    @property
    def is_empty(self) -> bool:
        return not self.states and not self.split and not self.words.strip() and not self.sort

    def as_query(self) -> str:
        """The whole filter as one text that can be typed, and kept under a name."""
        parts = [f"split:{_typed(self.split)}"] if self.split else []
        if self.states == UNVERIFIED:
            parts.append("state:todo")
        elif self.states:
            parts.append("state:" + "|".join(sorted(state.value.replace("in ", "") for state in self.states)))
        parts.append(self.words.strip())
        if self.sort and not parse(self.words).sort:
            parts.append(f"sort:{self.sort}")
        return " ".join(part for part in parts if part)


def _typed(value: str) -> str:
    return str(Term("name", (value,))).partition(":")[2]


class Classes(Protocol):
    """Which classes stand on which crop: :class:`lpstudio.dataset.label_index.LabelIndex`."""

    def bits_of(self, key: str) -> int: ...
    def bits_for(self, char: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What else a query may ask for; None while it is not known.

    ``text_of``: the plate's text by key and split. ``numbers``: "score" and "margin" of every crop of the index, NaN
    where there is none. ``disagreeing``: positions where "text" or "model" says something else. ``faulty``: positions
    by kind of fault. Positions ascend.
    """

    text_of: Callable[[str, str], str] | None = None
    classes: Classes | None = None
    numbers: Mapping[str, NDArray[np.float32]] | None = None
    disagreeing: Mapping[str, Rows] | None = None
    faulty: Mapping[str, Rows] | None = None


def _has_state(codes: NDArray[np.uint8], states: frozenset[CropState]) -> Mask:
    table = np.array([state in states for state in _STATES], dtype=bool)
    return table[codes]


def matching(index: CropIndex, wanted: CropFilter, facts: Facts | None = None) -> Rows:
    """The positions in the index that match, ascending. Raises QueryError for words that are no query."""
    query = parse(wanted.words)
    part = index.range_of(wanted.split) if wanted.split else range(len(index))
    rows = np.arange(part.start, part.stop, dtype=np.int32)
    if wanted.states:
        rows = rows[_in_states(index, rows, wanted.states)]
    for term in sorted(query.terms, key=lambda term: _COST[term.field]):
        keep = _holds(index, rows, term, facts or Facts())
        rows = rows[~keep if term.negated else keep]
    return rows


_COST = {"sort": 0, "split": 0, "state": 1, "disagree": 1, "fault": 1, "score": 1, "margin": 1}
_COST |= {"char": 2, "name": 3, "text": 4, "": 5}


@dataclass(frozen=True, slots=True)
class Listing:
    """Crops in the order of the list. ``order``: the places in ``rows`` by ascending position, None when that is it."""

    rows: Rows
    order: Rows | None = None


def listing(index: CropIndex, wanted: CropFilter, facts: Facts | None = None) -> Listing:
    """The crops that match, in the order that is asked for. Raises QueryError for words that are no query."""
    rows = matching(index, wanted, facts)
    sort = parse(wanted.words).sort or wanted.sort
    if not sort:
        return Listing(rows)
    rows = _sorted(index, rows, sort.removeprefix("-"), facts or Facts())
    if sort.startswith("-"):
        rows = rows[::-1].copy()
    return Listing(rows, np.argsort(rows, kind="stable").astype(np.int32))


def _sorted(index: CropIndex, rows: Rows, field: str, facts: Facts) -> Rows:
    if field == "state":
        codes = np.frombuffer(index.state_codes(), dtype=np.uint8)[rows]
        return rows[np.argsort(codes, kind="stable")]
    if field in NUMBERS:
        numbers = facts.numbers
        if numbers is None:
            return rows
        return rows[np.argsort(numbers[field][rows], kind="stable")]  # those without a number come last
    return _by_name(index, rows)


_ROUNDED = 1e-6  # what single precision makes of a probability
_POLITE = 1024  # values between two looks whether another thread waits
_Value = TypeVar("_Value")
_AT_ONCE = 4096  # rows sorted in one go, which holds up every other thread


def _by_name(index: CropIndex, rows: Rows) -> Rows:
    keys = index.keys

    def name(row: int) -> str:
        return keys[row].rpartition("/")[2].lower()

    # Sorted in parts, which are merged: one great sort would hold up every other thread. Plain numbers, no tuples: half
    # a million of these would set off the garbage collector, which does the same.
    starts = range(0, len(rows), _AT_ONCE)
    parts = [sorted(rows[start : start + _AT_ONCE].tolist(), key=name) for start in starts]
    return np.fromiter(_politely(heapq.merge(*parts, key=name)), dtype=np.int32, count=len(rows))


def _politely(values: Iterable[_Value]) -> Iterator[_Value]:
    """The same values; every now and then another thread, the window's, may go first."""
    for number, value in enumerate(values):
        if number % _POLITE == 0:
            time.sleep(0)
        yield value


def _in_states(index: CropIndex, rows: Rows, states: frozenset[CropState]) -> Mask:
    return _has_state(np.frombuffer(index.state_codes(), dtype=np.uint8)[rows], states)


def _holds(index: CropIndex, rows: Rows, term: Term, facts: Facts) -> Mask:
    """For which rows a condition holds, its negation aside."""
    keys = index.keys
    if term.field == "sort":
        return np.full(len(rows), not term.negated)
    if term.field in NUMBERS:
        return _in_intervals(rows, (facts.numbers or {}).get(term.field), term)
    if term.field in ("disagree", "fault"):
        return _among(rows, (facts.disagreeing if term.field == "disagree" else facts.faulty) or {}, term)
    if term.field == "state":
        return _in_states(index, rows, frozenset[CropState]().union(*(STATE_WORDS[word] for word in term.values)))
    if term.field == "split":
        named = matcher(term.values, whole=True)
        keep = np.zeros(len(rows), dtype=bool)
        for split in filter(named, index.splits):
            part = index.range_of(split)
            keep |= (rows >= part.start) & (rows < part.stop)
        return keep
    if term.field == "char":
        classes = facts.classes
        if classes is None:
            return np.zeros(len(rows), dtype=bool)
        bits = functools.reduce(operator.or_, map(classes.bits_for, term.values))
        return _mask(bool(classes.bits_of(keys[row]) & bits) for row in rows.tolist())
    if term.field == "name":
        found = matcher(term.values, whole=False)
        return _mask(found(keys[row]) for row in rows.tolist())
    found = matcher(term.values, whole=term.field == "text")
    text_of = facts.text_of or (lambda _key, _split: "")
    ends = np.array([index.range_of(split).stop for split in index.splits], dtype=np.int32)
    numbers = np.searchsorted(ends, rows, side="right")
    pairs = ((keys[row], index.splits[at]) for row, at in zip(rows.tolist(), numbers.tolist(), strict=True))
    if term.field == "text":
        return _mask(found(text_of(key, split)) for key, split in pairs)
    return _mask(found(key) or found(text_of(key, split)) for key, split in pairs)


def _in_intervals(rows: Rows, numbers: NDArray[np.float32] | None, term: Term) -> Mask:
    keep = np.zeros(len(rows), dtype=bool)
    if numbers is None:
        return keep
    values = numbers[rows].astype(np.float64)
    for value in term.values:
        wanted = interval(value) or Interval()
        low = values >= wanted.low - _ROUNDED if wanted.with_low else values > wanted.low + _ROUNDED
        high = values <= wanted.high + _ROUNDED if wanted.with_high else values < wanted.high - _ROUNDED
        keep |= low & high  # NaN compares to nothing
    return keep


def _among(rows: Rows, positions: Mapping[str, Rows], term: Term) -> Mask:
    """Whether rows are among named positions: by name, ``yes`` for any of them and ``no`` for none."""
    keep = np.zeros(len(rows), dtype=bool)
    any_of = functools.reduce(np.union1d, positions.values(), np.empty(0, np.int32))
    for value in term.values:
        if value == "no":
            keep |= ~np.isin(rows, any_of)
        else:
            keep |= np.isin(rows, any_of if value == "yes" else positions.get(value, any_of[:0]))
    return keep


def _mask(answers: Iterable[bool]) -> Mask:
    return np.fromiter(_politely(answers), dtype=bool)


def next_with_state(index: CropIndex, rows: Rows, after: int, states: frozenset[CropState]) -> int | None:
    """The place in ``rows`` of the next crop after ``after`` in one of these states, from the start if need be."""
    if len(rows) == 0:
        return None
    codes = np.frombuffer(index.state_codes(), dtype=np.uint8)
    found = np.flatnonzero(_has_state(codes[rows], states))
    found = found[found != after]
    if len(found) == 0:
        return None
    later = found[found > after]
    return int(later[0] if len(later) else found[0])


def place_of(rows: Rows, position: int, order: Rows | None = None) -> int | None:
    """Where a position of the index stands in ``rows``; ``order`` as in :class:`Listing`."""
    place = int(np.searchsorted(rows, np.int32(position), sorter=order))  # of one type, or all would be converted
    if place >= len(rows):
        return None
    if order is not None:
        place = int(order[place])
    return place if int(rows[place]) == position else None
