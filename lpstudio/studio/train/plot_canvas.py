"""A small plot: lines over epochs with two axes, and a marker at one epoch. Drawn once, then copied while hovering."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.ticks import linear_ticks, log_ticks, tick_text, whole_ticks

DOTS_UP_TO = 12  # epochs; more of them stand too close for dots
DASHES = [4.0, 3.0]


@dataclass(frozen=True)
class PlotLine:
    """One line as it is drawn: rising ``epochs``, their values (NaN leaves a gap), its look."""

    epochs: Sequence[int]
    values: Sequence[float]
    colour: QColor
    width: float = 1.4
    dashed: bool = False


class PlotCanvas(QWidget):
    """Paints the lines. ``hovered`` tells the place on the axis of epochs under the mouse, NaN when it left."""

    hovered = Signal(float)
    double_clicked = Signal()

    def __init__(self, *, as_percent: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[PlotLine] = []
        self._last = 2.0  # the axis of epochs goes from 1 to here
        self._log = False
        self._factor = 100.0 if as_percent else 1.0
        self._marked = math.nan
        self._left = self._width_of(["0.000"])  # room for the texts of the axis of values
        self._drawn: QPixmap | None = None
        self._waits = False  # new lines are drawn in a moment
        self._range: tuple[float, float] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(60, 60)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_lines(self, lines: Sequence[PlotLine], last_epoch: float, draw_after_ms: int = 0) -> None:
        """Show these lines on an axis from 1 to ``last_epoch``; until they are drawn, what stands there stays."""
        self._lines, self._last = list(lines), max(last_epoch, 2.0)
        self._range = None
        if draw_after_ms:
            self._waits = True
            QTimer.singleShot(draw_after_ms, self, self.redraw)
        else:
            self.redraw()

    @property
    def lines(self) -> list[PlotLine]:
        return list(self._lines)

    def set_log(self, on: bool) -> None:
        """Scale values logarithmically; those that are not above 0 are left out."""
        self._log = on
        self._range = None
        self.redraw()

    def mark(self, epoch: float) -> None:
        """Mark an epoch; NaN marks none."""
        if epoch != self._marked and not (math.isnan(epoch) and math.isnan(self._marked)):
            self._marked = epoch
            self.update()

    def redraw(self) -> None:
        """The lines or the colours changed."""
        self._drawn, self._waits = None, False
        self._fit_left()
        self.update()

    # -- places ----------------------------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        """Where the lines are drawn."""
        metrics = QFontMetrics(theme.font("small"))
        bottom = metrics.height() + 6
        return QRectF(self._left, 6, max(self.width() - self._left - 8, 1), max(self.height() - bottom - 6, 1))

    @staticmethod
    def _width_of(texts: Sequence[str]) -> int:
        metrics = QFontMetrics(theme.font("small"))
        return max(metrics.horizontalAdvance(text) for text in texts) + 10

    def _fit_left(self) -> None:
        """The axis of values takes the room its longest text needs, and always that of usual ones."""
        self._left = self._width_of(["0.000", *(text for _tick, text in self.value_ticks())])

    def x_of(self, epoch: float) -> float:
        """The place of an epoch across the widget, in pixels."""
        area = self._area()
        return area.left() + area.width() * (epoch - 1) / (self._last - 1)

    def epoch_at(self, x: float) -> float:
        """The inverse of :meth:`x_of`."""
        area = self._area()
        return 1 + (x - area.left()) / area.width() * (self._last - 1)

    def _scaled(self, value: float) -> float:
        if not self._log:
            return value
        return math.log10(value) if value > 0 else math.nan

    def _value_range(self) -> tuple[float, float]:
        """Least and largest value with a margin, as they are scaled; (0, 1) without any."""
        if self._range is None:
            self._range = self._find_range()
        return self._range

    def _find_range(self) -> tuple[float, float]:
        values = [value for line in self._lines for value in line.values]
        if self._log:
            values = [self._scaled(value) for value in values]
        finite = [value for value in values if math.isfinite(value)]
        if not finite:
            return 0.0, 1.0
        low, high = min(finite), max(finite)
        margin = 0.05 * (high - low) or abs(high) * 0.1 or 0.5
        if self._log:
            return low - margin, high + margin
        return low - margin if low < 0 else max(low - margin, 0.0), high + margin  # no loss or share is below 0

    def value_ticks(self) -> list[tuple[float, str]]:
        """The values named beside the plot, with their texts."""
        if not any(line.epochs for line in self._lines):
            return []
        low, high = self._value_range()
        most = max(2, int(self._area().height() / (1.9 * QFontMetrics(theme.font("small")).height())))
        if self._log:
            ticks, step = log_ticks(10**low, 10**high, most), 0.0
        else:
            ticks = [value / self._factor for value in linear_ticks(low * self._factor, high * self._factor, most)]
            step = (ticks[1] - ticks[0]) * self._factor if len(ticks) > 1 else 1.0
        return [(tick, tick_text(tick * self._factor, step)) for tick in ticks]

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn is None and self._waits:
            QPainter(self).fillRect(self.rect(), theme.color("field"))
            return
        if self._drawn is None or self._drawn.devicePixelRatio() != ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(theme.color("field"))
            painter = QPainter(self._drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(painter)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        if math.isfinite(self._marked):
            area = self._area()
            x = round(self.x_of(self._marked))
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), theme.color("text"))
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        area = self._area()
        low, high = self._value_range()
        self._draw_values(painter, area, low, high)
        self._draw_epochs(painter, area)
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        across, up = area.width() / (self._last - 1), area.height() / (high - low)
        left, bottom = area.left() - across, area.bottom() + up * low
        for line in self._lines:
            pen = QPen(line.colour, line.width)
            if line.dashed:
                pen.setDashPattern(DASHES)
            for part in self._parts(line):
                points = [QPointF(left + across * epoch, bottom - up * value) for epoch, value in part]
                painter.setPen(pen)
                painter.drawPolyline(QPolygonF(points))
                if len(line.epochs) <= DOTS_UP_TO:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(line.colour)
                    for point in points:
                        painter.drawEllipse(point, 2.5, 2.5)
                    painter.setBrush(Qt.BrushStyle.NoBrush)

    def _parts(self, line: PlotLine) -> list[list[tuple[int, float]]]:
        """The line without its gaps."""
        parts: list[list[tuple[int, float]]] = [[]]
        for epoch, value in zip(line.epochs, line.values, strict=True):
            scaled = self._scaled(value) if self._log else value
            if math.isfinite(scaled):
                parts[-1].append((epoch, scaled))
            elif parts[-1]:
                parts.append([])
        return [part for part in parts if part]

    def _draw_values(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        font = theme.font("small")
        painter.setFont(font)
        height = QFontMetrics(font).height()
        grid, ink = theme.color("separator", 0.6), theme.color("text_dim")
        for tick, text in self.value_ticks():
            scaled = self._scaled(tick)
            y = round(area.bottom() - area.height() * (scaled - low) / (high - low))
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), grid)
            painter.setPen(ink)
            place = QRectF(0, y - height / 2, area.left() - 5, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.fillRect(QRectF(area.left(), area.top(), 1, area.height()), theme.color("separator"))

    def _draw_epochs(self, painter: QPainter, area: QRectF) -> None:
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), theme.color("separator"))
        metrics = QFontMetrics(theme.font("small"))
        most = max(2, int(area.width() / (metrics.horizontalAdvance("0000") + 12)))
        painter.setPen(theme.color("text_dim"))
        for tick in whole_ticks(1, self._last, most):
            text = str(tick)
            width = metrics.horizontalAdvance(text)
            x = min(max(self.x_of(tick) - width / 2, 0), self.width() - width)
            painter.drawText(QPointF(x, area.bottom() + metrics.ascent() + 3), text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._drawn = None
        self._fit_left()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, 140)

    # -- mouse and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._area().adjusted(-4, -6, 8, 6).contains(event.position()):
            self.hovered.emit(self.epoch_at(event.position().x()))

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(math.nan)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            here = self._marked if math.isfinite(self._marked) else self._last
            self.hovered.emit(min(max(here + steps[key], 1), self._last))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.double_clicked.emit()
        elif key == Qt.Key.Key_Escape:
            self.hovered.emit(math.nan)
        else:
            super().keyPressEvent(event)
