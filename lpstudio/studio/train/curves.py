"""The curves of a run as small plots side by side."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.curve_lines import Line, Plot, nearest, plots_for
from lpstudio.studio.train.editors import icon_button
from lpstudio.studio.train.plot_canvas import PlotCanvas, PlotLine
from lpstudio.studio.train.run_colours import compared_colour
from lpstudio.studio.train.wording import figure, percent, without_tags
from lpstudio.training.history import RunHistory

LEAST_PLOT_WIDTH = 190
LEAST_PLOT_HEIGHT = 136
DRAW_APART_MS = 12  # a plot of 300 epochs takes 3 ms to draw: one after the other, no paint event takes long


@dataclass(frozen=True)
class Compared:
    """A run whose curves are laid over those of the chosen one; ``colour``: the number of its colour."""

    name: str
    history: RunHistory
    colour: int


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
        self._compared: list[Compared] = []
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
        self._readout.setContentsMargins(4, 0, 0, 0)
        self._readout.setFixedHeight(2 * QFontMetrics(theme.font("small")).lineSpacing() + 2)
        self._readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._enlarge = icon_button("maximize", f"Enlarge {plot.title} (double click)", 12)
        self._enlarge.setFixedSize(20, 20)
        self._enlarge.clicked.connect(lambda: self.enlarge_asked.emit(plot.id))
        self.canvas = PlotCanvas(as_percent=plot.as_percent)
        self.canvas.setAccessibleName(plot.title)
        self.canvas.setAccessibleDescription(plot.help)
        self.canvas.hovered.connect(self.hovered)
        self.canvas.double_clicked.connect(lambda: self.enlarge_asked.emit(plot.id))
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._enlarge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._readout)
        column.addWidget(self.canvas, 1)
        self.setMinimumSize(LEAST_PLOT_WIDTH, LEAST_PLOT_HEIGHT)
        self.show_epoch(math.nan)

    # -- data ------------------------------------------------------------------------------------------------------

    def set_data(self, history: RunHistory, compared: Sequence[Compared], draw_after_ms: int = 0) -> None:
        """Show a run and, thinner, others by name; the drawing may follow a moment later."""
        self._history, self._compared = history, list(compared)
        self._values = {line: line.values(history) for line in self.plot.lines}
        self._compared_values = [self.plot.compared.values(other.history) for other in compared]
        self._draw(draw_after_ms)
        self.show_epoch(math.nan)

    def _draw(self, draw_after_ms: int = 0) -> None:
        lines = []
        for line in self.plot.lines:
            if self._values[line]:
                width = 1.2 if line.dashed or line.role == "train" else 2.0
                epochs = self._history.epochs
                lines.append(PlotLine(epochs, self._values[line], role_colour(line.role), width, line.dashed))
        for at, other in enumerate(self._compared):
            if self._compared_values[at]:
                epochs = other.history.epochs
                lines.append(PlotLine(epochs, self._compared_values[at], compared_colour(other.colour)))
        last = max([line.epochs[-1] for line in lines], default=1)
        planned = self._history.progress.epochs or 10
        self.canvas.set_lines(lines, max(last, min(planned, 10)), draw_after_ms)

    @property
    def points(self) -> dict[str, int]:
        """How many points each line shows, by its name among the measures ("val", "mask 50")."""
        drawn = {id(line.values): line for line in self.canvas.lines}
        result = {}
        for line, values in self._values.items():
            shown = drawn.get(id(values)) if values else None
            result[line.title] = sum(math.isfinite(value) for value in shown.values) if shown is not None else 0
        return result

    def set_log(self, on: bool) -> None:
        """Scale the values of a loss logarithmically."""
        if self.plot.is_loss:
            self.canvas.set_log(on)

    # -- reading values --------------------------------------------------------------------------------------------

    def show_epoch(self, epoch: float) -> None:
        """Read out the values at an epoch and mark it; NaN reads out the newest."""
        index = None if math.isnan(epoch) else nearest(self._history.epochs, epoch)
        self.canvas.mark(math.nan if index is None else float(self._history.epochs[index]))
        parts: list[str] = []
        for line in self.plot.lines:
            values = self._values[line]
            text = self._figure(values[-1 if index is None else index] if values else None)
            if line.dashed and parts:
                parts[-1] += f"&nbsp;/&nbsp;{text}"
            else:
                parts.append(f"{_coloured(line.title, role_colour(line.role))}&nbsp;{text}")
        for at, other in enumerate(self._compared):
            epochs = other.history.epochs
            where = len(epochs) - 1 if math.isnan(epoch) else nearest(epochs, epoch)
            values = self._compared_values[at]
            value = values[where] if where is not None and values else None
            parts.append(f"{_coloured('■', compared_colour(other.colour))}{self._figure(value)}")
        self._readout.setText("&nbsp; ".join(parts))

    def _figure(self, value: float | None) -> str:
        return (percent(value) if self.plot.as_percent else figure(value)).replace(" ", "&nbsp;")

    @property
    def readout(self) -> str:
        """The read-out as plain text."""
        return without_tags(self._readout.text())

    def epoch_position(self, epoch: float) -> QPoint:
        """Where an epoch stands on :attr:`canvas`, in pixels."""
        return QPoint(round(self.canvas.x_of(epoch)), self.canvas.height() // 2)

    # -- looks -----------------------------------------------------------------------------------------------------

    def recolour(self) -> None:
        """Take the colours of the theme on the screen."""
        self._draw()
        self.show_epoch(math.nan)

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
        self._grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)  # columns follow the width
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._plots: dict[str, CurvePlot] = {}
        self._history = RunHistory()
        self._compared: list[Compared] = []
        self._enlarged = ""
        self._log = False
        self._columns = 0
        theme.notifier().changed.connect(self._recolour)

    def set_data(self, history: RunHistory, compared: Sequence[Compared] = ()) -> None:
        """Show a run and compared ones; nothing is drawn anew when no epoch was added."""
        same = history.epochs == self._history.epochs and history.series == self._history.series
        if self._plots and same and self._compared == list(compared):
            return
        self._history, self._compared = history, list(compared)
        wanted = plots_for([history, *(other.history for other in compared)])
        if [plot.id for plot in wanted] != list(self._plots):
            self._build(wanted)
        for at, plot in enumerate(self._plots.values()):
            plot.set_data(history, self._compared, DRAW_APART_MS * at)

    def _build(self, wanted: Sequence[Plot]) -> None:
        for plot in self._plots.values():
            self._grid.removeWidget(plot)
            plot.deleteLater()
        self._plots = {}
        for spec in wanted:
            self._make(spec)
        self._columns = 0
        self._arrange()

    def _make(self, spec: Plot) -> None:
        plot = CurvePlot(spec, self)
        plot.set_log(self._log)
        plot.hovered.connect(self._hover)
        plot.enlarge_asked.connect(self.enlarge)
        self._plots[spec.id] = plot

    def prepare(self) -> Iterator[None]:
        """Make the plots that every run has before there is one to show, one a step."""
        for spec in plots_for([]):
            if spec.id not in self._plots:
                self._make(spec)
                yield
        self._columns = 0
        self._arrange()

    @property
    def plots(self) -> dict[str, CurvePlot]:
        """The plots by the id of :mod:`curve_lines`."""
        return dict(self._plots)

    @property
    def legend(self) -> str:
        """Which compared run has which colour, as rich text."""
        return "&nbsp; ".join(
            f"{_coloured('■', compared_colour(other.colour))} {html.escape(other.name)}" for other in self._compared
        )

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
        rows = 1 if self._enlarged else -(-count // columns)
        self.setMinimumHeight(rows * (LEAST_PLOT_HEIGHT + 8))
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

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_PLOT_WIDTH + 16, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._enlarged:
            self._arrange()

    def _recolour(self) -> None:
        for plot in self._plots.values():
            plot.recolour()
