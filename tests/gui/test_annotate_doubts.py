"""From a draft to verified with the fewest keys: doubts, pointing, boxes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Candidate, Character, CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import character_box

_CTRL = Qt.KeyboardModifier.ControlModifier


def middle(position: int) -> tuple[float, float]:
    x1, y1, x2, y2 = character_box(position)
    return (x1 + x2) / 2, (y1 + y2) / 2


def drafted(studio: MainWindow, qtbot: QtBot, text: str, near: tuple[int, ...] = ()) -> Hands:
    """On p2 (XYZ5678), which holds a draft of this text; the model hesitated at some places, a Q being its second."""
    hands = Hands(studio, qtbot)
    session = studio.session
    assert session is not None
    characters = [
        Character(
            tuple(box_points(*character_box(k))), char, False,
            (Candidate(char, 0.5), Candidate("Q", 0.4)) if k in near else (),
        )
        for k, char in enumerate(text)
    ]  # fmt: skip
    with qtbot.waitSignal(session.state_changed, timeout=5000):
        session.set_draft("images/train/p2.png", characters)
    hands.go("p2")
    qtbot.waitUntil(lambda: hands.chars == text, timeout=5000)
    hands.canvas.setFocus()
    return hands


def test_a_wrong_class_that_fits_no_format_is_one_key_and_enter_verifies(studio: MainWindow, qtbot: QtBot) -> None:
    hands = drafted(studio, qtbot, "X8Z5678")
    assert hands.canvas.selection == (1,), "an 8 among the letters"
    hands.keys("y")
    assert hands.chars == "XYZ5678" and hands.canvas.selection == ()
    hands.key(Qt.Key.Key_Return)
    hands.wait_open("p3")
    hands.wait_saved()
    assert studio.session is not None
    assert studio.session.state("images/train/p2.png") is CropState.VERIFIED


def test_doubts_follow_each_other_and_enter_takes_the_rest_as_right(studio: MainWindow, qtbot: QtBot) -> None:
    hands = drafted(studio, qtbot, "X8Z5678", near=(4, 6))
    assert hands.canvas.selection == (1,)
    hands.keys("y")
    assert hands.canvas.selection == (4,)
    hands.key(Qt.Key.Key_Tab)
    assert hands.chars == "XYZ5Q78" and hands.canvas.selection == (6,), "Tab took the second candidate and went on"
    hands.command(Qt.Key.Key_Z)
    hands.key(Qt.Key.Key_Space)
    hands.key(Qt.Key.Key_Backspace)
    hands.key(Qt.Key.Key_Backspace)
    assert hands.canvas.selection == (3,), "Space and Backspace go through the characters"
    hands.strip.setFocus()
    hands.key(Qt.Key.Key_Return, widget=hands.strip)
    hands.wait_open("p3")


def test_a_letter_names_and_delete_deletes_what_is_pointed_at(studio: MainWindow, qtbot: QtBot) -> None:
    hands = drafted(studio, qtbot, "X8ZS678")
    assert hands.canvas.selection == (1,)
    hands.point(*middle(3))
    hands.keys("5")
    assert hands.chars == "X8Z5678" and hands.canvas.selection == (1,), "the selection waits"
    hands.keys("y")
    assert hands.chars == "XYZ5678", "one letter is for what is pointed at, the next for what is selected"
    hands.point(*middle(6))
    hands.key(Qt.Key.Key_Delete)
    assert hands.chars == "XYZ567"
    hands.command(Qt.Key.Key_Z)
    hands.click(*middle(0))
    hands.point(*(value + 1 / hands.canvas.view.scale for value in middle(0)))
    hands.keys("xy")
    assert hands.chars == "XYZ5678" and hands.canvas.selection == (2,), "a mouse at rest does not hold the typing up"


def test_a_box_by_ctrl_gives_a_character_another_outline_or_draws_a_new_one(studio: MainWindow, qtbot: QtBot) -> None:
    hands = drafted(studio, qtbot, "XYZ5678")
    before = hands.polygons
    x1, y1, x2, y2 = character_box(2)
    hands.drag((x1, y1), (x2, y2), _CTRL)
    qtbot.waitUntil(lambda: hands.polygons[2] != before[2])
    assert hands.chars == "XYZ5678" and hands.canvas.tool is Tool.SELECT, "it keeps its class, no tool was changed"
    assert [*hands.polygons[:2], *hands.polygons[3:]] == [*before[:2], *before[3:]]
    hands.point(*middle(5))
    hands.key(Qt.Key.Key_Delete)
    assert hands.chars == "XYZ568"
    x1, y1, x2, y2 = character_box(5)
    hands.drag((x1 + 2, y1 + 2), (x2 - 1, y2 - 1), _CTRL)
    qtbot.waitUntil(lambda: len(hands.polygons) == 7)
    hands.keys("7")
    assert hands.chars == "XYZ5678"
    hands.click(*middle(0), _CTRL)
    hands.click(*middle(1), _CTRL)
    assert len(hands.canvas.selection) == 3, "a click with Ctrl adds to the selection as ever"


def test_a_box_in_which_nothing_stands_out_becomes_the_letter_that_is_typed(studio: MainWindow, qtbot: QtBot) -> None:
    hands = drafted(studio, qtbot, "XYZ567")
    hands.drag((226, 2), (238, 14), _CTRL)
    qtbot.waitUntil(lambda: len(hands.polygons) == 7)
    assert len(hands.polygons[6]) == 4 and "Type what it is" in hands.said
    hands.keys("L")
    qtbot.waitUntil(lambda: len(hands.polygons[6]) > 4)
    low, high = np.min(hands.polygons[6], 0), np.max(hands.polygons[6], 0)
    assert np.allclose([*low, *high], [226, 2, 238, 14], atol=2)
    assert hands.document.content.items[6].character.char == "L"


@pytest.mark.parametrize("text", ["XYZ5678", "XYZ5677"])
def test_a_draft_without_doubts_has_nothing_selected(studio: MainWindow, qtbot: QtBot, text: str) -> None:
    hands = drafted(studio, qtbot, text)
    assert hands.canvas.selection == ()
