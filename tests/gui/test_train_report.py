"""The report of a run in the window: evaluated in a process, looked at, and led from to the label that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.evaluation.stored import folder_of
from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.evaluation.facts import MISSED
from lpstudio.studio.evaluation.page import ReportPage
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.train.run_page import COMPARISON, REPORT
from lpstudio.studio.train.view import RUNS
from lpstudio.studio.train.workspace import TrainWorkspace
from lpstudio.training.runs import RunStatus
from tests.evaluation.made import evaluated_run, finished_run, write_plates
from tests.gui.conftest import OpenIn
from tests.reading.models import save_weights


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    return write_plates(tmp_path / "plates", 30)


def enter_train(window: MainWindow, project: Path, open_in: OpenIn, qtbot: QtBot) -> TrainWorkspace:
    """Open the project and go to its runs."""
    open_in(window, project)
    window.resize(1280, 800)
    window.run_command("go.train")
    qtbot.waitUntil(lambda: window.workspace("train") is not None, timeout=20000)
    workspace = window.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    qtbot.waitUntil(lambda: workspace.runs.watch.is_loaded and workspace.runs.in_front, timeout=20000)
    workspace.view.side.setCurrentIndex(RUNS)
    return workspace


def show_report(window: MainWindow, workspace: TrainWorkspace, name: str, qtbot: QtBot) -> ReportPage:
    """Choose a run and look at its report."""
    assert workspace.view.run_list.choose(name)
    bar = workspace.view.page.views.tabBar()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(REPORT).center())
    page = made_page(workspace, qtbot)
    qtbot.waitUntil(lambda: page.facts is not None, timeout=20000)
    return page


def made_page(workspace: TrainWorkspace, qtbot: QtBot) -> ReportPage:
    """The page, as soon as it is made."""
    evaluations = workspace.runs.evaluations
    qtbot.waitUntil(lambda: evaluations.page is not None and evaluations.page.isVisible(), timeout=20000)
    assert evaluations.page is not None
    return evaluations.page


def test_the_report_leads_from_a_cell_of_the_matrix_to_the_label_in_annotate(
    empty_studio: MainWindow, plates: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    evaluated_run(plates)
    workspace = enter_train(empty_studio, plates, open_in, qtbot)
    assert workspace.view.run_list.choose("made-1")
    qtbot.waitUntil(lambda: workspace.view.page.followed is not None, timeout=10000)
    side = workspace.view.side.width()
    page = show_report(empty_studio, workspace, "made-1", qtbot)
    facts = page.facts
    assert facts is not None
    assert workspace.view.side.width() == side, "the list stays where it is"
    assert empty_studio.minimumSizeHint().width() < 1280, "nothing in it keeps the window wide"

    # figures stand with their intervals
    texts = [
        [item.text() if (item := page.figures.item(row, column)) is not None else "" for column in range(3)]
        for row in range(page.figures.rowCount())
    ]
    top1 = facts.summary.figures.character_top1
    assert top1 is not None and top1.low is not None and top1.high is not None
    assert texts[0][1] == f"{100 * top1.value:.1f} %"
    assert texts[0][2] == f"{100 * top1.low:.1f} to {100 * top1.high:.1f} %"
    assert page.crops_title.text() == f"The {len(facts.worst)} worst crops"
    assert len(page.gallery.gallery.cases) == len(facts.worst)

    # look-alikes stand side by side in the matrix
    order = facts.order
    assert abs(order.index("O") - order.index("0")) < 4

    # a click on a cell shows its crops
    page.tabs.setCurrentIndex(1)
    count = facts.count("W", "N")
    assert count > 1
    place = page.matrix.rect_of("W", "N").center()
    QTest.mouseClick(page.matrix, Qt.MouseButton.LeftButton, pos=place)
    assert page.crops_title.text() == f"W read as N: {count} crops"
    assert page.cell_text.text().startswith(f"W read as N: {count} of ")
    assert {case.crop.true[case.character].char for case in page.gallery.gallery.cases if case.crop.true} == {"W"}

    # the keyboard does the same: arrows to the neighbour and back, Enter to the crops, down, Enter to Annotate
    page.matrix.setFocus()
    QTest.keyClick(page.matrix, Qt.Key.Key_Right)
    assert page.matrix.cell == ("W", order[order.index("N") + 1])
    QTest.keyClick(page.matrix, Qt.Key.Key_Left)
    assert page.matrix.cell == ("W", "N")
    QTest.keyClick(page.matrix, Qt.Key.Key_Return)
    qtbot.waitUntil(page.gallery.hasFocus, timeout=5000)
    QTest.keyClick(page.gallery, Qt.Key.Key_Down)
    case = page.gallery.gallery.cases[1]
    QTest.keyClick(page.gallery, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: empty_studio.current_workspace == "annotate", timeout=10000)
    annotate = empty_studio.workspace("annotate")
    assert isinstance(annotate, AnnotateWorkspace)
    editor = annotate.editor
    qtbot.waitUntil(lambda: editor.document is not None and editor.document.key == case.crop.key, timeout=10000)
    document = editor.document
    assert document is not None and case.character is not None and case.crop.true is not None
    wanted = document.content.items[case.character]
    qtbot.waitUntil(lambda: list(document.selection) == [wanted.id], timeout=5000)
    assert wanted.character.char == "W" == case.crop.true[case.character].char

    # the label is fixed there, and the report says that it no longer tells of the labels as they are
    QTest.keyClick(annotate.canvas, "N")
    qtbot.waitUntil(lambda: empty_studio.session is not None and not empty_studio.session.pending, timeout=10000)
    label = plates / "labels" / "val" / f"{Path(case.crop.key).stem}.txt"
    assert label.read_text().splitlines()[case.character].split()[0] == str(13)  # N
    assert "Labels of 1 of these crops" in page.note.text()

    empty_studio.run_command("go.train")
    qtbot.waitUntil(page.isVisible, timeout=5000)
    # missed characters have a column of their own
    missed = next(char for char in order if facts.count(char, MISSED))
    page.matrix.choose(missed, MISSED)
    assert page.crops_title.text().startswith(f"{missed} missed: ")

    # charts say what a bar stands for, to the keyboard too
    page.tabs.setCurrentIndex(3)
    page.gain.setFocus()
    QTest.keyClick(page.gain, Qt.Key.Key_Right)
    assert page.gain.accessibleDescription().startswith(f"{facts.gains[0][0]}: ")
    page.tabs.setCurrentIndex(2)
    QTest.mouseMove(page.reliability, QPoint(5, 5))
    QTest.mouseMove(page.reliability, page.reliability.bar_rect(0).center().toPoint())
    qtbot.waitUntil(lambda: "sure on average" in page.reliability.accessibleDescription(), timeout=5000)


def test_runs_are_compared_in_one_colour_each_with_their_figures(
    empty_studio: MainWindow, plates: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    evaluated_run(plates, "first", 1, loss={"name": "similarity"})
    evaluated_run(plates, "second", 2, loss={"name": "stock"})
    finished_run(plates, "third", epochs=9, loss={"name": "in-place"})
    workspace = enter_train(empty_studio, plates, open_in, qtbot)
    view = workspace.view
    model = view.run_list.runs_model
    view.run_list.choose("first-1")
    for name in ("second-1", "third-1"):
        view.run_list.setCurrentIndex(model.index(model.row_of(name)))
        QTest.keyClick(view.run_list, Qt.Key.Key_Space)
    view.run_list.choose("first-1")
    colours = {name: model.colour_of(name) for name in ("second-1", "third-1")}
    assert len(set(colours.values())) == 2
    grid = view.page.grid
    assert "second-1" in grid.legend and "third-1" in grid.legend
    drawn = {line.colour.name() for line in grid.plots["total"].canvas.lines}
    assert len(drawn) == 4  # train and val of the chosen run, one line of each other
    # a run keeps its colour when another is taken away
    view.run_list.setCurrentIndex(model.index(model.row_of("second-1")))
    QTest.keyClick(view.run_list, Qt.Key.Key_Space)
    assert model.colour_of("third-1") == colours["third-1"]
    QTest.keyClick(view.run_list, Qt.Key.Key_Space)
    view.run_list.choose("first-1")

    table = view.page.comparison
    qtbot.waitUntil(lambda: len(table.texts) > 3 and len(table.texts[0]) == 4, timeout=5000)
    rows = {row[0]: row[1:] for row in table.texts}
    heads = [head.text() for at in range(1, 4) if (head := table.horizontalHeaderItem(at)) is not None]
    assert sorted(heads) == ["first-1", "second-1", "third-1"]
    assert dict(zip(heads, rows["Loss: Loss"], strict=True)) == {
        "first-1": "similarity", "second-1": "stock", "third-1": "in-place",
    }  # fmt: skip
    assert "Run: Weights" not in rows  # the same in all of them
    figures = dict(zip(heads, rows["Characters: best candidate right"], strict=True))
    assert figures["third-1"] == "not evaluated"
    assert "%" in figures["first-1"] and " to " in figures["first-1"]
    view.page.views.setCurrentIndex(COMPARISON)
    assert table.isVisible()


def test_a_run_is_evaluated_in_the_window_and_when_it_finishes_if_wanted(
    empty_studio: MainWindow, plates: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    run = finished_run(plates, "real")
    assert run.best_weights is not None
    save_weights(run.best_weights, {"O": 2.0, "0": 1.5}, reach=14.5)
    workspace = enter_train(empty_studio, plates, open_in, qtbot)
    evaluations = workspace.runs.evaluations
    workspace.view.run_list.choose("real-1")
    workspace.view.page.views.setCurrentIndex(REPORT)
    page = made_page(workspace, qtbot)
    qtbot.waitUntil(page.button.isVisible, timeout=5000)
    assert page.message.text().startswith("Not evaluated yet")
    # stopped by hand, nothing is kept
    QTest.mouseClick(page.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "evaluate" in empty_studio.status.tasks, timeout=5000)
    assert page.stop_button.isVisible()
    QTest.mouseClick(page.stop_button, Qt.MouseButton.LeftButton)
    assert "evaluate" not in empty_studio.status.tasks
    assert not folder_of(run.dir).exists()
    # let go to the end, as when a run finishes
    followed = workspace.runs.shown
    assert followed is not None
    evaluations.after_finish = False
    evaluations.run_ended(followed, others_at_work=False)
    assert not evaluations.job.orders
    evaluations.after_finish = True
    evaluations.run_ended(followed, others_at_work=True)
    assert not evaluations.job.orders  # a training at work comes first
    evaluations.run_ended(replace(followed, status=RunStatus.STOPPED), others_at_work=False)  # that one was stopped
    qtbot.waitUntil(lambda: page.facts is not None, timeout=120_000)
    assert page.facts is not None
    assert page.facts.summary.crops == 30
    report = (folder_of(run.dir) / "report.html").read_text()
    assert "The training" in report and report.count("by epoch'") == 4
    assert (folder_of(run.dir) / "evaluation.json").is_file()
