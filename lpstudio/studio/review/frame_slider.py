"""The slider under footage: one value a frame, with the range to read and the frames that were read on it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from lpstudio.studio import theme

_SIDE = 8.0  # px left and right of the groove, half the handle
_HEIGHT = 24


class FrameSlider(QAbstractSlider):
    """A click goes to the frame under it, a drag follows, the wheel and the arrow keys step single frames."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: set[int] = set()
        self._range: tuple[int, int] | None = None
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(1)
        self.setAccessibleName("Frame")
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def set_frames(self, count: int) -> None:
        """Frames 0 to ``count`` - 1."""
        self.setRange(0, max(0, count - 1))
        self.setPageStep(max(1, count // 20))

    def set_marks(self, frames: Iterable[int]) -> None:
        """The frames that have a reading."""
        self._marks = set(frames)
        self.update()

    def set_range_shown(self, first: int, last: int) -> None:
        """The frames that "Read range" reads."""
        self._range = (first, last)
        self.update()

    def x_of(self, frame: int) -> float:
        """Where a frame is in the widget."""
        span = max(1, self.maximum())
        return _SIDE + (self.width() - 2 * _SIDE) * frame / span

    def frame_at(self, x: float) -> int:
        """The frame under a place of the widget."""
        share = (x - _SIDE) / max(1.0, self.width() - 2 * _SIDE)
        return max(0, min(self.maximum(), round(share * self.maximum())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.setSliderDown(True)
            self.setSliderPosition(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self.frame_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        groove = QRectF(_SIDE, middle - 2, self.width() - 2 * _SIDE, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("separator" if self.isEnabled() else "hover"))
        painter.drawRoundedRect(groove, 2, 2)
        if not self.isEnabled():
            return
        if self._range is not None and self._range != (0, self.maximum()):
            left, right = self.x_of(self._range[0]), self.x_of(self._range[1])
            painter.setBrush(theme.color("bar"))
            painter.drawRoundedRect(QRectF(left, middle - 2, max(2.0, right - left), 4), 2, 2)
        painter.setPen(QPen(theme.color("verified"), 1.5))
        for x in {round(self.x_of(frame)) for frame in self._marks}:
            painter.drawLine(x, round(middle + 5), x, round(middle + 10))
        handle = self.x_of(self.sliderPosition())
        painter.setPen(QPen(theme.color("accent") if self.hasFocus() else theme.color("line"), 1.5))
        painter.setBrush(theme.color("text"))
        painter.drawRoundedRect(QRectF(handle - 4, middle - 8, 8, 16), 3, 3)
