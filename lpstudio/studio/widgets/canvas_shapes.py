"""What a canvas shows of a character, and how it is painted over the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_geometry import Box, FloatArray, bounds
from lpstudio.studio.widgets.canvas_labels import LabelLayout, label_image, label_places
from lpstudio.studio.widgets.canvas_transform import ViewTransform

_PAD = 10  # px around a polygon's box that its strokes, handles and mark may reach
HANDLE = 3.5  # half the side of a vertex handle
_MANY_HANDLES = 60  # above so many selected characters the handles would only hide the picture


class Line(Enum):
    """How sure the outline is: a draft is dashed, everything else solid."""

    SOLID = "solid"
    DRAFT = "draft"


@dataclass(eq=False, slots=True)
class CanvasShape:
    """One polygon on a canvas, in pixels of the crop. Make a new one for every change; never edit one in place.

    ``points``: float64, shape (n, 2). ``label``: the text above it. ``hue``: of the similarity group.
    ``fault``: what is wrong with it; then it is red with a mark.
    """

    points: FloatArray
    label: str = ""
    hue: QColor | None = None
    line: Line = Line.SOLID
    fault: str = ""
    unreadable: bool = False
    box: Box = (0.0, 0.0, 0.0, 0.0)
    _polygon: QPolygonF | None = None

    def __post_init__(self) -> None:
        self.box = bounds(self.points)

    @property
    def polygon(self) -> QPolygonF:
        """The points as Qt paints them; made when they are painted for the first time."""
        if self._polygon is None:
            self._polygon = QPolygonF([QPointF(x, y) for x, y in self.points.tolist()])
        return self._polygon

    @property
    def caption(self) -> str:
        """What stands at it."""
        text = self.label or ("" if self.unreadable else "?")
        if self.unreadable:
            text = f"{text} ⌀".strip()
        return f"! {text}".strip() if self.fault else text

    def moved(self, dx: float, dy: float) -> CanvasShape:
        """The same shape somewhere else."""
        return self.with_points(self.points + np.array([dx, dy]))

    def with_points(self, points: FloatArray) -> CanvasShape:
        return CanvasShape(points, self.label, self.hue, self.line, self.fault, self.unreadable)


Pair = tuple[CanvasShape, bool]  # a shape and whether it is selected


def screen_rect(shape: CanvasShape, view: ViewTransform) -> QRect:
    """The part of the widget a shape may paint on: outline, handles, mark and label."""
    x1, y1 = view.to_view(shape.box[0], shape.box[1])
    x2, y2 = view.to_view(shape.box[2], shape.box[3])
    rect = QRectF(x1 - _PAD, y1 - _PAD, x2 - x1 + 2 * _PAD, y2 - y1 + 2 * _PAD)
    for label in label_places(shape.caption, (x1, y1, x2, y2)):
        rect = rect.united(label)
    return rect.toAlignedRect()


class ShapePainter:
    """Paints shapes through a view transform; pens and colours are set up once per pass."""

    def __init__(
        self, painter: QPainter, view: ViewTransform, *, labels: bool = True, layout: LabelLayout | None = None
    ) -> None:
        """``layout`` keeps labels off each other; without one each stands above its shape."""
        self._layout = layout
        self._painter = painter
        self._view = view
        self._labels = labels
        self._accent = theme.color("accent") if theme.is_dark() else QColor("#4aa8f0")
        # Opaque: Qt strokes an opaque pen three times as fast as a translucent one.
        self._outer = self._pen(QColor(14, 14, 14), 3.4)
        self._bright: dict[tuple[object, ...], QPen] = {}
        self._outer_selected = self._pen(QColor(8, 8, 8), 4.2)

    def _pen(self, colour: QColor, width: float, dash: Iterable[float] = ()) -> QPen:
        """A pen of so many logical pixels at any zoom (Qt counts the width of cosmetic pens in device pixels)."""
        pen = QPen(colour, width * self._view.ratio)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pattern = list(dash)
        if pattern:
            pen.setDashPattern(pattern)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def _colour(self, shape: CanvasShape, selected: bool) -> QColor:
        if shape.fault:
            return QColor("#ff5a48")
        if selected:
            return self._accent
        if shape.line is Line.DRAFT:
            return QColor("#f5b53d")
        return shape.hue if shape.hue is not None else QColor("#f4f4f4")

    def outlines(self, shapes: Iterable[tuple[CanvasShape, bool]], *, handles: bool = True) -> None:
        """Paint outlines, then handles and labels above all of them. Pairs of shape and whether it is selected."""
        pairs = list(shapes)
        self.strokes(pairs, dark=True)
        self.strokes(pairs, dark=False)
        self.chosen_handles(pairs, handles=handles)
        self.captions(pairs)

    def strokes(self, pairs: Sequence[Pair], *, dark: bool) -> None:
        """The dark strokes, or the bright ones inside them. First all dark ones, so that none hides a bright one."""
        painter, view = self._painter, self._view
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(view.left, view.top)
        painter.scale(view.scale, view.scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shape, selected in pairs:
            if dark:
                self._dark_stroke(shape, selected)
            else:
                painter.setPen(self._bright_pen(shape, selected))
                painter.drawPolygon(shape.polygon)
        painter.restore()

    def _dark_stroke(self, shape: CanvasShape, selected: bool) -> None:
        painter = self._painter
        painter.setPen(self._outer_selected if selected else self._outer)
        if not selected:
            painter.drawPolygon(shape.polygon)
            return
        fill = QColor(self._colour(shape, selected))
        fill.setAlpha(46)
        painter.setBrush(QBrush(fill))
        painter.drawPolygon(shape.polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _bright_pen(self, shape: CanvasShape, selected: bool) -> QPen:
        colour = self._colour(shape, selected)
        key = (colour.rgba(), selected, shape.line, shape.unreadable)
        pen = self._bright.get(key)
        if pen is None:
            dash: tuple[float, ...] = ()
            if shape.line is Line.DRAFT:
                dash = (4, 3)
            elif shape.unreadable:
                dash = (1, 2.2)
            pen = self._bright[key] = self._pen(colour, 2.2 if selected else 1.6, dash)
        return pen

    def chosen_handles(self, pairs: Sequence[Pair], *, handles: bool = True) -> None:
        """The vertices of the selected ones, unless these are many."""
        chosen = [shape for shape, selected in pairs if selected]
        if handles and len(chosen) <= _MANY_HANDLES:
            for shape in chosen:
                self.handles(shape)

    def captions(self, pairs: Sequence[Pair]) -> None:
        """Labels, the last above the others."""
        if self._labels:
            for shape, selected in pairs:
                self._label(shape, selected)

    def handles(self, shape: CanvasShape, hovered: int | None = None) -> None:
        """Square handles on the vertices, smaller where they are dense; the hovered one larger and filled."""
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        steps = np.hypot(*np.diff(shape.points, axis=0, append=shape.points[:1]).T) * self._view.scale
        half = HANDLE if len(steps) == 0 else min(HANDLE, max(1.5, float(np.median(steps)) / 4))
        for index, (x, y) in enumerate(shape.points.tolist()):
            px, py = self._view.to_view(x, y)
            self.handle(px, py, hovered=index == hovered, half=half)

    def handle(self, x: float, y: float, *, hovered: bool = False, ghost: bool = False, half: float = HANDLE) -> None:
        """One handle at a place of the widget. A ghost is the vertex an edge would get."""
        painter = self._painter
        half = HANDLE + 1.5 if hovered else half
        painter.setPen(QPen(QColor(0, 0, 0, 220), 1))
        painter.setBrush(self._accent if hovered else QColor(255, 255, 255, 140 if ghost else 255))
        rect = QRectF(x - half, y - half, 2 * half, 2 * half)
        if ghost:
            painter.drawEllipse(rect)
        else:
            painter.drawRect(rect)

    def _label(self, shape: CanvasShape, selected: bool) -> None:
        text = shape.caption
        if not text:
            return
        x1, y1 = self._view.to_view(shape.box[0], shape.box[1])
        x2, y2 = self._view.to_view(shape.box[2], shape.box[3])
        which = 0 if self._layout is None else self._layout.which(shape, text, shape.box, self._view.scale)
        if which is None and not selected:
            return  # there is no room for it at this zoom
        place = label_places(text, (x1, y1, x2, y2))[which or 0]
        colour = self._colour(shape, selected)
        if selected or shape.fault:
            ground, ink = colour, theme.readable_on(colour)
        else:
            ground, ink = QColor(16, 16, 16, 205), colour
        image = label_image(text, ground.rgba(), ink.rgba(), self._view.ratio)
        self._painter.drawImage(place.topLeft(), image)
