"""The faults of a project as a flat list: a heading for each kind, its faults below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lpstudio.dataset.faults import FaultKind
from lpstudio.dataset.survey import LABEL_FILE, FoundFault

_Index = QModelIndex | QPersistentModelIndex
_AROUND = 200  # rows; further away nobody expects the choice to follow
_ORDER = {LABEL_FILE: -1, **{kind.value: place for place, kind in enumerate(FaultKind)}}


def heading(kind: str) -> str:
    """What stands over faults of a kind."""
    return "Label files that cannot be read" if kind == LABEL_FILE else FaultKind(kind).heading


@dataclass(frozen=True, slots=True)
class Group:
    """All faults of one kind."""

    kind: str
    faults: tuple[FoundFault, ...]
    fixable: int  # how many of them


def grouped(faults: Mapping[str, Sequence[FoundFault]]) -> list[Group]:
    """The faults by kind, what costs a training first; within a kind as they were found. ``faults``: by crop."""
    by_kind: dict[str, list[FoundFault]] = {}
    for of_crop in faults.values():
        for fault in of_crop:
            by_kind.setdefault(fault.kind, []).append(fault)
    ordered = sorted(by_kind.items(), key=lambda one: _ORDER[one[0]])
    return [Group(kind, tuple(found), sum(fault.fixable for fault in found)) for kind, found in ordered]


class Role(IntEnum):
    """What the delegate asks for."""

    FAULT = Qt.ItemDataRole.UserRole + 1  # a FoundFault, None in a heading
    GROUP = Qt.ItemDataRole.UserRole + 2  # the Group of a heading, None in a fault
    CLOSED = Qt.ItemDataRole.UserRole + 3  # whether a heading's faults are folded away


class FaultModel(QAbstractListModel):
    """Rows are computed from the groups: a hundred thousand faults cost nothing until they are looked at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: list[Group] = []
        self._closed: set[str] = set()
        self._starts: list[int] = []
        self._count = 0

    def set_groups(self, groups: Iterable[Group]) -> None:
        """Show these."""
        self.beginResetModel()
        self._groups = list(groups)
        self._lay()
        self.endResetModel()

    def toggle(self, kind: str) -> None:
        """Fold the faults of a kind away, or show them."""
        self.beginResetModel()
        self._closed ^= {kind}
        self._lay()
        self.endResetModel()

    def _lay(self) -> None:
        self._starts, self._count = [], 0
        for group in self._groups:
            self._starts.append(self._count)
            self._count += 1 + (0 if group.kind in self._closed else len(group.faults))

    def _place(self, row: int) -> tuple[Group, int]:
        """The group of a row, and which of its faults it is (-1: the heading)."""
        number = next(n for n in reversed(range(len(self._starts))) if self._starts[n] <= row)
        return self._groups[number], row - self._starts[number] - 1

    def fault_at(self, row: int) -> FoundFault | None:
        """The fault in a row, None for a heading and beyond the end."""
        if not 0 <= row < self._count:
            return None
        group, place = self._place(row)
        return group.faults[place] if place >= 0 else None

    def row_of(self, fault: FoundFault, near: int) -> int | None:
        """The row of a fault that stood in row ``near`` before something changed; None when it is not around there."""
        for apart in range(_AROUND):
            for row in {near - apart, near + apart}:
                if self.fault_at(row) == fault:
                    return row
        return None

    def neighbour(self, row: int, step: int) -> int | None:
        """The next row in a direction that holds a fault."""
        row += step
        while 0 <= row < self._count:
            if self.fault_at(row) is not None:
                return row
            row += step
        return None

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._count

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < self._count:
            return None
        group, place = self._place(index.row())
        fault = group.faults[place] if place >= 0 else None
        if role == Role.FAULT:
            return fault
        if role == Role.GROUP:
            return None if fault is not None else group
        if role == Role.CLOSED:
            return fault is None and group.kind in self._closed
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if fault is None:
                return f"{heading(group.kind)}, {len(group.faults):,}"
            return f"{fault.key.rpartition('/')[2]}: {fault.message}"
        if role == Qt.ItemDataRole.ToolTipRole and fault is not None:
            line = f", line {fault.line}" if fault.line is not None else ""
            return f"{fault.key}{line}\n{fault.message}{' (can be fixed)' if fault.fixable else ''}"
        return None
