"""The canvas on which characters are moved and reshaped, by mouse and keys.

It adds the tool SELECT (move characters, move, insert and delete vertices) to the drawing of polygons, and
:mod:`lpstudio.studio.annotate.tool_canvas` adds the others. It changes no document itself: while the left button is
down a gesture holds the changed shapes lifted from the resting layer; the edit is asked for once, at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from lpstudio.studio.annotate.drawing_canvas import DrawingCanvas, Tool
from lpstudio.studio.widgets.canvas_geometry import FloatArray, Hit, Part, limit_shift
from lpstudio.studio.widgets.canvas_shapes import HANDLE, ShapePainter
from lpstudio.studio.widgets.reading_strip import typed_character

_DRAG_FROM = 3.0  # px of the screen the hand must move before a press becomes a drag
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


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


class EditCanvas(DrawingCanvas):
    """See the module's docstring. Indices are those of ``set_shapes``; points are pixels of the crop."""

    moved = Signal(float, float)  # the selection, by pixels of the crop
    reshaped = Signal(int, object, str)  # index, points, what was done ("Move vertex", …)
    nudged = Signal(float, float)  # by the arrow keys
    vertex_nudged = Signal(int, object)  # index, points: one vertex was moved by the arrow keys
    typed = Signal(str)
    second_wanted = Signal()
    step_wanted = Signal(int)  # the next (1) or previous (-1) character in reading order
    confirm_wanted = Signal()  # Enter: the crop is right as it stands

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture: _Gesture | None = None
        self._hovered: Hit | None = None
        self._second_available = False

    # -- what is under way --------------------------------------------------------------------------------------

    def set_tool(self, tool: Tool) -> None:
        if tool is not self._tool:
            self._hovered = None
        super().set_tool(tool)

    def set_editable(self, editable: bool) -> None:
        """Whether the hand may change anything."""
        self._editable = editable
        self.abort()

    @property
    def busy(self) -> bool:
        """Whether a drawing or a drag is under way."""
        return bool(self._drawing) or (self._gesture is not None and self._gesture.begun)

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

    # -- painting -----------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        drawing = self._tool is Tool.DRAW and self._editable
        if not drawing and self._hovered is not None and self._gesture is None and self.overlay_shown:
            shapes = ShapePainter(painter, self.view)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = self.to_widget(*self._hovered.point)
            if self._hovered.part is Part.VERTEX:
                shapes.handle(place.x(), place.y(), hovered=True)
            elif self._hovered.part is Part.EDGE:
                shapes.handle(place.x(), place.y(), ghost=True)

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
