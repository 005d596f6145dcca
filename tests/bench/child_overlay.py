"""Reads crops one by one in Review, each when it is on the screen: ``child_overlay DATASET WEIGHTS COUNT``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.bench.hand import wait_until
from tests.bench.hands import PaintWatch, Qt, QTest, settle
from tests.bench.processes import tell
from tests.bench.session_script import drop
from tests.bench.window import PictureWatch, open_window, workspace_of

_AGAIN = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def read_shown(dataset: Path, weights: Path, count: int) -> None:
    """Tell, of each crop, the time from the key that has it read to the end of the paint event with its reading."""
    application, window, annotate = open_window(1280, 800)
    opened = PictureWatch(annotate)
    window.open_project(dataset)
    opened.wait()
    window.show_workspace("review")
    review = workspace_of(window, "review")
    drop(window, weights)
    control = review.controller
    wait_until(lambda: control.choice.weights is not None and len(control.items.items) > count, "weights and crops")
    wait_until(lambda: review.canvas.picture is not None, "the first crop")
    control.read_current()  # opens the weights
    wait_until(lambda: control.current.reading is not None, "the first reading")
    watch = PaintWatch(
        review.canvas,
        lambda: 0 if control.current is None or control.current.reading is None else control.current.id + 1,
    )
    review.canvas.setFocus()
    times = []
    characters = 0
    for _ in range(count):
        before = review.canvas.picture
        control.move(1)
        wait_until(
            lambda before=before: review.canvas.picture is not None and review.canvas.picture is not before, "it"
        )
        settle(0.05)
        watch.expect()
        began = time.perf_counter()
        QTest.keyClick(window, Qt.Key.Key_R, _AGAIN)
        times.append(watch.wait() - began)
        characters += len(review.canvas.tags)
    tell({"overlay_s": times, "characters": characters / count})
    window.close()
    application.processEvents()


if __name__ == "__main__":
    read_shown(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
