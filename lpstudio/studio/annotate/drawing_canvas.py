"""The canvas on which polygons are drawn: the tool in hand, and the drawing until it is closed.

What is drawn is asked for by signals; the canvas changes no document itself.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from lpstudio.studio.annotate.drawing_paint import paint_crosshair, paint_drawing
from lpstudio.studio.widgets.canvas_view import CanvasView

_CLOSE_WITHIN = 9.0  # px of the screen around the first vertex that close a drawing


class Tool(Enum):
    """What the left button does."""

    SELECT = "select"
    DRAW = "draw"
    MAGIC = "magic"
    KNIFE = "knife"
    BOX = "box"


class DrawingCanvas(CanvasView):
    """A canvas with a tool in hand. ``drawing``: the vertices so far, pixels of the crop."""

    drawn = Signal(object)  # points, shape (n, 2)
    tool_changed = Signal(object)
    drawing_changed = Signal(int)  # vertices of the drawing so far

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool = Tool.SELECT
        self._drawing: list[tuple[float, float]] = []
        self._pointer: QPointF | None = None
        self._editable = True

    @property
    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool; a drawing that was begun is dropped."""
        if tool is self._tool:
            return
        self.drop_drawing()
        self._tool = tool
        self.update()
        self._update_cursor()
        self.tool_changed.emit(tool)

    @property
    def drawing(self) -> list[tuple[float, float]]:
        """The vertices clicked so far."""
        return self._drawing

    def drop_drawing(self) -> None:
        if self._drawing:
            self._drawing = []
            self.drawing_changed.emit(0)
            self.update()

    def take_back_point(self) -> bool:
        """Remove the last vertex of the drawing; False without a drawing."""
        if not self._drawing:
            return False
        self._drawing.pop()
        self.drawing_changed.emit(len(self._drawing))
        self.update()
        return True

    def close_drawing(self) -> bool:
        """Finish the drawing; False (and it goes on) with fewer than three vertices."""
        if len(self._drawing) < 3:
            return False
        points = np.array(self._drawing, dtype=np.float64)
        self.drop_drawing()
        self.drawn.emit(points)
        return True

    # -- by the hand --------------------------------------------------------------------------------------------

    def aim(self, place: QPointF, modifiers: Qt.KeyboardModifier, index: int | None) -> tuple[float, float]:
        """The place of the crop that a vertex put there gets. ``index``: the shape whose vertex it is, None for new."""
        return self.to_crop(place)

    def _draw_at(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if len(self._drawing) >= 3 and self._closes(place):
            self.close_drawing()
            return
        point = self.aim(place, modifiers, None)
        if self._drawing and math.dist(point, self._drawing[-1]) * self.view.scale < 1.0:
            return
        if not self._drawing:
            self._select([])
        self._drawing.append(point)
        self.drawing_changed.emit(len(self._drawing))
        self.update()

    def _closes(self, place: QPointF) -> bool:
        first = self.to_widget(*self._drawing[0])
        return math.hypot(first.x() - place.x(), first.y() - place.y()) <= _CLOSE_WITHIN

    def _update_drawing(self, before: QPointF | None, now: QPointF) -> None:
        """Repaint the crosshair's old and new lines, and the rubber line of the drawing."""
        for place in (before, now):
            if place is not None:
                self.update(QRect(0, int(place.y()) - 1, self.width(), 3))
                self.update(QRect(int(place.x()) - 1, 0, 3, self.height()))
        if self._drawing:
            ends = [self.to_widget(*self._drawing[-1]), self.to_widget(*self._drawing[0])]
            corners = [*ends, now, *([before] if before is not None else [])]
            self.update(QPolygonF(corners).boundingRect().toAlignedRect().adjusted(-10, -10, 10, 10))

    # -- painting -----------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        if self._tool is Tool.DRAW and self._editable:
            self._paint_crosshair(painter)
            self._paint_drawing(painter)

    def _paint_crosshair(self, painter: QPainter) -> None:
        if self._pointer is not None and not self.panning:
            paint_crosshair(painter, self._pointer, self.size())

    def _paint_drawing(self, painter: QPainter) -> None:
        if self._drawing:
            places = [self.to_widget(x, y) for x, y in self._drawing]
            closing = len(places) >= 3 and self._pointer is not None and self._closes(self._pointer)
            paint_drawing(painter, self.view, places, self._pointer, closing, self._handled())

    def _handled(self) -> int:
        """How many vertices of the drawing show a handle."""
        return len(self._drawing)
