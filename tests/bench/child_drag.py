"""Drags one polygon of a crowded picture with the mouse: ``child_drag DATASET MOVES``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.hands import drag
from tests.bench.processes import tell
from tests.bench.window import PictureWatch, open_window, settle


def drag_shapes(dataset: Path, moves: int) -> None:
    """Tell the time of each mouse move with the repaint that follows it: of a whole polygon, then of one vertex."""
    application, window, annotate = open_window(1920, 1080)
    watch = PictureWatch(annotate)
    window.open_project(dataset)
    watch.wait()
    settle(1.0)
    canvas = annotate.canvas
    assert canvas.shapes, "the picture has no polygons"
    canvas.setFocus()
    bounds = [(min(xs), min(ys), max(xs), max(ys)) for xs, ys in (zip(*s.points, strict=True) for s in canvas.shapes)]
    middle = min(range(len(bounds)), key=lambda i: abs(bounds[i][0] - 900) + abs(bounds[i][1] - 500))
    x1, y1, x2, y2 = bounds[middle]
    centre = canvas.to_widget((x1 + x2) / 2, (y1 + y2) / 2)
    before = canvas.shapes[middle].points.copy()
    shape_times = drag(canvas, centre.toPoint(), moves)
    settle(0.5)
    moved = canvas.shapes[middle].points - before
    assert (abs(moved) > 1).all(), "the polygon did not follow the mouse"
    vertex = canvas.to_widget(*(float(value) for value in canvas.shapes[middle].points[0]))
    before = canvas.shapes[middle].points.copy()
    vertex_times = drag(canvas, vertex.toPoint(), moves)
    settle(0.2)
    moved = abs(canvas.shapes[middle].points - before).max(axis=1)
    assert (moved > 1).sum() == 1, "one vertex alone should have followed the mouse"
    tell({"shape_s": shape_times, "vertex_s": vertex_times, "polygons": len(canvas.shapes)})
    window.close()
    application.processEvents()


if __name__ == "__main__":
    drag_shapes(Path(sys.argv[1]), int(sys.argv[2]))
