"""Crops whose label file another program changed while they were edited here: both versions, until a person chooses."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.types import CropContent, CropState


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two versions of one crop. ``digest`` names what the label file says; empty: it is gone."""

    key: str
    mine: CropContent
    state: CropState
    theirs: CropContent
    digest: str


class Conflicts(QObject):
    """The conflicts of one session, by crop."""

    changed = Signal(str)  # key

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: dict[str, Conflict] = {}

    def __len__(self) -> int:
        return len(self._found)

    def keys(self) -> list[str]:
        return list(self._found)

    def get(self, key: str) -> Conflict | None:
        return self._found.get(key)

    def put(self, conflict: Conflict) -> None:
        """There are two versions of a crop."""
        if self._found.get(conflict.key) != conflict:
            self._found[conflict.key] = conflict
            self.changed.emit(conflict.key)

    def note_mine(self, key: str, mine: CropContent, state: CropState) -> None:
        """A person goes on editing while the choice is open."""
        found = self._found.get(key)
        if found is not None:
            self.put(Conflict(key, mine, state, found.theirs, found.digest))

    def take(self, key: str) -> Conflict | None:
        """A person chose, or the versions agree again: the conflict is over."""
        found = self._found.pop(key, None)
        if found is not None:
            self.changed.emit(key)
        return found
