"""The layers of a canvas that do not change while the hand moves: the picture and the resting outlines, as a pixmap."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import cast

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QRegion

from lpstudio.studio import theme
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.widgets.canvas_transform import ViewTransform

_GRID_FROM = 12.0  # logical px per crop pixel from which the pixel grid is drawn
_AT_ONCE = 4_000_000  # pixels of a picture that are scaled down without a thread


class Picture:
    """A picture with smaller copies of itself, so that it looks well and paints fast when it is shown small.

    ``size``: width and height in pixels of the crop; the image may be a reduced one of the same picture.
    """

    def __init__(self, image: QImage, size: tuple[float, float], on_ready: Callable[[], object]) -> None:
        self.size = size
        self._levels = [image]
        self._on_ready = on_ready
        self._jobs: Jobs | None = None
        self._asked = False

    @property
    def image(self) -> QImage:
        return self._levels[0]

    def close(self) -> None:
        """Wait for the thread that may still be scaling."""
        if self._jobs is not None:
            self._jobs.close()

    def _level(self, scale: float) -> QImage:
        """The smallest copy that still has a pixel for each device pixel."""
        per_pixel = scale * self.size[0] / max(1, self.image.width())
        if per_pixel >= 0.6:
            return self.image
        if not self._asked:
            self._asked = True
            if self.image.width() * self.image.height() <= _AT_ONCE:
                self._levels += _halved(self.image)
            else:
                image = self.image
                self._jobs = Jobs(threads=1)
                self._jobs.run(lambda: _halved(image), self._add)
        best = self.image
        for level in self._levels[1:]:
            if level.width() >= self.image.width() * per_pixel:
                best = level
        return best

    def _add(self, levels: list[QImage]) -> None:
        self._levels += levels
        self._on_ready()

    def paint(self, painter: QPainter, view: ViewTransform, clip: QRect, *, smooth: bool) -> None:
        """Paint what of the picture meets ``clip`` (logical pixels of the widget), to which the painter is clipped.

        The whole picture is named as the source, whatever the clip: so every part falls on the same raster, and
        repairs join without a seam. Qt samples only what is inside the clip.
        """
        width, height = self.size
        left, top = view.to_view(0, 0)
        target = QRectF(left, top, width * view.scale, height * view.scale)
        if not target.intersects(QRectF(clip)):
            return
        image = self._level(view.scale * view.ratio)
        shrinking = width / image.width() * view.scale * view.ratio < 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth or shrinking)
        painter.drawImage(target, image, QRectF(image.rect()))

    def paint_grid(self, painter: QPainter, view: ViewTransform, clip: QRect) -> None:
        """Fine lines between the pixels of the crop, at high zoom only."""
        if view.scale < _GRID_FROM:
            return
        width, height = self.size
        x1, y1 = view.to_crop(clip.left(), clip.top())
        x2, y2 = view.to_crop(clip.right() + 1, clip.bottom() + 1)
        first_x, last_x = max(0, int(x1)), min(int(width), int(x2) + 1)
        first_y, last_y = max(0, int(y1)), min(int(height), int(y2) + 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(128, 128, 128, 70), 0))
        for x in range(first_x, last_x + 1):
            px = round(view.to_view(x, 0)[0])
            painter.drawLine(px, round(view.to_view(0, first_y)[1]), px, round(view.to_view(0, last_y)[1]))
        for y in range(first_y, last_y + 1):
            py = round(view.to_view(0, y)[1])
            painter.drawLine(round(view.to_view(first_x, 0)[0]), py, round(view.to_view(last_x, 0)[0]), py)


def _halved(image: QImage) -> list[QImage]:
    """The picture at 1/2, 1/4, … down to about 200 pixels."""
    levels: list[QImage] = []
    current = image
    while max(current.width(), current.height()) > 400:
        size = QSize(max(1, current.width() // 2), max(1, current.height() // 2))
        current = current.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        levels.append(current)
    return levels


def rects_of(region: QRegion) -> list[QRect]:
    """The rectangles of a region (iterable at run time, which the type stubs do not say)."""
    return list(cast(Iterable[QRect], region))


Step = Callable[[QPainter], object]  # paints a part of what belongs on the layer


@dataclass
class _Patch:
    """A part of the layer that is not whole yet, and what is still to be painted there."""

    region: QRegion
    steps: deque[Step]


class RestingLayer:
    """A pixmap of the whole widget that is repaired only where something changed, and in slices where that is much."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._stale = QRegion()
        self._patches: list[_Patch] = []

    def resize(self, size: QSize, ratio: float) -> None:
        """Fit the widget; everything is painted anew when the size changed."""
        wanted = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatio() != ratio:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(ratio)
            self.spoil(QRect(0, 0, size.width(), size.height()))

    def spoil(self, rect: QRect) -> None:
        """This part must be painted again before it is shown."""
        self._stale += rect

    def scroll(self, dx: float, dy: float, size: QSize) -> None:
        """The view was shifted: shift what is painted, and spoil the strips that came into sight."""
        ratio = self._pixmap.devicePixelRatio()
        device_dx, device_dy = round(dx * ratio), round(dy * ratio)
        if abs(device_dx) >= self._pixmap.width() or abs(device_dy) >= self._pixmap.height():
            self.spoil(QRect(0, 0, size.width(), size.height()))
            return
        self._pixmap.scroll(device_dx, device_dy, self._pixmap.rect())
        whole = QRegion(0, 0, size.width(), size.height())
        shift_x, shift_y = round(dx), round(dy)
        self._stale.translate(shift_x, shift_y)
        for patch in self._patches:
            patch.region.translate(shift_x, shift_y)
        # A pixel more on each side: at fractional ratios a logical pixel may be half moved.
        self._stale += whole - QRegion(whole.translated(shift_x, shift_y)).intersected(whole)
        if ratio != round(ratio):
            self._stale = whole

    def repair(self, begin: Callable[[QPainter, QRect], Iterable[Step]], budget_s: float = 0.0) -> QRegion:
        """Paint the stale parts, and go on with those that are not whole, for about ``budget_s``; what is left to do.

        ``begin`` paints the ground of a part and gives the steps that belong above it, in their order. The painter is
        clipped to the part.
        """
        until = perf_counter() + budget_s
        if self._stale.isEmpty() and not self._patches:
            return QRegion()
        painter = QPainter(self._pixmap)
        whole = QRect(0, 0, self._pixmap.width(), self._pixmap.height())
        stale, self._stale = self._stale, QRegion()
        for patch in self._patches:
            patch.region -= stale
        parts = [stale.boundingRect()] if stale.rectCount() > 8 else rects_of(stale)
        for part in parts:
            area = part.intersected(whole)
            if area.isEmpty():
                continue
            painter.save()
            painter.setClipRect(area)
            painter.fillRect(area, theme.color("canvas"))
            self._patches.append(_Patch(QRegion(area), deque(begin(painter, area))))
            painter.restore()
        left = QRegion()
        for patch in self._patches:
            if patch.region.isEmpty():
                patch.steps.clear()
                continue
            painter.save()
            painter.setClipRegion(patch.region)
            while patch.steps:
                patch.steps.popleft()(painter)
                if perf_counter() > until and patch.steps:
                    left += patch.region
                    break
            painter.restore()
        painter.end()
        self._patches = [patch for patch in self._patches if patch.steps]
        return left

    def draw(self, painter: QPainter, rect: QRect) -> None:
        """Copy a part to the widget."""
        ratio = self._pixmap.devicePixelRatio()
        source = QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
        painter.drawPixmap(QRectF(rect), self._pixmap, source)
