"""The curves of a run as small plots side by side. Imported only when it is needed: it brings pyqtgraph."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QGraphicsItem, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.curve_lines import Line, Plot, nearest, plots_for
from lpstudio.studio.train.editors import icon_button
from lpstudio.studio.train.history import RunHistory
from lpstudio.studio.train.wording import figure, percent, without_tags

# Lines of compared runs; told apart also with red-green blindness (lightness and blue-yellow differ)
COMPARED_DARK = ("#f2e394", "#2fae8a", "#ffb3c6", "#a98bf0", "#c79a6b")
COMPARED_LIGHT = ("#7d6a00", "#0a6d55", "#c23b72", "#6a45c9", "#85552a")
LEAST_PLOT_WIDTH = 190
LEAST_PLOT_HEIGHT = 120
DOTS_UP_TO = 12  # epochs; more of them stand too close for dots


def compared_colour(index: int) -> QColor:
    """The colour of the n-th compared run."""
    colours = COMPARED_DARK if theme.is_dark() else COMPARED_LIGHT
    return QColor(colours[index % len(colours)])


def role_colour(role: str) -> QColor:
    """The colour of a line of the chosen run."""
    return theme.color({"train": "text_dim", "val": "accent", "first": "accent", "second": "draft"}[role])


def _coloured(text: str, colour: QColor) -> str:
    return f'<span style="color:{colour.name()}">{html.escape(text).replace(" ", "&nbsp;")}</span>'


class CurvePlot(QWidget):
    """One plot: title and read-out above, lines below. ``hovered`` tells the epoch under the mouse (NaN: none)."""

    hovered = Signal(float)
    enlarge_asked = Signal(str)

    def __init__(self, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        self._history = RunHistory()
        self._compared: list[tuple[str, RunHistory]] = []
        self._values: dict[Line, tuple[float, ...]] = dict.fromkeys(plot.lines, ())
        self._compared_values: list[tuple[float, ...]] = []
        self._title = QLabel(plot.title)
        self._title.setFont(theme.font("strong"))
        self._title.setToolTip(plot.help)
        self._readout = QLabel()
        self._readout.setTextFormat(Qt.TextFormat.RichText)
        self._readout.setFont(theme.font("small"))
        self._readout.setWordWrap(True)
        self._readout.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._readout.setFixedHeight(2 * QFontMetrics(theme.font("small")).lineSpacing() + 2)
        self._readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._enlarge = icon_button("maximize", f"Enlarge {plot.title} (double click)", 12)
        self._enlarge.setFixedSize(20, 20)
        self._enlarge.clicked.connect(lambda: self.enlarge_asked.emit(plot.id))
        self._view = pg.PlotWidget(self)
        self._view.setMenuEnabled(False)
        self._view.hideButtons()
        self._view.setMouseEnabled(False, False)
        self._view.setAccessibleName(plot.title)
        self._view.setMinimumSize(60, 60)
        self._view.viewport().installEventFilter(self)
        self._view.scene().sigMouseMoved.connect(self._mouse_moved)
        if plot.as_percent:
            self._view.getPlotItem().getAxis("left").setScale(100)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setVisible(False)
        self._view.addItem(self._cursor, ignoreBounds=True)
        self._items = {line: self._new_item() for line in plot.lines}
        self._compared_items: list[pg.PlotDataItem] = []
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._enlarge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        self._readout.setContentsMargins(4, 0, 0, 0)
        column.addWidget(self._readout)
        column.addWidget(self._view, 1)
        self.setMinimumSize(LEAST_PLOT_WIDTH, LEAST_PLOT_HEIGHT)
        self.recolour()

    def _new_item(self) -> pg.PlotDataItem:
        item = pg.PlotDataItem(connect="finite", antialias=True)
        item.curve.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)  # the epoch marker passes over it
        self._view.addItem(item)
        return item

    # -- data ------------------------------------------------------------------------------------------------------

    def set_data(self, history: RunHistory, compared: Sequence[tuple[str, RunHistory]]) -> None:
        """Show a run and, thinner, others by name."""
        self._history, self._compared = history, list(compared)
        self._values = {line: line.values(history) for line in self.plot.lines}
        self._compared_values = [self.plot.compared.values(other) for _name, other in compared]
        while len(self._compared_items) < len(compared):
            colour = compared_colour(len(self._compared_items))
            self._compared_items.append(self._new_item())
            self._colour_line(self._compared_items[-1], colour, 1.4)
        while len(self._compared_items) > len(compared):
            self._view.removeItem(self._compared_items.pop())
        for line, item in self._items.items():
            self._fill(item, history.epochs, self._values[line])
        for item, (_name, other), values in zip(self._compared_items, compared, self._compared_values, strict=True):
            self._fill(item, other.epochs, values)
        last = max([history.epochs[-1] if history.epochs else 1, *(h.epochs[-1] for _n, h in compared if h.epochs)])
        planned = history.progress.epochs or 10
        self._view.setXRange(1, max(last, min(planned, 10), 2), padding=0.02)
        self._view.enableAutoRange(axis=pg.ViewBox.YAxis)
        self.show_epoch(math.nan)

    @staticmethod
    def _fill(item: pg.PlotDataItem, epochs: Sequence[int], values: Sequence[float]) -> None:
        if not values:
            item.setData([], [])
            return
        few = len(values) <= DOTS_UP_TO
        item.setData(
            np.asarray(epochs, dtype=float),
            np.asarray(values, dtype=float),
            symbol="o" if few else None,
            symbolSize=4,
        )

    @property
    def points(self) -> dict[str, int]:
        """How many points each line shows, by its title."""
        result = {}
        for line, item in self._items.items():
            _x, y = item.getOriginalDataset()
            result[line.title] = 0 if y is None else int(np.isfinite(y).sum())
        return result

    def set_log(self, on: bool) -> None:
        """Scale the values of a loss logarithmically."""
        if self.plot.is_loss:
            self._view.getPlotItem().setLogMode(False, on)
            self._view.enableAutoRange(axis=pg.ViewBox.YAxis)

    # -- reading values --------------------------------------------------------------------------------------------

    def show_epoch(self, epoch: float) -> None:
        """Read out the values at an epoch and mark it; NaN reads out the newest."""
        index = None if math.isnan(epoch) else nearest(self._history.epochs, epoch)
        self._cursor.setVisible(index is not None)
        if index is not None:
            self._cursor.setValue(self._history.epochs[index])
        parts: list[str] = []
        for line in self.plot.lines:
            values = self._values[line]
            text = self._figure(values[-1 if index is None else index] if values else None)
            if line.dashed and parts:
                parts[-1] += f"&nbsp;/&nbsp;{text}"
            else:
                parts.append(f"{_coloured(line.title, role_colour(line.role))}&nbsp;{text}")
        for at, (_name, other) in enumerate(self._compared):
            where = len(other.epochs) - 1 if math.isnan(epoch) else nearest(other.epochs, epoch)
            values = self._compared_values[at]
            value = values[where] if where is not None and values else None
            parts.append(f"{_coloured('■', compared_colour(at))}{self._figure(value)}")
        self._readout.setText("&nbsp; ".join(parts))
        self._readout.setToolTip(self._readout.text())

    def _figure(self, value: float | None) -> str:
        return (percent(value) if self.plot.as_percent else figure(value)).replace(" ", "&nbsp;")

    @property
    def readout(self) -> str:
        """The read-out as plain text."""
        return without_tags(self._readout.text())

    def epoch_position(self, epoch: float) -> QPointF:
        """Where an epoch stands, in pixels of :attr:`viewport`."""
        box = self._view.getPlotItem().getViewBox()
        scene = box.mapViewToScene(QPointF(epoch, sum(box.viewRange()[1]) / 2))
        return QPointF(self._view.mapFromScene(scene))

    @property
    def viewport(self) -> QWidget:
        """The widget that gets the mouse events."""
        widget: QWidget = self._view.viewport()
        return widget

    def _mouse_moved(self, place: QPointF) -> None:
        box = self._view.getPlotItem().getViewBox()
        if box.sceneBoundingRect().contains(place):
            self.hovered.emit(float(box.mapSceneToView(place).x()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(math.nan)
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.enlarge_asked.emit(self.plot.id)
            return True
        return super().eventFilter(watched, event)

    # -- looks -----------------------------------------------------------------------------------------------------

    def recolour(self) -> None:
        """Take the colours of the theme on the screen."""
        self._view.setBackground(theme.color("field"))
        font = theme.font("small")
        item = self._view.getPlotItem()
        metrics = QFontMetrics(font)
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setPen(pg.mkPen(theme.color("separator")))
            axis.setTextPen(pg.mkPen(theme.color("text_dim")))
            axis.setStyle(tickFont=font, tickTextOffset=4, tickLength=-4)
            axis.enableAutoSIPrefix(False)
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        item.getAxis("left").setWidth(metrics.horizontalAdvance("0.000") + 12)
        item.getAxis("bottom").setHeight(metrics.height() + 6)
        item.showGrid(x=False, y=True, alpha=0.12)
        self._cursor.setPen(pg.mkPen(theme.color("text"), width=1))
        for line, curve in self._items.items():
            style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
            width = 1.2 if line.dashed or line.role == "train" else 2.0
            self._colour_line(curve, role_colour(line.role), width, style)
        for index, curve in enumerate(self._compared_items):
            self._colour_line(curve, compared_colour(index), 1.4)
        self.show_epoch(math.nan)

    @staticmethod
    def _colour_line(
        curve: pg.PlotDataItem, colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine
    ) -> None:
        curve.setPen(pg.mkPen(colour, width=width, style=style))
        curve.setSymbolBrush(colour)
        curve.setSymbolPen(None)

    def set_enlarged(self, on: bool) -> None:
        """Say on the button what the next click does."""
        self._enlarge.setToolTip("All plots (double click)" if on else f"Enlarge {self.plot.title} (double click)")


class CurveGrid(QWidget):
    """All plots of a run, as many columns as fit; hovering one reads all of them out.

    ``epoch_hovered`` tells the epoch that is read out, NaN when the newest is.
    """

    epoch_hovered = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._plots: dict[str, CurvePlot] = {}
        self._history = RunHistory()
        self._compared: list[tuple[str, RunHistory]] = []
        self._enlarged = ""
        self._log = False
        self._columns = 0
        theme.notifier().changed.connect(self._recolour)

    def set_data(self, history: RunHistory, compared: Sequence[tuple[str, RunHistory]] = ()) -> None:
        """Show a run and compared ones; nothing is drawn anew when no epoch was added."""
        same = history.epochs == self._history.epochs and history.series == self._history.series
        if self._plots and same and self._compared == list(compared):
            return
        self._history, self._compared = history, list(compared)
        wanted = plots_for([history, *(other for _name, other in compared)])
        if [plot.id for plot in wanted] != list(self._plots):
            self._build(wanted)
        for plot in self._plots.values():
            plot.set_data(history, self._compared)

    def _build(self, wanted: Sequence[Plot]) -> None:
        for plot in self._plots.values():
            self._grid.removeWidget(plot)
            plot.deleteLater()
        self._plots = {}
        for spec in wanted:
            plot = CurvePlot(spec, self)
            plot.set_log(self._log)
            plot.hovered.connect(self._hover)
            plot.enlarge_asked.connect(self.enlarge)
            self._plots[spec.id] = plot
        self._columns = 0
        self._arrange()

    @property
    def plots(self) -> dict[str, CurvePlot]:
        """The plots by the id of :mod:`curve_lines`."""
        return dict(self._plots)

    @property
    def legend(self) -> str:
        """Which compared run has which colour, as rich text."""
        names = [html.escape(name) for name, _history in self._compared]
        return "&nbsp; ".join(f"{_coloured('■', compared_colour(at))} {name}" for at, name in enumerate(names))

    def _hover(self, epoch: float) -> None:
        for plot in self._plots.values():
            plot.show_epoch(epoch)
        index = None if math.isnan(epoch) else nearest(self._history.epochs, epoch)
        self.epoch_hovered.emit(math.nan if index is None else float(self._history.epochs[index]))

    def set_log(self, on: bool) -> None:
        """Scale all losses logarithmically, or none."""
        self._log = on
        for plot in self._plots.values():
            plot.set_log(on)

    def enlarge(self, plot_id: str) -> None:
        """Show one plot alone; asked again, all of them."""
        self._enlarged = "" if self._enlarged == plot_id else plot_id
        self._columns = 0
        self._arrange()

    def _arrange(self) -> None:
        count = len(self._plots)
        if not count:
            return
        columns = max(1, min(4, (self.width() - 8) // (LEAST_PLOT_WIDTH + 8)))
        if columns == self._columns:
            return
        self._columns = columns
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        for at, (plot_id, plot) in enumerate(self._plots.items()):
            self._grid.removeWidget(plot)
            alone = plot_id == self._enlarged
            plot.set_enlarged(alone)
            plot.setVisible(alone or not self._enlarged)
            if alone:
                self._grid.addWidget(plot, 0, 0, 1, 4)
                self._grid.setRowStretch(0, 1)
            elif not self._enlarged:
                self._grid.addWidget(plot, at // columns, at % columns)
                self._grid.setRowStretch(at // columns, 1)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns and not self._enlarged else 0)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if not self._enlarged:
            self._arrange()

    def _recolour(self) -> None:
        for plot in self._plots.values():
            plot.recolour()
