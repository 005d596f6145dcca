"""Reliability and top-2 gain as painted charts; each bar tells its figures to mouse, arrow keys and screen readers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lpstudio.evaluation.calibration import Bin
from lpstudio.studio import theme

LEFT, RIGHT, TOP = 44, 12, 12


class _BarChart(QWidget):
    """What both have in common: bars that can be pointed at."""

    said = Signal(str)  # what the bar under the mouse, or the one chosen by keys, says

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        theme.notifier().changed.connect(self.update)

    def count(self) -> int:
        """How many bars there are."""
        raise NotImplementedError

    def sentence(self, at: int) -> str:
        """What a bar says."""
        raise NotImplementedError

    def bar_rect(self, at: int) -> QRectF:
        """The column of a bar, as high as the chart."""
        raise NotImplementedError

    def point_at(self, at: int | None) -> None:
        """Mark a bar and say what it says."""
        if at == self._at:
            return
        self._at = at
        text = self.sentence(at) if at is not None else ""
        self.setAccessibleDescription(text)
        self.said.emit(text)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        hit = [at for at in range(self.count()) if self.bar_rect(at).left() <= x < self.bar_rect(at).right()]
        self.point_at(hit[0] if hit else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.count():
            super().keyPressEvent(event)
            return
        self.point_at(min(max((-1 if self._at is None else self._at) + step, 0), self.count() - 1))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.point_at(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _paint_ground(self, painter: QPainter, area: QRectF, ticks: Sequence[float]) -> None:
        """Lines at shares of the height, with their percentages; the frame of the keyboard's focus."""
        painter.setFont(theme.font("small"))
        for tick in ticks:
            y = area.bottom() - tick * area.height()
            painter.setPen(theme.color("separator"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("text_dim"))
            place = QRectF(0, y - 8, LEFT - 6, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{tick:.0%}")
        if self._at is not None:
            painter.fillRect(self.bar_rect(self._at), theme.color("hover"))
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class ReliabilityChart(_BarChart):
    """How often the best candidate is right (bars) against the probability it was given (marks); below, how many."""

    COUNTS = 56  # px, the lower part
    FOOT = 40

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Reliability diagram", parent)
        self._bins: tuple[Bin, ...] = ()
        self.setMinimumSize(240, 240)

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def show_bins(self, bins: Sequence[Bin]) -> None:
        self._bins = tuple(bins)
        self._at = None
        self.update()

    def count(self) -> int:
        return len(self._bins)

    def sentence(self, at: int) -> str:
        one = self._bins[at]
        return (
            f"{one.count} characters given {one.low:.0%} to {one.high:.0%}: "
            f"{one.confidence:.1%} sure on average, {one.accuracy:.1%} right"
        )

    def _area(self) -> QRectF:
        side = min(self.width() - LEFT - RIGHT, self.height() - TOP - self.COUNTS - self.FOOT)
        return QRectF(LEFT, TOP, max(side, 60), max(side, 60))

    def bar_rect(self, at: int) -> QRectF:
        area, one = self._area(), self._bins[at]
        left = area.left() + one.low * area.width()
        return QRectF(left, area.top(), (one.high - one.low) * area.width(), area.height() + self.COUNTS)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        self._paint_ground(painter, area, (0.0, 0.25, 0.5, 0.75, 1.0))
        painter.setPen(theme.color("text_dim"))
        below = area.bottom() + self.COUNTS
        for tick in (0.0, 0.5, 1.0):
            place = QRectF(area.left() + tick * area.width() - 24, below + 2, 48, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, f"{tick:.0%}")
        place = QRectF(area.left(), below + 18, area.width(), 18)
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, "probability of the best candidate")
        most = max((one.count for one in self._bins), default=1)
        for at, one in enumerate(self._bins):
            column = self.bar_rect(at).adjusted(1, 0, -1, 0)
            top = area.bottom() - one.accuracy * area.height()
            bar = theme.color("bar", 0.35 + 0.65 * min(1.0, one.count / 20))
            painter.fillRect(QRectF(column.left(), top, column.width(), area.bottom() - top), bar)
            high = max(1.0, (self.COUNTS - 14) * one.count / most)
            painter.fillRect(QRectF(column.left(), below - high, column.width(), high), theme.color("text_dim", 0.6))
        painter.setPen(QPen(theme.color("text_dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        painter.setPen(QPen(theme.color("error"), 2))
        for at, one in enumerate(self._bins):
            middle = self.bar_rect(at).center().x()
            said, right = (area.bottom() - share * area.height() for share in (one.confidence, one.accuracy))
            painter.drawLine(QPointF(middle, said), QPointF(middle, right))
            painter.drawLine(QPointF(middle - 5, said), QPointF(middle + 5, said))
        painter.end()


class GainChart(_BarChart):
    """For each character the share read right, and in the paler part what the second candidate adds."""

    FOOT = 36

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Top-2 gain per character", parent)
        self._rows: tuple[tuple[str, int, int, int], ...] = ()
        self.setMinimumSize(300, 140)

    def sizeHint(self) -> QSize:
        return QSize(600, 240)

    def show_rows(self, rows: Sequence[tuple[str, int, int, int]]) -> None:
        """(character, how many are labelled, best candidate right, right among the two best)."""
        self._rows = tuple(rows)
        self._at = None
        self.update()

    def count(self) -> int:
        return len(self._rows)

    def sentence(self, at: int) -> str:
        char, count, first, two = self._rows[at]
        return f"{char}: {first / count:.1%} right, {two / count:.1%} among the two best, of {count}"

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, min(self.height() - TOP - self.FOOT, 320))

    def bar_rect(self, at: int) -> QRectF:
        area = self._area()
        step = min(area.width() / max(len(self._rows), 1), 32.0)
        return QRectF(area.left() + at * step, area.top(), step, area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self._area()
        self._paint_ground(painter, area, (0.0, 0.5, 1.0))
        for at, (char, count, first, two) in enumerate(self._rows):
            column = self.bar_rect(at)
            inner = column.adjusted(column.width() * 0.12, 0, -column.width() * 0.12, 0)
            right, among = (area.bottom() - number / count * area.height() for number in (first, two))
            painter.fillRect(QRectF(inner.left(), right, inner.width(), area.bottom() - right), theme.color("bar"))
            gain = QRectF(inner.left(), among, inner.width(), right - among)
            painter.fillRect(gain, theme.color("bar", 0.4))
            painter.fillRect(QRectF(gain.left(), gain.top(), gain.width(), 1.5), theme.color("bar"))
            painter.setFont(theme.font("strong"))
            painter.setPen(theme.color("text"))
            below = QRect(int(column.left()), int(area.bottom()) + 2, int(column.width()), 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, char)
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text_dim"))
            wide = below.adjusted(-8, 16, 8, 16)
            if column.width() >= 18 or count < 100:
                painter.drawText(wide, Qt.AlignmentFlag.AlignCenter, str(count))
        painter.end()
