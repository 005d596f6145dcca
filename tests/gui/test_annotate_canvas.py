"""Drawing, moving and labelling characters with mouse and keyboard, and what is on disk afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import character_box

_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def hands(studio: MainWindow, qtbot: QtBot) -> Hands:
    """In Annotate, on p2, which has no characters yet."""
    made = Hands(studio, qtbot)
    made.go("p2")
    return made


@pytest.fixture
def labelled(hands: Hands) -> Hands:
    """On p0: seven characters, ABC1234."""
    hands.go("p0")
    return hands


def middle(position: int) -> tuple[float, float]:
    x1, y1, x2, y2 = character_box(position)
    return (x1 + x2) / 2, (y1 + y2) / 2


def test_a_drawn_polygon_is_selected_awaits_its_class_and_is_on_disk_once_it_is_typed(hands: Hands) -> None:
    hands.draw(box_points(*character_box(0)))
    assert hands.canvas.selection == (0,)
    assert hands.chars == "?"
    hands.keys("x")
    assert hands.chars == "X"
    (line,) = hands.label_lines()
    number, *values = line.split()
    assert number == "23"
    drawn = [float(v) * side for v, side in zip(values, [240, 80] * 4, strict=True)]
    expected = [value for point in box_points(*character_box(0)) for value in point]
    assert drawn == pytest.approx(expected, abs=0.6 / hands.canvas.view.scale)
    assert hands.state() is CropState.IN_PROGRESS


def test_a_drawing_closes_by_its_first_vertex_by_double_click_and_by_enter(hands: Hands) -> None:
    hands.take_draw_tool()
    for x, y in [*box_points(10, 10, 30, 60), (10.3, 10.2)]:
        hands.click(x, y)
    assert [len(p) for p in hands.polygons] == [4]
    for x, y in box_points(40, 10, 60, 60)[:3]:
        hands.click(x, y)
    hands.double_click(40, 60)
    assert [len(p) for p in hands.polygons] == [4, 4]
    for x, y in box_points(70, 10, 90, 60):
        hands.click(x, y)
    hands.key(Qt.Key.Key_Enter)
    assert [len(p) for p in hands.polygons] == [4, 4, 4]


def test_backspace_takes_back_a_point_and_escape_the_drawing_then_the_tool(hands: Hands) -> None:
    hands.take_draw_tool()
    for x, y in [*box_points(10, 10, 30, 60), (200, 70)]:
        hands.click(x, y)
    hands.key(Qt.Key.Key_Backspace)
    hands.key(Qt.Key.Key_Return)
    assert [len(p) for p in hands.polygons] == [4]
    hands.click(50, 10)
    hands.click(70, 10)
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.drawing == [] and hands.canvas.tool is Tool.DRAW
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.tool is Tool.SELECT
    assert len(hands.polygons) == 1


def test_two_points_do_not_make_a_polygon(hands: Hands) -> None:
    hands.take_draw_tool()
    hands.click(10, 10)
    hands.click(30, 10)
    hands.key(Qt.Key.Key_Return)
    assert hands.polygons == [] and len(hands.canvas.drawing) == 2


def test_a_polygon_drawn_over_the_border_is_cut_there(hands: Hands) -> None:
    hands.canvas.zoom_by(0.6)
    hands.draw(box_points(-10, 20, 20, 60))
    (points,) = hands.polygons
    assert min(x for x, _ in points) == 0
    assert max(x for x, _ in points) == pytest.approx(20, abs=0.5)
    hands.draw(box_points(-30, 20, -8, 60))
    assert len(hands.polygons) == 1
    assert "outside the picture" in hands.said


def test_typing_labels_one_character_after_the_other_in_reading_order_in_either_case(labelled: Hands) -> None:
    labelled.click(*middle(0))
    labelled.keys("xYz5678")
    assert labelled.chars == "XYZ5678"
    assert [line.split()[0] for line in labelled.label_lines()] == ["23", "24", "25", "31", "32", "33", "34"]


def test_while_drawing_a_typed_class_does_not_run_into_characters_that_have_one(labelled: Hands) -> None:
    labelled.draw(box_points(30, 64, 60, 78))
    labelled.keys("qo")
    assert sorted(labelled.chars) == sorted("ABC1234O")


def test_a_class_that_the_dataset_lacks_is_refused_with_a_word(labelled: Hands) -> None:
    assert labelled.window.session is not None
    object.__setattr__(labelled.window.session.project.alphabet, "names", tuple("ABC1234"))
    labelled.window.session.project.alphabet.__dict__.pop("_index", None)
    labelled.click(*middle(0))
    labelled.keys("z")
    assert labelled.chars == "ABC1234"
    assert "no class Z" in labelled.said


def test_a_vertex_is_moved_inserted_and_deleted(labelled: Hands) -> None:
    x1, y1, x2, _ = character_box(1)
    labelled.click(*middle(1))
    labelled.drag((x1, y1), (x1 - 4, y1 - 6))
    assert labelled.polygons[1][0] == pytest.approx((x1 - 4, y1 - 6), abs=0.3)
    labelled.drag(((x1 + x2) / 2 - 2, y1 - 3), ((x1 + x2) / 2, y1 - 10))
    assert len(labelled.polygons[1]) == 5
    assert labelled.polygons[1][1] == pytest.approx(((x1 + x2) / 2, y1 - 10), abs=0.3)
    labelled.click(*labelled.polygons[1][1], _SHIFT)
    assert len(labelled.polygons[1]) == 4
    labelled.click(*labelled.polygons[1][0], _SHIFT)
    assert len(labelled.polygons[1]) == 3
    labelled.click(*labelled.polygons[1][0], _SHIFT)
    assert len(labelled.polygons[1]) == 3, "three vertices stay"
    values = labelled.label_lines()[1].split()
    assert len(values) == 7


def test_a_character_is_moved_and_stops_at_the_border(labelled: Hands) -> None:
    before = labelled.polygons[0]
    labelled.click(*middle(0))
    labelled.drag(middle(0), (middle(0)[0] + 5, middle(0)[1] + 3))
    moved = labelled.polygons[0]
    assert [x for x, _ in moved] == pytest.approx([x + 5 for x, _ in before], abs=0.3)
    labelled.drag((middle(0)[0] + 5, middle(0)[1]), (-80, middle(0)[1]))
    assert min(x for x, _ in labelled.polygons[0]) == pytest.approx(0, abs=1e-6)
    width = max(x for x, _ in labelled.polygons[0]) - min(x for x, _ in labelled.polygons[0])
    assert width == pytest.approx(24, abs=1e-3), "nothing of it was squeezed"


def test_arrow_keys_nudge_by_one_ten_and_a_quarter_pixel_and_a_run_of_them_is_one_undo(labelled: Hands) -> None:
    start = labelled.polygons[2][0]
    labelled.click(*middle(2))
    labelled.key(Qt.Key.Key_Right)
    labelled.key(Qt.Key.Key_Right, _SHIFT)
    labelled.key(Qt.Key.Key_Up, _ALT)
    labelled.key(Qt.Key.Key_Down)
    assert labelled.polygons[2][0] == pytest.approx((start[0] + 11, start[1] + 0.75))
    labelled.command(Qt.Key.Key_Z)
    assert labelled.polygons[2][0] == pytest.approx(start)


def test_several_are_selected_by_click_band_and_all_and_deleted_together(labelled: Hands) -> None:
    labelled.click(*middle(0))
    labelled.click(*middle(1), _CTRL)
    labelled.click(*middle(2), _SHIFT)
    assert len(labelled.canvas.selection) == 3
    labelled.click(*middle(1), _CTRL)
    assert len(labelled.canvas.selection) == 2
    labelled.drag((100, 5), (200, 75))
    assert labelled.chars[2] == "C" and set(labelled.canvas.selection) == {2, 3, 4, 5}
    labelled.key(Qt.Key.Key_Delete)
    assert labelled.chars == "AB4"
    labelled.command(Qt.Key.Key_A)
    assert len(labelled.canvas.selection) == 3
    labelled.key(Qt.Key.Key_Delete)
    assert labelled.chars == ""
    assert labelled.label_lines() == []
    labelled.command(Qt.Key.Key_Z)
    labelled.command(Qt.Key.Key_Z)
    assert labelled.chars == "ABC1234"


def test_all_selected_are_moved_together(labelled: Hands) -> None:
    before = labelled.polygons
    labelled.command(Qt.Key.Key_A)
    labelled.drag(middle(3), (middle(3)[0] + 2, middle(3)[1] + 8))
    for old, new in zip(before, labelled.polygons, strict=True):
        assert new[0] == pytest.approx((old[0][0] + 2, old[0][1] + 8), abs=0.3)


def test_copied_characters_are_pasted_on_another_crop_and_duplicates_stand_beside(labelled: Hands) -> None:
    polygons = labelled.polygons
    labelled.command(Qt.Key.Key_A)
    labelled.command(Qt.Key.Key_C)
    assert QApplication.clipboard().text() == "ABC1234"
    labelled.go("p2")
    labelled.command(Qt.Key.Key_V)
    assert labelled.chars == "ABC1234"
    for pasted, copied in zip(labelled.polygons, polygons, strict=True):
        for here, there in zip(pasted, copied, strict=True):
            assert here == pytest.approx(there, abs=0.01)
    labelled.click(*middle(0))
    labelled.key(Qt.Key.Key_X, _CTRL)
    assert labelled.chars == "BC1234"
    labelled.click(*middle(6))
    labelled.command(Qt.Key.Key_D)
    assert len(labelled.polygons) == 7
    assert len(labelled.label_lines()) == 7


def test_an_unreadable_character_stays_on_the_crop_but_not_in_the_label_file(labelled: Hands, qtbot: QtBot) -> None:
    labelled.click(*middle(3))
    labelled.command(Qt.Key.Key_U)
    assert labelled.strip.cells[3].unreadable
    assert len(labelled.label_lines()) == 6
    labelled.go("p2")
    labelled.go("p0")
    assert labelled.strip.cells[3].unreadable and len(labelled.polygons) == 7
    labelled.click(*middle(3))
    labelled.command(Qt.Key.Key_U)
    assert len(labelled.label_lines()) == 7


def test_undo_and_redo_work_after_saving_and_after_leaving_the_crop_and_coming_back(labelled: Hands) -> None:
    lines = labelled.label_lines()
    labelled.click(*middle(0))
    labelled.keys("Q")
    labelled.click(*middle(1))
    labelled.key(Qt.Key.Key_Delete)
    labelled.wait_saved()
    labelled.go("p2")
    labelled.draw(box_points(10, 10, 30, 60))
    labelled.wait_saved()
    labelled.go("p0")
    assert labelled.chars == "QC1234"
    labelled.command(Qt.Key.Key_Z)
    labelled.command(Qt.Key.Key_Z)
    assert labelled.chars == "ABC1234"
    assert labelled.label_lines() == lines
    labelled.command(Qt.Key.Key_Z, _CTRL | _SHIFT)
    labelled.command(Qt.Key.Key_Y)
    assert labelled.chars == "QC1234"
    assert len(labelled.label_lines()) == 6
    labelled.go("p2")
    labelled.take_select_tool()
    labelled.command(Qt.Key.Key_Z)
    assert labelled.polygons == []
    assert labelled.state() is CropState.UNLABELLED
    labelled.wait_saved()
    assert not labelled.label_file().exists()


def test_two_hundred_edits_are_undone_and_done_again(labelled: Hands) -> None:
    for number in range(200):
        labelled.click(*middle(number % 7))
        labelled.keys("XYZ"[number % 3])
    end = labelled.chars
    for _ in range(200):
        labelled.command(Qt.Key.Key_Z)
    assert labelled.chars == "ABC1234"
    for _ in range(200):
        labelled.command(Qt.Key.Key_Y)
    assert labelled.chars == end


def test_the_text_is_typed_once_and_laid_on_the_characters(hands: Hands) -> None:
    for position in range(7):
        hands.draw(box_points(*character_box(position)))
    hands.take_select_tool()
    hands.command(Qt.Key.Key_T)
    field = hands.annotate.inspector.text
    assert field.hasFocus()
    hands.keys("xyz 5678", field)
    hands.key(Qt.Key.Key_Return, widget=field)
    assert hands.chars == "XYZ5678"
    assert hands.canvas.hasFocus()
    hands.command(Qt.Key.Key_Z)
    assert hands.chars == "???????"


def test_a_text_of_another_length_is_kept_but_not_laid(labelled: Hands) -> None:
    field = labelled.annotate.inspector.text
    labelled.command(Qt.Key.Key_T)
    labelled.keys("ABC", field)
    labelled.key(Qt.Key.Key_Return, widget=field)
    assert labelled.chars == "ABC1234"
    assert "3 characters, 7 are drawn" in labelled.said
    assert labelled.document.content.text == "ABC"
    assert "the text ABC has 3 characters, 7 are drawn" in labelled.annotate.inspector.checks.text()
    assert labelled.canvas.selection == (3,) and "look at the 4th" in labelled.said


def test_a_text_that_says_something_else_than_the_characters_is_named_among_the_checks(labelled: Hands) -> None:
    field, checks = labelled.annotate.inspector.text, labelled.annotate.inspector.checks
    assert checks.text() == "nothing is wrong"
    labelled.command(Qt.Key.Key_T)
    labelled.keys("ABC1234", field)
    labelled.key(Qt.Key.Key_Return, widget=field)
    assert checks.text() == "nothing is wrong"
    labelled.click(*middle(0))
    labelled.keys("X")
    assert "the characters read XBC1234, the text is ABC1234" in checks.text()


def test_the_wheel_zooms_at_the_pointer_up_to_sixty_four_times(hands: Hands) -> None:
    place = hands.place(100, 40)
    there = hands.canvas.to_crop(QPointF(place))
    for _ in range(40):
        event = QWheelEvent(
            QPointF(place),
            QPointF(hands.canvas.mapToGlobal(place)),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(hands.canvas, event)
    assert hands.canvas.view.scale == 64
    assert hands.canvas.to_crop(QPointF(place)) == pytest.approx(there, abs=1 / 64)
    hands.command(Qt.Key.Key_0)
    assert hands.canvas.view.scale < 10


def test_space_and_the_middle_button_pan_without_editing(labelled: Hands) -> None:
    labelled.canvas.zoom_by(2)
    before, left = labelled.polygons, labelled.canvas.view.left
    QTest.keyPress(labelled.canvas, Qt.Key.Key_Space)
    assert labelled.canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    labelled.drag(middle(2), (middle(2)[0] + 10, middle(2)[1]))
    QTest.keyRelease(labelled.canvas, Qt.Key.Key_Space)
    assert labelled.canvas.view.left == pytest.approx(left + 10 * labelled.canvas.view.scale, abs=1.5)
    assert labelled.polygons == before and labelled.canvas.selection == ()


def test_a_held_key_hides_the_outlines_and_the_canvas_shows_the_bare_picture(labelled: Hands) -> None:
    def looks() -> QImage:
        return labelled.canvas.grab().toImage()

    with_outlines = looks()
    QTest.keyPress(labelled.canvas, Qt.Key.Key_Period)
    bare = looks()
    QTest.keyRelease(labelled.canvas, Qt.Key.Key_Period)
    assert bare != with_outlines
    assert looks() == with_outlines


def test_the_cursor_tells_what_a_press_would_do(labelled: Hands) -> None:
    shapes: dict[str, Callable[[], None]] = {
        "ArrowCursor": lambda: labelled.point(2, 2),
        "SizeAllCursor": lambda: (labelled.click(*middle(0)), labelled.point(*middle(0)))[1],
        "PointingHandCursor": lambda: labelled.point(*character_box(0)[:2]),
        "DragCopyCursor": lambda: labelled.point(middle(0)[0], character_box(0)[1]),
        "CrossCursor": labelled.take_draw_tool,
    }
    for name, act in shapes.items():
        act()
        assert labelled.canvas.cursor().shape().name == name


def test_a_drag_that_is_left_by_escape_changes_nothing(labelled: Hands) -> None:
    before = labelled.polygons
    labelled.click(*middle(0))
    QTest.mousePress(labelled.canvas, Qt.MouseButton.LeftButton, pos=labelled.place(*middle(0)))
    labelled.point(middle(0)[0] + 20, middle(0)[1])
    labelled.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(labelled.canvas, Qt.MouseButton.LeftButton, pos=labelled.place(60, 40))
    assert labelled.polygons == before
    assert labelled.document.history.is_empty
