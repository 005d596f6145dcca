"""A studio that tells when its window was first painted and how much memory it holds, then closes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from lpstudio.__main__ import main
from lpstudio.studio.main_window import MainWindow
from tests.bench.processes import tell

SETTLE_MS = 1500  # until memory is read

told: dict[str, Any] = {}
paint = MainWindow.paintEvent


def painted(window: MainWindow, event: QPaintEvent) -> None:
    """The window's own paint event, with the clock read at its first end."""
    paint(window, event)
    if "first_paint" not in told:
        told["first_paint"] = time.monotonic()
        QTimer.singleShot(0, window, whole_window_painted)
        QTimer.singleShot(SETTLE_MS, window, finish)


def whole_window_painted() -> None:
    told["all_painted"] = time.monotonic()


def finish() -> None:
    told.update(memory())
    told["heavy"] = [name for name in ("torch", "ultralytics", "cv2", "numpy") if name in sys.modules]
    tell(told)
    QApplication.closeAllWindows()


def memory() -> dict[str, float]:
    """RSS and, where the system tells it, PSS, in MB."""
    import psutil

    found = {"rss_mb": psutil.Process().memory_info().rss / 1e6}
    rollup = Path("/proc/self/smaps_rollup")
    if rollup.is_file():
        for line in rollup.read_text().splitlines():
            if line.startswith("Pss:"):
                found["pss_mb"] = int(line.split()[1]) * 1024 / 1e6
    return found


if __name__ == "__main__":
    MainWindow.paintEvent = painted  # type: ignore[method-assign]
    sys.argv = ["lpstudio"]
    main()
