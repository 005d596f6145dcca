"""The reading strip by itself: cells, keys, mouse, one line and two."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from lpstudio.studio.widgets.reading_strip import STRIP_HEIGHT, ReadingStrip, StripCell

_NONE = Qt.KeyboardModifier.NoModifier
_LEFT = Qt.MouseButton.LeftButton


def glyph() -> QImage:
    image = QImage(12, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("#bb7733"))
    return image


def cells(text: str) -> list[StripCell]:
    return [StripCell(char, glyph(), 0.6, "8", 0.3) for char in text]


@pytest.fixture
def strip(application: QApplication, qtbot: QtBot) -> ReadingStrip:
    made = ReadingStrip()
    qtbot.addWidget(made)
    made.resize(800, STRIP_HEIGHT)
    made.set_lines([cells("ABC1234")])
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.setFocus()
    return made


def heard(strip: ReadingStrip) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    strip.activated.connect(lambda index, _modifiers: said.append(("activated", index)))
    strip.typed.connect(lambda index, char: said.append(("typed", (index, char))))
    strip.second_taken.connect(lambda index: said.append(("second", index)))
    strip.removed.connect(lambda index: said.append(("removed", index)))
    return said


def test_a_click_makes_a_cell_active(strip: ReadingStrip) -> None:
    said = heard(strip)
    QTest.mouseClick(strip, _LEFT, _NONE, strip.cell_rect(4).center())
    assert said == [("activated", 4)] and strip.active == 4


def test_typing_fills_the_active_cell_in_either_case_and_moves_on_to_the_last(strip: ReadingStrip) -> None:
    strip.set_active(5)
    said = heard(strip)
    QTest.keyClicks(strip, "x9y")
    typed = [what for kind, what in said if kind == "typed"]
    assert typed == [(5, "X"), (6, "9"), (6, "Y")]
    assert strip.active == 6


def test_signs_and_shortcuts_are_not_taken_for_characters(strip: ReadingStrip) -> None:
    strip.set_active(0)
    said = heard(strip)
    QTest.keyClicks(strip, "-., ")
    QTest.keyClick(strip, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(strip, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert said == []


def test_arrows_home_end_and_backspace_move_through_the_cells(strip: ReadingStrip) -> None:
    strip.set_active(2)
    for key, expected in (
        (Qt.Key.Key_Right, 3),
        (Qt.Key.Key_Left, 2),
        (Qt.Key.Key_Backspace, 1),
        (Qt.Key.Key_End, 6),
        (Qt.Key.Key_Right, 6),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
    ):
        QTest.keyClick(strip, key)
        assert strip.active == expected


def test_tab_takes_the_second_candidate_and_moves_on(strip: ReadingStrip) -> None:
    strip.set_active(1)
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Tab)
    assert said == [("second", 1), ("activated", 2)]


def test_tab_leaves_the_strip_where_there_is_no_second_candidate(application: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    strip, field = ReadingStrip(), QLineEdit()
    layout.addWidget(strip)
    layout.addWidget(field)
    strip.set_lines([[StripCell("A")]])
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    strip.setFocus()
    qtbot.waitUntil(strip.hasFocus)
    strip.set_active(0)
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Tab)
    assert said == [] and field.hasFocus()


def test_delete_asks_for_the_removal_of_the_active_cell_only_where_editing_is_allowed(strip: ReadingStrip) -> None:
    strip.set_active(3)
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    strip.set_editable(False)
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    QTest.keyClicks(strip, "A")
    assert said == [("removed", 3)]


def test_two_lines_stand_below_one_another_in_the_same_height(strip: ReadingStrip) -> None:
    height = strip.height()
    strip.set_lines([cells("ABC"), cells("1234")])
    assert strip.height() == height
    assert strip.cell_rect(3).top() > strip.cell_rect(2).bottom()
    assert strip.cell_rect(3).left() == strip.cell_rect(0).left()
    strip.set_active(1)
    QTest.keyClick(strip, Qt.Key.Key_Down)
    assert strip.active == 4
    QTest.keyClick(strip, Qt.Key.Key_End)
    QTest.keyClick(strip, Qt.Key.Key_Up)
    assert strip.active == 2
    said = heard(strip)
    QTest.mouseClick(strip, _LEFT, _NONE, strip.cell_rect(5).center())
    assert said == [("activated", 5)]


def test_a_long_line_scrolls_so_that_the_active_cell_is_seen(strip: ReadingStrip) -> None:
    strip.set_lines([cells("A" * 60)])
    strip.set_active(59)
    assert strip.rect().contains(strip.cell_rect(59))
    strip.set_active(0)
    assert strip.rect().contains(strip.cell_rect(0))
    assert strip.index_at(strip.cell_rect(3).center()) == 3
    assert strip.index_at(QPoint(1, 1)) is None


def test_a_frame_with_many_lines_stands_in_one_row(strip: ReadingStrip) -> None:
    strip.set_lines([cells("AB"), cells("CD"), cells("EF")])
    assert [cell.char for cell in strip.cells] == list("ABCDEF")
    assert len({strip.cell_rect(i).top() for i in range(6)}) == 1


def test_glyph_class_candidates_and_marks_are_painted(strip: ReadingStrip) -> None:
    def looks() -> QImage:
        return strip.grab(strip.cell_rect(0)).toImage()

    plain = StripCell("A", glyph(), 0.6, "8", 0.3)
    seen = []
    for cell in (
        plain,
        StripCell("A", None, 0.6, "8", 0.3),
        StripCell("B", glyph(), 0.6, "8", 0.3),
        StripCell("A", glyph(), 0.6, "4", 0.3),
        StripCell("A", glyph(), 0.9, "8", 0.3),
        StripCell("A", glyph(), 0.6, "8", 0.05),
        StripCell("A", glyph(), 0.6, "8", 0.3, similar=True),
        StripCell("A", glyph(), 0.6, "8", 0.3, changed=True),
        StripCell("A", glyph(), 0.6, "8", 0.3, disagrees=True),
        StripCell("A", glyph(), 0.6, "8", 0.3, unreadable=True),
        StripCell("A", glyph(), 0.6, "8", 0.3, selected=True),
        StripCell("A", glyph(), 0.6, "8", 0.3, fault="crosses itself"),
        StripCell("A", glyph(), 0.6, "8", 0.3, hue=QColor("#ff8800")),
    ):
        strip.set_lines([[cell]])
        picture = looks()
        assert all(picture != other for other in seen)
        seen.append(picture)
    strip.set_lines([[plain]])
    assert looks() == seen[0]


def test_an_empty_strip_says_what_to_do(strip: ReadingStrip) -> None:
    strip.set_lines([])
    blank = strip.grab().toImage()
    strip.set_empty_text("Draw the characters")
    assert strip.grab().toImage() != blank
    assert strip.active is None
    QTest.keyClicks(strip, "A")
