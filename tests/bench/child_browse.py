"""Opens a dataset in a running window and goes through its crops by key: ``child_browse DATASET STEPS``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from tests.bench.processes import tell
from tests.bench.window import PictureWatch, open_window, settle

READING_S = 0.15  # what a quick person looks at a crop before the next key
RUSH = 60  # keys without any pause
SCROLLS, NOTCHES = 60, 4  # turns of the wheel, notches in each


def browse(dataset: Path, steps: int) -> None:
    """Tell the time from the call to the first picture painted, and the times from key to picture."""
    application, window, annotate = open_window(1280, 800)
    watch = PictureWatch(annotate)
    began = time.perf_counter()
    window.open_project(dataset)
    first = watch.wait() - began
    settle(2.0)
    canvas = annotate.canvas
    if annotate.crops.model.row_of(annotate.desk.current):  # it opens where it was left, at the end
        jump(annotate, watch, Qt.Key.Key_Home)
    canvas.setFocus()

    def go_on() -> float:
        watch.expect()
        pressed = time.perf_counter()
        QTest.keyClick(canvas, Qt.Key.Key_PageDown)
        return watch.wait() - pressed

    times = []
    for _ in range(steps):
        times.append(go_on())
        settle(READING_S)
    rush = [go_on() for _ in range(RUSH)]
    scrolled = scroll(annotate)
    far = jump(annotate, watch, Qt.Key.Key_End)
    tell({"first_s": first, "next_s": times, "rush_s": rush, "last_s": far, "scroll_s": scrolled})
    window.close()
    application.processEvents()


def scroll(annotate: AnnotateWorkspace) -> list[float]:
    """Turns of the wheel over the list, each with the repaint that follows it."""
    viewport = annotate.crops.view.viewport()
    place = QPointF(viewport.rect().center())
    times = []
    for _ in range(SCROLLS):
        event = QWheelEvent(
            place, viewport.mapToGlobal(place), QPoint(), QPoint(0, -120 * NOTCHES), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        began = time.perf_counter()
        QApplication.sendEvent(viewport, event)
        viewport.repaint()
        times.append(time.perf_counter() - began)
        settle(0.02)
    return times


def jump(annotate: AnnotateWorkspace, watch: PictureWatch, key: Qt.Key) -> float:
    """From the key Home or End in the list to the first or last picture painted."""
    view = annotate.crops.view
    view.setFocus()
    watch.expect()
    pressed = time.perf_counter()
    QTest.keyClick(view, key)
    return watch.wait() - pressed


if __name__ == "__main__":
    browse(Path(sys.argv[1]), int(sys.argv[2]))
