"""The search field: a line edit that suggests what may stand where the cursor is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.annotate.query_hints import Hint, Suggestions, suggest

_Index = QModelIndex | QPersistentModelIndex
_HINT = Qt.ItemDataRole.UserRole + 1
_WIDTH = 400
_ROW = 26
_ROWS = 12


class _HintDelegate(QStyledItemDelegate):
    """The word, and what it means beside it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_WIDTH, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        hint: Hint = index.data(_HINT)
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("accent_soft"))
        word = QRect(rect.left() + 8, rect.top(), 116, rect.height())
        meaning = rect.adjusted(128, 0, -8, 0)
        for place, text, role, ink in ((word, hint.text, "mono", "text"), (meaning, hint.meaning, "small", "text_dim")):
            painter.setFont(theme.font(role))
            painter.setPen(theme.color(ink))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()


class QueryField(QLineEdit):
    """Suggestions open while one types; Tab or Enter on one takes it, Esc closes them, Ctrl+Space asks for them.

    They lie over the window as a part of it, not as a window of their own: the field keeps the focus.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._splits: Callable[[], Sequence[str]] = lambda: ()
        self._classes: Callable[[], Sequence[str]] = lambda: ()
        self._found = Suggestions(())
        self._model = QStandardItemModel(self)
        self._list = QListView(self)
        self._list.setObjectName("query_hints")
        self._list.setModel(self._model)
        self._list.setItemDelegate(_HintDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.clicked.connect(self._take)
        self._list.hide()
        self._shown_for = ""
        self.textEdited.connect(self._edited)
        self.textChanged.connect(self._changed)

    def set_words(self, splits: Callable[[], Sequence[str]], classes: Callable[[], Sequence[str]]) -> None:
        """Where the names of splits and classes come from."""
        self._splits, self._classes = splits, classes

    @property
    def hints(self) -> list[str]:
        """What is suggested at the moment; empty while nothing is shown."""
        return [hint.text for hint in self._found.hints] if self._list.isVisible() else []

    def _edited(self, text: str) -> None:
        if text:
            self.show_hints()
        else:
            self._list.hide()

    def _changed(self, text: str) -> None:
        if text != self._shown_for:  # not by the person's hand
            self._list.hide()

    def show_hints(self) -> None:
        """Suggest what may stand at the cursor."""
        self._shown_for = self.text()
        self._found = suggest(self.text(), self.cursorPosition(), self._splits(), self._classes())
        self._model.clear()
        if not self._found.hints or not self.hasFocus():
            self._list.hide()
            return
        for hint in self._found.hints:
            item = QStandardItem(hint.text)
            item.setData(hint, _HINT)
            self._model.appendRow(item)
        window = self.window()
        if self._list.parent() is not window:
            self._list.setParent(window)
        place = self.mapTo(window, QPoint(0, self.height() + 2))
        height = min(len(self._found.hints), _ROWS) * _ROW + 2 * self._list.frameWidth()
        left = max(0, min(place.x(), window.width() - _WIDTH - 8))
        self._list.setGeometry(left, place.y(), _WIDTH, height)
        self._list.show()
        self._list.raise_()

    def _take(self, index: QModelIndex) -> None:
        hint = index.data(_HINT)
        if hint is None:
            return
        text, cursor = self._found.taken(self.text(), hint)
        self._list.hide()
        self.setText(text)
        self.setCursorPosition(cursor)
        if hint.text.endswith(":"):
            self.show_hints()  # and what may come after it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.show_hints()
        elif not (self._list.isVisible() and self._list_key(event.key())):
            super().keyPressEvent(event)

    def _list_key(self, key: int) -> bool:
        """A key that the suggestions take."""
        chosen, count = self._list.currentIndex(), self._model.rowCount()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            row = (chosen.row() + step) % count if chosen.isValid() else (0 if step > 0 else count - 1)
            self._list.setCurrentIndex(self._model.index(row, 0))
        elif key == Qt.Key.Key_Escape:
            self._list.hide()
        elif key == Qt.Key.Key_Tab:
            self._take(chosen if chosen.isValid() else self._model.index(0, 0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._list.hide()
            if not chosen.isValid():
                return False
            self._take(chosen)
        else:
            return False
        return True

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes a suggestion while some are shown."""
        return False if self._list.isVisible() else super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._list.hide()
        super().focusOutEvent(event)
