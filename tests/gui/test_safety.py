"""What keeps work safe, in the window: recovery, two versions, a second studio, vanished folders, backups."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from pytestqt.qtbot import QtBot

from lpstudio.dataset.backup import back_up
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.safety.restore_dialog import RestoreDialog
from lpstudio.studio.workspace import Notice, Severity

from .conftest import OpenIn, character_box

P0, P1 = "images/train/p0.png", "images/train/p1.png"
THEIRS = "14 0.1 0.3 0.2 0.3 0.2 0.7 0.1 0.7\n"


class Desk:
    """A person at Annotate."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self.annotate: Any = window.workspace("annotate")
        window.show_workspace("annotate")
        self.wait_for(P0)

    @property
    def session(self) -> Any:
        assert self.window.session is not None
        return self.window.session

    def wait_for(self, key: str) -> None:
        editor = self.annotate.editor
        self.qtbot.waitUntil(lambda: editor.document is not None and editor.document.key == key)

    def go(self, key: str) -> None:
        self.annotate.show_crop(key)
        self.wait_for(key)

    def label(self, position: int, char: str) -> None:
        """Click a character and type its class."""
        x1, y1, x2, y2 = character_box(position)
        canvas = self.annotate.canvas
        place = canvas.to_widget((x1 + x2) / 2, (y1 + y2) / 2).toPoint()
        self.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        self.qtbot.keyClick(canvas, char)

    def saved(self) -> None:
        self.qtbot.waitUntil(lambda: self.window.status.saved.text() == "saved ✓" and self.session.pending == 0)

    @property
    def chars(self) -> str:
        return "".join(character.char for character in self.annotate.editor.document.content.characters)

    def notices(self) -> list[str]:
        return [notice.text for notice in self.window.notice_bar.notices]

    def undo(self) -> None:
        self.qtbot.keyClick(self.annotate.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    def press_notice(self, title: str) -> None:
        self.qtbot.waitUntil(lambda: self.window.notice_bar.action_button.text() == title)
        self.qtbot.mouseClick(self.window.notice_bar.action_button, Qt.MouseButton.LeftButton)


@pytest.fixture
def desk(studio: MainWindow, qtbot: QtBot) -> Desk:
    return Desk(studio, qtbot)


def chars_in(project: Path, stem: str, split: str = "train") -> str:
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    lines = (project / "labels" / split / f"{stem}.txt").read_text().splitlines()
    return "".join(names[int(line.split()[0])] for line in lines)


# -- saved means saved -------------------------------------------------------------------------------------------------


def test_saved_is_shown_within_100_ms_and_not_before_it_is_true(desk: Desk, small_project: Path) -> None:
    desk.label(0, "X")
    desk.saved()  # the first gesture in a project makes its database
    took: list[float] = []
    for char in "MNKLMNKLMN":
        begun = time.perf_counter()
        desk.label(1, char)
        assert desk.window.status.saved.text() == "saving…"  # at once: the journal is written elsewhere
        desk.qtbot.waitUntil(lambda: desk.window.status.saved.text() == "saved ✓")
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.1  # the machine may be busy; the way itself takes no longer
    desk.saved()
    assert chars_in(small_project, "p0") == "XNC1234"


# -- after a crash -----------------------------------------------------------------------------------------------------

CRASH = """
import sys
from pathlib import Path
from tests.kill import driver
driver.draw_without_end(Path(sys.argv[1]), 5)
"""


def test_undo_goes_on_into_the_session_that_was_killed(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    with Project.open(small_project) as project:
        start = "".join(character.char for character in project.load(P0).characters)
        for name in ("train/p1", "train/p2", "train/p3", "val/p4", "val/p5"):
            (small_project / "images" / f"{name}.png").unlink()
    process = subprocess.Popen(
        [sys.executable, "-c", CRASH, str(small_project)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    shown = 0
    while shown < 5:
        line = process.stdout.readline()
        shown += line.startswith(f"saved {P0}")
    process.kill()
    process.wait()
    process.stdout.close()
    open_in(empty_studio, small_project)
    desk = Desk(empty_studio, qtbot)
    assert any("undo history can be recovered" in text for text in desk.notices())
    before = desk.annotate.editor.document.content
    assert not desk.annotate.editor.document.history.undo_title
    desk.label(3, "Q")  # working on before recovering loses none of either
    desk.press_notice("Recover undo")
    qtbot.waitUntil(lambda: any("can be undone again" in text for text in desk.notices()))
    desk.wait_for(P0)
    history = desk.annotate.editor.document.history
    assert len(history) >= 2
    desk.undo()
    assert desk.annotate.editor.document.content.characters == before.characters
    for _ in range(len(history)):
        desk.undo()
    desk.saved()
    assert desk.chars == start
    assert chars_in(small_project, "p0") == start
    assert not desk.window.commands.action("file.recover_history").isEnabled()


# -- two versions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_a_label_file_changed_elsewhere_after_an_edit_shows_both_versions_and_the_person_chooses(
    desk: Desk, small_project: Path, choice: str
) -> None:
    desk.label(0, "X")
    desk.saved()
    mine = chars_in(small_project, "p0")
    file = small_project / "labels/train/p0.txt"
    file.write_text(THEIRS)
    panel = desk.annotate.safety.panel
    desk.qtbot.waitUntil(panel.isVisible)
    assert desk.chars == mine
    assert file.read_text() == THEIRS
    assert desk.window.status.saved.text() == "two versions"
    assert (len(panel.mine.picture.shapes), len(panel.theirs.picture.shapes)) == (7, 1)
    assert "7 characters · XBC1234" in panel.mine.detail.text()
    assert "1 character · O" in panel.theirs.detail.text()
    bar = desk.window.notice_bar  # what happens meanwhile is said, but never over the two versions
    desk.window.notify(Notice("The last session was interrupted", Severity.WARNING))
    assert not QRect(bar.mapToGlobal(QPoint()), bar.size()).intersects(QRect(panel.mapToGlobal(QPoint()), panel.size()))
    desk.label(1, "Y")  # the work goes on; nothing is written over theirs meanwhile
    desk.qtbot.waitUntil(lambda: "XYC1234" in panel.mine.detail.text())
    assert file.read_text() == THEIRS
    button = panel.mine.button if choice == "mine" else panel.theirs.button
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: not panel.isVisible())
    assert bar.mapToGlobal(QPoint()).y() < desk.annotate.canvas.mapToGlobal(QPoint(0, 60)).y(), "back in its place"
    desk.saved()
    chosen, other = ("XYC1234", "O") if choice == "mine" else ("O", "XYC1234")
    assert (desk.chars, chars_in(small_project, "p0")) == (chosen, chosen)
    desk.undo()
    desk.saved()
    assert (desk.chars, chars_in(small_project, "p0")) == (other, other)


def test_a_crop_that_was_not_edited_is_reloaded_with_a_word(desk: Desk, small_project: Path) -> None:
    (small_project / "labels/train/p0.txt").write_text(THEIRS)
    desk.qtbot.waitUntil(lambda: desk.chars == "O")
    assert "changed elsewhere" in desk.annotate.words.word.text()
    assert not desk.annotate.safety.panel.isVisible()
    desk.undo()
    assert desk.chars == "ABC1234"


def test_two_versions_of_a_crop_that_is_not_on_the_screen_are_announced(desk: Desk, small_project: Path) -> None:
    desk.label(0, "X")
    desk.saved()
    desk.go(P1)
    (small_project / "labels/train/p0.txt").write_text(THEIRS)
    session = desk.session
    content = session.project.load(P1)
    session.save(P0, content, CropState.LABELLED)
    desk.press_notice("Show both")
    desk.wait_for(P0)
    desk.qtbot.waitUntil(desk.annotate.safety.panel.isVisible)
    assert (small_project / "labels/train/p0.txt").read_text() == THEIRS
    desk.window.close()  # the choice may wait: what was edited is in the journal
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())
    with Project.open(small_project) as project:
        assert [what.key for what in project.replayed.changed] == [P0]


# -- two studios -------------------------------------------------------------------------------------------------------

OTHER = """
import sys
from pathlib import Path
from lpstudio.studio.projects import open_claimed
project = open_claimed(Path(sys.argv[1]), take_over=sys.argv[2] == "take")
print(project.read_only, flush=True)
while sys.stdin.readline() == "wanted?\\n":
    print(project.ownership.wanted_by() is not None, flush=True)
project.close()
"""


class Other:
    """Another studio on the same project, in a process of its own."""

    def __init__(self, project: Path, how: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(project), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.write("end\n")
            self.process.stdin.close()
            self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def other(small_project: Path) -> Iterator[list[Other]]:
    there: list[Other] = []
    yield there
    for each in there:
        each.close()


def test_a_project_that_another_studio_has_is_looked_at_until_it_is_taken_over(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot, other: list[Other]
) -> None:
    other.append(Other(small_project, "open"))
    assert other[0].says() == "False"
    open_in(empty_studio, small_project)
    desk = Desk(empty_studio, qtbot)
    assert any("Another studio" in text and "only look" in text for text in desk.notices())
    assert empty_studio.status.saved.text() == "read only"
    desk.label(0, "X")
    assert desk.chars == "ABC1234"
    first = empty_studio.session
    QTimer.singleShot(300, other[0].close)  # it lets go when it is asked
    empty_studio.run_command("file.take_over")
    qtbot.waitUntil(lambda: empty_studio.session not in (None, first) and empty_studio.session.is_scanned)
    desk.wait_for(P0)
    assert not desk.session.project.read_only
    desk.label(0, "X")
    desk.saved()
    assert chars_in(small_project, "p0") == "XBC1234"


def test_a_project_that_another_studio_takes_over_becomes_read_only_with_everything_saved(
    desk: Desk, small_project: Path, other: list[Other]
) -> None:
    desk.label(0, "X")
    other.append(Other(small_project, "take"))
    desk.qtbot.waitUntil(lambda: desk.session.project.read_only)
    assert other[0].says() == "False"
    assert chars_in(small_project, "p0") == "XBC1234"
    assert any("took this project over" in text for text in desk.notices())
    desk.label(1, "Y")
    assert desk.chars == "XBC1234"
    assert desk.window.status.saved.text() == "read only"
    desk.window.close()  # and is in nobody's way
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())


# -- a folder that is gone ---------------------------------------------------------------------------------------------


def test_a_vanished_folder_keeps_the_work_here_and_gets_it_when_it_is_back(desk: Desk, small_project: Path) -> None:
    away = small_project.with_name("away")
    small_project.rename(away)
    desk.label(0, "X")
    desk.qtbot.waitUntil(lambda: desk.window.status.saved.text() == "kept in journal")
    # The notice tells of the moment: it may come before the journal has the edit, and says "kept here" then.
    desk.qtbot.waitUntil(lambda: any("folder is gone" in text and "is kept" in text for text in desk.notices()))
    desk.label(1, "Y")
    away.rename(small_project)
    desk.saved()  # by itself
    assert chars_in(small_project, "p0") == "XYC1234"


def test_a_project_may_be_left_to_the_journal_by_closing_twice(desk: Desk, small_project: Path) -> None:
    away = small_project.with_name("away")
    small_project.rename(away)
    desk.label(0, "X")
    desk.qtbot.waitUntil(lambda: desk.window.status.saved.text() == "kept in journal")
    desk.window.close()
    desk.qtbot.waitUntil(lambda: any("close once more" in text for text in desk.notices()))
    assert desk.window.isVisible()
    desk.window.close()
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())
    assert not small_project.exists()
    away.rename(small_project)
    with Project.open(small_project) as project:
        assert project.replayed.written == [P0]
    assert chars_in(small_project, "p0") == "XBC1234"


# -- closing and training wait without freezing ------------------------------------------------------------------------


def test_closing_waits_for_a_slow_disk_while_the_window_goes_on(
    desk: Desk, small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = desk.session.project
    save = project.save

    def slow(*arguments: object, **named: object) -> object:
        time.sleep(0.6)
        return save(*arguments, **named)

    monkeypatch.setattr(project, "save", slow)
    desk.label(0, "X")
    beats: list[float] = []
    timer = QTimer(desk.window)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(5)
    begun = time.perf_counter()
    desk.window.close()
    assert time.perf_counter() - begun < 0.2
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())
    timer.stop()
    assert len(beats) > 20  # the window answered all the time
    assert chars_in(small_project, "p0") == "XBC1234"


# -- backups -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_chosen_compared_restored_and_the_restore_undone(desk: Desk, small_project: Path) -> None:
    backup = back_up(desk.session.project, "daily")
    assert backup is not None
    desk.label(0, "X")
    desk.saved()
    shutil.rmtree(small_project / "labels/val")
    desk.window.run_command("file.restore")
    dialog = desk.window.findChild(RestoreDialog)
    assert dialog is not None
    desk.qtbot.waitUntil(dialog.restore_button.isEnabled)
    assert dialog.list.count() == 1
    assert dialog.summary.text() == "2 crops differ. Label files: 1 to change, 1 to come back."
    assert dialog.crops.toPlainText().split() == ["changes", P0, "comes", "back", "images/val/p4.png"]
    desk.qtbot.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: any("stand as they did" in text for text in desk.notices()))
    assert chars_in(small_project, "p0") == "ABC1234"
    assert chars_in(small_project, "p4", "val") == "GCB8801"
    desk.qtbot.waitUntil(lambda: desk.chars == "ABC1234")
    desk.press_notice("Undo the restore")
    desk.qtbot.waitUntil(lambda: desk.chars == "XBC1234")
    assert chars_in(small_project, "p0") == "XBC1234"
    desk.qtbot.waitUntil(lambda: not (small_project / "labels/val/p4.txt").exists())


def test_the_days_backup_is_made_in_the_background(desk: Desk, small_project: Path) -> None:
    daily = desk.window.change.daily
    assert daily is not None
    daily.run()
    folder = small_project / ".lpstudio/backups"
    desk.qtbot.waitUntil(lambda: folder.is_dir() and len(list(folder.glob("*.tar.gz"))) == 1)
