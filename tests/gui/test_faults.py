"""Faults at the canvas and in the whole project, mended as one step; likely label errors as a queue."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lpstudio.dataset.survey import FoundFault
from lpstudio.studio.faults.survey import SurveyState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.workspace import Notice, Severity
from tests.annotate.hands import Hands, box_points
from tests.gui.conftest import OpenIn
from tests.gui.review_support import write_weights

_LEFT = Qt.MouseButton.LeftButton
_CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


@pytest.fixture
def faulty_project(small_project: Path) -> Path:
    """p0: a double and a line over the border; p1: a bow tie nobody can mend, and another text in plates.csv."""
    labels = small_project / "labels/train"
    p0, p1 = labels / "p0.txt", labels / "p1.txt"
    p0.write_text(p0.read_text() + p0.read_text().splitlines()[0] + "\n35 0.96 0.3 1.1 0.3 1.1 0.7 0.96 0.7\n")
    p1.write_text(p1.read_text() + "0 0.97 0.1 0.99 0.2 0.99 0.1 0.97 0.2\n")
    (small_project / "plates.csv").write_text("file,text\np1.png,OQD0099\n")
    return small_project


@pytest.fixture
def hands(empty_studio: MainWindow, faulty_project: Path, open_in: OpenIn, qtbot: QtBot) -> Hands:
    open_in(empty_studio, faulty_project)
    return Hands(empty_studio, qtbot)


def on_screen(widget: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint()), widget.size())


def check(hands: Hands) -> None:
    hands.command(Qt.Key.Key_2, _CTRL_ALT)
    survey = hands.annotate.checks.survey
    hands.qtbot.waitUntil(lambda: survey.state is SurveyState.DONE, timeout=30000)
    hands.qtbot.waitUntil(lambda: hands.annotate.checks.fault_page.model.rowCount() > 0, timeout=5000)


def listed(hands: Hands) -> list[tuple[str, str]]:
    """Crop and kind of every fault in the list."""
    model = hands.annotate.checks.fault_page.model
    faults = [model.fault_at(row) for row in range(model.rowCount())]
    return [(Path(fault.key).stem, fault.kind) for fault in faults if fault is not None]


def test_faults_are_told_at_the_canvas_while_one_draws_and_nothing_moves(hands: Hands) -> None:
    note, inspector = hands.annotate.checks.note, hands.annotate.inspector
    place = hands.canvas.geometry()
    hands.go("p1")
    assert "plates.csv" not in note.text()  # the text is that of plates.csv
    assert "the text OQD0099 has 7 characters, 8 are drawn" in note.text()
    assert "its outline crosses itself" in inspector.checks.text()
    bar = hands.window.notice_bar
    hands.window.notify(Notice("The last session was interrupted", Severity.WARNING))
    for width in (1280, 1000):
        hands.window.resize(width, 760)
        hands.qtbot.wait(1)
        assert bar.isVisible() and not on_screen(bar).intersects(on_screen(note))
    bar.clear()
    place = hands.canvas.geometry()
    hands.go("p2")
    assert note.isHidden()
    for x in (12, 44, 76, 20):
        hands.draw(box_points(x, 18, x + 24, 62))
        hands.keys("a")
    hands.take_select_tool()
    assert "lies over A by" in inspector.checks.text()
    hands.click(38, 40)
    assert "lies over A" in note.text() and note.isVisible()
    assert hands.canvas.geometry() == place


def test_a_fault_is_gone_to_and_all_that_can_be_mended_is_as_one_step(hands: Hands) -> None:
    window, page = hands.window, hands.annotate.checks.fault_page
    check(hands)
    assert listed(hands) == [
        ("p0", "label-line"),
        ("p1", "self-crossing"),
        ("p0", "doubled-line"),
        ("p1", "text-labels"),
    ]
    row = next(r for r in range(page.model.rowCount()) if (f := page.model.fault_at(r)) and f.kind == "doubled-line")
    place = page.model.index(row, 0)
    QTest.mouseClick(page.view.viewport(), _LEFT, Qt.KeyboardModifier.NoModifier, page.view.visualRect(place).center())
    hands.wait_open("p0")
    assert [item.character.char for item in hands.document.selected] == ["A"]
    assert hands.document.positions(hands.document.selection) == [7]

    before = {path: path.read_text() for path in Path(window.session.project.root).rglob("labels/**/*.txt")}  # type: ignore[union-attr]
    window.run_command("annotate.fix_all")
    hands.qtbot.waitUntil(page.question.isVisible, timeout=5000)
    assert "1 × unread label lines" in page.asked.text() and "1 × drawn twice" in page.asked.text()
    assert "2 need a person" in page.asked.text()
    assert all(path.read_text() == text for path, text in before.items())  # told before anything is done
    QTest.mouseClick(page.do_fix, _LEFT)
    hands.qtbot.waitUntil(
        lambda: [kind for _, kind in listed(hands)] == ["self-crossing", "text-labels"], timeout=15000
    )
    hands.wait_saved()
    assert hands.chars == "ABC12349" and len(hands.label_lines()) == 8
    assert "Fixed: 2 faults on 1 crop" in page.said.text()

    window.run_command("annotate.undo_fix")
    hands.qtbot.waitUntil(lambda: len(listed(hands)) == 4, timeout=15000)
    hands.wait_saved()
    assert {path: path.read_text() for path in before} == before


def test_a_fix_reaches_crops_nobody_opened_and_leaves_later_work_alone_when_undone(hands: Hands) -> None:
    checks, session = hands.annotate.checks, hands.window.session
    assert session is not None
    hands.go("p2")
    check(hands)
    checks.fault_page.ask_to_fix()
    hands.qtbot.waitUntil(checks.fault_page.question.isVisible, timeout=5000)
    QTest.keyClick(checks.fault_page.do_fix, Qt.Key.Key_Space)
    hands.qtbot.waitUntil(lambda: bool(checks.fixer.steps), timeout=15000)
    hands.wait_saved()
    label = session.project.label_path("images/train/p0.png")
    assert len(label.read_text().splitlines()) == 8
    checks.show_crops()
    hands.go("p0")
    hands.click(24, 40)
    hands.keys("z")  # somebody goes on working
    hands.wait_saved()
    hands.window.run_command("annotate.undo_fix")
    hands.qtbot.waitUntil(lambda: not checks.fixer.running, timeout=10000)
    assert "1 changed since stays" in hands.said
    hands.wait_saved()
    assert len(label.read_text().splitlines()) == 8 and hands.chars.startswith("Z")


def test_what_disagrees_and_what_is_faulty_is_found_by_queries(hands: Hands) -> None:
    crops = hands.annotate.crops

    def find(query: str) -> list[str]:
        hands.command(Qt.Key.Key_F)
        crops.search.selectAll()
        hands.keys(query, crops.search)
        hands.key(Qt.Key.Key_Return, widget=crops.search)
        hands.qtbot.waitUntil(lambda: not crops.is_waiting, timeout=30000)
        return [Path(crops.model.key_at(row)).stem for row in range(crops.model.rowCount())]

    assert find("disagree:text") == ["p1"]
    assert find("fault:doubled-line|self-crossing") == ["p0", "p1"]
    assert find("-fault:yes sort:-name split:train") == ["p3", "p2"]
    hands.command(Qt.Key.Key_F)
    crops.search.clear()
    hands.keys("disag", crops.search)
    assert crops.search.hints == ["disagree:"]
    hands.key(Qt.Key.Key_Tab, widget=crops.search)
    assert crops.search.text() == "disagree:" and crops.search.hints == ["yes", "text", "model", "no"]
    hands.key(Qt.Key.Key_Down, widget=crops.search)
    hands.key(Qt.Key.Key_Return, widget=crops.search)
    assert crops.search.text() == "disagree:yes " and crops.search.hasFocus()


def test_a_filter_is_kept_with_the_project_and_stands_in_the_palette(
    hands: Hands, open_in: OpenIn, faulty_project: Path
) -> None:
    window, crops, saved = hands.window, hands.annotate.crops, hands.annotate.checks.saved
    crops.search.setText("name:p3|p5")
    window.run_command("annotate.sort_name")
    window.run_command("annotate.sort_name")  # again turns it round
    saved.save("Late & odd")
    hands.wait_saved()
    assert "Late & odd" in (faulty_project / "lpstudio.toml").read_text()
    crops.clear_filter()
    crops.set_sort("")
    open_in(window, faulty_project)
    hands.wait_open()
    window.run_command("annotate.filter:Late & odd")
    assert [Path(crops.model.key_at(row)).stem for row in range(2)] == ["p5", "p3"]
    assert crops.search.text() == "name:p3|p5 sort:-name"
    saved.rename("Late & odd", "Odd")
    assert "annotate.filter:Odd" in {command.id for command in window.commands}
    saved.delete("Odd")
    assert not any(command.id.startswith("annotate.filter:") for command in window.commands)
    hands.wait_saved()
    assert "[filters]" not in (faulty_project / "lpstudio.toml").read_text() or not saved.filters


def test_a_model_finds_label_errors_and_they_are_worked_off_by_keys(
    studio: MainWindow, qtbot: QtBot, tmp_path: Path, open_in: OpenIn, small_project: Path
) -> None:
    hands = Hands(studio, qtbot)
    checks = hands.annotate.checks
    hands.command(Qt.Key.Key_3, _CTRL_ALT)
    page = checks.error_page
    assert page is not None
    qtbot.waitUntil(lambda: checks.model_pass.weights is not None, timeout=10000)
    if not checks.model_pass.weights:
        assert "There are no weights yet" in page.nothing.text()
    page.use_weights(write_weights(tmp_path / "nonsense.pt"))
    studio.run_command("annotate.find_label_errors")
    qtbot.waitUntil(lambda: checks.model_pass.running, timeout=30000)
    qtbot.waitUntil(lambda: not checks.model_pass.running and bool(checks.model_pass.queue), timeout=120000)
    assert checks.model_pass.read_count == 3  # the labelled ones alone
    scores = [error.finding.score for error in checks.model_pass.queue]
    assert scores == sorted(scores, reverse=True)

    hands.key(Qt.Key.Key_F3)
    first = page.current
    assert first is not None
    hands.wait_open(Path(first.key).stem)
    qtbot.waitUntil(checks.can_settle, timeout=5000)
    before = hands.chars
    if first.finding.found is not None:
        qtbot.waitUntil(checks.outline.isVisible, timeout=5000)  # both versions are on the screen
    hands.key(Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: all(error != first for error in checks.model_pass.queue), timeout=10000)
    hands.wait_saved()
    second = page.current
    assert second is not None and second != first
    studio.show_crop(first.key)
    hands.wait_open(Path(first.key).stem)
    assert hands.chars != before
    hands.command(Qt.Key.Key_Z)
    assert hands.chars == before  # as any edit
    hands.wait_saved()
    qtbot.waitUntil(lambda: first in checks.model_pass.queue, timeout=10000)

    page._go(checks.model_pass.queue.index(second))
    studio.run_command("annotate.dismiss_finding")
    qtbot.waitUntil(lambda: second not in checks.model_pass.queue, timeout=10000)
    studio.run_command("annotate.undo_dismiss")
    qtbot.waitUntil(lambda: second in checks.model_pass.queue, timeout=10000)
    checks.model_pass.dismiss(second)
    qtbot.waitUntil(lambda: second not in checks.model_pass.queue, timeout=10000)
    count = len(checks.model_pass.queue)
    open_in(studio, small_project)
    checks.model_pass.load()
    qtbot.waitUntil(lambda: len(checks.model_pass.queue) == count, timeout=10000)  # remembered, nothing read again
    hands.command(Qt.Key.Key_F)
    hands.keys("disagree:model", hands.annotate.crops.search)
    hands.key(Qt.Key.Key_Return, widget=hands.annotate.crops.search)
    found = {error.key for error in checks.model_pass.queue}
    qtbot.waitUntil(lambda: hands.annotate.crops.model.rowCount() == len(found), timeout=10000)


def test_a_hundred_thousand_faults_scroll_and_fold(studio: MainWindow, qtbot: QtBot) -> None:
    hands = Hands(studio, qtbot)
    checks = hands.annotate.checks
    checks.show_faults()
    qtbot.waitUntil(lambda: checks.survey.state is SurveyState.DONE, timeout=30000)
    kinds = ("overlap", "doubled-line", "text-labels")
    checks.survey.faults = {
        f"images/train/n{number:06d}.png": [
            FoundFault(
                f"images/train/n{number:06d}.png", kinds[number % 3], 1, 2, "lies over A by 40%", number % 3 == 1
            )
        ]
        for number in range(100_000)
    }
    checks.survey.changed.emit()
    page = checks.fault_page
    longest, last = 0.0, time.perf_counter()
    until = last + 120
    while page.model.rowCount() != 100_003:
        qtbot.wait(1)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        assert now < until
    times = []
    for share in range(20):
        begun = time.thread_time()  # of this thread alone: other work on the machine does not count
        page.view.verticalScrollBar().setValue(page.view.verticalScrollBar().maximum() * share // 20)
        page.view.viewport().repaint()
        times.append(time.thread_time() - begun)
    print(f"grouping {longest * 1000:.0f} ms longest pause, scrolling {1000 * max(times):.1f} ms at most")
    assert sorted(times)[10] < 0.05
    page.model.toggle("overlap")
    assert page.model.rowCount() == 100_003 - 33_334
