"""The list at the left: every picture or frame under review with its reading, its state and its margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.icons import draw_icon
from lpstudio.studio.review.items import ItemState, Order, ReviewItem, ReviewList, Show
from lpstudio.studio.widgets.row_paint import paint_ground
from lpstudio.studio.widgets.row_view import RowView

ITEM_ROLE = int(Qt.ItemDataRole.UserRole)
_ROW_HEIGHT = 48
_MARK = 16

#: Icon and colour of a state; the icon alone tells them apart.
STATE_MARKS = {
    ItemState.WAITING: ("circle-dashed", "text_dim"),
    ItemState.READ: ("circle", "labelled"),
    ItemState.NOTHING: ("circle-slash", "text_dim"),
    ItemState.FAILED: ("triangle-alert", "fault"),
    ItemState.ACCEPTED: ("circle-check", "verified"),
}
_Index = QModelIndex | QPersistentModelIndex


class ItemListModel(QAbstractListModel):
    """The visible items of a :class:`ReviewList`, in its order."""

    def __init__(self, items: ReviewList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = items
        self._rows: dict[int, int] = {}

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._list.visible)

    def item(self, row: int) -> ReviewItem:
        """The item of a row."""
        return self._list.items[self._list.visible[row]]

    def row_of(self, item_id: int | None) -> int:
        """The row of an item, -1 when it is not listed."""
        return -1 if item_id is None else self._rows.get(item_id, -1)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self._list.visible):
            return None
        item = self.item(index.row())
        if role == ITEM_ROLE:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return describe(item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{item.name}: {item.text or item.state.value}"
        return None

    def rearranged(self) -> None:
        """The list was filtered or sorted anew, or got other items."""
        self.beginResetModel()
        self._rows = {item_id: row for row, item_id in enumerate(self._list.visible)}
        self.endResetModel()

    def touched(self, item_ids: Sequence[int]) -> None:
        """These items changed, but not their places."""
        for item_id in item_ids:
            row = self.row_of(item_id)
            if row >= 0:
                index = self.index(row)
                self.dataChanged.emit(index, index)


def describe(item: ReviewItem) -> str:
    """The tooltip of an item: file, state, reading, what is remarkable."""
    lines = [item.path if item.frame is None else f"{item.path}, frame {item.frame}", item.state.value]
    if item.text:
        lines.append(item.text)
    if item.error:
        lines.append(item.error)
    if item.margin is not None:
        lines.append(f"smallest margin between first and second candidate: {item.margin:.1%}")
    if item.disagrees:
        lines.append("≠ the labels of the crop say something else")
    if item.reading is not None and item.reading.has_similar_pair:
        lines.append("≈ has a pair of similar candidates")
    if item.added:
        lines.append("added to the project: " + ", ".join(target.key for target in item.added.values()))
    return "\n".join(lines)


class _ItemDelegate(QStyledItemDelegate):
    """Two lines: the reading with its marks, the name with the margin."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        item: ReviewItem = index.data(ITEM_ROLE)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        paint_ground(painter, rect, state)
        name, token = STATE_MARKS[item.state]
        draw_icon(painter, name, QRect(rect.left() + 8, rect.top() + 8, _MARK, _MARK), token)
        left = rect.left() + 8 + _MARK + 8
        inner = QRect(left, rect.top() + 4, rect.right() - left - 8, _ROW_HEIGHT // 2 - 2)
        self._reading(painter, inner, item)
        self._name(painter, inner.translated(0, inner.height() - 2), item)
        painter.restore()

    @staticmethod
    def _reading(painter: QPainter, rect: QRect, item: ReviewItem) -> None:
        marks = ("≠" if item.disagrees else "") + (
            "≈" if item.reading is not None and item.reading.has_similar_pair else ""
        )
        room = rect.width()
        if marks:
            painter.setFont(theme.font("strong"))
            painter.setPen(theme.color("warning"))
            width = QFontMetrics(painter.font()).horizontalAdvance(marks)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), marks)
            room -= width + 8
        text = item.text
        if text:
            font = theme.font("plate")
            font.setPixelSize(15)
            painter.setFont(font)
            painter.setPen(theme.color("text"))
        else:
            text = item.state.value
            painter.setFont(theme.font("body"))
            painter.setPen(theme.color("fault" if item.state is ItemState.FAILED else "text_dim"))
        shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    @staticmethod
    def _name(painter: QPainter, rect: QRect, item: ReviewItem) -> None:
        room = rect.width()
        if item.margin is not None:
            font = theme.font("number")
            font.setPixelSize(11)
            painter.setFont(font)
            painter.setPen(theme.color("text_dim"))
            text = f"Δ {item.margin:.0%}"
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)
            room -= QFontMetrics(font).horizontalAdvance(text) + 8
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        cut = Qt.TextElideMode.ElideMiddle if item.frame is None else Qt.TextElideMode.ElideRight
        shown = QFontMetrics(painter.font()).elidedText(item.name, cut, room)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


class ItemListPanel(QWidget):
    """Filter, order, count and the list itself. Choosing a row emits ``chosen`` with the item's id."""

    chosen = Signal(int)
    arrangement_changed = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, items: ReviewList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = items
        self.model = ItemListModel(items, self)
        self.show_box = QComboBox()
        self.show_box.setAccessibleName("Filter")
        self.show_box.setToolTip("Which pictures are listed")
        self.order_box = QComboBox()
        self.order_box.setAccessibleName("Order")
        self.order_box.setToolTip("Order of the list; the margin is the difference of the two best candidates")
        for show in Show:
            self.show_box.addItem(show.value, show)
        for order in Order:
            self.order_box.addItem(order.value, order)
        for box in (self.show_box, self.order_box):
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.count_label = QLabel()
        self.count_label.setFont(theme.font("small"))
        self.count_label.setContentsMargins(8, 0, 8, 4)
        self.count_label.setWordWrap(True)
        self.view = RowView()
        self.view.set_row_height(_ROW_HEIGHT)
        self.view.setModel(self.model)
        self.view.setItemDelegate(_ItemDelegate(self.view))
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(RowView.EditTrigger.NoEditTriggers)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.setAccessibleName("Pictures under review")
        boxes = QVBoxLayout()
        boxes.setContentsMargins(8, 8, 8, 4)
        boxes.setSpacing(4)
        boxes.addWidget(self.show_box)
        boxes.addWidget(self.order_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(boxes)
        layout.addWidget(self.count_label)
        layout.addWidget(self.view, 1)
        self._quiet = False
        self._empty_text = ""
        self.show_box.currentIndexChanged.connect(self._arrangement)
        self.order_box.currentIndexChanged.connect(self._arrangement)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.view.customContextMenuRequested.connect(
            lambda place: self.menu_requested.emit(self.view.viewport().mapToGlobal(place))
        )
        theme.notifier().changed.connect(self.view.viewport().update)

    def _arrangement(self) -> None:
        self._list.show = Show(self.show_box.currentData())
        self._list.order = Order(self.order_box.currentData())
        self.arrangement_changed.emit()

    def _current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self.chosen.emit(self.model.item(current.row()).id)

    def rearrange(self, current: int | None, *, keep: bool = True) -> None:
        """Filter and sort anew without losing the current item or the scroll position."""
        place = self.view.verticalScrollBar().value()
        self._list.arrange(current if keep else None)
        self._quiet = True
        self.model.rearranged()
        self.view.verticalScrollBar().setValue(place)
        self._quiet = False
        self.set_current(current, scroll=False)
        self.update_count()

    @property
    def needs_rearranging(self) -> bool:
        """Whether a new reading may change which rows are listed, or where."""
        return self._list.order is Order.MARGIN or self._list.show is not Show.ALL

    def set_current(self, item_id: int | None, *, scroll: bool = True) -> None:
        """Mark a row as the current one, silently."""
        row = self.model.row_of(item_id)
        self._quiet = True
        self.view.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        if row >= 0 and scroll:
            self.view.scrollTo(self.model.index(row))
        self._quiet = False

    def set_empty_text(self, text: str) -> None:
        """What is said while there is nothing to list."""
        self._empty_text = text
        self.update_count()

    def update_count(self) -> None:
        """Say how many of how many are listed and read."""
        items = self._list.items
        if not items:
            self.count_label.setText(self._empty_text)
            return
        counts = self._list.counts()
        said = [f"{len(items) - counts[ItemState.WAITING]} of {len(items)} read"]
        if counts[ItemState.ACCEPTED]:
            said.append(f"{counts[ItemState.ACCEPTED]} accepted")
        if counts[ItemState.FAILED]:
            said.append(f"{counts[ItemState.FAILED]} not readable")
        if len(self._list.visible) != len(items):
            said.insert(0, f"{len(self._list.visible)} listed")
        self.count_label.setText(" · ".join(said))
        self.count_label.setToolTip("\n".join(said))
