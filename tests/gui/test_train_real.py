"""A real training, started, watched, paused, resumed, killed and found again in the window."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings
from lpstudio.studio.train.view import TrainView
from lpstudio.studio.train.workspace import TrainWorkspace
from lpstudio.training.runs import Run, RunStatus, list_runs
from tests.gui.conftest import close_window

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STARTS_MS = 180_000  # a process that imports torch on a busy machine
WORKS_MS = 240_000


@pytest.fixture
def training_project(small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Six labelled crops in train, two in val; whatever trains on them is gone after the test."""
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for source, split, copies in (("p0", "train", 4), ("p4", "val", 1)):
        for number in range(copies):
            for kind, suffix in (("images", "png"), ("labels", "txt")):
                folder = small_project / kind / split
                shutil.copy(folder / f"{source}.{suffix}", folder / f"{source}_{number}.{suffix}")
    yield small_project
    for run in list_runs(small_project):
        owner = run.owner()
        if owner is not None and owner.is_alive():
            process = psutil.Process(owner.pid)
            process.kill()
            process.wait(20)


def open_train(window: MainWindow, project: Path, qtbot: QtBot) -> TrainView:
    """Open the project and go to Train."""
    with qtbot.waitSignal(window.session_changed, timeout=10000):
        window.open_project(project)
    qtbot.waitUntil(lambda: window.session is not None and window.session.is_scanned, timeout=10000)
    window.run_command("go.train")
    workspace = window.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    return workspace.view


def fill_form(view: TrainView, **numbers: int) -> None:
    """A tiny training from scratch on the CPU."""
    view.form.show_setting("weights")
    QTest.keyClicks(view.form.row("weights").editor.findChildren(QComboBox)[0], "From")
    view.form.show_setting("device")
    QTest.keyClicks(view.form.row("device").editor.control, "CPU")
    for name, number in {"imgsz": 64, "batch": 2, **numbers}.items():
        view.form.show_setting(name)
        box = view.form.row(name).editor.control
        assert isinstance(box, QAbstractSpinBox)
        box.selectAll()
        QTest.keyClicks(box, str(number))
        QTest.keyClick(box, Qt.Key.Key_Tab)


def press(view: TrainView, word: str) -> None:
    """Press one of the buttons above the curves."""
    button = next(b for b in view.page.findChildren(QToolButton) if b.text() == word)
    assert button.isEnabled(), word
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def shown_status(view: TrainView) -> RunStatus | None:
    return view.page.followed.status if view.page.followed is not None else None


def start(view: TrainView, project: Path, qtbot: QtBot) -> Run:
    """Press the button and wait until the training works."""
    qtbot.waitUntil(view.start_button.isEnabled, timeout=10000)
    QTest.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.shows_runs and view.page.followed is not None, timeout=20000)
    qtbot.waitUntil(lambda: shown_status(view) == RunStatus.RUNNING, timeout=STARTS_MS)
    return list_runs(project)[0]


def test_a_training_is_started_watched_paused_resumed_and_finished_in_the_window(
    empty_studio: MainWindow, training_project: Path, qtbot: QtBot
) -> None:
    view = open_train(empty_studio, training_project, qtbot)
    fill_form(view, epochs=6)
    session = empty_studio.session
    assert session is not None
    box = ((10.0, 10.0), (40.0, 10.0), (40.0, 60.0), (10.0, 60.0))
    edit = CropContent((Character(box, "X"),))
    qtbot.waitUntil(view.start_button.isEnabled, timeout=10000)
    session.save("images/train/p2.png", edit, CropState.VERIFIED)  # not on disk yet when the button is pressed
    run = start(view, training_project, qtbot)
    assert "images/train/p2.png" in [crop.key for crop in run.crops("train")]
    press(view, "Pause")
    qtbot.waitUntil(lambda: shown_status(view) == RunStatus.PAUSED, timeout=WORKS_MS)
    assert view.page.trouble_text.startswith("Paused")
    size = run.events_path.stat().st_size
    qtbot.wait(1500)
    assert run.events_path.stat().st_size == size
    press(view, "Resume")
    qtbot.waitUntil(lambda: shown_status(view) == RunStatus.FINISHED, timeout=WORKS_MS)
    grid = view.page.grid
    for name in ("box_loss", "seg_loss", "cls_loss", "dfl_loss", "char_loss", "total"):
        assert grid.plots[name].points == {"train": 6, "val": 6}
    assert grid.plots["accuracy"].points == {"top-1": 6, "top-2": 6}
    history = view.page.followed.history if view.page.followed is not None else None
    assert history is not None
    assert all(value > 0 for value in history.values("val", "char_loss"))
    assert view.page.progress_text == "6 of 6 epochs"
    assert "Paused" in view.page.log.text
    assert "Resumed" in view.page.log.text
    kept = json.loads((run.dir / "run.json").read_text())["settings"]
    assert (kept["epochs"], kept["batch"], kept["imgsz"], kept["weights"]) == (6, 2, 64, "scratch")
    assert not any(task.startswith("train:") for task in empty_studio.status.tasks)
    assert empty_studio.commands.action("train.export").isEnabled()


def test_a_running_training_outlives_the_window_and_a_killed_one_is_shown_and_goes_on(
    empty_studio: MainWindow, training_project: Path, qtbot: QtBot
) -> None:
    view = open_train(empty_studio, training_project, qtbot)
    fill_form(view, epochs=500)
    run = start(view, training_project, qtbot)
    qtbot.waitUntil(lambda: len(run.events(0, {"epoch"})[0]) >= 2, timeout=WORKS_MS)
    empty_studio.close()
    qtbot.waitUntil(lambda: not empty_studio.isVisible(), timeout=20000)

    again = MainWindow(open_settings())
    again.show()
    qtbot.waitExposed(again)
    try:
        view = open_train(again, training_project, qtbot)
        qtbot.waitUntil(lambda: view.shows_runs and shown_status(view) == RunStatus.RUNNING, timeout=20000)
        grid = view.page.grid
        qtbot.waitUntil(lambda: grid.plots["char_loss"].points.get("val", 0) >= 2, timeout=20000)

        owner = run.owner()
        assert owner is not None
        os.kill(owner.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: shown_status(view) == RunStatus.DIED, timeout=10000)
        assert "is gone without a word" in view.page.trouble_text
        before = grid.plots["char_loss"].points["val"]
        QTest.mouseClick(view.page.resume_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: shown_status(view) == RunStatus.RUNNING, timeout=STARTS_MS)
        qtbot.waitUntil(lambda: grid.plots["char_loss"].points["val"] > before, timeout=WORKS_MS)
        press(view, "Stop after epoch")
        qtbot.waitUntil(lambda: shown_status(view) == RunStatus.STOPPED, timeout=WORKS_MS)
        assert view.page.trouble_text.startswith("Stopped after epoch")
    finally:
        close_window(again)
