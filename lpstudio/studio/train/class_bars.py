"""How often each character occurs in train and in val, as bars with their numbers; rare and absent ones marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.train.preflight_data import RARE_BELOW, ClassCount

LEAST_COLUMN = 22  # px; three tabular digits
BARS_HEIGHT = 112
GUTTER = 36  # px at the left for the names of the rows


class ClassBars(QWidget):
    """A column a character: count in train, bar for train (filled) and val (open), the character, count in val."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[ClassCount, ...] = ()
        self._similarity: Similarity | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(320)
        self.setAccessibleName("Characters per class")
        theme.notifier().changed.connect(self.update)

    def set_counts(self, counts: Sequence[ClassCount], similarity: Similarity | None) -> None:
        """Show these counts; similar characters share a hue."""
        self._counts, self._similarity = tuple(counts), similarity
        self.setAccessibleDescription("; ".join(self._sentence(count) for count in self._counts))
        self.updateGeometry()
        self.update()

    # -- layout ----------------------------------------------------------------------------------------------------

    def _rows(self, width: int) -> int:
        per_row = max(1, (width - GUTTER) // LEAST_COLUMN)
        return max(1, -(-len(self._counts) // per_row))

    @staticmethod
    def _row_height() -> int:
        small = QFontMetrics(theme.font("small")).height()
        return small + BARS_HEIGHT + QFontMetrics(theme.font("strong")).height() + small + 12

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._rows(width) * self._row_height()

    def sizeHint(self) -> QSize:
        return QSize(GUTTER + 36 * LEAST_COLUMN, self.heightForWidth(GUTTER + 36 * LEAST_COLUMN))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(max(self.width(), 320)))

    def _place(self, index: int) -> QRect:
        """The column of a character."""
        rows = self._rows(self.width())
        per_row = -(-len(self._counts) // rows)
        width = min(40, (self.width() - GUTTER) // per_row)
        row, column = divmod(index, per_row)
        return QRect(GUTTER + column * width, row * self._row_height(), width, self._row_height())

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._counts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max(max(count.train, count.val) for count in self._counts) or 1
        small, strong = theme.font("small"), theme.font("strong")
        small_height, strong_height = QFontMetrics(small).height(), QFontMetrics(strong).height()
        for row in range(self._rows(self.width())):
            top = row * self._row_height()
            painter.setFont(small)
            painter.setPen(theme.color("text_dim"))
            align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(0, top, GUTTER, small_height), align, "train")
            bottom = top + small_height + BARS_HEIGHT + strong_height
            painter.drawText(QRect(0, bottom, GUTTER, small_height), align, "val")
            painter.setPen(theme.color("separator"))
            base = top + small_height + BARS_HEIGHT
            painter.drawLine(GUTTER, base, self.width(), base)
        for index, count in enumerate(self._counts):
            self._paint_column(painter, self._place(index), count, most)
        painter.end()

    def _paint_column(self, painter: QPainter, place: QRect, count: ClassCount, most: int) -> None:
        small, strong = theme.font("small"), theme.font("strong")
        small_height, strong_height = QFontMetrics(small).height(), QFontMetrics(strong).height()
        centre = Qt.AlignmentFlag.AlignCenter
        token = "error" if count.is_absent else "warning" if count.is_rare else "text"
        if place.width() < 26:
            small.setPixelSize(10)  # three digits do not touch those beside them
        painter.setFont(small)
        painter.setPen(theme.color(token))
        painter.drawText(QRect(place.left(), place.top(), place.width(), small_height), centre, str(count.train))
        hue = self._hue(count.char)
        base = place.top() + small_height + BARS_HEIGHT
        room = BARS_HEIGHT - 4
        bar = max(4.0, place.width() / 2 - 4)
        left = place.left() + 3.0
        height = room * count.train / most
        painter.fillRect(QRectF(left, base - height, bar, height), hue)
        height = room * count.val / most
        if height:
            pale = QColor(hue)
            pale.setAlphaF(0.25)
            outline = QRectF(left + bar + 1.5, base - height + 0.5, bar - 1, max(height - 0.5, 1))
            painter.fillRect(outline, pale)
            painter.setPen(hue)
            painter.drawRect(outline)
        if count.is_absent or count.is_rare:
            self._paint_mark(painter, place.center().x(), base - max(height, room * count.train / most) - 10, token)
        painter.setFont(strong)
        painter.setPen(theme.color(token))
        name = QFontMetrics(strong).elidedText(count.char, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(QRect(place.left(), base, place.width(), strong_height), centre, name)
        painter.setFont(small)
        painter.setPen(theme.color("text_dim"))
        bottom = QRect(place.left(), base + strong_height, place.width(), small_height)
        painter.drawText(bottom, centre, str(count.val))

    @staticmethod
    def _paint_mark(painter: QPainter, x: float, y: float, token: str) -> None:
        """A triangle for rare, a cross for absent: the mark is not colour alone."""
        painter.setPen(Qt.PenStyle.NoPen)
        colour = theme.color(token)
        if token == "warning":
            painter.setBrush(colour)
            painter.drawPolygon(QPolygonF([QPointF(x, y - 2), QPointF(x + 5, y + 6), QPointF(x - 5, y + 6)]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        painter.setPen(colour)
        painter.drawLine(QPointF(x - 4, y - 2), QPointF(x + 4, y + 6))
        painter.drawLine(QPointF(x + 4, y - 2), QPointF(x - 4, y + 6))

    def _hue(self, char: str) -> QColor:
        if self._similarity is None:
            return theme.color("bar")
        return theme.group_hue(char, self._similarity)

    @staticmethod
    def _sentence(count: ClassCount) -> str:
        note = ", absent" if count.is_absent else f", rare (fewer than {RARE_BELOW})" if count.is_rare else ""
        return f"{count.char}: {count.train} in train, {count.val} in val{note}"

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for index, count in enumerate(self._counts):
                if self._place(index).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), self._sentence(count), self)
                    return True
            QToolTip.hideText()
        return super().event(event)
