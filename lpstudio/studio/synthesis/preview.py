"""A contact sheet of what would be made, drawn in the plate maker's process and renewed as the sliders move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lpstudio.studio import theme
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.workers import WorkerClient

_PAUSE_MS = 120  # a slider that moves asks for no more sheets than this


def _picture(payload: dict[str, Any], share: float) -> QImage:
    """The sheet in the kind of picture that paints fastest; runs in a thread."""
    width, height = int(payload["width"]), int(payload["height"])
    with Path(payload["file"]).open("rb") as file:
        data = file.read(int(payload["bytes"]))
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(share)
    return image


class SheetPreview(QWidget):
    """Shows one sheet; an old one stays until the new one is there. ``drawn``: crops, seconds they took."""

    drawn = Signal(int, float)

    def __init__(self, worker: WorkerClient, ask: Callable[[], dict[str, Any]], parent: QWidget | None = None) -> None:
        """``ask`` gives the fields of the request (seed and wishes) when a sheet is wanted."""
        super().__init__(parent)
        self._worker = worker
        self._ask = ask
        self._jobs = Jobs(self, threads=1)
        self._request = 0
        self._drawing = False
        self._stale = False  # something changed while the plate maker was drawing
        self._image = QImage()
        self._text = "Drawing plates…"
        self.setMinimumSize(QSize(448, 272))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Preview")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._fetch)
        theme.notifier().changed.connect(self.renew)

    @property
    def image(self) -> QImage:
        """What is shown; null before the first sheet."""
        return self._image

    @property
    def text(self) -> str:
        """What is said in place of a sheet, or empty."""
        return self._text

    def renew(self) -> None:
        """Draw anew, soon. A sheet that is being drawn is still shown, so that a moving slider shows something."""
        if self._drawing:
            self._stale = True
        elif not self._timer.isActive():
            self._timer.start()

    def close_down(self) -> None:
        """Ask for nothing any more."""
        self._timer.stop()
        self._worker.cancel(self._request)
        self._jobs.close()

    def _fetch(self) -> None:
        self._drawing, self._stale = True, False
        share = self.devicePixelRatioF()
        ground, ink = theme.color("canvas"), theme.color("text")
        fields = {
            "width": round(self.width() * share),
            "height": round(self.height() * share),
            "scale": share,
            "ground": [ground.red(), ground.green(), ground.blue()],
            "ink": [ink.red(), ink.green(), ink.blue()],
            **self._ask(),
        }
        self._request = self._worker.request("synth_sheet", fields, self._show, self._next, self._fail)

    def _show(self, payload: dict[str, Any]) -> None:
        share = self.devicePixelRatioF()
        said = int(payload["crops"]), float(payload["seconds"])
        self._jobs.run(
            lambda: _picture(payload, share),
            lambda image: self._put(image, *said),
            lambda error: self._fail(plain_message(error)),
        )

    def _put(self, image: QImage, crops: int, seconds: float) -> None:
        self._image = image
        self._text = ""
        self.update()
        self.drawn.emit(crops, seconds)

    def _fail(self, message: str) -> None:
        self._image = QImage()
        self._text = message
        self.update()
        self._next()

    def _next(self) -> None:
        self._drawing = False
        if self._stale:
            self.renew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.renew()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        if not self._image.isNull():
            size = self._image.deviceIndependentSize()
            painter.drawImage(
                max(0, round((self.width() - size.width()) / 2)),
                max(0, round((self.height() - size.height()) / 2)),
                self._image,
            )
        if self._text:
            painter.setPen(theme.color("text"))
            painter.setFont(theme.font("body"))
            box = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)
        painter.end()
