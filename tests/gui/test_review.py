"""Review in the window: pictures are read by the real reader process, and what a person decides reaches the dataset."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.items import ItemState, Order, ReviewItem, Show
from lpstudio.studio.review.reading_job import ReadTarget
from lpstudio.studio.review.readings import PictureReading
from lpstudio.studio.review.workspace import ReviewWorkspace
from tests.gui.review_support import shared_weights

from .conftest import close_window

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LONG = 90_000  # ms; the reader loads torch first


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that find seven characters on every crop of the small project."""
    return shared_weights(tmp_path_factory.getbasetemp())


def go_to_review(window: MainWindow, qtbot: QtBot) -> ReviewWorkspace:
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    workspace = window.workspace("review")
    assert isinstance(workspace, ReviewWorkspace) and window.stack.currentWidget() is workspace
    return workspace


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files on the window, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, copy = QPoint(640, 400), Qt.DropAction.CopyAction
    left, held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(place, copy, data, left, held))
    QApplication.sendEvent(window, QDropEvent(QPointF(place), copy, data, left, held))


def press(widget: QWidget, key: Qt.Key, *, ctrl: bool = False, shift: bool = False) -> None:
    held = Qt.KeyboardModifier.NoModifier
    held = held | Qt.KeyboardModifier.ControlModifier if ctrl else held
    held = held | Qt.KeyboardModifier.ShiftModifier if shift else held
    QTest.keyClick(widget, key, held)


@pytest.fixture
def review(studio: MainWindow, qtbot: QtBot, weights: Path) -> ReviewWorkspace:
    """Review on the val split of the small project, with weights dropped on the window, nothing read yet."""
    workspace = go_to_review(studio, qtbot)
    drop(studio, weights)
    qtbot.waitUntil(lambda: workspace.controller.choice.weights is not None)
    qtbot.waitUntil(lambda: len(workspace.controller.items.items) == 2)
    return workspace


def read_all(review: ReviewWorkspace, qtbot: QtBot) -> None:
    press(review.window(), Qt.Key.Key_R, ctrl=True)
    qtbot.waitUntil(lambda: review.controller.desk.active)
    qtbot.waitUntil(lambda: not review.controller.desk.active, timeout=LONG)
    qtbot.waitUntil(lambda: review.canvas.picture is not None)


@pytest.fixture(scope="session")
def lines(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What the reader process says of the two crops in val, by their stem. Read once: loading torch takes its time."""
    from tests.gui.conftest import write_project
    from tests.worker.client import Worker

    folder = write_project(tmp_path_factory.mktemp("read") / "plates") / "images" / "val"
    worker = Worker("lpstudio.worker.reader")
    try:
        return {
            stem: worker.ask("read", sources=[str(folder / f"{stem}.png")], weights=str(weights))
            for stem in ("p4", "p5")
        }
    finally:
        worker.close()


@pytest.fixture
def done(review: ReviewWorkspace, qtbot: QtBot, lines: dict[str, dict]) -> ReviewWorkspace:
    """Review with both crops of val read: what the reader said of them before arrives again."""
    for one in review.controller.items.items:
        line = {**lines[Path(one.path).stem], "source": one.path}
        review.controller.desk.read.emit(ReadTarget(one.path, one.id), PictureReading.from_line(line))
    qtbot.waitUntil(lambda: review.canvas.picture is not None and item(review, "p4").labels is not None)
    return review


def item(review: ReviewWorkspace, stem: str) -> ReviewItem:
    return next(one for one in review.controller.items.items if one.name.startswith(stem))


def label_lines(project: Path, stem: str, split: str = "val") -> list[list[str]]:
    path = project / "labels" / split / f"{stem}.txt"
    return [line.split() for line in path.read_text().splitlines()] if path.is_file() else []


def label_text(project: Path, stem: str) -> str:
    """The classes in a crop's label file, from left to right."""
    rows = sorted(label_lines(project, stem), key=lambda row: float(row[1]))
    return "".join(NAMES[int(row[0])] for row in rows)


def draw_read_boxes(project: Path, review: ReviewWorkspace, stem: str, text: str) -> None:
    """Give a crop a label file with a character where each of its readings is, with the classes of ``text``."""
    one = item(review, stem)
    assert one.reading is not None
    lines = []
    for char, read in zip(text, one.reading.characters, strict=True):
        x1, y1, x2, y2 = read.box
        corners = ((x1 + 1, y1 + 2), (x2, y1 + 2), (x2, y2), (x1 + 1, y2))
        values = " ".join(f"{x / one.reading.width:.6f} {y / one.reading.height:.6f}" for x, y in corners)
        lines.append(f"{NAMES.index(char)} {values}")
    (project / "labels" / "val" / f"{stem}.txt").write_text("\n".join(lines) + "\n")


# -- what there is to do


@pytest.fixture
def no_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without starter weights."""
    monkeypatch.setattr("lpstudio.studio.review.weights.starter_weights", list)


@pytest.mark.usefixtures("no_starter")
def test_an_empty_review_says_what_to_do_and_has_the_buttons_for_it(empty_studio: MainWindow, qtbot: QtBot) -> None:
    review = go_to_review(empty_studio, qtbot)
    assert review.guide.isVisible() and "Nothing under review" in review.guide.title.text()
    assert [button.isEnabled() for button in review.guide.buttons] == [True, True, True]
    qtbot.waitUntil(review.hint.isVisible)
    assert "Train a model" in review.hint.label.text()


@pytest.mark.usefixtures("no_starter")
def test_the_val_split_is_under_review_and_without_weights_nothing_can_be_read(
    studio: MainWindow, qtbot: QtBot
) -> None:
    review = go_to_review(studio, qtbot)
    qtbot.waitUntil(lambda: review.list_panel.model.rowCount() == 2)
    assert review.head.source.text() == "split val"
    assert not review.head.read_button.isEnabled()
    qtbot.waitUntil(lambda: review.canvas.picture is not None)


@pytest.mark.slow
def test_weights_that_are_not_there_are_named_and_the_window_lives_on(
    studio: MainWindow, qtbot: QtBot, tmp_path: Path, allow_log_errors: list[str]
) -> None:
    review = go_to_review(studio, qtbot)
    qtbot.waitUntil(lambda: len(review.controller.items.items) == 2)
    gone = tmp_path / "gone.pt"
    gone.write_bytes(b"no weights at all")
    drop(studio, gone)
    qtbot.waitUntil(lambda: review.controller.choice.own_file == gone and review.controller.can_read)
    press(studio, Qt.Key.Key_R, ctrl=True)
    qtbot.waitUntil(lambda: any("gone.pt" in notice.text for notice in studio.notice_bar.notices), timeout=LONG)
    assert not review.controller.desk.active


# -- reading


def test_a_split_is_read_and_shows_every_character_with_its_two_candidates(
    review: ReviewWorkspace, qtbot: QtBot
) -> None:
    read_all(review, qtbot)
    first = item(review, "p4")
    assert review.controller.current is first and first.reading is not None
    assert len(review.canvas.shapes) >= 7 and len(review.canvas.tags) == 7
    assert len(review.strip.cells) == 7 and all(cell.glyph is not None for cell in review.strip.cells)
    table = review.side.table.table_model
    assert table.rowCount() == 7
    seen = first.reading.characters[2]
    shown = [table.index(2, column).data() for column in range(table.columnCount())]
    assert shown[1] == seen.first.char == review.canvas.tags[2].first
    assert shown[2] == f"{seen.first.probability:.1%}"
    assert seen.second is not None and shown[3] == seen.second.char == review.canvas.tags[2].second
    assert review.side.plate.text == first.text
    assert review.side.plate.hypotheses.accessibleDescription().count("%") >= 1


def test_a_missing_file_is_named_and_the_rest_is_read(
    review: ReviewWorkspace, qtbot: QtBot, small_project: Path
) -> None:
    (small_project / "images" / "val" / "p4.png").unlink()
    read_all(review, qtbot)
    assert item(review, "p4").state is ItemState.FAILED and "p4.png" in item(review, "p4").error
    assert item(review, "p5").state is ItemState.READ
    review.list_panel.show_box.setCurrentIndex(review.list_panel.show_box.findData(Show.UNREAD))
    assert [review.list_panel.model.item(row).name for row in range(review.list_panel.model.rowCount())] == ["p4.png"]
    qtbot.waitUntil(lambda: "1 not readable" in review.list_panel.count_label.text())


def test_disagreeing_labels_are_marked_and_listed(done: ReviewWorkspace, qtbot: QtBot) -> None:
    review = done
    box = review.list_panel.show_box
    box.setCurrentIndex(box.findData(Show.DISAGREES))
    assert [review.list_panel.model.item(row).name for row in range(review.list_panel.model.rowCount())] == ["p4.png"]
    order = review.list_panel.order_box
    order.setCurrentIndex(order.findData(Order.MARGIN))
    assert review.list_panel.model.rowCount() == 1


@pytest.mark.slow
def test_another_format_reads_the_picture_in_front_again(review: ReviewWorkspace, qtbot: QtBot) -> None:
    read_all(review, qtbot)
    formats = review.head.formats
    formats.setFocus()
    QTest.keyClick(formats, Qt.Key.Key_Down)
    QTest.keyClick(formats, Qt.Key.Key_Down)
    formats.activated.emit(formats.currentIndex())
    assert review.head.pattern.isVisible()
    review.head.pattern.setFocus()
    QTest.keyClicks(review.head.pattern, "LLLLLLL")
    press(review.head.pattern, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: review.controller.choice.formats == "LLLLLLL")
    current = review.controller.current
    assert current is not None

    def formats_read() -> set[str]:
        assert current is not None and current.reading is not None
        return {hypothesis.format for hypothesis in current.reading.plates[0].hypotheses}

    assert "LLLLLLL" not in formats_read()
    qtbot.waitUntil(lambda: "LLLLLLL" in formats_read(), timeout=LONG)


@pytest.mark.slow
def test_looking_twice_reads_the_picture_in_front_again_and_read_the_others(
    review: ReviewWorkspace, qtbot: QtBot, studio: MainWindow
) -> None:
    read_all(review, qtbot)
    current = review.controller.current
    assert current is not None and current.reading is not None
    once, number = current.reading, len(review.controller.items.items)
    before = [one.reading for one in review.controller.items.items]
    look_twice = studio.commands.action("review.twice")
    look_twice.trigger()
    assert look_twice.isChecked()
    qtbot.waitUntil(lambda: current.reading is not once, timeout=LONG)
    qtbot.waitUntil(lambda: not review.controller.desk.active, timeout=LONG)
    read_all(review, qtbot)
    assert number > 1 and all(
        item.reading is not old for item, old in zip(review.controller.items.items, before, strict=True)
    )


# -- deciding


def test_accepting_a_whole_reading_verifies_the_crop_and_goes_on_and_can_be_undone(
    done: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow
) -> None:
    review = done
    session = studio.session
    assert session is not None
    review.controller.select(item(review, "p5").id)
    text = item(review, "p5").text
    press(review.strip, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: label_text(small_project, "p5") == text)
    assert session.state("images/val/p5.png") is CropState.VERIFIED
    assert review.controller.current is item(review, "p4")
    press(studio, Qt.Key.Key_Z, ctrl=True)
    qtbot.waitUntil(lambda: not (small_project / "labels/val/p5.txt").exists())
    qtbot.waitUntil(lambda: session.state("images/val/p5.png") is CropState.UNLABELLED)
    assert review.controller.current is item(review, "p5") and item(review, "p5").state is ItemState.READ
    press(studio, Qt.Key.Key_Y, ctrl=True)
    qtbot.waitUntil(lambda: label_text(small_project, "p5") == text)


def test_a_typed_letter_corrects_only_the_class_of_the_drawn_character(
    done: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow
) -> None:
    review = done
    draw_read_boxes(small_project, review, "p4", "ABCDEFG")
    before = label_lines(small_project, "p4")
    review.strip.setFocus()
    QTest.mouseClick(review.strip, Qt.MouseButton.LeftButton, pos=review.strip.cell_rect(2).center())
    QTest.keyClicks(review.strip, "z")
    qtbot.waitUntil(lambda: label_text(small_project, "p4") == "ABZDEFG")
    after = label_lines(small_project, "p4")
    for row, old in zip(after, before, strict=True):
        assert [float(value) for value in row[1:]] == pytest.approx([float(value) for value in old[1:]], abs=1e-5)
    assert review.strip.active == 3
    assert studio.session is not None and studio.session.state("images/val/p4.png") is CropState.LABELLED
    press(studio, Qt.Key.Key_Z, ctrl=True)
    qtbot.waitUntil(lambda: label_text(small_project, "p4") == "ABCDEFG")


def test_tab_takes_the_second_candidate_and_enter_accepts_and_both_go_on(
    done: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow
) -> None:
    review = done
    review.controller.select(item(review, "p5").id)
    one = item(review, "p5")
    assert one.reading is not None
    first, second = one.reading.characters[:2]
    expected = "".join((first.second.char if first.second else "", second.chosen))
    review.strip.setFocus()
    press(review.strip, Qt.Key.Key_Tab)
    assert review.strip.active == 1
    press(review.strip, Qt.Key.Key_Return)
    assert review.strip.active == 2
    qtbot.waitUntil(lambda: label_text(small_project, "p5") == expected)
    assert studio.session is not None and studio.session.state("images/val/p5.png") is CropState.IN_PROGRESS
    assert [mark.decided for mark in one.marks] == [True, True, False, False, False, False, False]


def test_letters_typed_on_the_picture_and_arrows_work_too(done: ReviewWorkspace, qtbot: QtBot) -> None:
    review = done
    review.controller.select(item(review, "p5").id)
    qtbot.waitUntil(lambda: review.canvas.picture is not None)
    box = review.canvas.shapes[4].box
    place = review.canvas.to_widget((box[0] + box[2]) / 2, (box[1] + box[3]) / 2).toPoint()
    QTest.mouseClick(review.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert review.strip.active == 4
    press(review.canvas, Qt.Key.Key_Left)
    QTest.keyClicks(review.canvas, "7")
    assert item(review, "p5").text[3] == "7" and review.strip.active == 4
    press(review.canvas, Qt.Key.Key_Up)
    assert review.controller.current is item(review, "p4")


def test_a_character_that_is_none_is_left_out(done: ReviewWorkspace, qtbot: QtBot, small_project: Path) -> None:
    review = done
    review.controller.select(item(review, "p5").id)
    text = item(review, "p5").text
    review.strip.setFocus()
    press(review.strip, Qt.Key.Key_Delete)
    press(review.strip, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: label_text(small_project, "p5") == text[1:])


def test_a_hypothesis_can_be_taken_with_the_mouse(done: ReviewWorkspace, qtbot: QtBot) -> None:
    review = done
    current = review.controller.current
    assert current is not None and current.reading is not None
    other = current.reading.plates[0].hypotheses[1]
    row = review.side.plate.hypotheses.row_rect(1)
    QTest.mouseClick(review.side.plate.hypotheses, Qt.MouseButton.LeftButton, pos=row.center())
    assert review.side.plate.text == other.text


def test_a_reading_kept_as_a_draft_stays_out_of_the_labels_and_off_a_persons_work(
    done: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow
) -> None:
    before = label_lines(small_project, "p4")
    session = studio.session
    assert session is not None
    studio.run_command("review.draft_all")
    qtbot.waitUntil(lambda: session.state("images/val/p5.png") is CropState.DRAFT)
    assert not (small_project / "labels/val/p5.txt").exists()
    assert label_lines(small_project, "p4") == before
    assert session.state("images/val/p4.png") is CropState.LABELLED


def test_what_was_changed_elsewhere_since_is_not_overwritten_by_an_undo(
    done: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow
) -> None:
    review = done
    session = studio.session
    assert session is not None
    review.controller.select(item(review, "p5").id)
    press(review.strip, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: len(label_lines(small_project, "p5")) == 7)
    qtbot.waitUntil(lambda: session.pending == 0)
    (small_project / "labels/val/p5.txt").write_text("0 0.1 0.1 0.2 0.1 0.2 0.2\n")
    press(studio, Qt.Key.Key_Z, ctrl=True)
    qtbot.waitUntil(lambda: any("changed elsewhere" in notice.text for notice in studio.notice_bar.notices))
    assert len(label_lines(small_project, "p5")) == 1


def test_a_picture_from_elsewhere_joins_the_project_with_its_characters_as_a_draft(
    review: ReviewWorkspace, qtbot: QtBot, small_project: Path, studio: MainWindow, tmp_path: Path
) -> None:
    session = studio.session
    assert session is not None
    outside = tmp_path / "found.png"
    shutil.copy(small_project / "images/val/p5.png", outside)
    drop(studio, outside)
    qtbot.waitUntil(lambda: len(review.controller.items.items) == 1)
    read_all(review, qtbot)
    press(studio, Qt.Key.Key_I, ctrl=True)
    key = "images/train/found.png"
    qtbot.waitUntil(lambda: session.index.position(key) is not None and session.state(key) is CropState.DRAFT)
    assert "".join(c.char for c in session.project.load(key).characters) == item(review, "found").text


# -- survival


@pytest.fixture
def many(small_project: Path, tmp_path: Path) -> Path:
    """A folder of 120 pictures."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(120):
        shutil.copy(small_project / "images/val/p5.png", folder / f"c{number}.png")
    return folder


def readings(review: ReviewWorkspace) -> int:
    return sum(one.reading is not None for one in review.controller.items.items)


def begin(review: ReviewWorkspace, qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Review a folder and wait for the first readings."""
    drop(window, folder)
    qtbot.waitUntil(lambda: len(review.controller.items.items) == 120)
    press(window, Qt.Key.Key_R, ctrl=True)
    qtbot.waitUntil(lambda: readings(review) > 0, timeout=LONG)


@pytest.mark.slow
def test_reading_can_be_stopped_and_what_was_read_stays(
    review: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, many: Path
) -> None:
    begin(review, qtbot, studio, many)
    assert review.head.progress.isVisible() and "of 120" in review.head.progress_text.text()
    QTest.mouseClick(review.head.stop_button, Qt.MouseButton.LeftButton)
    stopped_at = readings(review)
    qtbot.wait(300)
    assert 0 < readings(review) == stopped_at < 120
    assert not review.head.progress.isVisible() and "review.reading" not in studio.status.tasks


@pytest.mark.slow
def test_a_killed_reader_is_survived_and_reading_goes_on_where_it_broke_off(
    review: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, many: Path
) -> None:
    begin(review, qtbot, studio, many)
    os.kill(studio.workers.reader.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: studio.notice_bar.action_button.text() == "Read on", timeout=20000)
    kept = {one.id: one.reading for one in review.controller.items.items if one.reading is not None}
    assert 0 < len(kept) < 120
    QTest.mouseClick(studio.notice_bar.action_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: readings(review) == 120, timeout=LONG)
    assert all(review.controller.items.items[at].reading is reading for at, reading in kept.items())
    assert all(one.state is ItemState.READ for one in review.controller.items.items)


def test_choices_and_panels_are_remembered(
    review: ReviewWorkspace, qtbot: QtBot, studio: MainWindow, project_text: Callable[[str], str]
) -> None:
    review.controller.use_formats("LLL DDD")
    studio.commands.action("review.twice").trigger()
    review.save_state(studio.settings)
    again = ReviewWorkspace(studio)
    again.controller.choice.formats = "ph"
    assert studio.settings.value("review/formats") == "LLL DDD"
    assert studio.settings.value("review/twice", type=bool) is True
    again.shut_down()
    again.deleteLater()


@pytest.mark.usefixtures("no_starter")
@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_of_weights_is_chosen_again_at_the_next_start_while_it_exists(
    studio: MainWindow,
    open_in: Callable[[MainWindow, Path], None],
    small_project: Path,
    qtbot: QtBot,
    tmp_path: Path,
    is_there: bool,
) -> None:
    own = tmp_path / "own.pt"
    own.write_bytes(b"nothing is read with it")
    go_to_review(studio, qtbot)
    drop(studio, own)
    choice = go_to_review(studio, qtbot).controller.choice
    qtbot.waitUntil(lambda: choice.own_file == own, timeout=10000)
    studio.close()
    qtbot.waitUntil(lambda: not studio.isVisible())
    if not is_there:
        own.unlink()
    later = MainWindow(studio.settings)
    later.show()
    try:
        open_in(later, small_project)
        head = go_to_review(later, qtbot).head
        qtbot.waitUntil(
            lambda: head.weights.currentText() == ("own.pt" if is_there else "no weights yet"), timeout=10000
        )
    finally:
        close_window(later)


def test_the_context_menu_stands_at_the_list_with_the_commands_for_a_picture(
    done: ReviewWorkspace, qtbot: QtBot, studio: MainWindow
) -> None:
    review = done
    shown: list[str] = []

    def close_menu() -> None:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            shown.extend(action.text() for action in popup.actions())
            popup.close()

    from PySide6.QtCore import QTimer

    QTimer.singleShot(200, close_menu)
    review.list_panel.menu_requested.emit(studio.mapToGlobal(QPoint(100, 300)))
    assert any("Accept" in text for text in shown) and any("Annotat" in text for text in shown)
