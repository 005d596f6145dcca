"""The canvas as a whole: snapping, a magnifier, and everything by the keyboard alone.

By keys: with a tool in hand the arrows move a pointer (1 px, Shift 10, Alt ¼) and a tap of Space does what a click
would; with the selecting tool Space and Backspace go through the characters, and a vertex can be chosen and moved.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from lpstudio.studio import theme
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.edit_canvas import ARROWS
from lpstudio.studio.annotate.pointing_canvas import PointingCanvas
from lpstudio.studio.annotate.snapping import Snap, snap
from lpstudio.studio.widgets.canvas_geometry import Hit, Part
from lpstudio.studio.widgets.canvas_shapes import ShapePainter
from lpstudio.studio.widgets.canvas_transform import ViewTransform

SNAP_WITHIN = 8.0  # px of the screen
_LOUPE = 156.0  # px of the screen across
_LOUPE_TIMES = 3.0  # as large as on the canvas, at least
_LOUPE_LEAST = 14.0  # px of the screen per pixel of the crop
_STEPS = {
    Qt.KeyboardModifier.NoModifier: 1.0,
    Qt.KeyboardModifier.ShiftModifier: 10.0,
    Qt.KeyboardModifier.AltModifier: 0.25,
}
_Place = tuple[float, float]


class KeyCanvas(PointingCanvas):
    """See the module's docstring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapping = False
        self._snapped: Snap | None = None
        self._vertex: tuple[int, int] | None = None  # shape and vertex chosen by keys
        self._key_place: _Place | None = None  # of the pointer that keys move, in pixels of the crop
        self._tapping = False  # Space went down and nothing else was done since

    # -- snapping -----------------------------------------------------------------------------------------------

    def set_snapping(self, snapping: bool) -> None:
        """Whether vertices snap to those and to the edges of neighbours; Ctrl held down suspends it."""
        self._snapping = snapping
        self._snapped = None
        self.update()

    @property
    def snapped(self) -> Snap | None:
        """Where the vertex in hand snaps to at this moment."""
        return self._snapped

    def aim(self, place: QPointF, modifiers: Qt.KeyboardModifier, index: int | None) -> _Place:
        x, y = super().aim(place, modifiers, index)
        before, self._snapped = self._snapped, self._snap(x, y, modifiers, index)
        for one in (before, self._snapped):
            if one is not None and before != self._snapped:
                self.update(self._around(self.to_widget(*one.point)).adjusted(-4, -4, 4, 4))
        return (x, y) if self._snapped is None else self._snapped.point

    def _snap(self, x: float, y: float, modifiers: Qt.KeyboardModifier, index: int | None) -> Snap | None:
        if not self._snapping or modifiers & Qt.KeyboardModifier.ControlModifier or not self.overlay_shown:
            return None
        reach = SNAP_WITHIN / self.view.scale
        return snap(x, y, reach, [self.shapes[i].points for i in self._hits.near(x, y, reach) if i != index])

    def hover(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._key_place = None
        super().hover(place, modifiers)
        if self.tool is Tool.DRAW and self._editable:
            self.aim(place, modifiers, None)  # shows where a click would snap to

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().release(place, modifiers)
        if self._snapped is not None and self.tool is not Tool.DRAW:
            self._snapped = None
        self.update()

    # -- vertices by keys ---------------------------------------------------------------------------------------

    @property
    def chosen_vertex(self) -> tuple[int, int] | None:
        """The shape and vertex that keys move; None when they move whole characters."""
        chosen = self._vertex
        if chosen is None or self.selection != (chosen[0],) or chosen[1] >= len(self.shapes[chosen[0]].points):
            return None
        return chosen

    def step_vertex(self, step: int) -> None:
        """Choose the next or previous vertex of the selected character."""
        if len(self.selection) != 1 or self.tool is not Tool.SELECT:
            return
        index = self.selection[0]
        chosen = self.chosen_vertex
        count = len(self.shapes[index].points)
        at = (chosen[1] + step) % count if chosen is not None else (0 if step > 0 else count - 1)
        self._vertex = (index, at)
        x, y = self.shapes[index].points[at].tolist()
        self.show_point_in_sight(x, y)
        self.update()

    def insert_after_vertex(self) -> None:
        """A new vertex in the middle of the edge that begins at the chosen one; it is chosen then."""
        chosen = self.chosen_vertex
        if chosen is None or not self._editable:
            return
        index, at = chosen
        points = self.shapes[index].points
        middle = (points[at] + points[(at + 1) % len(points)]) / 2
        self._vertex = (index, at + 1)
        self.insert_vertex(index, at, (float(middle[0]), float(middle[1])))

    def delete_chosen_vertex(self) -> bool:
        """Delete the vertex that keys chose; False when there is none."""
        chosen = self.chosen_vertex
        if chosen is None:
            return False
        index, at = chosen
        points = self.shapes[index].points
        self._vertex = (index, at - 1 if at else 0)
        self.delete_vertex(Hit(index, Part.VERTEX, at, (float(points[at, 0]), float(points[at, 1]))))
        return True

    def delete_hovered_vertex(self) -> bool:
        return self.delete_chosen_vertex() or super().delete_hovered_vertex()

    def _escape(self) -> bool:
        if self.chosen_vertex is not None and self._gesture is None:
            self._vertex = None
            self.update()
            return True
        return super()._escape()

    # -- the pointer of the keys --------------------------------------------------------------------------------

    def _arrow(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        step = _STEPS.get(modifiers & ~Qt.KeyboardModifier.KeypadModifier)
        if step is None or not self._editable or self.picture_size is None:
            return super()._arrow(key, modifiers)
        dx, dy = (each * step for each in ARROWS[Qt.Key(key)])
        if self.tool is not Tool.SELECT:
            self._move_pointer(dx, dy)
            return True
        chosen = self.chosen_vertex
        if chosen is None:
            return super()._arrow(key, modifiers)
        index, at = chosen
        points = self.shapes[index].points.copy()
        width, height = self.picture_size
        points[at] = (min(max(points[at, 0] + dx, 0.0), width), min(max(points[at, 1] + dy, 0.0), height))
        self.vertex_nudged.emit(index, points)
        return True

    def _move_pointer(self, dx: float, dy: float) -> None:
        assert self.picture_size is not None
        width, height = self.picture_size
        x, y = self._key_place or self._first_place()
        self._key_place = (min(max(x + dx, 0.0), width), min(max(y + dy, 0.0), height))
        self.show_point_in_sight(*self._key_place)
        place = self.to_widget(*self._key_place)
        self._pointer = place
        if self._line is not None:
            self._line = (self._line[0], place)
        if self.tool is Tool.DRAW:
            self.aim(place, Qt.KeyboardModifier.NoModifier, None)
        self.pointer_moved.emit(self._key_place)
        self.update()

    def _first_place(self) -> _Place:
        """Where the pointer of the keys begins: at the last vertex of the drawing, else where the mouse was."""
        if self.drawing:
            return self.drawing[-1]
        size = self._size_or_unit()
        if self._pointer is not None:
            x, y = self.to_crop(self._pointer)
            if 0 <= x <= size[0] and 0 <= y <= size[1]:
                return round(x), round(y)
        return round(size[0] / 2), round(size[1] / 2)

    def _tap(self) -> bool:
        """What a click at the pointer of the keys does; with the selecting tool, the next character."""
        if not self._editable or self.picture_size is None:
            return False
        if self.tool is Tool.SELECT:
            self.step_wanted.emit(1)
            return True
        if self._key_place is None:
            self._move_pointer(0.0, 0.0)
        assert self._key_place is not None
        place, none = self.to_widget(*self._key_place), Qt.KeyboardModifier.NoModifier
        if self.tool in (Tool.KNIFE, Tool.BOX):
            if self._line is None:
                self._line = (place, place)
                self.update()
            else:
                self.release(place, none)
        else:
            self.press(place, none)
            self.release(place, none)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._tapping = True
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        tapped = event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self._tapping
        super().keyReleaseEvent(event)
        if tapped:
            self._tapping = False
            self._tap()

    def _pan(self, dx: float, dy: float) -> None:
        self._tapping = False
        super()._pan(dx, dy)

    def set_tool(self, tool: Tool) -> None:
        if self._key_place is not None:
            self.pointer_moved.emit(None)
        self._key_place = self._snapped = self._vertex = None
        super().set_tool(tool)

    # -- paint --------------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        if not self.overlay_shown:
            return
        if self._own_tool and self._key_place is not None:
            self._paint_crosshair(painter)
        chosen = self.chosen_vertex
        if chosen is not None and self._gesture is None:
            x, y = self.shapes[chosen[0]].points[chosen[1]].tolist()
            place = self.to_widget(x, y)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ShapePainter(painter, self.view).handle(place.x(), place.y(), hovered=True)
        if self._snapped is not None:
            self._paint_snap(painter, self._snapped)
        gesture = self._gesture
        if gesture is not None and gesture.begun and gesture.vertex is not None and gesture.points is not None:
            x, y = gesture.points[gesture.vertex].tolist()
            self._paint_loupe(painter, (x, y))

    def _paint_snap(self, painter: QPainter, snapped: Snap) -> None:
        """A ring around the vertex, or a diamond on the edge, that is snapped to."""
        place = self.to_widget(*snapped.point)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(8, 8, 8), 4.0), (QColor("#7be36b"), 2.0)):
            painter.setPen(QPen(colour, width))
            if snapped.on_vertex:
                painter.drawEllipse(place, 7.0, 7.0)
            else:
                corners = [QPointF(0, -7), QPointF(7, 0), QPointF(0, 7), QPointF(-7, 0)]
                painter.drawPolygon([place + corner for corner in corners])

    def loupe_rect(self) -> QRectF:
        """Where the magnifier is: in the upper corner that is further from the pointer."""
        left = self._pointer is None or self._pointer.x() > self.width() / 2
        return QRectF(12 if left else self.width() - 12 - _LOUPE, 12, _LOUPE, _LOUPE)

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._tapping = False
        before = self.loupe_rect()
        super().drag(place, modifiers)
        if self._gesture is not None and self._gesture.begun and self._gesture.vertex is not None:
            self.update(before.united(self.loupe_rect()).toAlignedRect() if before != self.loupe_rect()
                        else before.toAlignedRect())  # fmt: skip

    def _paint_loupe(self, painter: QPainter, at: _Place) -> None:
        """What is around the vertex in hand, larger, with a cross on the vertex itself."""
        if self._picture is None:
            return
        rect = self.loupe_rect()
        view = ViewTransform()
        view.ratio = self.view.ratio
        view.scale = max(self.view.scale * _LOUPE_TIMES, _LOUPE_LEAST)
        view.place(at, (rect.center().x(), rect.center().y()))
        painter.save()
        painter.setClipRect(rect)  # a round one would take as long as all the rest
        painter.fillRect(rect, theme.color("canvas"))
        self._picture.paint(painter, view, rect.toAlignedRect(), smooth=self.smooth)
        half = _LOUPE / 2 / view.scale
        near = self._hits.touching((at[0] - half, at[1] - half, at[0] + half, at[1] + half))
        shapes = {i: self._lifted.get(i, self.shapes[i]) for i in {*near, *self._lifted}}
        ShapePainter(painter, view, labels=False).outlines(
            ((shape, i in self.selection) for i, shape in shapes.items()), handles=False
        )
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        middle = rect.center()
        for colour, width in ((QColor(8, 8, 8), 3.0), (QColor(255, 255, 255), 1.0)):
            painter.setPen(QPen(colour, width))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(middle + QPointF(4 * dx, 4 * dy), middle + QPointF(11 * dx, 11 * dy))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for colour, inset in ((QColor(8, 8, 8), 0), (theme.color("accent"), 1), (QColor(8, 8, 8), 2)):
            painter.setPen(QPen(colour, 1))
            painter.drawRect(rect.adjusted(inset, inset, -1 - inset, -1 - inset))
