"""Which crops the list shows, and which comes next. Plain numpy, no Qt; cheap for half a million crops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import CropState

Rows = NDArray[np.int32]

_STATES = tuple(CropState)
UNVERIFIED = frozenset(CropState) - {CropState.VERIFIED, CropState.IGNORED}


@dataclass(frozen=True, slots=True)
class CropFilter:
    """``states`` empty: all of them. ``split`` empty: all of them. ``words``: parts of the path, all must occur."""

    states: frozenset[CropState] = frozenset()
    split: str = ""
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.states and not self.split and not self.words.strip()


def _has_state(codes: NDArray[np.uint8], states: frozenset[CropState]) -> NDArray[np.bool_]:
    table = np.array([state in states for state in _STATES], dtype=bool)
    return table[codes]


def matching(index: CropIndex, wanted: CropFilter) -> Rows:
    """The positions in the index that match, ascending."""
    part = index.range_of(wanted.split) if wanted.split else range(len(index))
    rows = np.arange(part.start, part.stop, dtype=np.int32)
    if wanted.states:
        codes = np.frombuffer(index.state_codes(), dtype=np.uint8)
        rows = rows[_has_state(codes[rows], wanted.states)]
    for word in wanted.words.lower().split():
        keys = index.keys
        rows = np.array([row for row in rows.tolist() if word in keys[row].lower()], dtype=np.int32)
    return rows


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
