"""A picture with polygons over it: zoom, pan, select, draw a rectangle. What Review shows and Annotate edits.

    view = CanvasView()
    view.set_picture(image)                     # a QImage; or set_message("plate.jpg cannot be read", "It is damaged.")
    view.set_shapes([CanvasShape(points, label="A", hue=colour, line=Line.DRAFT)])   # points: pixels, shape (n, 2)
    view.set_selection([0])                     # silent; a click emits selection_changed(tuple of indices)
    view.set_mode(CanvasMode.RECTANGLE)         # a drag emits rectangle_drawn(QRectF in pixels of the picture)
    view.set_rectangle(rect)                    # shows one (None: none)

It changes nothing but its own selection; editing tools override ``press``, ``drag``, ``release``, ``hover`` and
``paint_tool`` (see ``studio/annotate/edit_canvas.py``). Wheel zooms at the pointer, the middle button or Space pans,
the period key held down hides the overlay.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_surface import CanvasSurface

_WHEEL_STEP = 1.25


class CanvasMode(Enum):
    """What the left button does: select characters, or draw a rectangle."""

    SELECT = "select"
    RECTANGLE = "rectangle"


class CanvasView(CanvasSurface):
    """See the module's docstring. All coordinates in signals are pixels of the picture, y down."""

    selection_changed = Signal(object)  # tuple of indices, the last chosen one last
    shape_activated = Signal(int)  # double click
    rectangle_drawn = Signal(QRectF)
    pointer_moved = Signal(object)  # (x, y), or None when it left
    menu_requested = Signal(object, QPoint)  # index under the pointer or None, place on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = CanvasMode.SELECT
        self._rectangle: QRectF | None = None
        self._band: tuple[QPointF, QPointF] | None = None  # in pixels of the widget
        self._band_base: tuple[int, ...] = ()
        self._space = False
        self._pan_from: QPointF | None = None
        self._pressed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas")

    def set_picture(
        self, image: QImage | None, size: tuple[float, float] | None = None, *, keep_view: bool = False
    ) -> None:
        super().set_picture(image, size, keep_view=keep_view)
        self._update_cursor()

    def _select(self, indices: Iterable[int]) -> None:
        before = self._selection
        self.set_selection(indices)
        if self._selection != before:
            self.selection_changed.emit(self._selection)

    @property
    def mode(self) -> CanvasMode:
        return self._mode

    def set_mode(self, mode: CanvasMode) -> None:
        """Whether the left button selects characters or draws a rectangle."""
        self._mode = mode
        self._band = None
        self.update()
        self._update_cursor()

    @property
    def rectangle(self) -> QRectF | None:
        return self._rectangle

    def set_rectangle(self, rectangle: QRectF | None) -> None:
        """Show a rectangle (pixels of the picture), or none."""
        self._rectangle = rectangle
        self.update()

    def paint_tool(self, painter: QPainter) -> None:
        """What the tool shows above everything; editing tools add their own."""
        self._paint_rectangles(painter)

    def _paint_rectangles(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._rectangle is not None:
            r = self._rectangle
            self._paint_rectangle(
                painter, QRectF(self.to_widget(r.left(), r.top()), self.to_widget(r.right(), r.bottom()))
            )
        if self._band is not None:
            self._paint_rectangle(painter, QRectF(*self._band).normalized(), fill=self._mode is CanvasMode.SELECT)

    def _paint_rectangle(self, painter: QPainter, rect: QRectF, *, fill: bool = False) -> None:
        painter.setBrush(theme.color("accent", 0.14) if fill else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 3))
        painter.drawRect(rect)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.drawRect(rect)

    # -- hands --------------------------------------------------------------------------------------------------

    @property
    def panning(self) -> bool:
        return self._pan_from is not None

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._picture is None:
            return
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(delta.x() or delta.y(), 0.0)
        elif delta.y():
            self.zoom_by(math.pow(_WHEEL_STEP, delta.y() / 120.0), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._pan_from = event.position()
            self._update_cursor()
        elif left and self._picture is not None:
            self._pressed = True
            self.press(event.position(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pan_from is not None:
            self._pan(place.x() - self._pan_from.x(), place.y() - self._pan_from.y())
            self._pan_from = place
        elif self._picture is not None:
            if self._pressed:
                self.drag(place, event.modifiers())
            else:
                self.hover(place, event.modifiers())
            self.pointer_moved.emit(self.to_crop(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self._update_cursor()
        elif event.button() == Qt.MouseButton.LeftButton and self._pressed:
            self._pressed = False
            self.release(event.position(), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._picture is not None and not self._space:
            self._pressed = True
            self.double_press(event.position(), event.modifiers())
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer_moved.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._picture is None:
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self._selection[-1] if self._selection else None
            place = self.mapToGlobal(self.rect().center())
        else:
            hit = self.hit(QPointF(event.pos()))
            index, place = (None if hit is None else hit.index), event.globalPos()
            if index is not None and index not in self._selection:
                self._select([index])
        self.menu_requested.emit(index, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self._update_cursor()
        elif event.key() == Qt.Key.Key_Period and not event.modifiers():
            self._set_peeking(True)
        elif event.key() == Qt.Key.Key_Escape and self._band is not None:
            self._band = None
            self._pressed = False
            self.update()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._update_cursor()
        elif event.key() == Qt.Key.Key_Period:
            self._set_peeking(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self._set_peeking(False)
        self._update_cursor()

    def _update_cursor(self) -> None:
        if self._pan_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._picture is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        else:
            self.setCursor(self.tool_cursor())

    def tool_cursor(self) -> Qt.CursorShape:
        """The cursor of the present tool at the present place."""
        rectangle = self._mode is CanvasMode.RECTANGLE
        return Qt.CursorShape.CrossCursor if rectangle else Qt.CursorShape.ArrowCursor

    # -- the tool: selecting, or a rectangle ------------------------------------------------------------------------

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The left button went down."""
        hit = self.hit(place) if self._mode is CanvasMode.SELECT else None
        adding = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        if hit is not None:
            if adding:
                kept = [i for i in self._selection if i != hit.index]
                self._select(kept if hit.index in self._selection else [*kept, hit.index])
            else:
                self._select([hit.index])
            return
        self._band = (place, place)
        self._band_base = self._selection if adding else ()
        if self._mode is CanvasMode.SELECT and not adding:
            self._select([])

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer moved with the left button down."""
        if self._band is None:
            return
        self._band = (self._band[0], place)
        if self._mode is CanvasMode.SELECT:
            (x1, y1), (x2, y2) = self.to_crop(self._band[0]), self.to_crop(place)
            inside = self._hits.touching((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))
            self._select([*self._band_base, *inside])
        self.update()

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The left button went up."""
        band, self._band = self._band, None
        self.update()
        if band is None or self._mode is not CanvasMode.RECTANGLE or self.picture_size is None:
            return
        (x1, y1), (x2, y2) = self.to_crop(band[0]), self.to_crop(place)
        whole = QRectF(0, 0, *self.picture_size)
        drawn = QRectF(QPointF(x1, y1), QPointF(x2, y2)).normalized().intersected(whole)
        if drawn.width() >= 2 and drawn.height() >= 2:
            self.set_rectangle(drawn)
            self.rectangle_drawn.emit(drawn)

    def double_press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The left button went down for the second time."""
        hit = self.hit(place)
        if hit is not None:
            self.shape_activated.emit(hit.index)

    def hover(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer moved with no button down."""
