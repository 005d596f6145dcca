"""Everything by the keyboard alone, and what helps the hand: snapping, no overlap, the box tool, the magnifier."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.widgets.canvas_geometry import area, as_array
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import character_box

_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_ARROWS = {(1, 0): Qt.Key.Key_Right, (-1, 0): Qt.Key.Key_Left, (0, 1): Qt.Key.Key_Down, (0, -1): Qt.Key.Key_Up}


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    """In Annotate, on p2, which has no characters yet."""
    made = Hands(studio, qtbot)
    made.go("p2")
    made.canvas.setFocus()
    return made


@pytest.fixture
def labelled(hands: Hands) -> Hands:
    """On p0: seven characters, ABC1234."""
    hands.go("p0")
    hands.canvas.setFocus()
    return hands


def tap(hands: Hands) -> None:
    hands.key(Qt.Key.Key_Space)


def steer(hands: Hands, dx: float, dy: float) -> None:
    """Move the pointer of the keys by so many pixels: tens by Shift, ones, quarters by Alt."""
    for along, key in ((dx, 0), (dy, 1)):
        sign = 1 if along > 0 else -1
        arrow = _ARROWS[(sign, 0) if key == 0 else (0, sign)]
        quarters = round(abs(along) * 4)
        for size, modifier in ((40, _SHIFT), (4, _NONE), (1, _ALT)):
            times, quarters = divmod(quarters, size)
            for _ in range(times):
                QTest.keyClick(hands.canvas, arrow, modifier)


def pointer(hands: Hands) -> tuple[float, float]:
    place = hands.canvas._key_place
    assert place is not None
    return place


def steer_to(hands: Hands, x: float, y: float) -> None:
    if hands.canvas._key_place is None:
        steer(hands, 1, 0)
    at = pointer(hands)
    steer(hands, x - at[0], y - at[1])
    assert pointer(hands) == pytest.approx((x, y))


# -- by keys -----------------------------------------------------------------------------------------------------


def test_a_character_is_drawn_labelled_and_mended_without_a_mouse(hands: Hands) -> None:
    hands.command(Qt.Key.Key_E)
    for corner in box_points(12.5, 18.25, 36, 62):
        steer_to(hands, *corner)
        tap(hands)
    hands.key(Qt.Key.Key_Return)
    assert np.allclose(hands.polygons, [box_points(12.5, 18.25, 36, 62)])
    hands.keys("x")
    assert hands.chars == "X"
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.tool is Tool.SELECT
    hands.key(Qt.Key.Key_F12)
    for _ in range(3):
        hands.key(Qt.Key.Key_Right)
    hands.key(Qt.Key.Key_Up, _ALT)
    assert hands.polygons[0][0] == pytest.approx((15.5, 18.0)), "the chosen vertex alone moved"
    assert np.allclose(hands.polygons[0][1:], box_points(12.5, 18.25, 36, 62)[1:])
    hands.key(Qt.Key.Key_Insert, _CTRL)
    assert len(hands.polygons[0]) == 5
    hands.key(Qt.Key.Key_Down, _SHIFT)
    hands.key(Qt.Key.Key_Backspace)
    assert len(hands.polygons[0]) == 4
    hands.key(Qt.Key.Key_Escape)
    hands.key(Qt.Key.Key_Right, _SHIFT)
    assert hands.polygons[0][2] == pytest.approx((46, 62)), "without a chosen vertex the whole character moves"
    while hands.document.history.undo_title:
        hands.command(Qt.Key.Key_Z)
    assert hands.polygons == []


def test_the_knife_and_the_box_work_by_keys(labelled: Hands, qtbot: QtBot) -> None:
    x1, y1, x2, y2 = character_box(1)
    labelled.command(Qt.Key.Key_K)
    steer_to(labelled, x2 - 6, y1 - 6)
    tap(labelled)
    steer(labelled, 0, y2 - y1 + 12)
    tap(labelled)
    qtbot.waitUntil(lambda: len(labelled.polygons) == 8)
    labelled.command(Qt.Key.Key_Z)
    labelled.go("p2")
    labelled.canvas.setFocus()
    labelled.command(Qt.Key.Key_D, _CTRL | _SHIFT)
    assert labelled.canvas.tool is Tool.BOX
    x1, y1, x2, y2 = character_box(3)
    steer_to(labelled, x1 - 2, y1 - 2)
    tap(labelled)
    steer_to(labelled, x2 + 2, y2 + 2)
    tap(labelled)
    qtbot.waitUntil(lambda: len(labelled.polygons) == 1)
    assert np.allclose(np.array(labelled.polygons[0]).min(0), [x1 + 3, y1 + 3], atol=1.5)


def test_characters_and_crops_are_reached_by_keys_in_both_directions(labelled: Hands) -> None:
    labelled.key(Qt.Key.Key_F2)
    labelled.key(Qt.Key.Key_F2)
    assert labelled.canvas.selection == (1,)
    labelled.key(Qt.Key.Key_F2, _SHIFT)
    assert labelled.canvas.selection == (0,)
    labelled.key(Qt.Key.Key_Down, _CTRL)
    labelled.wait_open("p2")
    labelled.key(Qt.Key.Key_Down, _CTRL)
    labelled.wait_open("p3")
    labelled.key(Qt.Key.Key_Up, _CTRL)
    labelled.wait_open("p2")
    labelled.key(Qt.Key.Key_Up, _CTRL | _SHIFT)
    labelled.wait_open("p1")


# -- the box tool by mouse ---------------------------------------------------------------------------------------


def test_a_box_in_which_nothing_stands_out_is_the_outline_itself(hands: Hands, qtbot: QtBot) -> None:
    hands.command(Qt.Key.Key_D, _CTRL | _SHIFT)
    hands.drag((100, 66), (140, 78))
    qtbot.waitUntil(lambda: len(hands.polygons) == 1)
    assert np.allclose(np.array(hands.polygons[0]), box_points(100, 66, 140, 78), atol=0.3)
    assert "the box itself was taken" in hands.said
    hands.click(150, 40)
    qtbot.wait(50)
    assert len(hands.polygons) == 1 and not hands.window.workers.tools.busy, "a mere click is no box"


# -- snapping ----------------------------------------------------------------------------------------------------


def drag_vertex(
    hands: Hands, start: tuple[float, float], end: tuple[float, float], held: Qt.KeyboardModifier = _NONE
) -> None:
    """Press without a modifier; ``held`` is held while the vertex moves."""
    hands.point(*start)
    QTest.mousePress(hands.canvas, _LEFT, _NONE, hands.place(*start))
    for share in (0.3, 0.7, 1.0):
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        hands._send(QMouseEvent.Type.MouseMove, hands.place(x, y), Qt.MouseButton.NoButton, _LEFT, held)


def let_go(hands: Hands, place: tuple[float, float]) -> None:
    QTest.mouseRelease(hands.canvas, _LEFT, _NONE, hands.place(*place))


def test_a_dragged_vertex_snaps_to_a_neighbour_and_ctrl_suspends_it(labelled: Hands) -> None:
    labelled.command(Qt.Key.Key_S, _CTRL | _SHIFT)
    first, second = character_box(0), character_box(1)
    labelled.click((first[0] + first[2]) / 2, (first[1] + first[3]) / 2)
    corner, target = (first[2], first[1]), (second[0], second[1])
    near = (target[0] - 1.0, target[1] + 0.8)
    drag_vertex(labelled, corner, near)
    assert labelled.canvas.snapped is not None and labelled.canvas.snapped.on_vertex
    let_go(labelled, near)
    assert labelled.polygons[0][1] == pytest.approx(labelled.polygons[1][0], abs=1e-9)
    on_edge = (second[0] - 0.9, 40.0)
    drag_vertex(labelled, target, on_edge)
    assert labelled.canvas.snapped is not None and not labelled.canvas.snapped.on_vertex
    let_go(labelled, on_edge)
    assert labelled.polygons[0][1][0] == pytest.approx(second[0], abs=1e-3)
    at = labelled.polygons[0][1]
    drag_vertex(labelled, at, (at[0] - 1.2, 44.0), held=_CTRL)
    assert labelled.canvas.snapped is None
    let_go(labelled, (at[0] - 1.2, 44.0))
    assert labelled.polygons[0][1][0] < second[0] - 0.5
    labelled.command(Qt.Key.Key_S, _CTRL | _SHIFT)
    assert not labelled.window.commands.action("annotate.snap").isChecked()


def test_a_freehand_stroke_snaps_to_a_neighbours_edge(labelled: Hands) -> None:
    labelled.command(Qt.Key.Key_S, _CTRL | _SHIFT)
    labelled.take_draw_tool()
    edge = float(character_box(1)[0])
    place = [(40.0, 26.0), (41.0, 28.0), *((edge - 0.8, 28.0 + k / 2) for k in range(40)), (40.0, 48.0), (40.0, 26.0)]
    QTest.mousePress(labelled.canvas, _LEFT, _NONE, labelled.place(*place[0]))
    for one in place[1:]:
        labelled._send(QMouseEvent.Type.MouseMove, labelled.place(*one), Qt.MouseButton.NoButton, _LEFT)
    QTest.mouseRelease(labelled.canvas, _LEFT, _NONE, labelled.place(*place[-1]))
    assert len(labelled.polygons) == 8
    along = [x for x, _ in labelled.polygons[7] if x > edge - 1.0]
    assert len(along) >= 2 and along == pytest.approx([edge] * len(along), abs=1e-3)


def test_the_magnifier_shows_what_is_around_the_vertex_in_hand(labelled: Hands) -> None:
    first = character_box(0)
    labelled.click((first[0] + first[2]) / 2, (first[1] + first[3]) / 2)
    drag_vertex(labelled, (first[2], first[1]), (first[2] + 3, first[1] + 2))
    canvas = labelled.canvas
    middle = canvas.loupe_rect().center().toPoint()
    dragged = canvas.grab().toImage()
    let_go(labelled, (first[2] + 3, first[1] + 2))
    resting = canvas.grab().toImage()
    inside = [dragged.pixelColor(middle.x() - 30 + dx, middle.y() + 30) for dx in range(20)]
    assert inside != [resting.pixelColor(middle.x() - 30 + dx, middle.y() + 30) for dx in range(20)]


# -- no overlap --------------------------------------------------------------------------------------------------


def test_a_finished_outline_leaves_neighbours_their_room_when_wanted(labelled: Hands) -> None:
    labelled.command(Qt.Key.Key_X, _CTRL | _SHIFT)
    x1, y1, x2, y2 = character_box(2)
    neighbour = as_array(labelled.polygons[2])
    labelled.draw(box_points(x2 - 6, y1 + 5, x2 + 4, y2 - 5))
    from shapely import Polygon

    drawn = Polygon(labelled.polygons[7])
    assert drawn.intersection(Polygon(neighbour)).area < 1e-9
    assert drawn.area == pytest.approx(4 * (y2 - y1 - 10), rel=0.15)
    labelled.draw(box_points(x1 + 4, y1 + 4, x2 - 4, y2 - 4))
    assert len(labelled.polygons) == 8 and "wholly on other characters" in labelled.said
    labelled.command(Qt.Key.Key_X, _CTRL | _SHIFT)
    labelled.draw(box_points(x1 + 4, y1 + 4, x2 - 4, y2 - 4))
    assert len(labelled.polygons) == 9


def test_no_overlap_holds_for_moved_characters_too(labelled: Hands, qtbot: QtBot) -> None:
    from shapely.geometry import Polygon

    labelled.command(Qt.Key.Key_X, _CTRL | _SHIFT)
    x1, y1, x2, y2 = character_box(1)
    neighbour = Polygon(labelled.polygons[2])
    labelled.drag(((x1 + x2) / 2, (y1 + y2) / 2), ((x1 + x2) / 2 + 20, (y1 + y2) / 2))
    moved = Polygon(labelled.polygons[1])
    assert moved.bounds[0] == pytest.approx(x1 + 20, abs=0.5)
    assert moved.intersection(neighbour).area < 1e-9, "it is cut back where it would lie on its neighbour"
    labelled.command(Qt.Key.Key_Z)
    assert np.allclose(labelled.polygons[1], box_points(x1, y1, x2, y2), atol=0.01), "in one step"
    for _ in range(3):
        labelled.key(Qt.Key.Key_Right, _SHIFT)
    assert Polygon(labelled.polygons[1]).area == pytest.approx((x2 - x1) * (y2 - y1), rel=0.01)
    assert "would lie on a neighbour" in labelled.said, "arrow keys stop before it"


# -- from blank to verified --------------------------------------------------------------------------------------


def test_a_plate_from_blank_to_verified_by_keyboard_alone(hands: Hands, qtbot: QtBot) -> None:
    hands.key(Qt.Key.Key_T, _CTRL)
    field = hands.annotate.inspector.text
    hands.keys("XYZ5678", field)
    hands.key(Qt.Key.Key_Return, widget=field)
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")
    hands.key(Qt.Key.Key_F2)
    hands.key(Qt.Key.Key_F12)
    hands.key(Qt.Key.Key_Left, _ALT)
    hands.key(Qt.Key.Key_Escape)
    hands.key(Qt.Key.Key_F2)
    hands.keys("V")
    assert hands.chars == "XVZ5678"
    hands.command(Qt.Key.Key_Z)
    hands.key(Qt.Key.Key_Escape)
    hands.key(Qt.Key.Key_Return)
    hands.wait_open("p3")
    hands.wait_saved()
    assert hands.window.session is not None
    assert hands.window.session.state("images/train/p2.png") is CropState.VERIFIED


def right_click(hands: Hands, x: float, y: float) -> None:
    """What the window system sends for the right button."""
    place = hands.place(x, y)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, hands.canvas.mapToGlobal(place))
    QApplication.sendEvent(hands.canvas, event)


def test_a_plate_from_blank_to_verified_by_mouse_alone(hands: Hands, qtbot: QtBot) -> None:
    commands = hands.window.commands
    buttons = {button.objectName(): button for button in hands.annotate.bar.findChildren(QAbstractButton)}
    QTest.mouseClick(buttons["button_magic_tool"], _LEFT)
    for position in range(7):
        x1, y1, _, y2 = character_box(position)
        hands.click(x1 + 5, (y1 + y2) / 2)
        qtbot.waitUntil(lambda wanted=position + 1: len(hands.polygons) == wanted)
    QTest.mouseClick(buttons["button_select_tool"], _LEFT)
    for position, char in enumerate("XYZ5678"):
        x1, y1, x2, y2 = character_box(position)
        right_click(hands, (x1 + x2) / 2, (y1 + y2) / 2)
        menu = QApplication.activePopupWidget()
        assert menu is not None
        QTest.mouseClick(menu.findChild(QToolButton, f"class_{char}"), _LEFT)
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    assert hands.chars == "XYZ5678"
    assert commands.action("annotate.verify").isEnabled()
    QTest.mouseClick(buttons["button_verify"], _LEFT)
    hands.wait_open("p3")
    assert all(abs(area(as_array(p))) > 100 for p in hands.polygons)
