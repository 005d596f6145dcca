"""The list of a project's crops: compact, ordered, and quick to ask."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from lpstudio.dataset.types import CropState

_STATES = tuple(CropState)
_CODE = {state: code for code, state in enumerate(_STATES)}


class CropIndex:
    """All crops of a project, ordered by split, then by path.

    ``keys[i]`` is the posix path of crop ``i`` relative to the project's folder (absolute when it lies outside), one
    string; split and state take one byte each. ``splits`` are the names of the splits that the project has.
    ``doubled`` names pictures that stand in more than one split or list: (key, split of the further mention).
    """

    def __init__(
        self,
        parts: Iterable[tuple[str, Sequence[str], Iterable[int]]] = (),
        doubled: Sequence[tuple[str, str]] = (),
    ) -> None:
        """``parts``: (split, sorted keys, whether each has a label file) for every split, in order."""
        self.keys: list[str] = []
        self.splits: list[str] = []
        self.doubled = list(doubled)
        self._ends: list[int] = []
        labelled = bytearray()
        for split, keys, has_labels in parts:
            self.splits.append(split)
            self.keys.extend(keys)
            labelled.extend(has_labels)
            self._ends.append(len(self.keys))
        # What the disk alone says; what the store knows comes on top.
        self._labelled = labelled
        self._states = labelled.translate(_FROM_DISK)

    def __len__(self) -> int:
        return len(self.keys)

    def split_of(self, i: int) -> str:
        """The split of crop ``i``."""
        for split, end in zip(self.splits, self._ends, strict=True):
            if i < end:
                return split
        raise IndexError(i)

    def range_of(self, split: str) -> range:
        """The positions of a split's crops; empty for a split that is not there."""
        if split not in self.splits:
            return range(0)
        at = self.splits.index(split)
        return range(self._ends[at - 1] if at else 0, self._ends[at])

    def state_of(self, i: int) -> CropState:
        """The state of crop ``i``."""
        return _STATES[self._states[i]]

    def state_codes(self) -> bytes:
        """One byte per crop: the place of its state in ``tuple(CropState)``. For filters over many crops."""
        return bytes(self._states)

    def has_label_file(self, i: int) -> bool:
        """Whether crop ``i`` had a label file when it was last scanned or saved."""
        return bool(self._labelled[i])

    def set_state(self, i: int, state: CropState, has_label_file: bool | None = None) -> None:
        """Note a new state of crop ``i`` (in memory only; Project.set_state makes it last)."""
        self._states[i] = _CODE[state]
        if has_label_file is not None:
            self._labelled[i] = has_label_file

    def overlay(
        self,
        stored: list[tuple[str, CropState | None, bool]],
        rule: Callable[[CropState | None, bool, bool], CropState],
    ) -> None:
        """Set many states at once. ``stored``: (key, stored state, has a draft); keys that are no crop are passed over.

        ``rule`` makes a state of stored state, label file and draft; it is asked once for each that occur together.
        """
        positions = {key: i for i, key in enumerate(self.keys)} if len(stored) > 1000 else None
        find = self.position if positions is None else positions.get
        labelled, states = self._labelled, self._states
        codes: dict[tuple[CropState | None, int, bool], int] = {}
        for key, state, has_draft in stored:
            i = find(key)
            if i is None:
                continue
            case = (state, labelled[i], has_draft)
            code = codes.get(case)
            if code is None:
                code = codes[case] = _CODE[rule(state, bool(labelled[i]), has_draft)]
            states[i] = code

    def position(self, key: str) -> int | None:
        """Where a crop stands, or None when there is no such crop."""
        start = 0
        for end in self._ends:
            at = bisect_left(self.keys, key, start, end)
            if at < end and self.keys[at] == key:
                return at
            start = end
        return None

    def counts(self, split: str | None = None) -> dict[CropState, int]:
        """How many crops there are in each state, of one split or of all."""
        part = self._states if split is None else self._states[slice(*_bounds(self.range_of(split)))]
        return {state: part.count(code) for code, state in enumerate(_STATES)}


def _bounds(positions: range) -> tuple[int, int]:
    return positions.start, positions.stop


_FROM_DISK = bytes([_CODE[CropState.UNLABELLED], _CODE[CropState.LABELLED]]) + bytes(254)
