"""Events and clocks for any window: what is measured in LP Studio is measured the same way in other tools."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.bench.qt import QtCore, QtTest, QtWidgets

QTest = QtTest.QTest
Qt = QtCore.Qt
PATIENCE_MS = 120_000
_ASK_AGAIN_S = 0.2


def settle(seconds: float) -> None:
    """Let the window do what it has to do."""
    loop = QtCore.QEventLoop()
    QtCore.QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def activate(window: Any, within_s: float = 20.0) -> None:
    """Give a window the keyboard, as a window manager would: shortcuts work in the active window only.

    Raises TimeoutError when it does not get it.
    """
    began = asked = time.monotonic()
    if not window.isActiveWindow():
        window.activateWindow()
    while not window.isActiveWindow():
        QtWidgets.QApplication.processEvents()
        now = time.monotonic()
        if now - began > within_s:
            raise TimeoutError("the window did not become active")
        if now - asked > _ASK_AGAIN_S:
            window.activateWindow()
            asked = now
        time.sleep(0.0005)


class PaintWatch(QtCore.QObject):
    """Notes when a canvas has painted a picture other than the one it showed before.

    ``picture`` tells which picture the canvas holds, 0 for none.
    """

    def __init__(self, canvas: Any, picture: Callable[[], int]) -> None:
        super().__init__()
        self._canvas = canvas
        self._picture = picture
        self._shown = picture()
        self._painted_at: float | None = None
        self._loop: Any = None
        canvas.installEventFilter(self)

    def expect(self) -> None:
        """From now on another picture is waited for."""
        self._shown = self._picture()
        self._painted_at = None

    def wait(self) -> float:
        """Run the event loop until the picture is painted; the clock at its end. Raises TimeoutError."""
        if self._painted_at is None:
            self._loop = QtCore.QEventLoop()
            QtCore.QTimer.singleShot(PATIENCE_MS, self._loop.quit)
            self._loop.exec()
            self._loop = None
        if self._painted_at is None:
            raise TimeoutError("no picture was painted")
        return self._painted_at

    def eventFilter(self, watched: Any, event: Any) -> bool:
        painting = event.type() == QtCore.QEvent.Type.Paint and self._painted_at is None
        key = self._picture() if painting else 0
        if not key or key == self._shown:
            return False
        watched.event(event)  # the widget paints; then the clock is read
        self._painted_at = time.perf_counter()
        if self._loop is not None:
            self._loop.quit()
        return True


def drag(canvas: Any, place: Any, moves: int) -> list[float]:
    """Select by a click at ``place``, press, move by a pixel and more at a time, release: seconds of each move.

    Every move is followed by one synchronous repaint of the canvas, which is part of its time.
    """
    left = Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(canvas, place)  # some tools take hold only of what the pointer was over before
    settle(0.1)
    QTest.mouseClick(canvas, left, none, place)
    settle(0.1)
    QTest.mousePress(canvas, left, none, place)
    times = []
    for step in range(1, moves + 1):
        to = place + QtCore.QPoint(step, round(step / 2))
        began = time.perf_counter()
        QTest.mouseMove(canvas, to)
        canvas.repaint()
        times.append(time.perf_counter() - began)
    QTest.mouseRelease(canvas, left, none, place + QtCore.QPoint(moves, round(moves / 2)))
    return times
