"""How a drawing that is under way looks: the pointer's cross, and the vertices set so far."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_shapes import ShapePainter
from lpstudio.studio.widgets.canvas_transform import ViewTransform


def paint_crosshair(painter: QPainter, place: QPointF, size: QSize) -> None:
    """Lines through the pointer over the whole canvas, seen on light and on dark."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    x, y = int(place.x()), int(place.y())
    for colour, style in (
        (QColor(0, 0, 0, 120), Qt.PenStyle.SolidLine),
        (QColor(255, 255, 255, 150), Qt.PenStyle.DotLine),
    ):
        painter.setPen(QPen(colour, 1, style))
        painter.drawLine(x, 0, x, size.height())
        painter.drawLine(0, y, size.width(), y)


def paint_drawing(
    painter: QPainter,
    view: ViewTransform,
    places: Sequence[QPointF],
    pointer: QPointF | None,
    closing: bool,
    handled: int,
) -> None:
    """The vertices at ``places`` of the widget with a line to the pointer, or to the first one while ``closing``.

    ``handled``: how many of them show a handle.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPolygonF([*places, places[0]] if closing else [*places, *([pointer] if pointer is not None else [])])
    accent = theme.color("accent") if theme.is_dark() else QColor("#4aa8f0")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(8, 8, 8), 3.6), (accent, 1.8)):
        painter.setPen(QPen(colour, width))
        painter.drawPolyline(path)
    shapes = ShapePainter(painter, view)
    for number, place in enumerate(places[:handled]):
        shapes.handle(place.x(), place.y(), hovered=number == 0 and closing)
