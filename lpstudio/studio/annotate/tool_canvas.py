"""The canvas with all its tools: freehand strokes, magic outline, knife, and the preview of simpler outlines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from lpstudio.studio.annotate import outline_forms
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.edit_canvas import EditCanvas
from lpstudio.studio.widgets.canvas_geometry import FloatArray, as_array

_STROKE_FROM = 6.0  # px of the screen the hand moves with the button down before a click becomes a stroke
_STROKE_STEP = 2.5  # px of the screen between the points of a stroke
_STROKE_THIN = 0.8  # px of the screen that thinning may move a stroke
_CLOSE_WITHIN = 9.0  # px of the screen around the first vertex where a stroke ends a drawing
_DRAG_FROM = 3.0
TOLERANCES = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # pixels of the crop
_FIRST_TOLERANCE = 3  # its place in TOLERANCES
_STRONGER = (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Plus)
_WEAKER = (Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Minus)


class Form(Enum):
    """What a preview does to the selected outlines; the value is its word."""

    SIMPLIFY = "Simplify"
    SMOOTH = "Smooth"


class ToolCanvas(EditCanvas):
    """See the module's docstring. All places are pixels of the crop."""

    outline_wanted = Signal(object)  # (x, y) of a click, or (x1, y1, x2, y2) of a box
    outline_dropped = Signal()  # the person does not want to wait for it
    cut_wanted = Signal(object, object)  # (x, y) where the line begins and ends
    reshaped_all = Signal(object, str)  # index -> points, what was done
    preview_changed = Signal(str)  # what the preview shows, empty when it is over

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: tuple[QPointF, QPointF] | None = None  # of knife or box, in pixels of the widget
        self._stroke: QPointF | None = None  # where the button went down in the drawing tool
        self._stroke_at: int | None = None  # place in the drawing of the stroke's first vertex, once it is one
        self._waiting = False
        self._form: Form | None = None
        self._tolerance = _FIRST_TOLERANCE
        self._formed: dict[int, FloatArray] = {}

    # -- tools --------------------------------------------------------------------------------------------------

    @property
    def _own_tool(self) -> bool:
        return self._editable and self.tool in (Tool.MAGIC, Tool.KNIFE, Tool.BOX)

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool; what was begun with the one before is dropped."""
        self._line = None
        self.drop_preview()
        super().set_tool(tool)

    def abort(self) -> None:
        self._line = self._stroke = self._stroke_at = None
        self.drop_preview()
        super().abort()

    @property
    def busy(self) -> bool:
        return super().busy or self._line is not None or self._form is not None

    def set_waiting(self, waiting: bool) -> None:
        """Whether an outline is being looked for: the cursor says so, Esc stops it."""
        self._waiting = waiting
        self._update_cursor()

    def tool_cursor(self) -> Qt.CursorShape:
        if self._waiting:
            return Qt.CursorShape.BusyCursor
        return Qt.CursorShape.CrossCursor if self._own_tool else super().tool_cursor()

    # -- mouse --------------------------------------------------------------------------------------------------

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.drop_preview()
        if self._own_tool:
            self._line = (place, place)
            return
        super().press(place, modifiers)
        if self.tool is Tool.DRAW and self.drawing:
            self._stroke, self._stroke_at = place, None

    def double_press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._own_tool:
            self.press(place, modifiers)
        else:
            super().double_press(place, modifiers)

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._line is not None:
            self._line = (self._line[0], place)
            self.update()
        elif self._stroke is not None and self.drawing:
            self._draw_stroke(place, modifiers)
        else:
            super().drag(place, modifiers)

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        line, self._line = self._line, None
        stroke_at, self._stroke, self._stroke_at = self._stroke_at, None, None
        if line is not None:
            self.update()
            self._use_line(line[0], place)
        elif stroke_at is not None and len(self.drawing) > stroke_at:  # else keys took it back meanwhile
            self._end_stroke(stroke_at, place, modifiers)
        else:
            super().release(place, modifiers)

    def hover(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._own_tool or self._form is not None:
            self._pointer = place
        else:
            super().hover(place, modifiers)

    def _use_line(self, start: QPointF, end: QPointF) -> None:
        dragged = math.hypot(end.x() - start.x(), end.y() - start.y()) >= _DRAG_FROM
        first, last = self.to_crop(start), self.to_crop(end)
        if self.tool is Tool.KNIFE:
            if dragged:
                self.cut_wanted.emit(first, last)
        elif dragged or self.tool is Tool.MAGIC:
            self.outline_wanted.emit((*first, *last) if dragged else first)

    # -- freehand -----------------------------------------------------------------------------------------------

    def _draw_stroke(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        before, self._pointer = self._pointer, place
        start = self._stroke
        assert start is not None
        if self._stroke_at is None:
            if math.hypot(place.x() - start.x(), place.y() - start.y()) < _STROKE_FROM:
                return
            self._stroke_at = len(self.drawing) - 1
        point = self.aim(place, modifiers, None)  # snaps as clicked vertices do
        if math.dist(point, self.drawing[-1]) * self.view.scale >= _STROKE_STEP:
            self.drawing.append(point)
            self.drawing_changed.emit(len(self.drawing))
        self._update_drawing(before, place)

    def _handled(self) -> int:
        """A stroke is a line while it is drawn; its vertices show when it ends."""
        return super()._handled() if self._stroke_at is None else self._stroke_at + 1

    def _end_stroke(self, first: int, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Keep the vertices that the stroke needs, and close the drawing where it came back to its beginning."""
        drawing = self.drawing
        end = self.aim(place, modifiers, None)
        if math.dist(end, drawing[-1]) * self.view.scale >= 1.0:
            drawing.append(end)
        stroke = outline_forms.thin(as_array(drawing[first:]), _STROKE_THIN / self.view.scale)
        drawing[first:] = [(float(x), float(y)) for x, y in stroke]
        back = math.dist(drawing[0], drawing[-1]) * self.view.scale <= _CLOSE_WITHIN
        if back and len(drawing) > 3:
            drawing.pop()
            self.close_drawing()
        else:
            self.drawing_changed.emit(len(drawing))
            self.update()

    # -- simpler and smoother outlines ----------------------------------------------------------------------------

    def begin_preview(self, form: Form) -> None:
        """Show the selected outlines in another form; keys change how much, Enter keeps it, Esc drops it."""
        if not self.selection or not self._editable:
            return
        self.abort()
        self._form = form
        self.lift(self.selection)
        self._show_preview()

    def _show_preview(self) -> None:
        tolerance = TOLERANCES[self._tolerance]
        change = outline_forms.simplify if self._form is Form.SIMPLIFY else outline_forms.smooth
        shapes = {index: self.shapes[index] for index in self.selection}
        self._formed = {index: change(shape.points, tolerance) for index, shape in shapes.items()}
        self.move_lifted({index: shapes[index].with_points(points) for index, points in self._formed.items()})
        self.update()
        assert self._form is not None
        before = sum(len(shape.points) for shape in shapes.values())
        after = sum(len(points) for points in self._formed.values())
        self.preview_changed.emit(
            f"{self._form.value} by {tolerance:g} px: {before} → {after} vertices · Up and Down change it, "
            "Enter keeps, Esc drops"
        )

    def drop_preview(self) -> None:
        """The outlines stand as they were."""
        if self._form is not None:
            self._form = None
            self._formed = {}
            self.drop_lifted()
            self.update()
            self.preview_changed.emit("")

    def set_selection(self, indices: Iterable[int]) -> None:
        chosen = tuple(indices)
        if self._form is not None and set(chosen) != set(self._formed):
            self.drop_preview()
        super().set_selection(chosen)

    def _preview_key(self, key: int) -> bool:
        form = self._form
        assert form is not None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            formed = self._formed
            self.drop_preview()
            self.reshaped_all.emit(formed, form.value)
        elif key == Qt.Key.Key_Escape:
            self.drop_preview()
        elif key in _STRONGER or key in _WEAKER:
            step = 1 if key in _STRONGER else -1
            self._tolerance = min(max(self._tolerance + step, 0), len(TOLERANCES) - 1)
            self._show_preview()
        else:
            return False
        return True

    # -- keys ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._form is not None and self._preview_key(event.key()):
            return
        super().keyPressEvent(event)

    def _escape(self) -> bool:
        if self._waiting:
            self.outline_dropped.emit()
        elif self._line is not None:
            self._line = None
            self.update()
        else:
            return super()._escape()
        return True

    # -- paint --------------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        if self._form is not None:
            self._paint_before(painter)
        if self._line is None:
            return
        start, end = self._line
        if self.tool is not Tool.KNIFE:
            self._paint_rectangle(painter, QRectF(start, end).normalized(), fill=True)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(8, 8, 8), 4.0), (QColor("#ff5a48"), 1.8)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(start, end)

    def _paint_before(self, painter: QPainter) -> None:
        """The outlines as they were, thin, under those of the preview."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        strokes = (
            (QColor(0, 0, 0, 170), Qt.PenStyle.SolidLine),
            (QColor(255, 255, 255, 210), Qt.PenStyle.DotLine),
        )
        for colour, style in strokes:
            painter.setPen(QPen(colour, 1, style))
            for index in self._formed:
                painter.drawPolygon([self.to_widget(x, y) for x, y in self.shapes[index].points.tolist()])
