"""The canvas with the editing tools: draw, move, reshape. It asks for edits by signals and changes no document itself.

Two tools are made here: SELECT (move characters, move, insert and delete vertices) and DRAW (click a polygon);
:mod:`lpstudio.studio.annotate.tool_canvas` adds the others. While the left button is down a gesture holds the changed
shapes lifted from the resting layer; the edit is asked for once, at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from lpstudio.studio.annotate.drawing_paint import paint_crosshair, paint_drawing
from lpstudio.studio.widgets.canvas_geometry import FloatArray, Hit, Part, limit_shift
from lpstudio.studio.widgets.canvas_shapes import HANDLE, ShapePainter
from lpstudio.studio.widgets.canvas_view import CanvasView
from lpstudio.studio.widgets.reading_strip import typed_character

_DRAG_FROM = 3.0  # px of the screen the hand must move before a press becomes a drag
_CLOSE_WITHIN = 9.0  # px of the screen around the first vertex that close a drawing
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Tool(Enum):
    """What the left button does."""

    SELECT = "select"
    DRAW = "draw"
    MAGIC = "magic"
    KNIFE = "knife"
    BOX = "box"


@dataclass
class _Gesture:
    """A drag of the selection, or of one vertex. ``points``: the reshaped polygon so far, None for a shift."""

    index: int
    start: QPointF
    vertex: int | None = None
    inserted: bool = False
    begun: bool = False
    points: FloatArray | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    toggle: bool = False  # a plain click (no drag) on one of several selected selects it alone


class EditCanvas(CanvasView):
    """See the module's docstring. Indices are those of ``set_shapes``; points are pixels of the crop."""

    drawn = Signal(object)  # points, shape (n, 2)
    moved = Signal(float, float)  # the selection, by pixels of the crop
    reshaped = Signal(int, object, str)  # index, points, what was done ("Move vertex", …)
    nudged = Signal(float, float)  # by the arrow keys
    vertex_nudged = Signal(int, object)  # index, points: one vertex was moved by the arrow keys
    typed = Signal(str)
    second_wanted = Signal()
    step_wanted = Signal(int)  # the next (1) or previous (-1) character in reading order
    confirm_wanted = Signal()  # Enter: the crop is right as it stands
    tool_changed = Signal(object)
    drawing_changed = Signal(int)  # vertices of the drawing so far

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool = Tool.SELECT
        self._drawing: list[tuple[float, float]] = []
        self._gesture: _Gesture | None = None
        self._hovered: Hit | None = None
        self._pointer: QPointF | None = None
        self._editable = True
        self._second_available = False

    # -- tools --------------------------------------------------------------------------------------------------

    @property
    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool; a drawing that was begun is dropped."""
        if tool is self._tool:
            return
        self.drop_drawing()
        self._tool = tool
        self._hovered = None
        self.update()
        self._update_cursor()
        self.tool_changed.emit(tool)

    def set_editable(self, editable: bool) -> None:
        """Whether the hand may change anything."""
        self._editable = editable
        self.abort()

    @property
    def drawing(self) -> list[tuple[float, float]]:
        """The vertices clicked so far."""
        return self._drawing

    @property
    def busy(self) -> bool:
        """Whether a drawing or a drag is under way."""
        return bool(self._drawing) or (self._gesture is not None and self._gesture.begun)

    def drop_drawing(self) -> None:
        if self._drawing:
            self._drawing = []
            self.drawing_changed.emit(0)
            self.update()

    def abort(self) -> None:
        """Drop the drawing and put everything back that is being dragged."""
        self.drop_drawing()
        if self._gesture is not None:
            self._gesture = None
            self.drop_lifted()
        self._band = None
        self._hovered = None
        self.update()

    def settle(self) -> None:
        """The crop is left: a drawing that can be closed is closed, so that no work is lost; a drag is put back."""
        self.close_drawing()
        self.abort()

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

    def tool_cursor(self) -> Qt.CursorShape:
        if not self._editable:
            return Qt.CursorShape.ArrowCursor
        if self._tool is Tool.DRAW:
            return Qt.CursorShape.CrossCursor
        hovered = self._hovered
        if hovered is None:
            return Qt.CursorShape.ArrowCursor
        if hovered.part is Part.VERTEX:
            return Qt.CursorShape.PointingHandCursor
        if hovered.part is Part.EDGE:
            return Qt.CursorShape.DragCopyCursor
        return Qt.CursorShape.SizeAllCursor if hovered.index in self.selection else Qt.CursorShape.ArrowCursor

    # -- mouse --------------------------------------------------------------------------------------------------

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._tool is Tool.DRAW and self._editable:
            self._draw_at(place, modifiers)
            return
        hit = self.hit(place)
        adding = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        if hit is not None and hit.part is Part.VERTEX and modifiers == Qt.KeyboardModifier.ShiftModifier:
            self.delete_vertex(hit)
            return
        if hit is None or not self._editable or adding:
            super().press(place, modifiers)
            return
        vertex = hit.at if hit.part is Part.VERTEX else None
        toggle = hit.part is Part.BODY and hit.index in self.selection and len(self.selection) > 1
        if hit.index not in self.selection:
            self._select([hit.index])
        self._gesture = _Gesture(hit.index, place, vertex, inserted=hit.part is Part.EDGE, toggle=toggle)
        if hit.part is Part.EDGE:
            self._gesture.vertex = hit.at + 1
            self._gesture.points = np.insert(self.shapes[hit.index].points, hit.at + 1, hit.point, axis=0)

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._pointer = place
        gesture = self._gesture
        if gesture is None:
            super().drag(place, modifiers)
            return
        if not gesture.begun:
            away = place - gesture.start
            if math.hypot(away.x(), away.y()) < _DRAG_FROM:
                return
            gesture.begun = True
            self.lift(self.selection if gesture.vertex is None else [gesture.index])
        if gesture.vertex is None:
            self._shift_to(gesture, place)
        else:
            self._vertex_to(gesture, place, modifiers)

    def _shift_to(self, gesture: _Gesture, place: QPointF) -> None:
        dx = (place.x() - gesture.start.x()) / self.view.scale
        dy = (place.y() - gesture.start.y()) / self.view.scale
        boxes = self._hits.boxes[list(self.selection)]
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        width, height = self._size_or_unit()
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        gesture.shift = limit_shift(box, dx, dy, width, height)
        self.shift_lifted(*gesture.shift)

    def _vertex_to(self, gesture: _Gesture, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        shape = self.shapes[gesture.index]
        points = (shape.points if gesture.points is None else gesture.points).copy()
        points[gesture.vertex] = self.aim(place, modifiers, gesture.index)
        gesture.points = points
        self.move_lifted({gesture.index: shape.with_points(points)})

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            super().release(place, modifiers)
            return
        if not gesture.begun:
            if gesture.inserted and gesture.points is not None:
                self.reshaped.emit(gesture.index, gesture.points, "Insert vertex")
            elif gesture.toggle:
                self._select([gesture.index])
            return
        if gesture.vertex is None:
            if gesture.shift != (0.0, 0.0):
                self.moved.emit(*gesture.shift)
        else:
            verb = "Insert vertex" if gesture.inserted else "Move vertex"
            self.reshaped.emit(gesture.index, gesture.points, verb)
        self.drop_lifted()
        self.hover(place, modifiers)

    def double_press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._tool is Tool.DRAW and self._editable:
            # The first press of the double click set a vertex here already.
            if not self.close_drawing():
                self._draw_at(place, modifiers)
            return
        hit = self.hit(place)
        if hit is not None and hit.part is Part.VERTEX and self._editable:
            self.delete_vertex(hit)
            return
        self.press(place, modifiers)
        super().double_press(place, modifiers)

    def insert_vertex(self, index: int, at: int, point: tuple[float, float]) -> None:
        """Ask for a vertex on the edge that begins at vertex ``at``."""
        self.reshaped.emit(index, np.insert(self.shapes[index].points, at + 1, point, axis=0), "Insert vertex")

    def delete_vertex(self, hit: Hit) -> None:
        """Ask for the deletion of a vertex; a polygon keeps at least three."""
        points = self.shapes[hit.index].points
        if len(points) > 3 and self._editable:
            self._hovered = None
            self.reshaped.emit(hit.index, np.delete(points, hit.at, axis=0), "Delete vertex")

    def delete_hovered_vertex(self) -> bool:
        """Delete the vertex under the pointer; False when there is none (or only three are left)."""
        hovered = self._hovered
        if hovered is None or hovered.part is not Part.VERTEX or not self._editable:
            return False
        if len(self.shapes[hovered.index].points) <= 3:
            return False
        self.delete_vertex(hovered)
        return True

    @property
    def hovered(self) -> Hit | None:
        """What the pointer is over."""
        return self._hovered

    def hover(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        before, self._pointer = self._pointer, place
        if self._tool is Tool.DRAW:
            self._update_drawing(before, place)
            return
        hovered = self.hit(place) if self._editable else None
        if hovered != self._hovered:
            for hit in (self._hovered, hovered):
                if hit is not None and hit.part is not Part.BODY:
                    self.update(self._around(self.to_widget(*hit.point)))
            self._hovered = hovered
            self._update_cursor()

    @staticmethod
    def _around(place: QPointF) -> QRect:
        reach = HANDLE + 5
        return QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach).toAlignedRect()

    # -- drawing ------------------------------------------------------------------------------------------------

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

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        if self._tool is Tool.DRAW and self._editable:
            self._paint_crosshair(painter)
            self._paint_drawing(painter)
        elif self._hovered is not None and self._gesture is None and self.overlay_shown:
            shapes = ShapePainter(painter, self.view)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = self.to_widget(*self._hovered.point)
            if self._hovered.part is Part.VERTEX:
                shapes.handle(place.x(), place.y(), hovered=True)
            elif self._hovered.part is Part.EDGE:
                shapes.handle(place.x(), place.y(), ghost=True)

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

    # -- keys ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._drawing and self._drawing_key(key):
            return
        char = typed_character(event)
        if char and self._editable:
            self.typed.emit(char)
        elif not self._command_key(key, event.modifiers()):
            super().keyPressEvent(event)

    def _command_key(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        """Keys that act on the selection; False when this one does not."""
        if key in ARROWS:
            return self._arrow(key, modifiers)
        if key == Qt.Key.Key_Escape:
            return self._escape()
        if key == Qt.Key.Key_Backspace:
            if not self.delete_hovered_vertex():
                self.step_wanted.emit(-1)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.step_wanted.emit(-1)
            else:
                self.confirm_wanted.emit()
            return True
        return False

    def _drawing_key(self, key: int) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_drawing()
        elif key == Qt.Key.Key_Backspace:
            self.take_back_point()
        elif key == Qt.Key.Key_Escape:
            self.drop_drawing()
        else:
            return False
        return True

    def _escape(self) -> bool:
        """Drop what is going on: the drag, then the tool in hand, then the selection."""
        if self._gesture is not None:
            self.abort()
        elif self._tool is not Tool.SELECT:
            self.set_tool(Tool.SELECT)
        elif self._band is None and self.selection:
            self._select([])
        else:
            return False
        return True

    def _arrow(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        """Nudge the selection: 1 px, Shift 10, Alt a quarter."""
        held = modifiers & ~Qt.KeyboardModifier.KeypadModifier
        steps = {
            Qt.KeyboardModifier.NoModifier: 1.0,
            Qt.KeyboardModifier.ShiftModifier: 10.0,
            Qt.KeyboardModifier.AltModifier: 0.25,
        }
        step = steps.get(held)
        if step is None or not self.selection or not self._editable:
            return False
        dx, dy = ARROWS[Qt.Key(key)]
        self.nudged.emit(dx * step, dy * step)
        return True

    def set_second_available(self, available: bool) -> None:
        """Whether Tab takes a second candidate (the selected character has one) or leaves the canvas."""
        self._second_available = available

    def focusNextPrevChild(self, forward: bool) -> bool:
        if forward and self._second_available and self._editable:
            self.second_wanted.emit()
            return True
        return super().focusNextPrevChild(forward)
