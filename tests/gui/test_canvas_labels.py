"""Labels on a canvas never hide each other, stay where they are, and come back when there is room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from lpstudio.studio.widgets.canvas_labels import LabelLayout, label_places
from lpstudio.studio.widgets.canvas_shapes import CanvasShape

_boxes = st.lists(st.tuples(st.floats(0, 150), st.floats(0, 60), st.floats(1, 30), st.floats(1, 40)), max_size=30)


def square(x: float, y: float, width: float, height: float, label: str = "W") -> CanvasShape:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return CanvasShape(np.array(corners, dtype=np.float64), label)


def shown(layout: LabelLayout, shapes: list[CanvasShape], scale: float) -> list[tuple[float, float, float, float]]:
    rects = []
    for shape in shapes:
        which = layout.which(shape, shape.caption, shape.box, scale)
        if which is not None:
            x1, y1, x2, y2 = (value * scale for value in shape.box)
            place = label_places(shape.caption, (x1, y1, x2, y2))[which]
            rects.append((place.left(), place.top(), place.right(), place.bottom()))
    return rects


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(_boxes, st.sampled_from([0.5, 1.0, 3.7, 12.0]))
def test_no_label_lies_on_another(application: QApplication, boxes: list[tuple[float, ...]], scale: float) -> None:
    rects = shown(LabelLayout(), [square(*box) for box in boxes], scale)
    for number, a in enumerate(rects):
        for b in rects[:number]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_characters_drawn_twice_show_both_labels(application: QApplication) -> None:
    shapes = [square(40, 40, 12, 20, "O"), square(40.5, 40, 12, 20, "0")]
    assert len(shown(LabelLayout(), shapes, 4.0)) == 2


def test_a_label_stays_when_others_go_and_gets_room_at_another_zoom(application: QApplication) -> None:
    layout = LabelLayout()
    crowd = [square(10 + number, 10, 1, 1) for number in range(8)]
    first = shown(layout, crowd, 1.0)
    assert 0 < len(first) < 8, "there is no room for all of them"
    layout.forget(crowd[0])
    assert shown(layout, crowd[1:], 1.0) == first[1:]
    assert len(shown(layout, crowd, 40.0)) == 8


def test_a_shape_without_words_has_no_label() -> None:
    assert label_places("", (0, 0, 5, 5)) == ()
    assert square(0, 0, 5, 5, "").caption == "?"
    with pytest.raises(AttributeError):
        square(0, 0, 5, 5).caption = "A"  # type: ignore[misc]
