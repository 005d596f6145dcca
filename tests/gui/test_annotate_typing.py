"""From a blank crop to verified by typing the plate's text."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands
from tests.gui.conftest import character_box


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    """In Annotate, on p2, which has no characters yet."""
    made = Hands(studio, qtbot)
    made.go("p2")
    return made


def type_text(hands: Hands, text: str) -> None:
    """Keys go where the focus is, as a person's do."""
    hands.canvas.setFocus()
    for char in text:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClicks(focused, char)


def enter() -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Return)


def test_text_enter_enter_takes_a_blank_crop_to_verified(hands: Hands, qtbot: QtBot) -> None:
    session = hands.window.session
    assert session is not None
    type_text(hands, "xyz5678")
    enter()
    assert hands.canvas.hasFocus() and "Looking for the 7 characters" in hands.said
    enter()  # too early: nothing is confirmed before it was seen
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")
    for position, points in enumerate(hands.polygons):
        x1, y1, x2, y2 = character_box(position)
        found = [*np.min(points, axis=0), *np.max(points, axis=0)]
        assert np.allclose(found, [x1 + 3, y1 + 3, x2 - 2, y2 - 2], atol=2)
    assert hands.canvas.selection == () and "Enter confirms" in hands.said
    assert hands.state() is CropState.IN_PROGRESS
    enter()
    hands.wait_open("p3")
    hands.wait_saved()
    assert session.state("images/train/p2.png") is CropState.VERIFIED
    assert len(session.project.label_path("images/train/p2.png").read_text().splitlines()) == 7
    hands.go("p2")
    for _ in range(2):
        hands.command(Qt.Key.Key_Z)
    assert hands.polygons == [] and hands.document.content.text == "XYZ5678", "the proposal is one step"
    hands.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")


def test_a_wrong_number_of_characters_is_said_with_its_place(hands: Hands, qtbot: QtBot) -> None:
    type_text(hands, "xyz56789")
    enter()
    qtbot.waitUntil(lambda: len(hands.polygons) == 8)
    assert "8 typed, but 7 seem to stand there: look at the" in hands.said
    assert len(hands.canvas.selection) >= 1, "where it does not fit is selected"


def test_what_comes_late_does_not_land_on_the_next_crop(hands: Hands, qtbot: QtBot) -> None:
    type_text(hands, "xyz5678")
    enter()
    hands.go("p3")
    assert not hands.window.workers.tools.busy
    assert hands.polygons == []
    hands.go("p2")
    assert hands.polygons == [] and hands.document.content.text == "XYZ5678", "the text is kept"


def seen(position: int, char: str) -> dict[str, object]:
    """One character as the reader tells it."""
    x1, y1, x2, y2 = character_box(position)
    return {
        "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]],
        "confidence": 0.9,
        "candidates": [{"char": char, "probability": 0.7}, {"char": "Q", "probability": 0.2}],
    }


def test_what_the_model_sees_is_taken_where_it_is_as_many_as_were_typed(hands: Hands, qtbot: QtBot) -> None:
    assert hands.window.session is not None
    path = str(hands.window.session.project.image_path(hands.document.key))
    typing = hands.annotate.typing
    typing._read(path, "XYZ5678", {"plates": [{"characters": [seen(k, "XYZS678"[k]) for k in range(7)]}]})
    assert hands.chars == "XYZ5678"
    fourth = hands.document.content.items[3].character
    assert [one.char for one in fourth.candidates] == ["S", "Q"] and fourth.confidence == 0.9
    hands.command(Qt.Key.Key_Z)
    typing._read(path, "XYZ5678", {"plates": [{"characters": [seen(k, "X") for k in range(6)]}]})
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")
    assert hands.document.content.items[3].character.candidates == (), "found by light and dark"
    assert "7 typed, the model sees 6" in hands.said
