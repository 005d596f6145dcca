"""Finding crops by what stands on them, from the search field."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands
from tests.gui.conftest import OpenIn, character_box


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    return Hands(studio, qtbot)


def listed(hands: Hands) -> list[str]:
    model = hands.annotate.crops.model
    return [Path(model.key_at(row)).stem for row in range(model.rowCount())]


def find(hands: Hands, query: str) -> None:
    search = hands.annotate.crops.search
    hands.command(Qt.Key.Key_F)
    assert search.hasFocus()
    search.selectAll()
    hands.key(Qt.Key.Key_Delete, widget=search)
    hands.keys(query, search)
    hands.key(Qt.Key.Key_Return, widget=search)


def test_crops_are_found_by_their_classes_and_a_save_is_noticed(hands: Hands, qtbot: QtBot) -> None:
    find(hands, "char:O|Q")
    qtbot.waitUntil(lambda: listed(hands) == ["p1"], timeout=5000)
    assert hands.annotate.crops.count.text() == "1 of 6 crops"
    hands.command(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    hands.go("p0")
    x1, y1, x2, y2 = character_box(0)
    hands.click((x1 + x2) / 2, (y1 + y2) / 2)
    hands.keys("q")
    hands.wait_saved()
    find(hands, "char:o|q")
    qtbot.waitUntil(lambda: (hands.annotate.crops.refilter(), listed(hands) == ["p0", "p1"])[1], timeout=5000)
    find(hands, "-char:O|Q|G")
    assert listed(hands) == ["p2", "p3", "p5"]


def test_crops_are_found_by_state_split_name_and_text(hands: Hands, qtbot: QtBot) -> None:
    field = hands.annotate.inspector.text
    hands.go("p3")
    hands.command(Qt.Key.Key_T)
    hands.keys("ABX99", field)
    hands.key(Qt.Key.Key_Return, widget=field)
    find(hands, "text:ab*")
    qtbot.waitUntil(lambda: listed(hands) == ["p3"], timeout=5000)
    find(hands, "x99")
    qtbot.waitUntil(lambda: listed(hands) == ["p3"], timeout=5000)
    find(hands, "state:labelled split:train")
    assert listed(hands) == ["p0", "p1"]
    find(hands, "name:p5|p2")
    assert listed(hands) == ["p2", "p5"]


def test_a_mistake_is_said_beside_the_field_and_leaves_the_list(hands: Hands) -> None:
    crops = hands.annotate.crops
    find(hands, "name:p1")
    find(hands, "colour:red")
    assert listed(hands) == ["p1"]
    assert "colour: is not known" in crops.count.text()
    assert "colour: is not" in crops.search.toolTip() and "char:O|0" in crops.search.toolTip()
    find(hands, "name:p2")
    assert crops.count.text() == "1 of 6 crops" and listed(hands) == ["p2"]


@pytest.mark.slow
def test_fifty_thousand_crops_are_searched_without_holding_the_window_up(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    images, labels = small_project / "images" / "train", small_project / "labels" / "train"
    for number in range(50_000):
        (images / f"n{number:05d}.png").hardlink_to(images / "p0.png")
        if number % 5 == 0:
            shutil.copyfile(labels / ("p1.txt" if number % 1000 == 0 else "p0.txt"), labels / f"n{number:05d}.txt")
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    longest = 0.0
    begun = last = time.perf_counter()
    find(hands, "char:Q")
    while len(hands.annotate.crops.model.rows) != 51:
        hands.qtbot.wait(1)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        assert now - begun < 60
    print(f"first search {last - begun:.2f} s, longest pause {longest * 1000:.0f} ms")
    begun = time.perf_counter()
    find(hands, "char:Q name:n00")
    qtbot.waitUntil(lambda: len(hands.annotate.crops.model.rows) == 1, timeout=5000)
    print(f"second search {time.perf_counter() - begun:.2f} s")
