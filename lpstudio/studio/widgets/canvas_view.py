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
from collections.abc import Iterable, Sequence
from enum import Enum

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_geometry import Hit, HitTester
from lpstudio.studio.widgets.canvas_layer import Picture, RestingLayer, rects_of
from lpstudio.studio.widgets.canvas_shapes import CanvasShape, ShapePainter, screen_rect
from lpstudio.studio.widgets.canvas_transform import ViewTransform

HIT_TOLERANCE = 7.0  # logical pixels of the screen
_REACH = 40.0  # px that a shape may paint beyond its box (label, mark, handles)
_WHEEL_STEP = 1.25
_AS_PIXMAP = 12  # more lifted shapes than this move as one picture


class CanvasMode(Enum):
    """What the left button does: select characters, or draw a rectangle."""

    SELECT = "select"
    RECTANGLE = "rectangle"


class CanvasView(QWidget):
    """See the module's docstring. All coordinates in signals are pixels of the picture, y down."""

    selection_changed = Signal(object)  # tuple of indices, the last chosen one last
    shape_activated = Signal(int)  # double click
    rectangle_drawn = Signal(QRectF)
    view_changed = Signal()  # zoom or place
    pointer_moved = Signal(object)  # (x, y), or None when it left
    menu_requested = Signal(object, QPoint)  # index under the pointer or None, place on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = ViewTransform()
        self._picture: Picture | None = None
        self._message = ("", "")
        self._shapes: list[CanvasShape] = []
        self._hits = HitTester([])
        self._selection: tuple[int, ...] = ()
        self._resting = RestingLayer()
        self._lifted: dict[int, CanvasShape] = {}
        self._lifted_pixmap: tuple[QPixmap, float, float] | None = None  # and the shift since it was made
        self._mode = CanvasMode.SELECT
        self._rectangle: QRectF | None = None
        self._band: tuple[QPointF, QPointF] | None = None  # in pixels of the widget
        self._band_base: tuple[int, ...] = ()
        self._smooth = False
        self._overlay = True
        self._labels = True
        self._handles = True
        self._peeking = False  # the overlay is hidden while a key is held
        self._fitted = True
        self._space = False
        self._pan_from: QPointF | None = None
        self._pressed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Canvas")
        theme.notifier().changed.connect(self.repaint_all)

    # -- what it shows ------------------------------------------------------------------------------------------

    def set_picture(
        self, image: QImage | None, size: tuple[float, float] | None = None, *, keep_view: bool = False
    ) -> None:
        """Show a picture (None: nothing). ``size``: the crop's true size when the image is a reduced one."""
        if self._picture is not None:
            self._picture.close()
        before = self.picture_size
        if image is None or image.isNull():
            self._picture = None
        else:
            true_size = size or (float(image.width()), float(image.height()))
            self._picture = Picture(image, true_size, self.repaint_all)
            self._message = ("", "")
        if not (keep_view and before == self.picture_size):
            self.fit()
        self.repaint_all()
        self._update_cursor()

    def set_message(self, title: str, detail: str = "") -> None:
        """Show words instead of a picture: an empty state, or why a picture cannot be shown."""
        self._message = (title, detail)
        self.set_picture(None)

    @property
    def message(self) -> tuple[str, str]:
        """Title and detail of what is said instead of a picture; empty while one is shown."""
        return self._message

    @property
    def picture_size(self) -> tuple[float, float] | None:
        """Width and height in pixels of the crop, None without a picture."""
        return None if self._picture is None else self._picture.size

    @property
    def picture(self) -> QImage | None:
        return None if self._picture is None else self._picture.image

    def set_shapes(self, shapes: Sequence[CanvasShape]) -> None:
        """Show these polygons. Those that are the same objects as before are not painted again."""
        new = list(shapes)
        old = self._shapes
        common = min(len(old), len(new))
        changed = [i for i in range(common) if old[i] is not new[i]]
        for shape in [*(old[i] for i in changed), *old[common:], *(new[i] for i in changed), *new[common:]]:
            self._spoil(screen_rect(shape, self.view))
        self._shapes = new
        if len(old) == len(new):
            for i in changed:
                self._hits.replace(i, new[i].points)
        else:
            self._hits = HitTester([shape.points for shape in new])
        self._selection = tuple(i for i in self._selection if i < len(new))

    @property
    def shapes(self) -> Sequence[CanvasShape]:
        return self._shapes

    @property
    def selection(self) -> tuple[int, ...]:
        """Indices of the selected shapes; the one chosen last stands last."""
        return self._selection

    def set_selection(self, indices: Iterable[int]) -> None:
        """Select these shapes without a signal."""
        new = tuple(dict.fromkeys(i for i in indices if 0 <= i < len(self._shapes)))
        many = (len(new) > 60) != (len(self._selection) > 60)  # handles come and go
        for i in set(new) | set(self._selection) if many else set(new) ^ set(self._selection):
            self._spoil(screen_rect(self._shapes[i], self.view))
        self._selection = new

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

    @property
    def smooth(self) -> bool:
        return self._smooth

    def set_smooth(self, smooth: bool) -> None:
        """Smooth or nearest-pixel enlargement."""
        self._smooth = smooth
        self.repaint_all()

    @property
    def overlay_shown(self) -> bool:
        """Whether outlines are on the screen at this moment."""
        return self._overlay and not self._peeking

    def set_overlay(self, shown: bool) -> None:
        self._overlay = shown
        self.repaint_all()

    def set_handles(self, shown: bool) -> None:
        """Whether selected shapes show their vertices; not where nothing can be edited."""
        self._handles = shown
        self.repaint_all()

    def set_labels(self, shown: bool) -> None:
        self._labels = shown
        self.repaint_all()

    def _set_peeking(self, peeking: bool) -> None:
        if peeking != self._peeking:
            self._peeking = peeking
            self.repaint_all()

    # -- zoom and pan -------------------------------------------------------------------------------------------

    def _size_or_unit(self) -> tuple[float, float]:
        return self.picture_size or (1.0, 1.0)

    def _view_size(self) -> tuple[float, float]:
        return float(self.width()), float(self.height())

    def fit(self) -> None:
        """The whole picture, as large as there is room for."""
        width, height = self._size_or_unit()
        self.view.fit((0.0, 0.0, width, height), self._view_size())
        self._fitted = True
        self._view_moved()

    def one_to_one(self) -> None:
        """One pixel of the crop on one pixel of the screen, the middle of the canvas stays."""
        self.zoom_by(1.0 / self.view.ratio / self.view.scale)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a place of the widget (the middle when none is given), up to 64 times."""
        place = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        self.view.zoom_at(place.x(), place.y(), factor, self._size_or_unit(), self._view_size())
        self._fitted = False
        self._view_moved()

    def zoom_to(self, indices: Iterable[int]) -> None:
        """Bring these shapes into view, large."""
        boxes = self._hits.boxes[list(indices)]
        if len(boxes):
            low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
            box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            self.view.fit(box, self._view_size(), margin=min(self._view_size()) * 0.22)
            self._fitted = False
            self._view_moved()

    def show_in_sight(self, index: int) -> None:
        """Pan just as far as needed for a shape to be seen."""
        box = self._shapes[index].box
        x1, y1 = self.view.to_view(box[0], box[1])
        x2, y2 = self.view.to_view(box[2], box[3])
        dx = -x1 + 24 if x1 < 0 else min(0.0, self.width() - 24 - x2) if x2 > self.width() else 0.0
        dy = -y1 + 24 if y1 < 0 else min(0.0, self.height() - 24 - y2) if y2 > self.height() else 0.0
        if dx or dy:
            self._pan(dx, dy)

    @property
    def zoom(self) -> float:
        """Device pixels per pixel of the crop: 1 is 100 %."""
        return self.view.scale * self.view.ratio

    def _pan(self, dx: float, dy: float) -> None:
        left, top = self.view.left, self.view.top
        self.view.pan(dx, dy, self._size_or_unit(), self._view_size())
        self._fitted = False
        self._resting.scroll(self.view.left - left, self.view.top - top, self.size())
        self._lifted_pixmap = None
        self.update()
        self.view_changed.emit()

    def _view_moved(self) -> None:
        self._lifted_pixmap = None
        self.repaint_all()
        self.view_changed.emit()

    def to_crop(self, place: QPointF) -> tuple[float, float]:
        """From the widget's to the picture's pixels."""
        return self.view.to_crop(place.x(), place.y())

    def to_widget(self, x: float, y: float) -> QPointF:
        """From the picture's to the widget's pixels."""
        return QPointF(*self.view.to_view(x, y))

    def hit(self, place: QPointF) -> Hit | None:
        """What is under a place of the widget; vertices and edges only of selected shapes."""
        if not self.overlay_shown:
            return None
        x, y = self.to_crop(place)
        tolerance = HIT_TOLERANCE
        for index in self._selection[:1] if len(self._selection) == 1 else ():
            box = self._shapes[index].box
            small = min(box[2] - box[0], box[3] - box[1]) * self.view.scale
            tolerance = min(tolerance, max(2.5, small / 5))  # leave room to grasp the body of a tiny one
        return self._hits.at(x, y, tolerance / self.view.scale, self._selection)

    # -- lifted shapes: those that move with the hand -------------------------------------------------------------

    def lift(self, indices: Iterable[int]) -> None:
        """Take shapes out of the resting layer, to be moved with every step of a drag."""
        self._lifted = {i: self._shapes[i] for i in indices}
        self._lifted_pixmap = None
        for shape in self._lifted.values():
            self._resting.spoil(screen_rect(shape, self.view))

    def move_lifted(self, shapes: dict[int, CanvasShape]) -> None:
        """New forms of lifted shapes; only what they cover and covered is painted."""
        for index, shape in shapes.items():
            self.update(screen_rect(self._lifted[index], self.view).united(screen_rect(shape, self.view)))
        self._lifted.update(shapes)
        self._lifted_pixmap = None

    def shift_lifted(self, dx: float, dy: float) -> None:
        """Show all lifted shapes shifted by so many pixels of the picture from where they rest."""
        if len(self._lifted) > _AS_PIXMAP:
            pixmap = self._lifted_pixmap[0] if self._lifted_pixmap is not None else self._render_lifted()
            self._lifted_pixmap = (pixmap, dx, dy)
            self.update()
            return
        self.move_lifted({i: self._shapes[i].moved(dx, dy) for i in self._lifted})

    def _render_lifted(self) -> QPixmap:
        pixmap = QPixmap(self.size() * self.view.ratio)
        pixmap.setDevicePixelRatio(self.view.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        ShapePainter(painter, self.view, labels=self._labels).outlines((s, True) for s in self._lifted.values())
        painter.end()
        return pixmap

    def drop_lifted(self) -> None:
        """The drag is over: the shapes rest again, in the form given by ``set_shapes``."""
        for index, shape in self._lifted.items():
            self._spoil(screen_rect(shape, self.view))
            if index < len(self._shapes):
                self._spoil(screen_rect(self._shapes[index], self.view))
        if self._lifted_pixmap is not None:
            self.update()
        self._lifted = {}
        self._lifted_pixmap = None

    # -- paint --------------------------------------------------------------------------------------------------

    def repaint_all(self) -> None:
        """Everything changed: theme, picture, zoom."""
        self._resting.spoil(self.rect())
        self.update()

    def _spoil(self, rect: QRect) -> None:
        self._resting.spoil(rect.intersected(self.rect()))
        self.update(rect)

    def _paint_resting(self, painter: QPainter, area: QRect) -> None:
        if self._picture is None:
            return
        self._picture.paint(painter, self.view, area, smooth=self._smooth)
        if not self._smooth:
            self._picture.paint_grid(painter, self.view, area)
        if not self.overlay_shown:
            return
        x1, y1 = self.view.to_crop(area.left() - _REACH, area.top() - _REACH)
        x2, y2 = self.view.to_crop(area.right() + _REACH, area.bottom() + _REACH)
        selected = set(self._selection)
        here = [i for i in self._hits.touching((x1, y1, x2, y2)) if i not in self._lifted]
        here.sort(key=lambda i: i in selected)
        pairs = ((self._shapes[i], i in selected) for i in here)
        ShapePainter(painter, self.view, labels=self._labels).outlines(pairs, handles=self._handles)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._resting.resize(self.size(), self.view.ratio)
        self._resting.repair(self._paint_resting)
        painter = QPainter(self)
        for rect in rects_of(event.region()):
            self._resting.draw(painter, rect)
        if self._picture is None:
            self._paint_message(painter)
            return
        if self._lifted and self.overlay_shown:
            if self._lifted_pixmap is not None:
                pixmap, dx, dy = self._lifted_pixmap
                ratio, scale = self.view.ratio, self.view.scale
                place = QPointF(round(dx * scale * ratio) / ratio, round(dy * scale * ratio) / ratio)
                painter.drawPixmap(place, pixmap)
            else:
                chosen = set(self._selection)
                shapes = ((shape, i in chosen) for i, shape in self._lifted.items())
                ShapePainter(painter, self.view, labels=self._labels).outlines(shapes)
        self.paint_tool(painter)
        self._paint_rectangles(painter)

    def paint_tool(self, painter: QPainter) -> None:
        """What an editing tool shows above everything: a drawing, a hovered handle."""

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

    def _paint_message(self, painter: QPainter) -> None:
        title, detail = self._message
        width = min(520, self.width() - 48)
        box = QRect((self.width() - width) // 2, self.height() // 2 - 60, width, 120)
        painter.setPen(theme.color("text"))
        painter.setFont(theme.font("title"))
        wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter
        used = painter.boundingRect(box, int(wrap), title)
        painter.drawText(box, int(wrap), title)
        painter.setPen(theme.color("text_dim"))
        painter.setFont(theme.font("body"))
        painter.drawText(box.adjusted(0, used.height() + 8, 0, 80), int(wrap), detail)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.view.ratio = self.devicePixelRatioF()
        if self._fitted:
            self.fit()
        else:
            self.view.keep_in_sight(self._size_or_unit(), self._view_size())
            self._view_moved()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.view.ratio = self.devicePixelRatioF()
            self._view_moved()
        elif isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(1.0 + event.value(), event.position())
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(800, 500)

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
