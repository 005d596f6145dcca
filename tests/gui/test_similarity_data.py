"""What the confusions of a run say against the present groups, accepted by pair, by group or all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.evaluation.stored import folder_of, read_evaluation
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.similarity.workspace import DATA, MEANING, SimilarityWorkspace
from tests.evaluation.made import evaluated_run, write_plates
from tests.gui.conftest import OpenIn


@pytest.fixture
def similarity(empty_studio: MainWindow, tmp_path: Path, open_in: OpenIn, qtbot: QtBot) -> SimilarityWorkspace:
    """Similarity on a project in which W, N and M were mixed up often, O and 0 now and then."""
    plates = write_plates(tmp_path / "plates", 150)
    evaluated_run(plates)
    open_in(empty_studio, plates)
    empty_studio.resize(1280, 800)
    empty_studio.run_command("go.similarity")
    qtbot.waitUntil(lambda: empty_studio.workspace("similarity") is not None, timeout=20000)
    workspace = empty_studio.workspace("similarity")
    assert isinstance(workspace, SimilarityWorkspace)
    empty_studio.show_proposal("made-1")
    qtbot.waitUntil(lambda: workspace.data is not None and workspace.data.proposal is not None, timeout=20000)
    return workspace


def test_w_n_and_m_are_proposed_shown_as_a_difference_and_accepted_undoably(
    similarity: SimilarityWorkspace, empty_studio: MainWindow, qtbot: QtBot
) -> None:
    data, panel, matrix, editor = similarity.data, similarity.proposal_panel, similarity.matrix, similarity.editor
    assert data is not None and editor is not None and data.proposal is not None
    before = editor.value
    changed = {one.pair: one for one in data.proposal.changes}
    assert {("M", "N"), ("N", "W")} <= set(changed)
    assert all(one.count >= 5 and one.plates >= 3 for one in data.proposal.evidence)
    # beside the present values, in the matrix, as a difference
    assert matrix.proposed == {pair: one.value for pair, one in changed.items()}
    assert similarity.difference.isVisible()
    inside = matrix.rect_of("N", "W")
    picture = matrix.grab().toImage()
    ratio = picture.devicePixelRatio()

    def colour(x: int, y: int) -> str:
        return picture.pixelColor(round(x * ratio), round(y * ratio)).name()

    panel.choose("M", "N")  # the frame of the choice covers nothing of the other cell
    picture = matrix.grab().toImage()
    assert colour(inside.x() + 4, inside.y() + 4) != colour(inside.right() - 4, inside.bottom() - 4)

    # one pair
    panel.choose("N", "W")
    assert "N read as W" in panel.details.text() and "plates" in panel.details.text()
    one = changed["N", "W"]
    QTest.mouseClick(panel.buttons[0], Qt.MouseButton.LeftButton)
    assert editor.value.value("W", "N") == one.value
    assert ("N", "W") not in matrix.proposed and ("M", "N") in matrix.proposed
    assert editor.undo_title == "accept N–W from the data"
    empty_studio.run_command("similarity.undo")
    assert editor.value == before
    assert ("N", "W") in matrix.proposed

    # its group
    panel.choose("N", "W")
    group = panel.group
    if group is not None:
        QTest.mouseClick(panel.buttons[1], Qt.MouseButton.LeftButton)
        assert any(set(group.chars) == set(present.chars) for present in editor.value.groups)
        empty_studio.run_command("similarity.undo")
        assert editor.value == before

    # all of it is one step, and on disk
    QTest.mouseClick(panel.buttons[2], Qt.MouseButton.LeftButton)
    assert not matrix.proposed and not similarity.difference.isVisible()
    assert not panel.buttons[2].isEnabled()
    session = empty_studio.session
    assert session is not None
    qtbot.waitUntil(lambda: not session.pending, timeout=10000)
    kept = session.project.settings.similarity
    assert all(kept.is_similar(*pair) for pair in (("W", "N"), ("M", "N")))
    empty_studio.run_command("similarity.undo")
    assert editor.value == before and session.similarity == before


def test_the_difference_follows_every_edit_and_goes_with_its_panel(
    similarity: SimilarityWorkspace, empty_studio: MainWindow
) -> None:
    editor, matrix = similarity.editor, similarity.matrix
    assert editor is not None
    value = matrix.proposed["N", "W"]
    editor.set_cell("N", "W", value)
    assert ("N", "W") not in matrix.proposed
    editor.set_cell("N", "W", None)
    assert ("N", "W") in matrix.proposed
    empty_studio.run_command("similarity.from_data")
    assert similarity.side.currentIndex() == MEANING and not matrix.proposed
    empty_studio.run_command("similarity.from_data")
    assert similarity.side.currentIndex() == DATA and matrix.proposed


def test_few_cases_say_nothing(empty_studio: MainWindow, tmp_path: Path, open_in: OpenIn, qtbot: QtBot) -> None:
    plates = write_plates(tmp_path / "few", 6)
    run = evaluated_run(plates)
    kept = read_evaluation(folder_of(run.dir))
    assert kept is not None and kept[1].confusions  # there are confusions, but no pair five times on three plates
    open_in(empty_studio, plates)
    empty_studio.show_workspace("similarity")
    qtbot.waitUntil(lambda: empty_studio.workspace("similarity") is not None, timeout=20000)
    workspace = empty_studio.workspace("similarity")
    assert isinstance(workspace, SimilarityWorkspace)
    empty_studio.run_command("similarity.from_data")
    panel = workspace.proposal_panel
    qtbot.waitUntil(lambda: "often enough to say anything" in panel.summary.text(), timeout=20000)
    assert not workspace.matrix.proposed
    assert not panel.buttons[2].isEnabled()
