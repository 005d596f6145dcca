"""Keys: the cheat sheet, changing them, who gives way, and files of keys that are not what they should be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.errors import LpStudioError
from lpstudio.resources import resource
from lpstudio.studio.commands import shown
from lpstudio.studio.help_dialog import HelpDialog, shortcut_sheet
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.palette import plain_title
from lpstudio.studio.places import open_settings, settings_folder
from lpstudio.studio.settings_dialog import SettingsDialog
from lpstudio.studio.shortcuts import keymap
from lpstudio.studio.shortcuts.editor import ShortcutsPage
from lpstudio.studio.shortcuts.keymap import KeyRefusedError, checked, read_keys, write_keys
from lpstudio.studio.shortcuts.sheet import CheatSheet, groups_for
from lpstudio.studio.shortcuts.words import LINK, with_keys
from lpstudio.studio.workspaces import WORKSPACES

CONTROL = Qt.KeyboardModifier.ControlModifier


def build_everything(window: MainWindow) -> None:
    for entry in WORKSPACES:
        window.workspace(entry.id)


def open_sheet(window: MainWindow, qtbot: QtBot) -> CheatSheet:
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Question)
    sheet = window.findChild(CheatSheet)
    assert sheet is not None
    qtbot.waitUntil(sheet.search.hasFocus)
    return sheet


def open_keys(window: MainWindow) -> ShortcutsPage:
    window.run_command("view.shortcuts")
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    return dialog.shortcuts


# -- what may be a key -------------------------------------------------------------------------------------------------


def test_letters_and_digits_are_refused_with_the_reason() -> None:
    for key in ("A", "7", "Shift+A", "Ä", "Shift+0"):
        with pytest.raises(KeyRefusedError, match="always label"):
            checked(key)
    for key in ("Ctrl+A", "Alt+7", "F7", "Meta+Shift+A", "PgDown", "?", "Ctrl+Left", "Ins"):
        assert checked(key) == key


@pytest.mark.parametrize("key", ["", "Ctrl", "Nonsense", "Ctrl+K, Ctrl+C", "Esc", "Tab", "Space", "Left", "x" * 10_000])
def test_what_is_no_key_or_always_means_something_is_refused(key: str) -> None:
    with pytest.raises(KeyRefusedError):
        checked(key)


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"version": 99, "keys": {}}',
        b"[" * 100_000,
        b'{"keys": {"a.b": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b" " * (keymap.MAX_BYTES + 1),
    ],
)
def test_a_file_that_is_none_of_keys_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(LpStudioError) as told:
        read_keys(path)
    assert "\n" not in told.value.message
    assert len(told.value.message) < 400


def test_what_is_wrong_in_a_file_is_named_and_the_rest_counts(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = {"a.run": ["Ctrl+R", "Q"], "b.run": "Ctrl+B", "c/../run": ["F2"], "d.run": [], "e.run": ["F3"] * 9}
    path.write_text(json.dumps({"version": 1, "keys": keys}))
    found = read_keys(path)
    assert found.keys == {"a.run": ("Ctrl+R",), "d.run": (), "e.run": ("F3",)}
    assert len(found.faults) == 4
    assert "always label" in found.message and "(and 3 more)" in found.message
    write_keys(path, found.keys)
    assert read_keys(path).keys == found.keys


# -- changing ----------------------------------------------------------------------------------------------------------


def test_a_changed_key_counts_at_once_everywhere_and_in_the_next_window(studio: MainWindow, qtbot: QtBot) -> None:
    page, table = open_keys(studio), studio.commands
    page.choose("file.save")
    page.field.setFocus()
    qtbot.keyClick(page.field, Qt.Key.Key_F12, CONTROL)
    assert "free" in page.message.text()
    qtbot.mouseClick(page.use, Qt.MouseButton.LeftButton)
    action = table.action("file.save")
    assert action.shortcut().toString() == "Ctrl+F12"
    assert action.toolTip().endswith("(Ctrl+F12)")
    assert "<b>Ctrl+F12</b>" in shortcut_sheet(table)
    assert ("Save now", ("Ctrl+F12",)) in [line for group in groups_for(table, "annotate") for line in group.lines]
    assert with_keys("press {file.save} now") == "press Ctrl+F12 now"
    stored = settings_folder() / keymap.FILE_NAME
    qtbot.waitUntil(stored.is_file)
    qtbot.waitUntil(lambda: read_keys(stored).keys == {"file.save": ("Ctrl+F12",)})
    other = MainWindow(open_settings())
    assert other.commands.keys("file.save") == ("Ctrl+F12",)
    other.close()
    other.deleteLater()
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    assert action.shortcut().toString() == "Ctrl+S"


def test_a_letter_is_refused_where_it_is_pressed_and_a_clash_names_the_other(studio: MainWindow, qtbot: QtBot) -> None:
    page, table = open_keys(studio), studio.commands
    page.choose("annotate.draw_tool")
    page.field.setFocus()
    qtbot.keyClick(page.field, Qt.Key.Key_K)
    assert "always label" in page.message.text()
    assert not page.use.isEnabled()
    qtbot.keyClick(page.field, Qt.Key.Key_S, CONTROL)
    assert "“Save now” (everywhere)" in page.message.text()
    qtbot.mouseClick(page.use, Qt.MouseButton.LeftButton)
    assert table.keys("annotate.draw_tool") == ("Ctrl+S",)
    assert table.keys("file.save") == ()
    page.choose("file.save")
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert table.keys("file.save") == ()  # drawing has its key, and that is said
    assert "Draw" in page.message.text()
    qtbot.mouseClick(page.reset_all, Qt.MouseButton.LeftButton)
    assert table.keys("file.save") == ("Ctrl+S",)
    assert table.changed_keys == {}


def test_a_key_given_away_before_its_owner_was_built_stays_given(empty_studio: MainWindow) -> None:
    empty_studio.keys.set_keys("file.quit", ("Ctrl+E",))  # Annotate's own key for drawing
    build_everything(empty_studio)
    assert empty_studio.commands.keys("file.quit") == ("Ctrl+E",)
    assert "Ctrl+E" not in empty_studio.commands.keys("annotate.draw_tool")
    assert empty_studio.commands.keys("train.export") == ()
    empty_studio.keys.reset("file.quit")
    assert "Ctrl+E" in empty_studio.commands.keys("annotate.draw_tool")


def test_keys_go_out_to_a_file_and_come_back(studio: MainWindow, tmp_path: Path) -> None:
    page = open_keys(studio)
    studio.keys.set_keys("view.rescan", ("Ctrl+F5",))
    page.export_to(tmp_path / "mine.json")
    assert "1 changed command" in page.message.text()
    studio.keys.change({})
    page.import_from(tmp_path / "mine.json")
    assert studio.commands.keys("view.rescan") == ("Ctrl+F5",)
    (tmp_path / "bad.json").write_text("nothing of the kind")
    page.import_from(tmp_path / "bad.json")
    assert "no file of shortcuts" in page.message.text()
    assert studio.commands.keys("view.rescan") == ("Ctrl+F5",)
    page.export_to(tmp_path)  # a folder
    assert "not saved" in page.message.text()


def test_a_bad_file_of_keys_is_one_notice_and_the_window_opens(application: QApplication, qtbot: QtBot) -> None:
    folder = settings_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / keymap.FILE_NAME).write_text('{"version": 1, "keys": {"file.save": ["S"], "file.quit": ["Ctrl+F4"]}}')
    window = MainWindow(open_settings())
    assert [notice.text for notice in window.notice_bar.notices if keymap.FILE_NAME in notice.text]
    assert len(window.notice_bar.notices) == 1
    assert window.commands.keys("file.save") == ("Ctrl+S",)
    assert window.commands.keys("file.quit") == ("Ctrl+F4",)
    window.close()
    window.deleteLater()


# -- the cheat sheet and the help --------------------------------------------------------------------------------------


def test_the_cheat_sheet_lists_what_can_be_done_here_and_only_here(studio: MainWindow, qtbot: QtBot) -> None:
    build_everything(studio)
    sheet = open_sheet(studio, qtbot)
    text = sheet.columns.text()
    assert text.splitlines()[0] == "Annotate"
    for command in studio.commands:
        line = f"{plain_title(command).rstrip('…')}: "
        if command.workspace in ("", "annotate"):
            assert line in text, command.id
            assert all(shown(key) in text for key in studio.commands.keys(command.id))
    assert "Add group" not in text
    qtbot.keyClicks(sheet.search, "knife")
    assert "Knife: Ctrl+K" in sheet.columns.text()
    assert "Save now" not in sheet.columns.text()
    qtbot.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert studio.findChild(CheatSheet) is None


def test_the_cheat_sheet_closes_on_its_own_key_and_on_that_of_a_command(studio: MainWindow, qtbot: QtBot) -> None:
    studio.show_workspace("annotate")
    sheet = open_sheet(studio, qtbot)
    qtbot.keyClick(sheet.search, Qt.Key.Key_Question)
    assert studio.findChild(CheatSheet) is None
    sheet = open_sheet(studio, qtbot)
    qtbot.keyClick(sheet.search, Qt.Key.Key_2, CONTROL)
    qtbot.waitUntil(lambda: studio.findChild(CheatSheet) is None)
    assert studio.current_workspace == "similarity"


def test_help_pages_show_the_keys_as_they_are_now(studio: MainWindow, qtbot: QtBot) -> None:
    build_everything(studio)
    for path in sorted(Path(resource("help", "start.md")).parent.glob("*.md")):
        for label, command_id in LINK.findall(path.read_text(encoding="utf-8")):
            own = [shown(key) for key in studio.commands.own_keys(command_id)]
            assert label in own, f"{path.name} says {label} for {command_id}, which has {own}"
    studio.keys.set_keys("annotate.verify", ("Ctrl+Alt+V",))
    dialog = HelpDialog.show_for(studio, "annotate")
    qtbot.waitUntil(lambda: "Ctrl+Alt+V" in dialog.browser.toPlainText())
    studio.keys.reset("annotate.verify")
    qtbot.waitUntil(lambda: "Ctrl+Alt+V" not in dialog.browser.toPlainText())
    assert re.search(r"Ctrl\+Enter", dialog.browser.toPlainText())
