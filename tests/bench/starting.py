"""From process start to the first painted window, for any program whose main window is a ``QMainWindow``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.qt import QtCore, QtWidgets

SETTLE_MS = 1500  # from the first paint until memory is read
HEAVY = ("torch", "ultralytics", "cv2", "numpy")


class FirstPaint(QtCore.QObject):
    """Calls ``then(first, whole)`` once: the system's monotonic clock when the main window had painted itself, and
    when everything in it was painted and events were looked at again.

    To be made before the program makes its window; nothing else of the program is watched or slowed down.
    """

    def __init__(self, then: Callable[[float, float], object]) -> None:
        super().__init__()
        self._then = then
        self._told = False
        construct = QtWidgets.QMainWindow.__init__
        watch = self

        def constructed(window: Any, *arguments: Any, **options: Any) -> None:
            construct(window, *arguments, **options)
            window.installEventFilter(watch)

        QtWidgets.QMainWindow.__init__ = constructed  # type: ignore[method-assign]

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if self._told or event.type() != QtCore.QEvent.Type.Paint:
            return False
        self._told = True
        watched.event(event)  # the window paints; then the clock is read
        first = time.monotonic()
        QtCore.QTimer.singleShot(0, lambda: self._then(first, time.monotonic()))
        return True


def watch_start(tell: Callable[[dict[str, Any]], object]) -> FirstPaint:
    """Tell, a moment after the first paint: ``first_paint``, ``all_painted``, ``rss_mb``, ``pss_mb``, ``heavy``."""

    def painted(first: float, whole: float) -> None:
        told: dict[str, Any] = {"first_paint": first, "all_painted": whole}
        QtCore.QTimer.singleShot(SETTLE_MS, lambda: tell({**told, **memory(), "heavy": _heavy()}))

    return FirstPaint(painted)


def _heavy() -> list[str]:
    return [name for name in HEAVY if name in sys.modules]


def memory() -> dict[str, float]:
    """RSS and, where the system tells it, PSS of this process, in MB."""
    rollup = Path("/proc/self/smaps_rollup")
    if rollup.is_file():
        fields = {}
        for line in rollup.read_text().splitlines()[1:]:
            name, _, rest = line.partition(":")
            fields[name] = rest
        return {f"{name.lower()}_mb": int(fields[name].split()[0]) * 1024 / 1e6 for name in ("Rss", "Pss")}
    import psutil

    return {"rss_mb": psutil.Process().memory_info().rss / 1e6}
