"""The surface of a canvas: a picture with polygons over it, its zoom and place, and layers that repaint little.

It only shows; :class:`lpstudio.studio.widgets.canvas_view.CanvasView` adds the hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QNativeGestureEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_geometry import Hit, HitTester
from lpstudio.studio.widgets.canvas_labels import LabelLayout
from lpstudio.studio.widgets.canvas_layer import Picture, RestingLayer, Step, rects_of
from lpstudio.studio.widgets.canvas_shapes import CanvasShape, Pair, ShapePainter, screen_rect
from lpstudio.studio.widgets.canvas_transform import ViewTransform

HIT_TOLERANCE = 7.0  # logical pixels of the screen
_REACH = 40.0  # px that a shape may paint beyond its box (label, mark, handles)
_MANY = 100  # shapes that changed: then all is painted anew
_AT_ONCE = 60  # shapes are painted in one go, whatever it takes
_SLICE = 8  # shapes per step beyond that
_FRAME = 0.005  # s of painting in one frame
_AS_PIXMAP = 12  # more lifted shapes than this move as one picture


def _paint_strokes(view: ViewTransform, pairs: Sequence[Pair], dark: bool, painter: QPainter) -> None:
    ShapePainter(painter, view).strokes(pairs, dark=dark)


def _paint_captions(view: ViewTransform, pairs: Sequence[Pair], layout: LabelLayout, painter: QPainter) -> None:
    ShapePainter(painter, view, layout=layout).captions(pairs)


class CanvasSurface(QWidget):
    """Shows a picture, shapes and a selection. All coordinates are pixels of the picture, y down."""

    view_changed = Signal()  # zoom or place

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = ViewTransform()
        self._picture: Picture | None = None
        self._message = ("", "")
        self._shapes: list[CanvasShape] = []
        self._hits = HitTester([])
        self._selection: tuple[int, ...] = ()
        self._resting = RestingLayer()
        self._label_layout = LabelLayout()
        self._lifted: dict[int, CanvasShape] = {}
        self._lifted_pixmap: tuple[QPixmap, float, float] | None = None  # and the shift since it was made
        self._smooth = False
        self._overlay = True
        self._labels = True
        self._handles = True
        self._peeking = False  # the overlay is hidden while a key is held
        self._fitted = True
        self._more = QTimer(self)  # goes on painting what did not fit into one frame
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
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
        if len(old) != len(new):
            self._label_layout.reset()
        changed = [i for i in range(common) if old[i] is not new[i]]
        for i in changed:
            self._label_layout.forget(old[i])
        others = [*(old[i] for i in changed), *old[common:], *(new[i] for i in changed), *new[common:]]
        if len(others) > _MANY:
            self.repaint_all()
        else:
            for shape in others:
                self._spoil(screen_rect(shape, self.view))
        self._shapes = new
        if len(old) == len(new):
            for i in changed:
                self._hits.replace(i, new[i].points)
        else:
            self._hits = HitTester([shape.points for shape in new], [shape.box for shape in new])
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
        others = set(new) | set(self._selection) if many else set(new) ^ set(self._selection)
        if len(others) > _MANY:
            self.repaint_all()
        else:
            for i in others:
                self._spoil(screen_rect(self._shapes[i], self.view))
        self._selection = new

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

    def show_point_in_sight(self, x: float, y: float) -> None:
        """Pan just as far as needed for a place of the picture to be seen."""
        place = self.to_widget(x, y)
        dx = min(max(place.x(), 24.0), self.width() - 24.0) - place.x()
        dy = min(max(place.y(), 24.0), self.height() - 24.0) - place.y()
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

    def _begin_resting(self, painter: QPainter, area: QRect) -> Iterator[Step]:
        """Paint the picture in a part of the resting layer; the steps that paint the outlines above it."""
        if self._picture is None:
            return iter(())
        self._picture.paint(painter, self.view, area, smooth=self._smooth)
        if not self._smooth:
            self._picture.paint_grid(painter, self.view, area)
        if not self.overlay_shown:
            return iter(())
        x1, y1 = self.view.to_crop(area.left() - _REACH, area.top() - _REACH)
        x2, y2 = self.view.to_crop(area.right() + _REACH, area.bottom() + _REACH)
        selected = set(self._selection)
        here = [i for i in self._hits.touching((x1, y1, x2, y2)) if i not in self._lifted]
        here.sort(key=lambda i: i in selected)
        return self._steps([(self._shapes[i], i in selected) for i in here])

    def _steps(self, pairs: list[Pair]) -> Iterator[Step]:
        """What paints these shapes, in slices that take a few milliseconds each; few shapes are painted at once."""
        view, labels, handles, layout = self.view, self._labels, self._handles, self._label_layout
        if len(pairs) <= _AT_ONCE:
            yield lambda painter: ShapePainter(painter, view, labels=labels, layout=layout).outlines(
                pairs, handles=handles
            )
            return
        slices = [pairs[at : at + _SLICE] for at in range(0, len(pairs), _SLICE)]
        for dark in (True, False):
            for part in slices:
                yield partial(_paint_strokes, view, part, dark)
        yield lambda painter: ShapePainter(painter, view).chosen_handles(pairs, handles=handles)
        if labels:
            for part in slices:
                yield partial(_paint_captions, view, part, layout)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._resting.resize(self.size(), self.view.ratio)
        left = self._resting.repair(self._begin_resting, _FRAME)
        if not left.isEmpty():
            self._more.start()
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

    def paint_tool(self, painter: QPainter) -> None:
        """What an editing tool shows above everything: a drawing, a hovered handle."""

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
