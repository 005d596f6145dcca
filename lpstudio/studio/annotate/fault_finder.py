"""The faults of the open crop: at once where it has few characters, in a thread where it has many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from lpstudio.alphabet import Alphabet
from lpstudio.studio.annotate.checks import Fault, find_faults
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.jobs import Jobs

AT_ONCE = 40  # characters that are checked while the window waits

_Size = tuple[float, float] | None


@dataclass
class _Found:
    items: Sequence[Item] = ()
    size: _Size = None
    faults: list[Fault] = field(default_factory=list)

    def is_of(self, items: Sequence[Item], size: _Size) -> bool:
        return self.items is items and self.size == size


class FaultFinder(QObject):
    """``changed``: what :meth:`faults` gave a moment ago for many characters is known better now."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._job = 0
        self._found = _Found()
        self._asked: tuple[Sequence[Item], _Size] | None = None

    def faults(self, items: Sequence[Item], size: _Size, alphabet: Alphabet, *, now: bool = False) -> list[Fault]:
        """The faults of these characters. Of many, those known of the ones that are as before, unless ``now``."""
        if self._found.is_of(items, size):
            return self._found.faults
        if now or len(items) <= AT_ONCE:
            self.forget()
            self._found = _Found(items, size, find_faults(items, size, alphabet))
            return self._found.faults
        if self._asked is None or self._asked[0] is not items or self._asked[1] != size:
            self._jobs.forget(self._job)
            self._asked = (items, size)
            self._job = self._jobs.run(
                lambda: find_faults(items, size, alphabet), lambda faults: self._take(items, size, faults)
            )
        there = {id(item) for item in items} if self._found.faults else set()
        same = {item.id for item in self._found.items if id(item) in there}
        return [fault for fault in self._found.faults if fault.item_id in same]

    def _take(self, items: Sequence[Item], size: _Size, faults: list[Fault]) -> None:
        before, self._found, self._asked = self._found.faults, _Found(items, size, faults), None
        if faults != before:
            self.changed.emit()

    def forget(self) -> None:
        """Another crop: wait for nothing any more."""
        self._jobs.forget(self._job)
        self._asked = None
        self._found = _Found()

    def close(self) -> None:
        """The window closes."""
        self._jobs.close()
