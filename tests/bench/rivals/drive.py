"""Runs another tool and measures it as LP Studio is measured: ``drive TOOL start|browse|drag|plates ARGUMENTS``.

It runs in the tool's own Python: nothing but that, Qt and :mod:`tests.bench` modules free of LP Studio is imported.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.processes import tell
from tests.bench.qt import QtCore
from tests.bench.rivals.tools import TOOLS, Tool, main_window
from tests.bench.starting import FirstPaint, watch_start

BEFORE_S = 1.0  # between the first paint and the first act
READING_S = 0.15  # as in child_browse


def browse(tool: Tool, folder: str, steps: str) -> dict[str, Any]:
    """Open a folder, then go from image to image by the tool's own key."""
    from tests.bench.hands import PaintWatch, Qt, QTest, settle

    window = main_window()
    window.setGeometry(0, 0, 1280, 800)
    settle(0.5)
    watch = PaintWatch(tool.canvas, lambda: picture_key(tool))
    began = time.perf_counter()
    tool.open_folder(Path(folder))
    first = watch.wait() - began
    settle(2.0)
    times = []
    for _ in range(int(steps)):
        watch.expect()
        pressed = time.perf_counter()
        QTest.keyClick(tool.place_of_keys, Qt.Key.Key_D)
        times.append(watch.wait() - pressed)
        settle(READING_S)
    return {"first_s": first, "next_s": times}


def picture_key(tool: Tool) -> int:
    """Which picture the canvas holds; 0 for none."""
    pixmap = tool.canvas.pixmap
    return 0 if pixmap is None or pixmap.isNull() else int(pixmap.cacheKey())


def drag_shapes(tool: Tool, folder: str, moves: str) -> dict[str, Any]:
    """Drag one polygon of a crowded picture, then one of its vertices."""
    from tests.bench.hands import PaintWatch, drag, settle

    window = main_window()
    window.setGeometry(0, 0, 1920, 1080)
    settle(0.5)
    watch = PaintWatch(tool.canvas, lambda: picture_key(tool))
    tool.open_folder(Path(folder))
    watch.wait()
    settle(1.0)
    tool.edit_mode()
    count = len(tool.canvas.shapes)
    middle = min(range(count), key=lambda i: far(tool.points(i)))
    times = {}
    for what in ("shape", "vertex"):
        before = tool.points(middle)
        x, y = centre(before) if what == "shape" else before[0]
        times[f"{what}_s"] = drag(tool.canvas, tool.to_widget(x, y).toPoint(), int(moves))
        settle(0.3)
        after = tool.points(middle)
        moved = sum(abs(a[0] - b[0]) > 1 or abs(a[1] - b[1]) > 1 for a, b in zip(before, after, strict=True))
        if moved == 0:
            raise RuntimeError(f"the {what} did not follow the mouse")
        if moved != (len(before) if what == "shape" else 1):
            times[f"{what}_s"] = []  # the tool took hold of something else: nothing to compare
    tool.forget_changes()
    return {**times, "polygons": count}


def centre(points: list[tuple[float, float]]) -> tuple[float, float]:
    xs, ys = zip(*points, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def far(points: list[tuple[float, float]]) -> float:
    x, y = centre(points)
    return abs(x - 900) + abs(y - 500)


def annotate(tool: Tool, folder: str, plan: str) -> dict[str, Any]:
    """A scripted session, see :mod:`tests.bench.rivals.plates`."""
    from tests.bench.rivals.plates import plates

    return plates(tool, folder, plan)


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"browse": browse, "drag": drag_shapes, "plates": annotate}


def leave(told: dict[str, Any]) -> None:
    """Tell and go at once: no question about unsaved work may keep the process."""
    tell(told)
    sys.stdout.flush()
    os._exit(0)


def perform(tool: Tool, task: Callable[..., dict[str, Any]], arguments: list[str]) -> None:
    try:
        from tests.bench.hands import activate

        window = main_window()
        tool.attach(window)
        activate(window)
        leave(task(tool, *arguments))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    name, task, *arguments = sys.argv[1:]
    tool: Tool = TOOLS[name]()
    if task == "start":
        watch = watch_start(leave)
    else:
        watch = FirstPaint(
            lambda _first, _whole: QtCore.QTimer.singleShot(
                round(1000 * BEFORE_S), lambda: perform(tool, TASKS[task], arguments)
            )
        )
    sys.argv = [name, *tool.arguments]
    tool.main()
    del watch


if __name__ == "__main__":
    main()
