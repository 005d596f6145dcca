"""Labels of shapes on a canvas: of one size at any zoom, and placed so that none hides another."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_geometry import Box

LABEL_HEIGHT = 18
_AIR = 4  # px between a shape and its label
_CELL = 32.0  # px of the raster in which labels are looked up
_Rect = tuple[float, float, float, float]


def label_places(text: str, box: Box) -> tuple[QRectF, ...]:
    """Where a label may stand, the best first: above, below, a line further up, a line further down.

    ``box``: the shape's, in pixels of the widget. Places shift with everything else when the view is panned.
    """
    if not text:
        return ()
    width = label_width(text) + 8
    x = round((box[0] + box[2] - width) / 2)
    above, below = round(box[1] - LABEL_HEIGHT - _AIR), round(box[3] + _AIR)
    line = LABEL_HEIGHT + 2
    return tuple(QRectF(x, y, width, LABEL_HEIGHT) for y in (above, below, above - line, below + line))


@lru_cache(maxsize=512)
def label_width(text: str) -> float:
    """px of the text alone."""
    return float(round(QFontMetricsF(_label_font()).horizontalAdvance(text)))


@lru_cache(maxsize=1)
def _label_font() -> QFont:
    font = theme.font("plate")
    font.setPixelSize(13)
    return font


@lru_cache(maxsize=1024)
def label_image(text: str, ground: int, ink: int, ratio: float) -> QImage:
    """A label as it is painted; a QImage, because pixmaps must not outlive the application."""
    width = label_width(text) + 8
    image = QImage(round(width * ratio), round(LABEL_HEIGHT * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(ground))
    painter.drawRoundedRect(QRectF(0, 0, width, LABEL_HEIGHT), 3, 3)
    painter.setPen(QColor.fromRgba(ink))
    painter.setFont(_label_font())
    painter.drawText(QRectF(0, 0, width, LABEL_HEIGHT), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return image


class LabelLayout:
    """Which of its places each label takes, first come first served; kept until the zoom changes or its shape goes.

    So a label does not jump when something elsewhere changes, and each is placed when it is painted first.
    """

    def __init__(self) -> None:
        self._scale = 0.0
        self._taken: dict[int, tuple[object, int | None, _Rect]] = {}  # by the shape's id; holds it, so ids stay true
        self._cells: dict[tuple[int, int], list[_Rect]] = {}

    def reset(self) -> None:
        """Other shapes, or another zoom."""
        self._taken.clear()
        self._cells.clear()

    def which(self, shape: object, text: str, box: Box, scale: float) -> int | None:
        """Which place of :func:`label_places` the label of a shape takes; None where all are taken.

        ``box``: the shape's in pixels of the crop, painted ``scale`` times as large.
        """
        if scale != self._scale:
            self.reset()
            self._scale = scale
        kept = self._taken.get(id(shape))
        if kept is not None:
            return kept[1]
        scaled = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
        found: int | None = None
        rect: _Rect = (0.0, 0.0, 0.0, 0.0)
        for number, place in enumerate(label_places(text, scaled)):
            rect = (place.left() - 1, place.top() - 1, place.right() + 1, place.bottom() + 1)
            if not any(_meet(rect, other) for cell in _cells(rect) for other in self._cells.get(cell, ())):
                found = number
                for cell in _cells(rect):
                    self._cells.setdefault(cell, []).append(rect)
                break
        self._taken[id(shape)] = (shape, found, rect)
        return found

    def forget(self, shape: object) -> None:
        """A shape is gone: its place is free."""
        kept = self._taken.pop(id(shape), None)
        if kept is not None and kept[1] is not None:
            for cell in _cells(kept[2]):
                self._cells[cell].remove(kept[2])


def _cells(rect: _Rect) -> list[tuple[int, int]]:
    columns = range(int(rect[0] // _CELL), int(rect[2] // _CELL) + 1)
    rows = range(int(rect[1] // _CELL), int(rect[3] // _CELL) + 1)
    return [(column, row) for column in columns for row in rows]


def _meet(a: _Rect, b: _Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
