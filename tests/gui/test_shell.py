"""The window: projects in and out, bars that tell the truth, nothing lost on closing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.studio import recent, theme
from lpstudio.studio.activity_dialog import ActivityDialog
from lpstudio.studio.app import FaultCatcher, open_window
from lpstudio.studio.help_dialog import PAGES, HelpDialog
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.new_project_dialog import NewProjectDialog
from lpstudio.studio.places import open_settings
from lpstudio.studio.settings_dialog import SettingsDialog
from lpstudio.studio.workspace import Notice, Severity
from tests.annotate.hands import Hands

from .conftest import close_window

CONTROL = Qt.KeyboardModifier.ControlModifier

SQUARE = ((10.0, 20.0), (30.0, 20.0), (30.0, 60.0), (10.0, 60.0))
BARE = "images/train/p2.png"
OpenIn = Callable[[MainWindow, Path], None]


def _drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, left, none))


def _texts(window: MainWindow) -> str:
    return "\n".join(notice.text for notice in window.notice_bar.notices)


# -- the start ---------------------------------------------------------------------------------------------------------


def test_the_start_loads_nothing_heavy_and_stays_small(tmp_path: Path) -> None:
    code = """
import json, sys
from pathlib import Path
from lpstudio.studio import theme
from lpstudio.studio.app import make_application, open_window, start_logging
from lpstudio.studio.places import open_settings
application = make_application(["lpstudio"])
start_logging()
settings = open_settings()
theme.install(application, "dark")
window = open_window(None, settings)
window.first_painted.connect(application.quit)
application.exec()
loaded = sorted({name.partition(".")[0] for name in sys.modules})
status = Path("/proc/self/status")  # not ru_maxrss: that one begins with the size of the parent
lines = status.read_text().splitlines() if status.exists() else []
peak = max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), default=0)
window.close()
print(json.dumps([loaded, peak]))
"""
    environment = {**os.environ, "LPSTUDIO_SETTINGS": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    loaded, peak = json.loads(done.stdout)
    heavy = {"torch", "ultralytics", "cv2", "numpy", "yaml", "PIL", "pyqtgraph", "tomlkit", "sqlite3", "av", "shapely"}
    assert not heavy & set(loaded)
    assert peak < 200, f"{peak:.0f} MB"


def test_the_program_opens_a_project_and_ends_cleanly_on_a_signal(small_project: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LPSTUDIO_SETTINGS": str(tmp_path / "own"), "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen([sys.executable, "-m", "lpstudio", str(small_project)], env=environment)
    log = tmp_path / "own" / "studio.log"
    deadline = time.monotonic() + 30
    while not (log.is_file() and "is open" in log.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_demo_is_made_and_opens_with_drafts_of_plates_nothing_was_trained_on(
    empty_studio: MainWindow, qtbot: QtBot
) -> None:
    qtbot.mouseClick(empty_studio.empty_state.buttons["file.demo"], Qt.MouseButton.LeftButton)
    assert "synthetic plates" in empty_studio.status.tasks["open"].text
    qtbot.waitUntil(lambda: empty_studio.session is not None and empty_studio.session.is_scanned, timeout=120000)
    assert empty_studio.session is not None
    assert empty_studio.session.counts[CropState.LABELLED] == 60
    assert empty_studio.session.counts[CropState.DRAFT] == 12
    hands = Hands(empty_studio, qtbot)
    hands.wait_open("new01")
    qtbot.waitUntil(lambda: bool(hands.chars))
    assert hands.state() is CropState.DRAFT and len(hands.chars) >= 5 and "?" not in hands.chars
    assert "open" not in empty_studio.status.tasks


def test_the_first_screen_says_what_to_do(empty_studio: MainWindow) -> None:
    assert empty_studio.stack.currentWidget() is empty_studio.empty_state
    assert [button.text() for button in empty_studio.empty_state.buttons.values()] == [
        "Open project…",
        "New from crops…",
        "Try the demo",
    ]
    assert not empty_studio.commands.action("file.save").isEnabled()


def test_everything_fits_the_small_size(studio: MainWindow) -> None:
    studio.resize(1280, 800)
    for workspace in ("annotate", "similarity", "train", "review"):
        studio.show_workspace(workspace)
        assert studio.minimumSizeHint().width() <= 1280, workspace
        assert studio.minimumSizeHint().height() <= 800, workspace


# -- projects ----------------------------------------------------------------------------------------------------------


def test_an_opened_project_is_named_counted_and_remembered(studio: MainWindow, small_project: Path) -> None:
    assert studio.windowTitle().startswith("plates – LP Studio")
    assert studio.top_bar.project.text() == "plates"
    assert recent.recent_projects(studio.settings) == [small_project]


def test_the_status_line_counts_what_is_verified_and_says_what_is_saved(studio: MainWindow, qtbot: QtBot) -> None:
    assert studio.session is not None
    qtbot.waitUntil(lambda: studio.status.verified.text() == "0/6 verified", timeout=10000)
    studio.session.save(BARE, CropContent((Character(SQUARE, "X"),)), CropState.VERIFIED)
    qtbot.waitUntil(lambda: studio.status.verified.text() == "1/6 verified", timeout=10000)
    qtbot.waitUntil(lambda: studio.status.saved.text() == "saved ✓", timeout=10000)
    studio.session.set_state("images/train/p3.png", CropState.IGNORED)
    qtbot.waitUntil(lambda: studio.status.verified.text() == "1/5 verified", timeout=10000)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        (None, "data.yaml"),
        ("names: [a\ntrain: x\n", "data.yaml:"),
        ("train: images\nnames: [plate, car]\n", "data.yaml"),
    ],
)
def test_what_is_no_project_is_one_clear_notice(
    empty_studio: MainWindow, tmp_path: Path, qtbot: QtBot, yaml: str | None, words: str
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    if yaml is not None:
        (folder / "data.yaml").write_text(yaml)
    empty_studio.open_project(folder)
    qtbot.waitUntil(lambda: bool(empty_studio.notice_bar.notices), timeout=10000)
    notice = empty_studio.notice_bar.notices[-1]
    assert notice.severity is Severity.ERROR
    assert words in notice.text
    assert "Traceback" not in notice.text
    assert empty_studio.session is None


def test_a_project_that_cannot_be_opened_leaves_the_open_one(
    studio: MainWindow, tmp_path: Path, qtbot: QtBot, small_project: Path
) -> None:
    studio.open_project(tmp_path / "nowhere")
    qtbot.waitUntil(lambda: bool(studio.notice_bar.notices), timeout=10000)
    assert studio.session is not None
    assert studio.session.project.root == small_project


def test_another_project_takes_the_place_of_the_first(
    studio: MainWindow, tmp_path: Path, small_project: Path, open_in: OpenIn
) -> None:
    import shutil

    other = tmp_path / "other"
    shutil.copytree(small_project, other)
    (other / "images" / "train" / "p3.png").unlink()
    open_in(studio, other)
    assert studio.session is not None
    assert len(studio.session.index) == 5
    assert recent.recent_projects(studio.settings) == [other, small_project]


def test_a_recent_project_opens_with_a_click_and_leaves_the_list_with_another(
    application: QApplication, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    settings = open_settings()
    recent.note_opened(settings, tmp_path / "gone")
    recent.note_opened(settings, small_project)
    window = MainWindow(settings)
    window.show()
    buttons = window.empty_state.recent_buttons
    assert [button.toolTip() for button in buttons] == [str(small_project), str(tmp_path / "gone")]
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session is not None and window.session.is_scanned, timeout=10000)
    window.close_project()
    window.empty_state.forget_wanted.emit(tmp_path / "gone")
    assert recent.recent_projects(settings) == [small_project]
    close_window(window)


def test_the_last_project_opens_by_itself_when_the_settings_say_so(
    application: QApplication, small_project: Path, qtbot: QtBot
) -> None:
    settings = open_settings()
    settings.setValue("projects/last", str(small_project))
    settings.setValue("start/reopen", True)
    window = open_window(None, settings)
    qtbot.waitUntil(lambda: window.session is not None and window.session.is_scanned, timeout=10000)
    close_window(window)


def test_a_new_project_is_made_from_a_folder_of_crops(
    empty_studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    qtbot.keyClick(empty_studio, Qt.Key.Key_N, CONTROL)
    dialog = empty_studio.findChild(NewProjectDialog)
    assert dialog is not None
    assert not dialog.make.isEnabled()
    dialog.source.setText(str(tmp_path / "nowhere"))
    assert "no such folder" in dialog.found.text()
    qtbot.keyClicks(dialog.source, "")
    dialog.source.setText(str(small_project / "images"))
    qtbot.waitUntil(lambda: "6 pictures" in dialog.found.text(), timeout=10000)
    dialog.out.setText(str(tmp_path / "made"))
    dialog.val_share.setValue(50)
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty_studio.session is not None and empty_studio.session.is_scanned, timeout=100000)
    assert empty_studio.session is not None
    assert len(empty_studio.session.index) == 6
    assert (tmp_path / "made" / "data.yaml").is_file()
    assert len(empty_studio.session.index.range_of("val")) == 3


def test_warnings_of_a_project_are_shown(empty_studio: MainWindow, small_project: Path, open_in: OpenIn) -> None:
    (small_project / "lpstudio.toml").write_text("[similarity\n")
    open_in(empty_studio, small_project)
    assert "lpstudio.toml" in _texts(empty_studio)


# -- drag and drop -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["", "data.yaml"])
def test_a_dropped_folder_or_yaml_opens(empty_studio: MainWindow, small_project: Path, qtbot: QtBot, part: str) -> None:
    _drop(empty_studio, small_project / part)
    qtbot.waitUntil(lambda: empty_studio.session is not None and empty_studio.session.is_scanned, timeout=10000)


def test_a_dropped_folder_of_pictures_becomes_the_form_for_a_new_project(
    empty_studio: MainWindow, small_project: Path, qtbot: QtBot
) -> None:
    _drop(empty_studio, small_project / "images")
    qtbot.waitUntil(lambda: empty_studio.findChild(NewProjectDialog) is not None, timeout=10000)
    dialog = empty_studio.findChild(NewProjectDialog)
    assert dialog is not None
    assert dialog.source.text() == str(small_project / "images")
    dialog.reject()


def test_dropped_pictures_are_added_to_the_project(
    studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio.show_workspace("similarity")
    picture = tmp_path / "new.png"
    picture.write_bytes((small_project / BARE).read_bytes())
    assert studio.session is not None
    session = studio.session
    _drop(studio, picture)
    qtbot.waitUntil(lambda: len(session.index) == 7, timeout=10000)
    assert "1 crop added" in _texts(studio)
    assert "add" not in studio.status.tasks


def test_dropped_weights_go_to_review(studio: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    weights = tmp_path / "best.pt"
    weights.write_bytes(b"no weights")
    _drop(studio, weights)
    qtbot.waitUntil(lambda: studio.current_workspace == "review", timeout=10000)


def test_pictures_without_a_project_and_strange_files_are_answered(
    empty_studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    _drop(empty_studio, small_project / BARE)
    qtbot.waitUntil(lambda: "Open a project" in _texts(empty_studio), timeout=10000)
    strange = tmp_path / "notes.docx"
    strange.write_bytes(b"")
    _drop(empty_studio, strange)
    qtbot.waitUntil(lambda: "notes.docx" in _texts(empty_studio), timeout=10000)


# -- closing -----------------------------------------------------------------------------------------------------------


def test_closing_the_window_writes_what_waits(studio: MainWindow, small_project: Path, qtbot: QtBot) -> None:
    assert studio.session is not None
    studio.session.save(BARE, CropContent((Character(SQUARE, "X"),)))
    studio.close()
    qtbot.waitUntil(lambda: not studio.isVisible())
    assert (small_project / "labels" / "train" / "p2.txt").is_file()


def test_the_window_stays_open_with_the_work_when_it_cannot_be_saved(
    studio: MainWindow, small_project: Path, qtbot: QtBot
) -> None:
    in_the_way = small_project / "labels" / "train" / "p2.txt"
    in_the_way.mkdir()
    assert studio.session is not None
    studio.session.save(BARE, CropContent((Character(SQUARE, "X"),)))
    qtbot.waitUntil(lambda: studio.status.saved.text() == "kept in journal", timeout=10000)
    studio.close()
    qtbot.waitUntil(lambda: "stays open" in studio.notice_bar.label.text())
    assert studio.isVisible()
    assert "p2" in studio.notice_bar.label.text()
    assert studio.notice_bar.action_button.text() == "Try again"
    in_the_way.rmdir()
    qtbot.mouseClick(studio.notice_bar.action_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.status.saved.text() == "saved ✓", timeout=10000)
    qtbot.waitUntil(in_the_way.is_file)
    assert in_the_way.read_text().startswith("23 ")
    studio.close()
    qtbot.waitUntil(lambda: not studio.isVisible())


def test_what_cannot_be_saved_may_be_given_up_on_purpose(studio: MainWindow, small_project: Path, qtbot: QtBot) -> None:
    (small_project / "labels" / "train" / "p2.txt").mkdir()
    assert studio.session is not None
    assert not studio.commands.action("file.abandon").isEnabled()
    studio.session.save(BARE, CropContent((Character(SQUARE, "X"),)))
    qtbot.waitUntil(lambda: studio.status.saved.text() == "kept in journal", timeout=10000)
    studio.run_command("file.abandon")
    assert studio.session is None
    studio.close()
    qtbot.waitUntil(lambda: not studio.isVisible())


def test_geometry_and_panels_are_remembered(application: QApplication, small_project: Path, open_in: OpenIn) -> None:
    first = MainWindow(open_settings())
    first.show()
    first.resize(1000, 650)
    open_in(first, small_project)
    first.show_workspace("similarity")
    workspace = first.workspace("similarity")
    workspace.order.setChecked(False)  # type: ignore[union-attr]
    close_window(first)
    second = MainWindow(open_settings())
    second.show()
    assert second.height() == 650  # the width is bounded by the small screen of the tests
    open_in(second, small_project)
    restored = second.workspace("similarity")
    assert restored.order.isChecked() is False  # type: ignore[union-attr]
    close_window(second)


# -- bars and dialogs --------------------------------------------------------------------------------------------------


def test_ctrl_and_a_number_go_to_a_workspace(studio: MainWindow, qtbot: QtBot) -> None:
    for key, workspace in ((Qt.Key.Key_2, "similarity"), (Qt.Key.Key_4, "review"), (Qt.Key.Key_1, "annotate")):
        qtbot.keyClick(studio, key, CONTROL)
        qtbot.waitUntil(lambda workspace=workspace: studio.current_workspace == workspace)
        assert [button.isChecked() for button in studio.rail.buttons].count(True) == 1


def test_a_notice_runs_its_command_and_can_be_dismissed(studio: MainWindow, qtbot: QtBot) -> None:
    studio.notify(Notice("First", Severity.WARNING))
    studio.notify(Notice("Second", Severity.ERROR, "go.similarity", "Go there"))
    assert studio.notice_bar.label.text() == "Second"
    qtbot.mouseClick(studio.notice_bar.action_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.current_workspace == "similarity")
    assert studio.notice_bar.label.text() == "First"
    qtbot.mouseClick(studio.notice_bar.close_button, Qt.MouseButton.LeftButton)
    assert not studio.notice_bar.isVisible()


def test_a_notice_moves_nothing_under_it(studio: MainWindow) -> None:
    before = studio.stack.geometry()
    studio.notify(Notice("The disk is full. " * 12, Severity.ERROR, "file.save", "Try again"))
    QApplication.processEvents()
    assert studio.notice_bar.isVisible()
    assert studio.stack.geometry() == before
    assert studio.notice_bar.height() >= studio.notice_bar.label.heightForWidth(studio.notice_bar.label.width())
    inside = studio.stack.mapTo(studio.centralWidget(), studio.stack.rect().topLeft())
    assert studio.notice_bar.geometry().left() > inside.x()
    assert studio.notice_bar.geometry().right() < inside.x() + studio.stack.width()


def test_the_same_notice_is_not_piled_up(studio: MainWindow) -> None:
    for _ in range(5):
        studio.notify(Notice("The disk is full", Severity.ERROR))
    assert len(studio.notice_bar.notices) == 1


def test_running_work_shows_its_progress_and_can_be_stopped(studio: MainWindow, qtbot: QtBot) -> None:
    studio.set_task("train", "training 12/300", 0.04, "go.train")
    studio.set_task("read", "reading", None)
    studio.set_task("open", "opening", None)
    assert studio.status.more.text() == "1 more running"
    view = studio.status._views[0]
    assert (view.text.text(), view.bar.value(), view.bar.maximum()) == ("training 12/300", 40, 1000)
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.current_workspace == "train")
    for task in ("train", "read", "open"):
        studio.end_task(task)
    assert not view.isVisible()


def test_a_click_in_the_status_line_tells_more(studio: MainWindow, qtbot: QtBot) -> None:
    studio.set_task("train", "training 12/300", 0.04)
    qtbot.mouseClick(studio.status.reader, Qt.MouseButton.LeftButton)
    dialog = studio.findChild(ActivityDialog)
    assert dialog is not None
    assert "training 12/300 – 4%" in dialog.summary.text()
    dialog.close()


def test_light_and_dark_are_chosen_and_remembered(studio: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(studio, Qt.Key.Key_Comma, CONTROL)
    dialog = studio.findChild(SettingsDialog)
    assert dialog is not None
    qtbot.mouseClick(dialog.theme_buttons["light"], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert not theme.is_dark()
    assert studio.settings.value("view/theme") == "light"
    dialog.close()
    studio.run_command("view.theme_dark")
    assert theme.is_dark()


def test_help_shows_every_page_and_all_shortcuts(studio: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(studio, Qt.Key.Key_F1)
    dialog = studio.findChild(HelpDialog)
    assert dialog is not None
    for name, _title in PAGES:
        dialog.show_page(name)
        text = dialog.browser.toPlainText()
        assert len(text) > 60, name
        assert "cannot be read" not in text[:40], name
    dialog.show_page("shortcuts")
    sheet = dialog.browser.toPlainText()
    for command in studio.commands:
        for _ in command.shortcuts:
            assert command.title.replace("&", "").rstrip("…") in sheet
    dialog.close()


def test_an_unforeseen_failure_is_told_and_the_window_lives_on(
    studio: MainWindow, qtbot: QtBot, allow_log_errors: list[str]
) -> None:
    catcher = FaultCatcher(studio)
    catcher.caught.connect(lambda text: studio.notify(Notice(text, Severity.ERROR)))
    catcher.install()
    try:
        try:
            raise ZeroDivisionError("a test")
        except ZeroDivisionError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    finally:
        catcher.uninstall()
    assert "ZeroDivisionError: a test" in _texts(studio)
    assert any("test_shell.py" in text for text in allow_log_errors)


def test_a_crashed_worker_is_told_with_a_way_to_its_log(studio: MainWindow, qtbot: QtBot) -> None:
    answers: list[str] = []
    studio.workers.tools.request("video_open", {"path": "/nowhere.mp4"}, on_error=answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=100000)
    os.kill(studio.workers.tools.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: "tools worker" in _texts(studio), timeout=10000)
    assert studio.notice_bar.action_button.text() == "Show its log"


def test_the_first_window_with_its_title_bar_fits_on_the_screen(empty_studio: MainWindow) -> None:
    room = empty_studio.screen().availableGeometry().height()
    assert empty_studio.height() <= min(800, room - 40)


def test_the_menu_of_the_project_reads_from_left_to_right(studio: MainWindow, qtbot: QtBot) -> None:
    menu = studio.top_bar.project_menu
    seen: list[Qt.LayoutDirection] = []

    def look_and_close() -> None:
        seen.append(menu.layoutDirection())
        menu.close()

    menu.aboutToShow.connect(lambda: QTimer.singleShot(0, menu, look_and_close))
    qtbot.mouseClick(studio.top_bar.project, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(seen), timeout=10000)
    assert seen == [Qt.LayoutDirection.LeftToRight]
