"""The Similarity workspace: edited with mouse and keys, seen on the screen, found in lpstudio.toml."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from lpstudio.dataset.project import Project
from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.similarity.workspace import SimilarityWorkspace

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def workspace(studio: MainWindow, qtbot: QtBot) -> SimilarityWorkspace:
    qtbot.keyClick(studio, Qt.Key.Key_2, CONTROL)
    qtbot.waitUntil(lambda: isinstance(studio.stack.currentWidget(), SimilarityWorkspace), timeout=10000)
    shown = studio.stack.currentWidget()
    assert isinstance(shown, SimilarityWorkspace)
    qtbot.waitUntil(lambda: shown.matrix.hasFocus(), timeout=10000)
    return shown


def _saved(studio: MainWindow) -> Similarity:
    assert studio.session is not None
    assert studio.session.flush()
    project = Project.open(studio.session.project.root)
    similarity = project.settings.similarity
    project.close()
    return similarity


def _value(studio: MainWindow, a: str, b: str) -> float:
    assert studio.session is not None
    return studio.session.similarity.value(a, b)


def _click(workspace: SimilarityWorkspace, a: str, b: str, qtbot: QtBot) -> None:
    place = workspace.matrix.rect_of(a, b).center()
    qtbot.mouseClick(workspace.matrix, Qt.MouseButton.LeftButton, pos=place)


def test_a_new_project_starts_with_the_nine_groups_and_six_tenths(workspace: SimilarityWorkspace) -> None:
    assert workspace.groups.model.rowCount() == 9
    assert workspace.base.value == 0.6
    assert "O 0 Q" in str(workspace.groups.model.index(0, 0).data())


def test_pointing_at_a_cell_tells_pair_value_and_reason(workspace: SimilarityWorkspace, qtbot: QtBot) -> None:
    qtbot.mouseMove(workspace.matrix, workspace.matrix.rect_of("B", "8").center())
    qtbot.waitUntil(lambda: "B – 8" in workspace.readout.text(), timeout=10000)
    assert "0.60" in workspace.readout.text()
    assert "in group B 8" in workspace.readout.text()
    qtbot.mouseMove(workspace.matrix, workspace.matrix.rect_of("D", "O").center())
    qtbot.waitUntil(lambda: "D – O   0.00" in workspace.readout.text(), timeout=10000)
    assert "no group" in workspace.readout.text()


def test_a_cell_is_set_for_both_directions_seen_in_the_picture_and_saved(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    def ground(a: str, b: str) -> QColor:
        return workspace.matrix.grab().toImage().pixelColor(workspace.matrix.rect_of(a, b).center())

    before = ground("K", "X")
    _click(workspace, "K", "X", qtbot)
    workspace.cell.spin.setFocus()
    workspace.cell.spin.selectAll()
    qtbot.keyClicks(workspace.cell.spin, "0.35")
    qtbot.keyClick(workspace.cell.spin, Qt.Key.Key_Return)
    assert _value(studio, "X", "K") == 0.35
    assert ground("X", "K") != before
    assert "set by hand" in workspace.readout.text()
    assert _saved(studio).value("K", "X") == 0.35


def test_keys_move_the_choice_set_values_and_give_them_back(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    _click(workspace, "B", "8", qtbot)
    qtbot.keyClick(workspace.matrix, Qt.Key.Key_Down)
    a, b = workspace.matrix.pair
    assert (workspace.matrix.order.index(a), b) == (workspace.matrix.order.index("B") + 1, "8")
    qtbot.keyClick(workspace.matrix, Qt.Key.Key_Up)
    qtbot.keyClicks(workspace.matrix, "9")
    assert _value(studio, "8", "B") == 0.9
    qtbot.keyClicks(workspace.matrix, "+")
    assert _value(studio, "8", "B") == pytest.approx(0.95)
    qtbot.keyClicks(workspace.matrix, "+++")
    assert _value(studio, "8", "B") == 1.0
    qtbot.keyClick(workspace.matrix, Qt.Key.Key_Delete)
    assert _value(studio, "8", "B") == 0.6
    qtbot.keyClick(workspace.matrix, Qt.Key.Key_Return)
    assert workspace.cell.spin.hasFocus()


def test_the_diagonal_cannot_be_set(workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot) -> None:
    _click(workspace, "A", "A", qtbot)
    assert not workspace.cell.isEnabled()
    qtbot.keyClicks(workspace.matrix, "5")
    assert _value(studio, "A", "A") == 1.0
    assert studio.session is not None
    assert studio.session.similarity.cells == {}


def test_everything_is_undone_and_done_again_by_the_keyboard(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    assert studio.session is not None
    start = studio.session.similarity
    _click(workspace, "K", "X", qtbot)
    for number in range(210):
        qtbot.keyClicks(workspace.matrix, str(1 + number % 9))
    last = studio.session.similarity
    for _ in range(210):
        qtbot.keyClick(studio, Qt.Key.Key_Z, CONTROL)
    assert studio.session.similarity == start
    for _ in range(210):
        qtbot.keyClick(studio, Qt.Key.Key_Y, CONTROL)
    assert studio.session.similarity == last
    assert _saved(studio) == last


def test_the_base_similarity_counts_for_all_groups_but_not_for_cells_set_by_hand(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    _click(workspace, "O", "Q", qtbot)
    qtbot.keyClicks(workspace.matrix, "9")
    slider = workspace.base.slider
    slider.setFocus()
    for _ in range(20):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert _value(studio, "B", "8") == pytest.approx(0.4)
    assert _value(studio, "O", "Q") == 0.9
    assert _saved(studio).base == pytest.approx(0.4)


def _edit(workspace: SimilarityWorkspace, row: int, column: int, text: str, qtbot: QtBot) -> None:
    table = workspace.groups.table
    qtbot.waitUntil(lambda: not table.findChildren(QLineEdit), timeout=10000)
    index = workspace.groups.model.index(row, column)
    table.setCurrentIndex(index)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not table.findChildren(QLineEdit), timeout=10000)


def test_a_group_is_added_named_edited_and_deleted(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    qtbot.mouseClick(workspace.groups.add, Qt.MouseButton.LeftButton)
    editor = workspace.groups.table.findChild(QLineEdit)
    assert editor is not None  # its characters can be typed at once
    editor.selectAll()
    qtbot.keyClicks(editor, "m w n")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _value(studio, "M", "N") == 0.6, timeout=10000)
    _edit(workspace, 9, 1, "wide", qtbot)
    assert _saved(studio).groups[9].name == "wide"
    workspace.groups.table.setCurrentIndex(workspace.groups.model.index(9, 0))
    qtbot.mouseClick(workspace.groups.delete, Qt.MouseButton.LeftButton)
    assert workspace.groups.model.rowCount() == 9
    assert _value(studio, "M", "N") == 0.0


def test_a_group_with_a_strange_character_is_refused_where_it_was_typed(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    _edit(workspace, 0, 0, "O0?", qtbot)
    assert "? is no character" in workspace.groups.message.text()
    assert workspace.groups.message.isVisible()
    assert studio.session is not None
    assert studio.session.similarity == Similarity()


def test_overlapping_groups_are_shown(workspace: SimilarityWorkspace) -> None:
    index = workspace.groups.model.index(0, 0)
    assert "∩ 0" in str(index.data())
    assert "D 0" in str(index.data(Qt.ItemDataRole.ToolTipRole))


def test_groups_stand_as_blocks_in_their_hue_or_in_the_order_of_the_alphabet(
    workspace: SimilarityWorkspace, qtbot: QtBot
) -> None:
    matrix = workspace.matrix
    assert abs(matrix.order.index("B") - matrix.order.index("8")) == 1
    seen = matrix.grab().toImage().pixelColor(matrix.rect_of("B", "8").center())
    hue = theme.group_hue("B", Similarity())
    assert seen.hsvHueF() == pytest.approx(hue.hsvHueF(), abs=0.03)
    qtbot.keyClick(workspace.window(), Qt.Key.Key_B, CONTROL)
    assert matrix.order == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def _notebook_loss(predicted: str, matrix: list[list[float]], names: str) -> float:
    """The sanity check of the reference loss: all logits 0, the predicted one 5, the truth O."""
    z = [5.0 if name == predicted else 0.0 for name in names]
    whole = sum(math.exp(value) for value in z)
    p = [math.exp(value) / whole for value in z]
    best = sorted(range(len(names)), key=lambda j: (-p[j], j))[:2]
    truth = names.index("O")
    penalty = sum(p[j] * (1 - matrix[truth][j]) for j in best)
    return 0.7 * -math.log(p[truth]) + 0.3 * penalty


def test_what_it_means_starts_with_the_sanity_check_of_the_loss(workspace: SimilarityWorkspace) -> None:
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    matrix = Similarity().matrix(names).tolist()
    total = next(term for term in workspace.meaning.bars.terms if term.strong)
    assert total.values[0] == pytest.approx(_notebook_loss("0", matrix, names), abs=1e-6)
    assert total.values[1] == pytest.approx(_notebook_loss("X", matrix, names), abs=1e-6)
    assert "costs 0.1457 less" in workspace.meaning.verdict.text()
    assert "O and 0 look alike" in workspace.meaning.verdict.text()


def test_the_loss_follows_the_matrix_and_the_choice(workspace: SimilarityWorkspace, qtbot: QtBot) -> None:
    def totals() -> tuple[float, ...]:
        return next(term for term in workspace.meaning.bars.terms if term.strong).values

    before = totals()
    _click(workspace, "O", "0", qtbot)
    qtbot.keyClicks(workspace.matrix, "0")
    assert totals()[0] > before[0]
    assert totals()[0] == pytest.approx(totals()[1])
    _click(workspace, "B", "8", qtbot)
    assert workspace.meaning.true.currentText() == "B"
    assert workspace.meaning.predicted.currentText() == "8"


def test_the_loss_uses_the_training_settings_of_the_project(workspace: SimilarityWorkspace, studio: MainWindow) -> None:
    assert studio.session is not None
    studio.session.save_training_settings({"loss": {"k": 3, "gain": 0.25}})
    assert studio.session.flush()
    studio.show_workspace("annotate")
    studio.show_workspace("similarity")
    titles = [term.title for term in workspace.meaning.bars.terms]
    assert titles[1:4] == ["Best class", "2nd best class", "3rd best class"]
    curves = workspace.meaning.bars.terms[-1]
    total = next(term for term in workspace.meaning.bars.terms if term.strong)
    assert curves.values[0] == pytest.approx(0.25 * total.values[0])


def test_a_dataset_with_fewer_classes_shows_only_its_own(
    empty_studio: MainWindow, small_project: Path, open_in: Callable[[MainWindow, Path], None]
) -> None:
    (small_project / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [O, '0', plate, X]\n")
    open_in(empty_studio, small_project)
    empty_studio.show_workspace("similarity")
    shown = empty_studio.stack.currentWidget()
    assert isinstance(shown, SimilarityWorkspace)
    assert sorted(shown.matrix.order) == ["0", "O", "X"]
    assert len(shown.meaning.bars.terms) == 6


def test_esc_while_a_new_group_is_typed_takes_the_group_back(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    before = _saved(studio)
    qtbot.mouseClick(workspace.groups.add, Qt.MouseButton.LeftButton)
    assert workspace.groups.model.rowCount() == 10
    field = workspace.groups.table.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "MN")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: workspace.groups.model.rowCount() == 9, timeout=10000)
    assert _saved(studio) == before


def test_esc_while_an_old_group_is_typed_leaves_it_as_it_was(
    workspace: SimilarityWorkspace, studio: MainWindow, qtbot: QtBot
) -> None:
    qtbot.mouseClick(workspace.groups.add, Qt.MouseButton.LeftButton)
    table = workspace.groups.table
    field = table.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    qtbot.keyClicks(field, "MN")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _value(studio, "M", "N") == 0.6, timeout=10000)
    table.edit(workspace.groups.model.index(9, 0))
    again = table.findChildren(QLineEdit)[-1]
    qtbot.keyClick(again, Qt.Key.Key_Escape)
    assert _value(studio, "M", "N") == 0.6
