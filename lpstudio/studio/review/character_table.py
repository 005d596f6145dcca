"""The table at the right: every read character with its two best candidates."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from lpstudio.studio import theme
from lpstudio.studio.review.items import ReviewItem
from lpstudio.studio.review.wording import percent

_Index = QModelIndex | QPersistentModelIndex

#: Title, tooltip and width (px) of every column.
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("#", "Place in reading order; ✓ when a person accepted or corrected it", 32),
    ("1st", "The best candidate", 30),
    ("p", "Probability of the best candidate", 50),
    ("2nd", "The second candidate; Tab takes it", 32),
    ("p", "Probability of the second candidate", 50),
    ("≈", "The two best candidates are similar: they share a group", 20),
    ("conf.", "Confidence: how sure the model is that a character is here, whichever it is", 42),
    ("⇄", "What the plate format, or a person, has instead of the best candidate", 24),
)
_CHANGED = 7


class CharacterTableModel(QAbstractTableModel):
    """One row a character of the current item."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: ReviewItem | None = None

    def set_item(self, item: ReviewItem | None) -> None:
        """Show another item, or the same one after it changed."""
        self.beginResetModel()
        self._item = item
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._item is None else len(self._item.marks)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section][1]
        return None

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self._item is None or self._item.reading is None or not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = column in (2, 4, 6)
            return int(
                Qt.AlignmentFlag.AlignVCenter
                | (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignHCenter)
            )
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("strong") if column in (1, _CHANGED) else theme.font("number")
        if role == Qt.ItemDataRole.ForegroundRole and column in (3, 4, 6):
            return theme.color("text_dim")
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        return None

    def _text(self, row: int, column: int) -> str:
        assert self._item is not None and self._item.reading is not None
        read = self._item.reading.characters[row]
        mark = self._item.marks[row]
        second = read.second
        changed = (mark.char or "–") if mark.char != read.first.char else ""
        return (
            f"{row + 1}✓" if mark.decided else f"{row + 1}",
            read.first.char,
            percent(read.first.probability),
            second.char if second else "",
            percent(second.probability) if second else "",
            "≈" if read.similar else "",
            f"{read.confidence:.2f}",
            changed,
        )[column]

    def _tip(self, row: int, column: int) -> str:
        assert self._item is not None and self._item.reading is not None
        read = self._item.reading.characters[row]
        if column == _CHANGED and self._item.marks[row].char != read.first.char:
            by = "a person" if self._item.marks[row].char != read.chosen else "the plate format"
            return f"{self._item.marks[row].char or 'left out'}, chosen by {by}"
        return "\n".join(f"{c.char}: {c.probability:.2%}" for c in read.candidates)


class CharacterTable(QTableView):
    """The table view. ``activated_row`` says that a person chose a row."""

    activated_row = Signal(int)
    tab_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table_model = CharacterTableModel(self)
        self.setModel(self.table_model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Characters")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(20)
        header.setHighlightSections(False)
        header.setStyleSheet("QHeaderView::section { padding: 4px 2px; }")
        for column, (_, _, width) in enumerate(COLUMNS):
            self.setColumnWidth(column, width)
        header.setStretchLastSection(True)
        self._quiet = False
        self.takes_tab = False
        self.selectionModel().currentRowChanged.connect(self._row_changed)

    def show_item(self, item: ReviewItem | None, current: int | None) -> None:
        """Show an item's characters with one row marked."""
        self._quiet = True
        self.table_model.set_item(item)
        self._quiet = False
        self.set_current(current)

    def set_current(self, row: int | None) -> None:
        """Mark a row silently."""
        self._quiet = True
        if row is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            self.selectRow(row)
        self._quiet = False

    def _row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self.activated_row.emit(current.row())

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes the second candidate while there is one; otherwise it leaves the table as usual."""
        if forward and self.takes_tab:
            self.tab_pressed.emit()
            return True
        return super().focusNextPrevChild(forward)
