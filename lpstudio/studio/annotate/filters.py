"""Which crops the list shows, and which comes next. Plain numpy, no Qt; cheap for half a million crops."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.query import STATE_WORDS, Term, matcher, parse

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

    @property
    def is_empty(self) -> bool:
        return not self.states and not self.split and not self.words.strip()


class Classes(Protocol):
    """Which classes stand on which crop: :class:`lpstudio.dataset.label_index.LabelIndex`."""

    def bits_of(self, key: str) -> int: ...
    def bits_for(self, char: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What else a query may ask for. ``text_of``: the plate's text by key; ``classes``: None while not read."""

    text_of: Callable[[str, str], str] | None = None  # key, split
    classes: Classes | None = None


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


_COST = {"split": 0, "state": 1, "char": 2, "name": 3, "text": 4, "": 5}


def _in_states(index: CropIndex, rows: Rows, states: frozenset[CropState]) -> Mask:
    return _has_state(np.frombuffer(index.state_codes(), dtype=np.uint8)[rows], states)


def _holds(index: CropIndex, rows: Rows, term: Term, facts: Facts) -> Mask:
    """For which rows a condition holds, its negation aside."""
    keys = index.keys
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
    splits = [(split, index.range_of(split)) for split in index.splits]

    def text(row: int) -> str:
        return text_of(keys[row], next((split for split, part in splits if row in part), ""))

    if term.field == "text":
        return _mask(found(text(row)) for row in rows.tolist())
    return _mask(found(keys[row]) or found(text(row)) for row in rows.tolist())


def _mask(answers: Iterable[bool]) -> Mask:
    return np.fromiter(answers, dtype=bool)


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


def place_of(rows: Rows, position: int) -> int | None:
    """Where a position of the index stands in ``rows``."""
    place = int(np.searchsorted(rows, np.int32(position)))  # of the same type, or all rows would be converted
    return place if place < len(rows) and int(rows[place]) == position else None
