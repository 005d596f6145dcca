"""A list view of equally high rows, whose costs do not grow with their number.

QListView lays out every row anew when one of them changes; with 50,000 rows that is a tenth of a second each time.
Here a row's place is computed from its number.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QHoverEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

_Index = QModelIndex | QPersistentModelIndex


class RowView(QAbstractItemView):
    """Shows the first column of a flat model. Letters and digits start no search: they label characters elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row_height = 24
        self._pointer: QPoint | None = None  # over the rows; asking the screen where it is would wait for an answer
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # then scrolling moves what is painted

    def set_row_height(self, height: int) -> None:
        """The height of every row in pixels."""
        self._row_height = height
        self.updateGeometries()
        self.viewport().update()

    # -- places -------------------------------------------------------------------------------------------------

    def _count(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def visible_rows(self) -> range:
        """The rows that are in sight, at least in part."""
        first = self.verticalOffset() // self._row_height
        last = (self.verticalOffset() + self.viewport().height() - 1) // self._row_height
        return range(max(0, first), min(self._count(), last + 1))

    def visualRect(self, index: _Index) -> QRect:
        top = index.row() * self._row_height - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self._row_height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = (point.y() + self.verticalOffset()) // self._row_height
        return self.model().index(row, 0) if 0 <= row < self._count() else QModelIndex()

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def isIndexHidden(self, index: _Index) -> bool:
        return False

    def scrollTo(
        self, index: _Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        rect = self.visualRect(index)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= height:
            bar.setValue(bar.value() + rect.bottom() - height + 1)

    def updateGeometries(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self._count() * self._row_height - height))
        bar.setPageStep(max(1, height))
        bar.setSingleStep(self._row_height)
        super().updateGeometries()

    def doItemsLayout(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self.updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(0, dy)

    def dataChanged(self, topLeft: _Index, bottomRight: _Index, roles: Sequence[int] = ()) -> None:  # noqa: N803
        """Only the rows that changed are painted again."""
        rect = self.visualRect(topLeft).united(self.visualRect(bottomRight))
        self.viewport().update(rect.intersected(self.viewport().rect()))

    # -- hands --------------------------------------------------------------------------------------------------

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, row = self._count(), self.currentIndex().row()
        if count == 0:
            return QModelIndex()
        page = max(1, self.viewport().height() // self._row_height - 1)
        actions = QAbstractItemView.CursorAction
        steps = {
            actions.MoveUp: -1,
            actions.MovePrevious: -1,
            actions.MoveDown: 1,
            actions.MoveNext: 1,
            actions.MovePageUp: -page,
            actions.MovePageDown: page,
            actions.MoveHome: -count,
            actions.MoveEnd: count,
        }
        return self.model().index(min(max(row + steps.get(action, 0), 0), count - 1), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.topLeft())
        self.selectionModel().select(QItemSelection(index, index) if index.isValid() else QItemSelection(), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for part in selection.toList():
            region += self.visualRect(part.topLeft()).united(self.visualRect(part.bottomRight()))
        return region

    def keyboardSearch(self, search: str) -> None:
        """Typing never jumps through the list."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.activated.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle = event.pixelDelta().y(), event.angleDelta().y()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() - (pixels or round(angle / 120 * max(48, self._row_height))))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.Leave, QEvent.Type.HoverLeave):
            self._pointer = None
        elif isinstance(event, QMouseEvent | QHoverEvent):
            self._pointer = event.position().toPoint()
        return super().viewportEvent(event)

    # -- paint --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        model: QAbstractItemModel = self.model()
        selection = self.selectionModel()
        hovered = QModelIndex() if self._pointer is None else self.indexAt(self._pointer)
        for row in self.visible_rows():
            index = model.index(row, 0)
            rect = self.visualRect(index)
            if not event.region().intersects(rect):
                continue
            option = QStyleOptionViewItem()
            self.initViewItemOption(option)
            option.rect = rect  # type: ignore[attr-defined]
            state = QStyle.StateFlag.State_Enabled
            if selection.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if index == hovered:
                state |= QStyle.StateFlag.State_MouseOver
            option.state = state  # type: ignore[attr-defined]
            self.itemDelegate().paint(painter, option, index)
        painter.end()
