"""The studio in the measured process, driven by events, watched through its paint events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication, QWidget

from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.app import make_application
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings

PATIENCE_S = 120.0


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
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
        time.sleep(0.001)


def wait_for(happened: Callable[[], bool]) -> None:
    """Run the event loop until something happened. Raises TimeoutError."""
    end = time.perf_counter() + PATIENCE_S
    while not happened():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        if time.perf_counter() > end:
            raise TimeoutError("the window did not get there")


class PictureWatch(QObject):
    """Notes when the canvas has painted a picture other than the one it showed before."""

    def __init__(self, annotate: AnnotateWorkspace) -> None:
        super().__init__()
        self._canvas: Any = annotate.canvas
        self._shown = self._key()
        self.painted_at: float | None = None
        target: QWidget = self._canvas
        target.installEventFilter(self)

    def _key(self) -> int:
        picture = self._canvas.picture
        return 0 if picture is None else int(picture.cacheKey())

    def expect(self) -> None:
        """From now on another picture is waited for."""
        self._shown = self._key()
        self.painted_at = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self.painted_at is None:
            key = self._key()
            if key and key != self._shown:
                watched.removeEventFilter(self)
                self._canvas.repaint()  # the very paint event that is measured, to its end
                watched.installEventFilter(self)
                self.painted_at = time.perf_counter()
                return True
        return False
