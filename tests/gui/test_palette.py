"""The command palette: found by a few letters, run by the keyboard alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.studio import theme
from lpstudio.studio.fuzzy import best_matches, score
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.palette import CommandPalette

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def _open(window: MainWindow, qtbot: QtBot) -> CommandPalette:
    qtbot.keyClick(window, Qt.Key.Key_P, CONTROL_SHIFT)
    palette = window.findChild(CommandPalette)
    assert palette is not None
    qtbot.waitUntil(palette.search.hasFocus, timeout=10000)
    return palette


def _rows(palette: CommandPalette) -> list[str]:
    return [str(palette.model.index(row).data()) for row in range(palette.model.rowCount())]


def test_letters_in_order_are_enough_and_word_beginnings_count_most() -> None:
    assert best_matches("ve", [("Save now", 1), ("Verify", 2)]) == [2, 1]
    assert best_matches("ag", [("Drag", 1), ("Add group", 2)]) == [2, 1]
    assert best_matches("thd", [("Theme: light", 1), ("Theme: dark", 2)]) == [2]
    assert best_matches("", [("b", 1), ("a", 2)]) == [1, 2]
    assert score("xyz", "Save now") is None
    assert best_matches("OPEN pro", [("Open project…", 1)]) == [1]


def test_the_palette_opens_types_and_runs_without_the_mouse(studio: MainWindow, qtbot: QtBot) -> None:
    palette = _open(studio, qtbot)
    qtbot.keyClicks(palette.search, "theme light")
    assert _rows(palette)[0] == "Theme: light"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert theme.mode() == "light"
    assert studio.findChild(CommandPalette) is None
    theme.set_mode("dark")


def test_arrows_choose_among_what_fits(studio: MainWindow, qtbot: QtBot) -> None:
    palette = _open(studio, qtbot)
    qtbot.keyClicks(palette.search, "go to nothing at all")
    assert _rows(palette) == []
    palette.search.clear()
    qtbot.keyClicks(palette.search, "view")
    first = palette.list.currentIndex().row()
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == first + 1
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == palette.model.enabled_count - 1


def test_escape_closes_and_gives_the_focus_back(studio: MainWindow, qtbot: QtBot) -> None:
    studio.show_workspace("similarity")
    before = QApplication.focusWidget()
    palette = _open(studio, qtbot)
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert studio.findChild(CommandPalette) is None
    qtbot.waitUntil(lambda: QApplication.focusWidget() is before, timeout=10000)


def test_commands_of_workspaces_not_opened_yet_are_found_too(studio: MainWindow, qtbot: QtBot) -> None:
    palette = _open(studio, qtbot)
    qtbot.keyClicks(palette.search, "add group")
    qtbot.waitUntil(lambda: "Add group" in _rows(palette), timeout=10000)
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)


def test_what_cannot_run_now_stands_last(empty_studio: MainWindow, qtbot: QtBot) -> None:
    palette = _open(empty_studio, qtbot)
    enabled = [
        bool(palette.model.index(row).flags() & Qt.ItemFlag.ItemIsEnabled) for row in range(palette.model.rowCount())
    ]
    assert enabled == sorted(enabled, reverse=True)
    assert False in enabled
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)


def test_a_click_elsewhere_closes_it(studio: MainWindow, qtbot: QtBot) -> None:
    studio.show_workspace("similarity")
    _open(studio, qtbot)
    workspace = studio.workspace("similarity")
    assert workspace is not None
    workspace.matrix.setFocus()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: studio.findChild(CommandPalette) is None, timeout=10000)
