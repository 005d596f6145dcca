"""Other captures of the same plate under the canvas."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.studio.annotate.captures import Captures
from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands
from tests.gui.conftest import OpenIn, write_project

_LEFT = Qt.MouseButton.LeftButton
_SHIFT_CTRL = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def test_captures_share_a_text_or_a_numbered_name() -> None:
    found = Captures([("a", ("text X",)), ("b", ("text X",)), ("c", ()), ("d", ("text Y",))])
    assert found.of("a") == ["a", "b"] == found.of("b")
    assert found.of("c") == [] == found.of("d") == found.of("unknown") and found
    many = Captures([(f"k{number:03}", ("name n",)) for number in range(100)])
    assert "k050" in many.of("k050") and len(many.of("k050")) == 24 and "k099" in many.of("k099")
    assert not Captures([("a", ("text X",)), ("b", ())])


@pytest.fixture
def hands(empty_studio: MainWindow, tmp_path: Path, open_in: OpenIn, qtbot: QtBot) -> Hands:
    """p0, p2 and p4 show the same plate, by plates.csv."""
    project = write_project(tmp_path / "plates")
    rows = [("p0", "train"), ("p2", "train"), ("p4", "val")]
    lines = [f"{stem}.png,{split},ABC1234" for stem, split in rows]
    (project / "plates.csv").write_text("\n".join(["file,split,text", *lines, "p1.png,train,OQD0088"]) + "\n")
    open_in(empty_studio, project)
    made = Hands(empty_studio, qtbot)
    made.go("p0")
    return made


def test_captures_are_shown_and_reached_by_click_and_keys(hands: Hands, qtbot: QtBot) -> None:
    strip = hands.annotate.captures
    qtbot.waitUntil(lambda: [Path(key).stem for key in strip.keys] == ["p0", "p2", "p4"])
    assert strip.isVisible()
    places = dict(strip._places())
    QTest.mouseClick(strip, _LEFT, pos=places["images/train/p2.png"].center())
    hands.wait_open("p2")
    hands.canvas.setFocus()
    hands.command(Qt.Key.Key_Right, _SHIFT_CTRL)
    hands.wait_open("p4")
    hands.command(Qt.Key.Key_Right, _SHIFT_CTRL)
    hands.wait_open("p0")
    hands.command(Qt.Key.Key_Left, _SHIFT_CTRL)
    hands.wait_open("p4")
    hands.go("p1")
    assert strip.keys == [] and strip.isVisible(), "the canvas keeps its size"
    hands.canvas.setFocus()
    hands.command(Qt.Key.Key_V, _SHIFT_CTRL)
    assert not strip.isVisible()
    hands.command(Qt.Key.Key_V, _SHIFT_CTRL)
    assert strip.isVisible()


def test_a_project_without_captures_keeps_the_room_for_the_canvas(studio: MainWindow, qtbot: QtBot) -> None:
    hands = Hands(studio, qtbot)
    hands.go("p2")
    assert not hands.annotate.captures.isVisible()
