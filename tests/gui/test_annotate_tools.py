"""Magic outline, knife, join, simplify, smooth and freehand with mouse and keys, and the quick ways to verified."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Candidate, Character, CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.widgets.canvas_geometry import area, as_array
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import character_box

_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    """In Annotate, on p2, which has no characters yet."""
    made = Hands(studio, qtbot)
    made.go("p2")
    return made


@pytest.fixture
def labelled(hands: Hands) -> Hands:
    """On p0: seven characters, ABC1234."""
    hands.go("p0")
    return hands


def middle(position: int) -> tuple[float, float]:
    x1, y1, x2, y2 = character_box(position)
    return (x1 + x2) / 2, (y1 + y2) / 2


def sizes(hands: Hands) -> list[float]:
    return [abs(area(as_array(polygon))) for polygon in hands.polygons]


# -- from blank or draft to verified ---------------------------------------------------------------------------------


def test_a_right_draft_is_verified_by_one_key_and_the_next_crop_comes(hands: Hands, qtbot: QtBot) -> None:
    session = hands.window.session
    assert session is not None
    hands.go("p0")
    characters = [
        Character(tuple(box_points(*character_box(k))), char, False, (Candidate(char, 0.9),), 0.9)
        for k, char in enumerate("XYZ5678")
    ]
    with qtbot.waitSignal(session.state_changed, timeout=5000):
        session.set_draft("images/train/p2.png", characters)
    hands.go("p2")
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678", timeout=5000)
    hands.key(Qt.Key.Key_Return)
    hands.wait_open("p3")
    hands.wait_saved()
    assert session.state("images/train/p2.png") is CropState.VERIFIED
    assert len(session.project.label_path("images/train/p2.png").read_text().splitlines()) == 7
    hands.key(Qt.Key.Key_Return)
    assert hands.state() is CropState.UNLABELLED, "a blank crop is not verified by a stray Enter"


def test_enter_leads_to_a_character_drawn_twice_instead_of_verifying(labelled: Hands) -> None:
    labelled.draw(box_points(*character_box(3)))
    labelled.keys("1")
    labelled.take_select_tool()
    labelled.key(Qt.Key.Key_Escape)
    labelled.key(Qt.Key.Key_Return)
    assert labelled.state() is CropState.LABELLED
    assert labelled.canvas.selection == (7,) and "covers the same place" in labelled.said
    labelled.command(Qt.Key.Key_Return)
    labelled.wait_open("p1")


def test_enter_goes_to_the_first_character_of_a_crop_that_is_not_right_or_verified_already(labelled: Hands) -> None:
    labelled.draw(box_points(30, 64, 60, 78))
    labelled.take_select_tool()
    labelled.key(Qt.Key.Key_Escape)
    labelled.key(Qt.Key.Key_Return)
    assert labelled.state() is CropState.LABELLED and labelled.canvas.selection != ()
    labelled.command(Qt.Key.Key_Z)
    labelled.key(Qt.Key.Key_Escape)
    labelled.key(Qt.Key.Key_Return)
    labelled.wait_open("p1")
    labelled.go("p0")
    labelled.key(Qt.Key.Key_Return)
    assert labelled.canvas.selection == (0,), "it is verified: Enter walks through it"


def test_a_known_text_names_the_characters_when_the_last_one_is_drawn_in_whatever_order(
    hands: Hands, qtbot: QtBot
) -> None:
    field = hands.annotate.inspector.text
    hands.command(Qt.Key.Key_T)
    hands.keys("xyz", field)
    hands.key(Qt.Key.Key_Return, widget=field)
    assert hands.canvas.hasFocus()
    qtbot.waitUntil(lambda: len(hands.polygons) == 3)
    hands.command(Qt.Key.Key_Z)
    assert hands.polygons == [] and hands.document.content.text == "XYZ"
    for position in (2, 0, 1):
        hands.draw(box_points(*character_box(position)))
    assert hands.chars == "XYZ"
    assert "XYZ is laid" in hands.said
    hands.key(Qt.Key.Key_Return)
    hands.wait_open("p3")
    hands.go("p2")
    assert hands.state() is CropState.VERIFIED
    hands.command(Qt.Key.Key_Z)
    hands.command(Qt.Key.Key_Z)
    assert hands.chars == "???", "laying is a step of its own"


def test_text_and_enter_twice_verify_a_crop_whose_characters_are_drawn(labelled: Hands) -> None:
    field = labelled.annotate.inspector.text
    labelled.command(Qt.Key.Key_T)
    labelled.keys("QBC1234", field)
    labelled.key(Qt.Key.Key_Return, widget=field)
    assert labelled.chars == "QBC1234"
    labelled.key(Qt.Key.Key_Return)
    labelled.wait_open("p1")


# -- magic outline ---------------------------------------------------------------------------------------------------


def test_a_click_finds_the_outline_and_a_letter_names_it(hands: Hands, qtbot: QtBot) -> None:
    hands.command(Qt.Key.Key_G)
    assert hands.canvas.tool is Tool.MAGIC
    assert hands.canvas.cursor().shape() is Qt.CursorShape.CrossCursor
    assert hands.window.commands.action("annotate.magic_tool").isChecked()
    x1, y1, _, _ = character_box(2)
    hands.click(x1 + 5, y1 + 20)
    assert hands.canvas.cursor().shape() is Qt.CursorShape.BusyCursor
    qtbot.waitUntil(lambda: len(hands.polygons) == 1, timeout=20000)
    points = np.array(hands.polygons[0])
    x1, y1, x2, y2 = character_box(2)
    assert np.allclose([*points.min(0), *points.max(0)], [x1 + 3, y1 + 3, x2 - 2, y2 - 2], atol=1.5)
    assert hands.canvas.cursor().shape() is Qt.CursorShape.CrossCursor
    hands.keys("z")
    assert hands.chars == "Z"
    hands.command(Qt.Key.Key_Z)
    hands.command(Qt.Key.Key_Z)
    assert hands.polygons == []
    assert hands.window.commands.action("annotate.redo").text() == "&Redo: Outline character"


def test_a_box_finds_the_outline_in_it_and_an_empty_place_is_said(hands: Hands, qtbot: QtBot) -> None:
    hands.command(Qt.Key.Key_G)
    x1, y1, x2, y2 = character_box(4)
    hands.drag((x1 - 2, y1 - 2), (x2 + 2, y2 + 2))
    qtbot.waitUntil(lambda: len(hands.polygons) == 1, timeout=20000)
    assert np.allclose(np.array(hands.polygons[0]).min(0), [x1 + 3, y1 + 3], atol=1.5)
    hands.drag((100, 66), (140, 78))
    qtbot.waitUntil(lambda: "No outline found" in hands.said, timeout=20000)
    assert len(hands.polygons) == 1


def test_escape_stops_the_search_then_puts_the_tool_back(hands: Hands, qtbot: QtBot) -> None:
    hands.command(Qt.Key.Key_G)
    hands.click(*middle(1))
    hands.key(Qt.Key.Key_Escape)
    assert "Stopped" in hands.said
    assert hands.canvas.tool is Tool.MAGIC
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.tool is Tool.SELECT
    qtbot.wait(300)
    assert hands.polygons == []


def test_an_outline_that_comes_late_does_not_land_on_the_next_crop(hands: Hands, qtbot: QtBot) -> None:
    hands.command(Qt.Key.Key_G)
    hands.click(*middle(1))
    hands.go("p3")
    qtbot.wait(500)
    assert hands.polygons == []
    assert not hands.window.workers.tools.busy


# -- knife and join --------------------------------------------------------------------------------------------------


def test_the_knife_cuts_a_character_that_is_two_and_the_larger_keeps_its_class(labelled: Hands, qtbot: QtBot) -> None:
    _, y1, x2, y2 = character_box(1)
    whole = sizes(labelled)[1]
    labelled.command(Qt.Key.Key_K)
    assert labelled.canvas.tool is Tool.KNIFE
    labelled.drag((x2 - 6, y1 - 8), (x2 - 6, y2 + 8))
    qtbot.waitUntil(lambda: len(labelled.polygons) == 8, timeout=5000)
    assert labelled.chars == "AB?C1234"
    both = sizes(labelled)[1:3]
    assert sum(both) == pytest.approx(whole, rel=1e-6) and both[0] > both[1]
    labelled.keys("i")
    assert labelled.chars == "ABIC1234", "the new piece is selected: typing names it"
    assert len(labelled.label_lines()) == 8
    labelled.command(Qt.Key.Key_Z)
    labelled.command(Qt.Key.Key_Z)
    assert labelled.chars == "ABC1234"


def test_a_line_that_crosses_nothing_is_said(labelled: Hands, qtbot: QtBot) -> None:
    labelled.command(Qt.Key.Key_K)
    labelled.drag((5, 72), (230, 74))
    qtbot.waitUntil(lambda: "Not cut" in labelled.said, timeout=5000)
    assert len(labelled.polygons) == 7


def test_joined_characters_are_one_with_the_class_of_the_largest_that_has_one(labelled: Hands, qtbot: QtBot) -> None:
    _, y1, x2, y2 = character_box(0)
    labelled.draw(box_points(x2 - 4, y1, x2 + 7, y2))
    labelled.take_select_tool()
    first = sizes(labelled)[0]
    labelled.click(*middle(0))
    labelled.click(x2 + 5, (y1 + y2) / 2, _SHIFT)
    assert set(labelled.canvas.selection) == {0, 7}
    labelled.command(Qt.Key.Key_J)
    qtbot.waitUntil(lambda: len(labelled.polygons) == 7, timeout=5000)
    assert labelled.chars == "ABC1234"
    assert sizes(labelled)[0] == pytest.approx(first + 7 * (y2 - y1), rel=0.03)
    labelled.command(Qt.Key.Key_Z)
    assert len(labelled.polygons) == 8
    labelled.click(*middle(0))
    labelled.click(*middle(3), _SHIFT)
    labelled.command(Qt.Key.Key_J)
    assert "do not touch" in labelled.said


# -- simplify, smooth, freehand ----------------------------------------------------------------------------------------


def stroke(hands: Hands, points: list[tuple[float, float]]) -> None:
    """Press, move through the points, release."""
    first = hands.place(*points[0])
    hands.point(*points[0])
    QTest.mousePress(hands.canvas, _LEFT, _NONE, first)
    for x, y in points[1:]:
        hands._send(QMouseEvent.Type.MouseMove, hands.place(x, y), Qt.MouseButton.NoButton, _LEFT)
    QTest.mouseRelease(hands.canvas, _LEFT, _NONE, hands.place(*points[-1]))


def circle(x: float, y: float, radius: float, number: int = 160) -> list[tuple[float, float]]:
    turns = [2 * math.pi * k / number for k in range(number + 1)]
    return [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]


def test_a_freehand_stroke_that_comes_back_to_its_beginning_is_a_character(hands: Hands) -> None:
    hands.take_draw_tool()
    stroke(hands, circle(60, 40, 20))
    assert hands.canvas.drawing == []
    (points,) = hands.polygons
    assert 8 < len(points) < 60
    assert sizes(hands)[0] == pytest.approx(math.pi * 400, rel=0.04)
    hands.keys("o")
    assert hands.chars == "O"


def test_a_stroke_that_ends_elsewhere_goes_on_with_clicks(hands: Hands) -> None:
    hands.take_draw_tool()
    stroke(hands, [(20 + k / 4, 20) for k in range(100)])
    assert [x for x, _ in hands.canvas.drawing] == pytest.approx([20, 44.75], abs=0.8)
    hands.click(45, 60)
    hands.key(Qt.Key.Key_Return)
    assert [len(p) for p in hands.polygons] == [3]


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Backspace])
def test_keys_pressed_while_a_stroke_is_drawn_harm_nothing(hands: Hands, key: Qt.Key) -> None:
    hands.take_draw_tool()
    first = hands.place(20, 20)
    QTest.mousePress(hands.canvas, _LEFT, _NONE, first)
    for x, y in circle(40, 40, 20, 40)[:30]:
        hands._send(QMouseEvent.Type.MouseMove, hands.place(x, y), Qt.MouseButton.NoButton, _LEFT)
    for _ in range(60 if key is Qt.Key.Key_Backspace else 1):
        hands.key(key)
    QTest.mouseRelease(hands.canvas, _LEFT, _NONE, hands.place(30, 30))
    assert len(hands.polygons) == (key is Qt.Key.Key_Return)
    hands.canvas.abort()
    hands.draw(box_points(100, 10, 120, 60))
    assert len(hands.polygons[-1]) == 4


def test_simplify_shows_what_it_would_do_and_keeps_it_only_on_enter(hands: Hands, qtbot: QtBot) -> None:
    hands.take_draw_tool()
    stroke(hands, circle(60, 40, 20))
    hands.take_select_tool()
    before = hands.polygons
    hands.command(Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "Simplify by 0.5 px" in hands.said, timeout=5000)
    for _ in range(5):
        hands.key(Qt.Key.Key_Up)
    assert "Simplify by 3 px" in hands.said
    assert hands.polygons == before, "only shown so far"
    hands.key(Qt.Key.Key_Escape)
    assert hands.polygons == before and not hands.canvas.busy
    hands.command(Qt.Key.Key_R)
    hands.key(Qt.Key.Key_Down)
    assert "Simplify by 2 px" in hands.said
    hands.key(Qt.Key.Key_Return)
    assert 3 <= len(hands.polygons[0]) < len(before[0])
    hands.command(Qt.Key.Key_Z)
    assert hands.polygons == before


def test_smoothing_rounds_all_selected_characters_in_one_step(labelled: Hands, qtbot: QtBot) -> None:
    labelled.command(Qt.Key.Key_A)
    labelled.command(Qt.Key.Key_R, _CTRL | _SHIFT)
    qtbot.waitUntil(lambda: "Smooth by" in labelled.said, timeout=5000)
    for _ in range(3):
        labelled.key(Qt.Key.Key_Right)
    labelled.key(Qt.Key.Key_Return)
    assert all(len(points) > 8 for points in labelled.polygons)
    assert labelled.chars == "ABC1234"
    labelled.command(Qt.Key.Key_Z)
    assert all(len(points) == 4 for points in labelled.polygons)


def test_a_preview_ends_when_something_else_is_begun(labelled: Hands, qtbot: QtBot) -> None:
    labelled.click(*middle(0))
    labelled.command(Qt.Key.Key_R, _CTRL | _SHIFT)
    qtbot.waitUntil(lambda: labelled.canvas.busy, timeout=5000)
    labelled.click(*middle(3))
    assert not labelled.canvas.busy and labelled.canvas.selection == (3,)
    labelled.command(Qt.Key.Key_R, _CTRL | _SHIFT)
    labelled.keys("7")
    assert not labelled.canvas.busy and labelled.chars == "ABC7234"
    assert all(len(points) == 4 for points in labelled.polygons)
