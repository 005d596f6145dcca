"""The canvas without editing tools: zoom, pan, selection, rectangle, and that its layers always show the truth."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_shapes import CanvasShape, Line
from lpstudio.studio.widgets.canvas_transform import ViewTransform
from lpstudio.studio.widgets.canvas_view import CanvasMode, CanvasView

_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier


def square(x: float, y: float, side: float = 20, label: str = "A", fault: str = "") -> CanvasShape:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return CanvasShape(np.array(corners, dtype=np.float64), label, QColor("#6da7e8"), Line.SOLID, fault)


def picture(width: int = 200, height: int = 100) -> QImage:
    """Every pixel has a colour of its own."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack([across % 256, down % 256, (across * 7 + down * 13) % 256, np.full_like(across, 255)], axis=-1)
    return QImage(pixels.astype(np.uint8).tobytes(), width, height, QImage.Format.Format_RGB32).copy()


@pytest.fixture
def view(application: QApplication, qtbot: QtBot) -> CanvasView:
    made = CanvasView()
    qtbot.addWidget(made)
    made.resize(840, 460)
    made.show()
    qtbot.waitExposed(made)
    made.set_picture(picture())
    made.set_shapes([square(10, 10), square(60, 30), square(120, 50)])
    return made


def drag(view: CanvasView, start: tuple[float, float], end: tuple[float, float]) -> None:
    first, last = view.to_widget(*start).toPoint(), view.to_widget(*end).toPoint()
    QTest.mousePress(view, _LEFT, _NONE, first)
    QTest.mouseMove(view, (first + last) / 2)
    QTest.mouseMove(view, last)
    QApplication.processEvents()
    QTest.mouseRelease(view, _LEFT, _NONE, last)


def shown(view: CanvasView) -> QImage:
    """What the canvas shows, as it came about."""
    return view.grab().toImage()


def anew(view: CanvasView) -> QImage:
    """What it shows when everything is painted from the beginning."""
    view.repaint_all()
    return view.grab().toImage()


def differing(first: QImage, second: QImage) -> float:
    """The share of pixels that differ. Qt may round an enlarged pixel's border by one, depending on the clip."""
    arrays = [
        np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        for image in (first, second)
    ]
    return float((arrays[0] != arrays[1]).any(axis=-1).mean())


def test_the_picture_fits_and_its_pixels_stay_sharp(view: CanvasView) -> None:
    view.set_shapes([])
    image = shown(view)
    assert view.view.scale == pytest.approx(3.96)
    view.zoom_by(64 / view.view.scale)
    image = shown(view)
    place = view.to_widget(100.5, 50.5).toPoint()
    x, y = (int(v) for v in view.to_crop(place.toPointF()))
    assert image.pixelColor(place).rgb() == picture().pixelColor(x, y).rgb()


def test_smooth_and_nearest_enlargement_differ(view: CanvasView) -> None:
    nearest = shown(view)
    view.set_smooth(True)
    assert shown(view) != nearest


def test_what_is_repaired_in_parts_looks_as_if_painted_anew(view: CanvasView) -> None:
    shapes = list(view.shapes)
    view.set_selection([0])
    assert shown(view) == anew(view)
    view.set_shapes([shapes[0], square(66, 33, 25), shapes[2]])
    assert shown(view) == anew(view)
    view.set_shapes([shapes[0], shapes[2]])
    assert shown(view) == anew(view)
    view.set_selection([])
    assert shown(view) == anew(view)
    view.zoom_by(2.7)
    shown(view)
    view._pan(37, -21)
    assert differing(shown(view), anew(view)) < 0.005
    view._pan(-300, 90)
    assert differing(shown(view), anew(view)) < 0.005
    view.resize(700, 400)
    assert shown(view) == anew(view)


def test_lifted_shapes_leave_no_trace_where_they_were(view: CanvasView) -> None:
    view.set_selection([1])
    shown(view)
    view.lift([1])
    for step in range(1, 6):
        view.shift_lifted(step * 4, step)
        shown(view)
    moved = view.shapes[1].moved(20, 5)
    view.set_shapes([view.shapes[0], moved, view.shapes[2]])
    view.drop_lifted()
    assert shown(view) == anew(view)


def test_many_lifted_shapes_move_as_one_and_land_where_they_belong(view: CanvasView) -> None:
    many = [square(3 + 13 * (i % 14), 5 + 20 * (i // 14), 10) for i in range(42)]
    view.set_shapes(many)
    view.set_selection(range(42))
    view.lift(range(42))
    shown(view)
    view.shift_lifted(5, 3)
    while_moving = shown(view)
    view.set_shapes([shape.moved(5, 3) for shape in many])
    view.drop_lifted()
    resting = shown(view)
    assert resting == anew(view)
    assert while_moving.pixelColor(5, 5) == resting.pixelColor(5, 5)


def test_a_click_selects_shift_adds_and_a_click_beside_clears(view: CanvasView) -> None:
    told: list[tuple[int, ...]] = []
    view.selection_changed.connect(told.append)
    QTest.mouseClick(view, _LEFT, _NONE, view.to_widget(20, 20).toPoint())
    QTest.mouseClick(view, _LEFT, Qt.KeyboardModifier.ShiftModifier, view.to_widget(70, 40).toPoint())
    QTest.mouseClick(view, _LEFT, Qt.KeyboardModifier.ControlModifier, view.to_widget(20, 20).toPoint())
    QTest.mouseClick(view, _LEFT, _NONE, view.to_widget(190, 90).toPoint())
    assert told == [(0,), (0, 1), (1,), ()]


def test_a_band_selects_what_it_touches(view: CanvasView) -> None:
    drag(view, (50, 20), (135, 65))
    assert view.selection == (1, 2)


def test_a_rectangle_is_drawn_within_the_picture_and_stays_shown(view: CanvasView) -> None:
    told: list[QRectF] = []
    view.rectangle_drawn.connect(told.append)
    view.set_mode(CanvasMode.RECTANGLE)
    assert view.cursor().shape() == Qt.CursorShape.CrossCursor
    drag(view, (150, 60), (230, 120))
    (drawn,) = told
    assert (drawn.right(), drawn.bottom()) == (200, 100)
    assert drawn.left() == pytest.approx(150, abs=0.3) and drawn.top() == pytest.approx(60, abs=0.3)
    assert view.rectangle == drawn
    with_it = shown(view)
    view.set_rectangle(None)
    assert shown(view) != with_it
    assert view.selection == ()


def test_a_picture_larger_than_the_canvas_is_shown_whole_and_a_reduced_one_keeps_its_true_size(
    view: CanvasView, qtbot: QtBot
) -> None:
    view.set_shapes([])
    big = QImage(3000, 2400, QImage.Format.Format_RGB32)
    big.fill(QColor("#336699"))
    view.set_picture(big)
    qtbot.waitUntil(lambda: shown(view).pixelColor(420, 230).name() == "#336699", timeout=5000)
    view.set_picture(big.scaled(QSize(300, 240)), (3000.0, 2400.0))
    assert view.picture_size == (3000.0, 2400.0)
    assert view.to_crop(view.to_widget(1500, 1200)) == pytest.approx((1500, 1200))
    assert shown(view).pixelColor(view.to_widget(2900, 2300).toPoint()).name() == "#336699"


def test_words_stand_where_there_is_no_picture(view: CanvasView) -> None:
    view.set_message("a.jpg cannot be shown", "the picture is damaged")
    words = shown(view)
    view.set_message("")
    assert shown(view) != words
    QTest.mouseClick(view, _LEFT, _NONE, QPoint(100, 100))
    assert view.picture_size is None


def test_a_fault_a_draft_and_a_selection_look_different_without_colour(view: CanvasView) -> None:
    def grey(shape: CanvasShape, selected: bool = False) -> QImage:
        view.set_shapes([shape])
        view.set_selection([0] if selected else [])
        return shown(view).convertToFormat(QImage.Format.Format_Grayscale8)

    plain = square(60, 30)
    draft = CanvasShape(plain.points, "A", plain.hue, Line.DRAFT)
    unreadable = CanvasShape(plain.points, "A", plain.hue, unreadable=True)
    looks = [grey(plain), grey(square(60, 30, fault="x")), grey(draft), grey(unreadable), grey(plain, selected=True)]
    assert all(a != b for i, a in enumerate(looks) for b in looks[:i])


def test_the_theme_repaints_the_surroundings(view: CanvasView) -> None:
    dark = shown(view).pixelColor(2, 2)
    theme.set_mode("light")
    light = shown(view).pixelColor(2, 2)
    theme.set_mode("dark")
    assert dark == theme.color("canvas") and light != dark


def test_zooming_in_and_out_again_at_a_place_does_not_drift() -> None:
    transform = ViewTransform()
    transform.fit((0, 0, 200, 100), (800, 500))
    start = transform.to_crop(301, 177)
    for _ in range(30):
        transform.zoom_at(301, 177, 1.25, (200, 100), (800, 500))
        assert transform.to_crop(301, 177) == pytest.approx(start, abs=0.6 / transform.scale)
    assert transform.scale == 64


def test_a_picture_cannot_be_panned_out_of_sight() -> None:
    transform = ViewTransform()
    transform.fit((0, 0, 200, 100), (800, 500))
    transform.pan(5000, -5000, (200, 100), (800, 500))
    left, top = transform.to_view(0, 0)
    right, bottom = transform.to_view(200, 100)
    assert left < 800 and bottom > 0 and right > 0 and top < 500
