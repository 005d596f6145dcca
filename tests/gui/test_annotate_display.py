"""What the View menu does to how a picture looks, and that files and zoom stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands
from tests.gui.conftest import OpenIn, write_project

_NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    made = Hands(studio, qtbot)
    made.go("p0")
    return made


def ground(hands: Hands) -> int:
    """The grey of the plate's ground on the canvas."""
    picture = hands.canvas.picture
    assert picture is not None
    return picture.pixelColor(2, 2).green()


def test_inverting_and_lightening_change_only_what_is_seen(hands: Hands, qtbot: QtBot) -> None:
    session = hands.window.session
    assert session is not None
    path = session.project.image_path(hands.document.key)
    before = path.read_bytes()
    hands.canvas.zoom_by(2.0)
    scale = hands.canvas.view.scale
    plain = ground(hands)
    hands.command(Qt.Key.Key_F9, _NONE)
    qtbot.waitUntil(lambda: ground(hands) == 255 - plain, timeout=5000)
    assert hands.canvas.view.scale == scale, "the zoom stays"
    assert "inverted" in hands.said
    assert hands.window.commands.action("annotate.invert").isChecked()
    hands.command(Qt.Key.Key_F9, _NONE)
    hands.command(Qt.Key.Key_F7, _NONE)
    qtbot.waitUntil(lambda: ground(hands) < plain, timeout=5000)
    hands.command(Qt.Key.Key_F8, _NONE)
    hands.command(Qt.Key.Key_F8, _NONE)
    qtbot.waitUntil(lambda: ground(hands) > plain, timeout=5000)
    hands.command(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: ground(hands) == plain, timeout=5000)
    assert path.read_bytes() == before
    assert len(hands.polygons) == 7


def test_the_new_looks_have_keys_and_are_put_back_by_one(hands: Hands, qtbot: QtBot) -> None:
    for key, word in ((Qt.Key.Key_F7, "local contrast"), (Qt.Key.Key_F8, "sharpened"), (Qt.Key.Key_F9, "lightness")):
        before = hands.canvas.picture
        hands.command(key, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda before=before: hands.canvas.picture is not before)
        assert word in hands.said
    hands.command(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert "as it is" in hands.said
    assert not hands.window.commands.action("annotate.sharpen").isChecked()


def test_the_display_goes_along_to_the_next_crop_and_is_remembered_with_the_project(
    hands: Hands, small_project: Path, tmp_path: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    window, plain = hands.window, ground(hands)
    hands.command(Qt.Key.Key_F9, _NONE)
    hands.command(Qt.Key.Key_F6, _NONE)
    hands.command(Qt.Key.Key_PageDown, _NONE)
    hands.wait_open("p1")
    assert ground(hands) < 255 - plain
    assert hands.chars == "OQD0088"
    open_in(window, write_project(tmp_path / "other"))
    assert ground(Hands(window, qtbot)) == plain, "another project has a display of its own"
    open_in(window, small_project)
    assert ground(Hands(window, qtbot)) < 255 - plain
    assert window.commands.action("annotate.stretch").isChecked()
