"""Going through crops: states, list and filters, strip, pictures that cannot be shown, failed saves, restarts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Candidate, Character, CropState
from lpstudio.studio.annotate.filters import CropFilter
from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import OpenIn, character_box, close_window

_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    return Hands(studio, qtbot)


def middle(position: int) -> tuple[float, float]:
    x1, y1, x2, y2 = character_box(position)
    return (x1 + x2) / 2, (y1 + y2) / 2


def cell(hands: Hands, index: int) -> QPoint:
    return hands.strip.cell_rect(index).center()


def listed(hands: Hands) -> list[str]:
    model = hands.annotate.crops.model
    return [Path(model.key_at(row)).stem for row in range(model.rowCount())]


# -- states ----------------------------------------------------------------------------------------------------------


def test_verifying_goes_on_to_the_next_crop_that_needs_it(hands: Hands) -> None:
    hands.go("p0")
    hands.command(Qt.Key.Key_Return)
    hands.wait_open("p1")
    session = hands.window.session
    assert session is not None
    hands.wait_saved()
    assert session.state("images/train/p0.png") is CropState.VERIFIED
    hands.command(Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier)
    hands.wait_open("p0")
    assert hands.annotate.inspector.state.text() == "Verified"
    hands.command(Qt.Key.Key_Z)
    assert hands.state() is CropState.LABELLED
    hands.wait_saved()
    assert session.project.state("images/train/p0.png") is CropState.LABELLED


def test_a_crop_with_an_unlabelled_character_is_not_verified_and_the_reason_is_said(hands: Hands) -> None:
    hands.go("p2")
    hands.draw(box_points(*character_box(0)))
    hands.take_select_tool()
    hands.command(Qt.Key.Key_Return)
    assert hands.state() is CropState.IN_PROGRESS
    assert "has no class yet" in hands.said
    assert hands.canvas.selection == (0,)


def test_a_crop_without_characters_is_not_verified_by_the_key_for_those_with_some(hands: Hands) -> None:
    hands.go("p2")
    hands.command(Qt.Key.Key_Return)
    assert "nothing is drawn" in hands.said
    assert hands.state() is CropState.UNLABELLED
    hands.command(Qt.Key.Key_Return, _CTRL | _SHIFT)
    hands.go("p2")
    assert hands.state() is CropState.VERIFIED


def test_no_characters_is_an_answer_and_is_undoable(hands: Hands) -> None:
    hands.go("p2")
    hands.command(Qt.Key.Key_Return, _CTRL | _SHIFT)
    hands.wait_open("p3")
    session = hands.window.session
    assert session is not None
    hands.wait_saved()
    file = session.project.label_path("images/train/p2.png")
    assert file.read_text() == ""
    assert session.state("images/train/p2.png") is CropState.VERIFIED
    hands.go("p2")
    hands.command(Qt.Key.Key_Z)
    hands.wait_saved()
    assert not file.exists()
    assert hands.state() is CropState.UNLABELLED


def test_no_characters_is_refused_while_some_are_drawn(hands: Hands) -> None:
    hands.go("p0")
    hands.command(Qt.Key.Key_Return, _CTRL | _SHIFT)
    assert hands.state() is CropState.LABELLED
    assert "7 characters are drawn" in hands.said


def test_an_ignored_crop_keeps_its_characters_and_comes_back_as_it_was(hands: Hands) -> None:
    hands.go("p0")
    lines = hands.label_lines()
    hands.command(Qt.Key.Key_I)
    assert hands.state() is CropState.IGNORED
    hands.command(Qt.Key.Key_I)
    assert hands.state() is CropState.LABELLED
    assert hands.label_lines() == lines
    hands.command(Qt.Key.Key_Z)
    assert hands.state() is CropState.IGNORED


def test_a_draft_becomes_the_persons_work_with_the_first_edit_and_a_draft_again_by_undo(
    hands: Hands, qtbot: QtBot
) -> None:
    session = hands.window.session
    assert session is not None
    key = "images/train/p2.png"
    candidates = (Candidate("O", 0.6), Candidate("0", 0.35))
    draft = [Character(tuple(box_points(*character_box(0))), "O", False, candidates, 0.9)]
    with qtbot.waitSignal(session.state_changed, timeout=5000):
        session.set_draft(key, draft)
    hands.go("p2")
    qtbot.waitUntil(lambda: hands.chars == "O", timeout=5000)
    assert hands.annotate.inspector.state.text() == "Draft"
    assert not hands.label_file().exists()
    (shown,) = hands.strip.cells
    assert (shown.second, shown.similar, shown.probability) == ("0", True, 0.6)
    hands.click(*middle(0))
    hands.key(Qt.Key.Key_Tab)
    assert hands.chars == "0" and hands.strip.cells[0].disagrees
    assert hands.state() is CropState.IN_PROGRESS
    assert len(hands.label_lines()) == 1
    hands.command(Qt.Key.Key_Z)
    hands.wait_saved()
    assert hands.state() is CropState.DRAFT and not hands.label_file().exists()


# -- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_by_state_split_and_name(hands: Hands, qtbot: QtBot) -> None:
    crops = hands.annotate.crops
    assert listed(hands) == ["p0", "p1", "p2", "p3", "p4", "p5"]
    hands.command(Qt.Key.Key_F)
    assert crops.search.hasFocus()
    hands.keys("val", crops.search)
    hands.key(Qt.Key.Key_Return, widget=crops.search)
    assert listed(hands) == ["p4", "p5"]
    assert crops.count.text() == "2 of 6 crops"
    crops.set_filter(CropFilter(frozenset([CropState.UNLABELLED]), "train"))
    assert listed(hands) == ["p2", "p3"]
    crops.set_filter(CropFilter(words="nothing like it"))
    assert crops.nothing.isVisible() and "No crop matches" in crops.nothing.text()
    hands.command(Qt.Key.Key_F, _CTRL | _SHIFT)
    assert len(listed(hands)) == 6


def test_choosing_a_filter_that_hides_the_crop_on_the_canvas_leads_to_the_first_one_listed(hands: Hands) -> None:
    hands.go("p0")
    states = hands.annotate.crops.states
    states.setFocus()
    for _ in range(states.findText("unlabelled")):
        hands.key(Qt.Key.Key_Down, widget=states)
    hands.wait_open("p2")
    assert listed(hands) == ["p2", "p3", "p5"]


def test_a_filter_that_shows_the_crop_on_the_canvas_keeps_it_there(hands: Hands) -> None:
    hands.go("p3")
    hands.command(Qt.Key.Key_F)
    hands.keys("train", hands.annotate.crops.search)
    hands.key(Qt.Key.Key_Return, widget=hands.annotate.crops.search)
    assert listed(hands) == ["p0", "p1", "p2", "p3"]
    assert hands.annotate.desk.current.endswith("p3.png")


def test_a_name_too_long_for_the_row_keeps_its_beginning_and_its_ending(hands: Hands) -> None:
    name = hands.annotate.bar.name
    hands.go("p0")
    assert name.shown == "p0.png"
    name.setText("camera_07_" + "x" * 200 + "_000123.jpg")
    QApplication.processEvents()
    assert name.width() < hands.annotate.bar.width() / 2
    assert name.shown.startswith("camera") and name.shown.endswith(".jpg") and "…" in name.shown


def test_a_crop_whose_state_changes_stays_in_the_filtered_list_until_it_is_filtered_again(hands: Hands) -> None:
    hands.annotate.crops.set_filter(CropFilter(frozenset([CropState.UNLABELLED])))
    hands.go("p2")
    hands.draw(box_points(10, 10, 30, 60))
    assert listed(hands) == ["p2", "p3", "p5"]
    hands.annotate.crops.refilter()
    assert listed(hands) == ["p3", "p5"]


def test_keys_lead_to_the_next_the_previous_and_the_next_unlabelled_crop(hands: Hands) -> None:
    hands.go("p0")
    hands.command(Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier)
    hands.wait_open("p1")
    hands.command(Qt.Key.Key_Left)
    hands.wait_open("p0")
    hands.command(Qt.Key.Key_Left)
    assert "first crop" in hands.said
    hands.command(Qt.Key.Key_Down)
    hands.wait_open("p2")
    hands.command(Qt.Key.Key_Down)
    hands.wait_open("p3")
    hands.command(Qt.Key.Key_Down, _CTRL | _SHIFT)
    hands.wait_open("p4")


def test_typing_in_the_list_does_not_jump_to_another_crop(hands: Hands) -> None:
    hands.go("p0")
    view = hands.annotate.crops.view
    view.setFocus()
    QTest.keyClicks(view, "p3")
    assert Path(hands.document.key).stem == "p0"


def test_the_text_of_a_crop_stands_in_its_row(hands: Hands, qtbot: QtBot) -> None:
    hands.go("p0")
    field = hands.annotate.inspector.text
    hands.command(Qt.Key.Key_T)
    hands.keys("ABC1234", field)
    hands.key(Qt.Key.Key_Return, widget=field)
    model = hands.annotate.crops.model
    assert model.data(model.index(0, 0), 0x0100 + 4) == "ABC1234"


# -- the strip -------------------------------------------------------------------------------------------------------


def test_strip_and_canvas_select_the_same_character(hands: Hands) -> None:
    hands.go("p0")
    QTest.mouseClick(hands.strip, Qt.MouseButton.LeftButton, pos=cell(hands, 3))
    assert hands.canvas.selection == (3,)
    assert hands.strip.active == 3
    hands.click(*middle(5))
    assert hands.strip.active == 5 and hands.strip.cells[5].selected


def test_typing_in_the_strip_fills_the_cell_and_moves_on(hands: Hands) -> None:
    hands.go("p0")
    QTest.mouseClick(hands.strip, Qt.MouseButton.LeftButton, pos=cell(hands, 0))
    hands.strip.setFocus()
    hands.keys("xyz9", hands.strip)
    assert hands.chars == "XYZ9234"
    assert hands.strip.active == 4 and hands.canvas.selection == (4,)
    hands.key(Qt.Key.Key_Backspace, widget=hands.strip)
    hands.keys("1", hands.strip)
    assert hands.chars == "XYZ1234"
    hands.key(Qt.Key.Key_Delete, widget=hands.strip)
    assert hands.chars == "XYZ134"


def test_the_right_button_opens_the_commands_of_what_is_under_it(hands: Hands, qtbot: QtBot) -> None:
    hands.go("p0")

    def menu_at(x: float, y: float) -> list[str]:
        hands.point(x, y)
        place = hands.place(x, y)
        hands.canvas.menu_requested.emit(
            (hit := hands.canvas.hit(place.toPointF())) and hit.index, hands.canvas.mapToGlobal(place)
        )
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        titles = [action.text().replace("&", "") for action in menu.actions() if not action.isSeparator()]
        menu.close()
        return titles

    hands.click(*middle(0))
    assert "Mark unreadable" in menu_at(*middle(0))
    assert menu_at(*character_box(0)[:2])[0] == "Delete this vertex"
    assert "Verify and go on" in menu_at(5, 75)


# -- pictures and saving that fail ------------------------------------------------------------


def test_a_broken_picture_is_named_on_the_canvas_and_the_rest_goes_on(hands: Hands, qtbot: QtBot) -> None:
    session = hands.window.session
    assert session is not None
    hands.go("p0")
    session.project.image_path("images/train/p3.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    session.project.image_path("images/val/p5.png").unlink()
    hands.annotate.loader.forget("images/train/p3.png")
    hands.annotate.loader.forget("images/val/p5.png")
    for key in ("images/train/p3.png", "images/val/p5.png"):
        hands.annotate.show_crop(key)
        qtbot.waitUntil(lambda key=key: Path(key).name in hands.canvas.message[0], timeout=5000)
        assert "cannot be shown" in hands.canvas.message[0]
        hands.take_draw_tool()
        hands.click(200, 200)
        assert hands.canvas.drawing == [] and hands.annotate.editor.document is None
        hands.take_select_tool()
    hands.go("p1")
    assert hands.chars == "OQD0088"


def test_a_failed_save_is_said_keeps_the_work_and_is_tried_again(
    hands: Hands, qtbot: QtBot, allow_log_errors: list[str]
) -> None:
    session = hands.window.session
    assert session is not None
    hands.go("p0")
    folder = hands.label_file().parent
    good = hands.label_file().read_bytes()
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("a file where the folder was")
    hands.click(*middle(0))
    hands.keys("X")
    qtbot.waitUntil(lambda: bool(session.failures), timeout=5000)
    assert hands.window.status.saved.text() == "not saved" or session.pending == 1
    assert (away / "p0.txt").read_bytes() == good, "the last good file is whole"
    hands.go("p2")
    hands.go("p0")
    assert hands.chars == "XBC1234"
    folder.unlink()
    away.rename(folder)
    hands.command(Qt.Key.Key_S)
    hands.wait_saved()
    assert hands.label_file().read_text().startswith("23 ")


def test_a_label_line_that_is_not_understood_is_shown_kept_and_dropped_only_on_command(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    file = small_project / "labels" / "train" / "p0.txt"
    file.write_text(file.read_text() + "0 0.1 0.2 0.3\n")
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    hands.go("p0")
    assert "line 8 is not understood" in hands.annotate.inspector.checks.text()
    hands.click(*middle(0))
    hands.keys("X")
    assert hands.label_lines()[-1] == "0 0.1 0.2 0.3"
    empty_studio.run_command("annotate.drop_unread")
    assert len(hands.label_lines()) == 7


def test_what_another_part_of_the_studio_changes_appears_and_can_be_undone(hands: Hands, qtbot: QtBot) -> None:
    session = hands.window.session
    assert session is not None
    hands.go("p0")
    hands.window.show_workspace("similarity")
    content = hands.document.crop_content()
    from dataclasses import replace

    first = replace(content.characters[0], char="8")
    session.save(hands.document.key, replace(content, characters=(first, *content.characters[1:])))
    hands.wait_saved()
    hands.window.show_workspace("annotate")
    qtbot.waitUntil(lambda: hands.chars == "8BC1234", timeout=5000)
    hands.command(Qt.Key.Key_Z)
    assert hands.chars == "ABC1234"


def test_a_text_that_is_being_typed_stays_with_its_crop_when_the_next_one_comes(hands: Hands) -> None:
    hands.go("p0")
    field = hands.annotate.inspector.text
    hands.command(Qt.Key.Key_T)
    hands.keys("ABC1234", field)
    hands.key(Qt.Key.Key_PageDown, widget=field)
    hands.wait_open("p1")
    assert field.text() == ""
    hands.canvas.setFocus()
    assert hands.document.content.text == ""
    hands.go("p0")
    assert field.text() == "ABC1234"


def test_a_drawing_that_is_left_open_is_closed_and_kept_with_its_crop(hands: Hands) -> None:
    hands.go("p2")
    hands.take_draw_tool()
    for x, y in box_points(10, 10, 30, 60):
        hands.click(x, y)
    hands.command(Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier)
    hands.wait_open("p3")
    assert hands.polygons == [] and hands.canvas.drawing == []
    hands.take_select_tool()
    hands.go("p2")
    assert [len(p) for p in hands.polygons] == [4]


def test_typing_without_a_selection_begins_at_the_first_character_without_a_class(hands: Hands) -> None:
    hands.go("p2")
    for position in range(3):
        hands.draw(box_points(*character_box(position)))
    hands.take_select_tool()
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.selection == ()
    hands.keys("xyz9")
    assert hands.chars == "XY9"


# -- empty and restart ------------------------------------------------------------


def test_a_project_without_crops_says_what_to_do(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    for split in ("train", "val"):
        for picture in (small_project / "images" / split).iterdir():
            picture.unlink()
    open_in(empty_studio, small_project)
    annotate = empty_studio.workspace("annotate")
    assert isinstance(annotate, AnnotateWorkspace)
    qtbot.waitUntil(lambda: annotate.canvas.message[0] == "No crops yet", timeout=5000)
    assert "Ctrl+Shift+A" in annotate.canvas.message[1]


def test_work_and_place_come_back_after_a_restart(
    application: QApplication, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    window = MainWindow(open_settings())
    window.show()
    open_in(window, small_project)
    hands = Hands(window, qtbot)
    hands.go("p3")
    for position in range(3):
        hands.draw(box_points(*character_box(position)))
        hands.keys("ILS"[position])
    hands.take_select_tool()
    hands.click(*middle(1))
    hands.command(Qt.Key.Key_U)
    close_window(window)
    again = MainWindow(open_settings())
    again.show()
    open_in(again, small_project)
    new = Hands(again, qtbot)
    new.wait_open("p3")
    assert new.chars == "ILS"
    assert [c.unreadable for c in new.strip.cells] == [False, True, False]
    assert new.state() is CropState.IN_PROGRESS
    close_window(again)


def test_a_read_only_project_can_be_looked_at_but_not_edited(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The super user may write everywhere, so the folder's own answer is replaced.
    monkeypatch.setattr("lpstudio.dataset.project._can_write", lambda _folder: False)
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    hands.go("p0")
    before = hands.label_file().read_bytes()
    hands.click(*middle(0))
    hands.keys("X")
    hands.key(Qt.Key.Key_Delete)
    assert hands.chars == "ABC1234"
    assert "cannot be written" in hands.annotate.inspector.checks.text()
    assert hands.label_file().read_bytes() == before
    shutil.rmtree(small_project / ".lpstudio", ignore_errors=True)
