"""The canvas with what the selecting tool does without a selection: point at a character and type, drag a box by Ctrl.

A character is *pointed at* when the hand brought the pointer there after the last letter and the last selection: one
letter then names that one, or Delete deletes it, whatever is selected. A hand that types with the mouse at rest, or
hardly moved, points at nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from lpstudio.studio import theme
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.tool_canvas import ToolCanvas
from lpstudio.studio.widgets.canvas_geometry import Part
from lpstudio.studio.widgets.canvas_shapes import CanvasShape
from lpstudio.studio.widgets.reading_strip import typed_character

_POINTS_FROM = 12.0  # px of the screen that the pointer is brought further before it points
_DRAG_FROM = 3.0  # px of the screen from which a press with Ctrl is a box, not a click
_CONTROL = Qt.KeyboardModifier.ControlModifier


class PointingCanvas(ToolCanvas):
    """See the module's docstring."""

    delete_wanted = Signal(int)  # the shape that is pointed at

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pointed: int | None = None
        self._rest: QPointF | None = None  # where the pointer was at the last key or selection, until it left there
        self._ctrl_press: QPointF | None = None

    # -- pointing -----------------------------------------------------------------------------------------------

    @property
    def pointed(self) -> int | None:
        """The shape that a letter or Delete is for because the hand points at it; None: for the selection."""
        if self._pointed is None or self._pointed in self.selection or self._pointed >= len(self.shapes):
            return None
        return self._pointed

    def hover(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().hover(place, modifiers)
        rest = self._rest
        far = rest is None or math.hypot(place.x() - rest.x(), place.y() - rest.y()) >= _POINTS_FROM
        hovered = self._hovered if self._editable and self.tool is Tool.SELECT and self.overlay_shown else None
        if far:
            self._rest = None  # it points from now on, also when it comes back
        self._point_at(hovered.index if far and hovered is not None and hovered.part is Part.BODY else None)

    def _point_at(self, index: int | None) -> None:
        before, self._pointed = self._pointed, index
        for each in {before, index} - {None} if before != index else ():
            if each is not None and each < len(self.shapes):
                self._update_shape(each)

    def _update_shape(self, index: int) -> None:
        x1, y1, x2, y2 = self.shapes[index].box
        rect = QRectF(self.to_widget(x1, y1), self.to_widget(x2, y2))
        self.update(rect.toAlignedRect().adjusted(-4, -4, 4, 4))

    def _rest_here(self) -> None:
        """The hand does something else now: what it points at counts when it moves again."""
        self._rest = self._pointer
        self._point_at(None)

    def set_selection(self, indices: Iterable[int]) -> None:
        chosen = tuple(indices)
        if set(chosen) != set(self.selection):
            self._rest_here()
        super().set_selection(chosen)

    def set_shapes(self, shapes: Sequence[CanvasShape]) -> None:
        if len(shapes) != len(self.shapes):
            self._rest_here()
        super().set_shapes(shapes)

    def set_tool(self, tool: Tool) -> None:
        self._rest_here()
        super().set_tool(tool)

    def leaveEvent(self, event: QEvent) -> None:
        self._rest_here()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pointed = self.pointed
        if event.key() == Qt.Key.Key_Delete and not event.modifiers() & _CONTROL and self.delete_pointed():
            return
        super().keyPressEvent(event)
        if pointed is not None and typed_character(event):
            self._rest_here()

    def delete_pointed(self) -> bool:
        """Ask for the deletion of the shape that is pointed at; False when none is."""
        pointed = self.pointed
        if pointed is None:
            return False
        self._rest_here()
        self.delete_wanted.emit(pointed)
        return True

    # -- a box by Ctrl ------------------------------------------------------------------------------------------

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._point_at(None)
        if modifiers == _CONTROL and self.tool is Tool.SELECT and self._editable:
            self.drop_preview()
            self._ctrl_press = place  # a click adds to the selection, a drag is a box: seen when it moves
            return
        super().press(place, modifiers)

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        start = self._ctrl_press
        if start is not None and self._line is None:
            if math.hypot(place.x() - start.x(), place.y() - start.y()) < _DRAG_FROM:
                return
            self._line = (start, place)
        super().drag(place, modifiers)

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        start, self._ctrl_press = self._ctrl_press, None
        if start is not None and self._line is None:
            super().press(start, _CONTROL)
        super().release(place, modifiers)

    def abort(self) -> None:
        self._ctrl_press = None
        super().abort()

    # -- paint --------------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        pointed = self.pointed
        if pointed is None or not self.overlay_shown or self._gesture is not None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.color("accent", 0.16))
        corners = [self.to_widget(x, y) for x, y in self.shapes[pointed].points.tolist()]
        for colour, width in ((QColor(8, 8, 8), 3.0), (theme.color("accent"), 1.4)):
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(corners)
            painter.setBrush(Qt.BrushStyle.NoBrush)
