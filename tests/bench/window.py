"""The studio in the measured process, driven by events, watched through its paint events."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.app import make_application
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings

PATIENCE_MS = 120_000


def open_window(width: int = 1920, height: int = 1080) -> tuple[QApplication, MainWindow, AnnotateWorkspace]:
    """The window as a person gets it, shown and settled, in Annotate."""
    from lpstudio.studio import theme

    application = make_application(["lpstudio"])
    settings = open_settings()
    theme.install(application, "dark")
    window = MainWindow(settings)
    window.resize(width, height)
    window.show()
    annotate = window.workspace("annotate")
    assert isinstance(annotate, AnnotateWorkspace)
    settle(0.5)
    return application, window, annotate


def settle(seconds: float) -> None:
    """Let the window do what it has to do."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


class PictureWatch(QObject):
    """Notes when the canvas has painted a picture other than the one it showed before."""

    painted = Signal()

    def __init__(self, annotate: AnnotateWorkspace) -> None:
        super().__init__()
        self._canvas: Any = annotate.canvas
        self._shown = self._key()
        self._painted_at: float | None = None
        self._canvas.installEventFilter(self)

    def _key(self) -> int:
        picture = self._canvas.picture
        return 0 if picture is None else int(picture.cacheKey())

    def expect(self) -> None:
        """From now on another picture is waited for."""
        self._shown = self._key()
        self._painted_at = None

    def wait(self) -> float:
        """Run the event loop until the picture is painted; the clock at its end. Raises TimeoutError."""
        if self._painted_at is None:
            loop = QEventLoop()
            self.painted.connect(loop.quit)
            QTimer.singleShot(PATIENCE_MS, loop.quit)
            loop.exec()
        if self._painted_at is None:
            raise TimeoutError("no picture was painted")
        return self._painted_at

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        key = self._key() if event.type() == QEvent.Type.Paint and self._painted_at is None else 0
        if not key or key == self._shown:
            return False
        watched.event(event)  # the widget paints; then the clock is read
        self._painted_at = time.perf_counter()
        self.painted.emit()
        return True
