"""Workers that are killed: the window says so, lives on, loses nothing, and works again with the next request."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.workspace import ReviewWorkspace
from lpstudio.studio.workers import WorkerClient
from lpstudio.training.runs import Run, RunStatus
from tests.annotate.hands import Hands
from tests.bad_input.conftest import Told, drop
from tests.gui.conftest import character_box
from tests.reading.videos import numbered_video
from tests.training.projects import make_run
from tests.training.projects import write_project as write_training_project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed in another way")


def _kill_when_started(client: WorkerClient, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: client.running and client.pid > 0, timeout=10_000)
    os.kill(client.pid, signal.SIGKILL)


def test_a_video_whose_tools_process_is_killed_while_it_opens_is_told_and_opens_the_next_time(
    studio: MainWindow, tmp_path: Path, qtbot: QtBot, told: Told
) -> None:
    numbered_video(tmp_path / "sound.mp4", 4)
    studio.run_command("go.review")
    review = studio.workspace("review")
    assert isinstance(review, ReviewWorkspace)
    drop(studio, tmp_path / "sound.mp4")
    _kill_when_started(studio.workers.tools, qtbot)
    notice = told(studio, "the tools worker was ended by the system or crashed")
    assert notice.command_title == "Show its log"
    assert "it starts again with the next request" in notice.text
    drop(studio, tmp_path / "sound.mp4")
    qtbot.waitUntil(lambda: review.controller.player.info is not None, timeout=30_000)
    studio.run_command("go.annotate")
    hands = Hands(studio, qtbot)
    hands.go("p0")
    x1, y1, x2, y2 = character_box(0)
    hands.click((x1 + x2) / 2, (y1 + y2) / 2)
    hands.keys("X")
    assert hands.label_lines()[0].startswith("23 ")


def test_a_reader_that_is_killed_again_and_again_is_told_each_time_and_never_loops(
    studio: MainWindow, reading_weights: Path, qtbot: QtBot, told: Told
) -> None:
    studio.run_command("go.review")
    review = studio.workspace("review")
    assert isinstance(review, ReviewWorkspace)
    qtbot.waitUntil(lambda: len(review.controller.items.items) == 2)
    drop(studio, reading_weights)
    qtbot.waitUntil(lambda: review.controller.can_read, timeout=5000)
    for _ in range(2):
        QTest.keyClick(studio, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        _kill_when_started(studio.workers.reader, qtbot)
        told(studio, "the reader was ended by the system or crashed")
        qtbot.waitUntil(lambda: not review.controller.desk.active, timeout=5000)
        qtbot.wait(300)
        assert not studio.workers.reader.running, "it waits until it is asked again"


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Run]:
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    return lambda: make_run(write_training_project(tmp_path / "plates"))


def test_a_training_that_is_killed_before_its_first_word_is_told_as_died(training: Callable[[], Run]) -> None:
    from lpstudio.cli.training_progress import follow
    from lpstudio.training.launch import start_detached

    run = training()
    pid = start_detached(run, parent=os.getpid())
    os.kill(pid, signal.SIGKILL)
    assert follow(run)["type"] == "died"
    assert run.status() in (RunStatus.DIED, RunStatus.QUEUED)
