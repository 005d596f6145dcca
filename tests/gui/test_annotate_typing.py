"""From a blank crop to verified by typing the plate's text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.weights import starter_weights
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.dataset import write_dataset
from tests.annotate.hands import Hands
from tests.gui.conftest import OpenIn, character_box


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    """In Annotate, on p2, which has no characters yet."""
    made = Hands(studio, qtbot)
    made.go("p2")
    return made


def type_text(hands: Hands, text: str) -> None:
    """Keys go where the focus is, as a person's do."""
    hands.canvas.setFocus()
    type_text_on(text)


def type_text_on(text: str) -> None:
    """Go on typing where the keyboard is."""
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


def test_the_shipped_model_finds_what_was_typed_and_says_where_a_character_too_few_was(
    empty_studio: MainWindow, open_in: OpenIn, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = starter_weights()
    if not shipped:
        pytest.skip("no starter weights are shipped")
    folder = tmp_path / "synthetic"
    write_dataset(folder, 2, seed=2, wishes=Wishes(difficulty=0.0))
    with Project.open(folder) as project:
        texts = {key: "".join(one.char for one in project.load(key).characters) for key in project.index.keys}
        for key in texts:
            project.label_path(key).unlink()
    monkeypatch.setattr("lpstudio.studio.annotate.plate_typing.starter_weights", lambda: shipped)
    open_in(empty_studio, folder)
    hands = Hands(empty_studio, qtbot)
    hands.annotate.typing._patience.setInterval(60_000)
    text = texts[hands.document.key]
    type_text(hands, text[:2])
    assert empty_studio.workers.reader.running, "its weights are loaded while the text is typed"
    type_text_on(text[2:])
    enter()
    qtbot.waitUntil(lambda: hands.chars == text, timeout=60_000)
    items = hands.document.content.items
    assert all(item.character.candidates for item in items), "the model's candidates come along"
    assert hands.canvas.selection == () and "Enter confirms" in hands.said
    hands.command(Qt.Key.Key_Z)
    hands.annotate.verdict.edit_text()
    field = hands.annotate.inspector.text
    field.setText(text[:-1])
    hands.key(Qt.Key.Key_Return, widget=field)
    qtbot.waitUntil(lambda: hands.chars == text[:-1], timeout=60_000)
    assert f"{len(text) - 1} typed, the model sees {len(text)}" in hands.said
    assert len(hands.canvas.selection) == 1


def test_a_person_is_not_kept_waiting_for_weights_that_still_load(
    hands: Hands, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.annotate.typing._patience.setInterval(1)
    monkeypatch.setattr("lpstudio.studio.annotate.plate_typing.starter_weights", lambda: [object()])
    type_text(hands, "xyz5678")
    enter()
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")
    assert hands.document.content.items[3].character.candidates == (), "found by light and dark"


def test_a_blank_crop_takes_its_text_whatever_tool_is_in_hand(hands: Hands, qtbot: QtBot) -> None:
    hands.take_draw_tool()
    type_text(hands, "xyz5678")
    enter()
    qtbot.waitUntil(lambda: hands.chars == "XYZ5678")
