"""How one crop of the list is painted: picture, name, state (mark and word), split, text."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from lpstudio.studio import theme
from lpstudio.studio.annotate.crop_model import Role, state_of, thumbnail_of
from lpstudio.studio.annotate.state_marks import MARKS
from lpstudio.studio.icons import draw_icon
from lpstudio.studio.widgets.row_paint import paint_ground

_Index = QModelIndex | QPersistentModelIndex


class Density(Enum):
    """How much room a crop gets in the list."""

    COMPACT = "compact"  # one line, no picture
    LIST = "list"  # a small picture and two lines
    FILMSTRIP = "filmstrip"  # a large picture and one line


_HEIGHTS = {Density.COMPACT: 24, Density.LIST: 52, Density.FILMSTRIP: 108}


class CropDelegate(QStyledItemDelegate):
    """Paints straight from the model's roles; every row of a density is equally high."""

    density = Density.LIST

    @property
    def row_height(self) -> int:
        """How high every row is, in pixels."""
        return _HEIGHTS[self.density]

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state_flags: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, state_flags)
        inner = rect.adjusted(8, 0, -8, 0)
        if self.density is Density.COMPACT:
            self._mark(painter, QRect(inner.left(), inner.center().y() - 7, 14, 14), index)
            self._name(painter, inner.adjusted(20, 0, 0, 0), index)
        elif self.density is Density.LIST:
            self._thumbnail(painter, QRect(inner.left(), inner.top() + 6, 80, 40), index)
            words = inner.adjusted(88, 6, 0, -6)
            self._name(painter, QRect(words.left(), words.top(), words.width(), 20), index)
            self._second_line(painter, QRect(words.left(), words.top() + 20, words.width(), 20), index)
        else:
            self._thumbnail(painter, inner.adjusted(0, 6, 0, -24), index)
            line = QRect(inner.left(), inner.bottom() - 21, inner.width(), 18)
            self._mark(painter, QRect(line.left(), line.top() + 2, 14, 14), index)
            self._name(painter, line.adjusted(20, 0, 0, 0), index)
        painter.restore()

    @staticmethod
    def _mark(painter: QPainter, rect: QRect, index: _Index) -> None:
        name, token = MARKS[state_of(index)]
        draw_icon(painter, name, rect, token)

    @staticmethod
    def _name(painter: QPainter, rect: QRect, index: _Index) -> None:
        font = theme.font("body")
        metrics = QFontMetrics(font)
        name = str(index.data(Qt.ItemDataRole.DisplayRole)).rpartition(".")[0]  # the tooltip has the whole
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _second_line(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        """The state's mark, then the text (the state's word while there is none), and the split at the right."""
        self._mark(painter, QRect(rect.left(), rect.top() + 3, 14, 14), index)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        words = rect.adjusted(20, 0, 0, 0)
        text = str(index.data(Role.TEXT) or "")
        split = str(index.data(Role.SPLIT))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        room = words.width() - painter.fontMetrics().horizontalAdvance(split) - 8
        painter.drawText(words, right, split)
        if text:
            painter.setFont(theme.font("mono"))
            painter.setPen(theme.color("text"))
        shown = painter.fontMetrics().elidedText(text or state_of(index).value, Qt.TextElideMode.ElideRight, room)
        painter.drawText(words, left, shown)

    @staticmethod
    def _thumbnail(painter: QPainter, box: QRect, index: _Index) -> None:
        painter.fillRect(box, theme.color("canvas"))
        image: QImage | None = thumbnail_of(index)
        if image is None:
            return
        if image.isNull():
            middle = box.center()
            draw_icon(painter, "triangle-alert", QRect(middle.x() - 9, middle.y() - 9, 18, 18), "fault")
            return
        size = image.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(
            box.center().x() + 1 - size.width() / 2,
            box.center().y() + 1 - size.height() / 2,
            size.width(),
            size.height(),
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)
