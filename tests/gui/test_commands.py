"""The one command table, and the menus made from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from lpstudio.studio.commands import Command, CommandTable
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.menus import context_menu


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()


def _titles(menu: QMenu) -> list[str]:
    return [action.text().replace("&", "") for action in menu.actions() if not action.isSeparator()]


def test_a_command_runs_by_its_shortcut(window: QWidget, qtbot: QtBot) -> None:
    table, ran = CommandTable(window), []
    table.register(Command("a.run", "Run", shortcuts=("Ctrl+R",)), lambda: ran.append(True))
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert ran == [True]


def test_two_commands_cannot_share_a_shortcut_unless_they_are_never_on_the_screen_together(window: QWidget) -> None:
    table = CommandTable(window)
    table.register(Command("a.undo", "Undo", shortcuts=("Ctrl+Z",), workspace="a"), lambda: None)
    table.register(Command("b.undo", "Undo", shortcuts=("Ctrl+Z",), workspace="b"), lambda: None)
    with pytest.raises(ValueError, match=r"Ctrl\+Z of c.undo is taken by a.undo"):
        table.register(Command("c.undo", "Undo", shortcuts=("Ctrl+Z",)), lambda: None)
    with pytest.raises(ValueError, match="registered twice"):
        table.register(Command("a.undo", "Undo"), lambda: None)


def test_a_shortcut_goes_to_the_workspace_on_the_screen(window: QWidget, qtbot: QtBot) -> None:
    table, ran = CommandTable(window), []
    table.register(Command("a.undo", "Undo", shortcuts=("Ctrl+Z",), workspace="a"), lambda: ran.append("a"))
    table.register(Command("b.undo", "Undo", shortcuts=("Ctrl+Z",), workspace="b"), lambda: ran.append("b"))
    for workspace in ("b", "a"):
        table.set_workspace(workspace)
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ran == ["b", "a"]


def test_a_command_that_is_not_available_is_grey_and_does_not_run(window: QWidget, qtbot: QtBot) -> None:
    table, ran, possible = CommandTable(window), [], [False]
    action = table.register(
        Command("a.run", "Run", shortcuts=("Ctrl+R",)), lambda: ran.append(True), available=lambda: possible[0]
    )
    assert not action.isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    possible[0] = True
    table.refresh()
    assert action.isEnabled()
    assert ran == []


def test_a_checkable_command_gets_its_state(window: QWidget) -> None:
    table, seen = CommandTable(window), []
    action = table.register(Command("a.show", "Show", checkable=True), seen.append)
    action.trigger()
    action.trigger()
    assert seen == [True, False]


def test_no_command_takes_a_letter_or_digit_that_labels(studio: MainWindow) -> None:
    studio.build_all()
    for command in studio.commands:
        for shortcut in command.shortcuts:
            assert not (len(shortcut) == 1 and shortcut.isalnum()), f"{command.id}: {shortcut}"


def test_every_command_says_what_it_does_and_has_an_icon_that_is_there(studio: MainWindow) -> None:
    from lpstudio.resources import resource

    studio.build_all()
    for command in studio.commands:
        assert command.title, command.id
        if command.icon:
            assert resource("icons", f"{command.icon}.svg").is_file(), f"{command.id}: {command.icon}"


def test_menus_show_what_belongs_to_the_workspace_on_the_screen(studio: MainWindow) -> None:
    studio.show_workspace("similarity")
    studio.menus.rebuild()
    edit = _titles(studio.menus.menu("Edit"))
    assert edit.count("Undo") == 1
    assert "Open project…" in _titles(studio.menus.menu("File"))
    assert "Add group" in _titles(studio.menus.menu("Similarity"))


def test_a_menu_of_a_workspace_that_was_not_opened_yet_is_whole_when_it_opens(studio: MainWindow) -> None:
    menu = studio.menus.menu("Similarity")
    menu.aboutToShow.emit()
    assert "Add group" in _titles(menu)
    assert all(not action.isEnabled() for action in menu.actions() if not action.isSeparator())


def test_a_context_menu_is_made_of_the_same_actions(studio: MainWindow) -> None:
    menu = context_menu(studio.commands, ["", "file.save", "", "file.quit"], studio)
    assert [action.objectName() for action in menu.actions()] == ["file.save", "", "file.quit"]
    menu.deleteLater()
