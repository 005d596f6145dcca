"""Variants queued in the window begin one after the other, in the order that was chosen, without the window too."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.train.variants_dialog import VariantsDialog, parse_seeds, variants
from lpstudio.studio.train.view import QUEUE
from lpstudio.studio.train.workspace import TrainWorkspace
from lpstudio.training.locks import Owner
from lpstudio.training.queue import TrainingQueue
from lpstudio.training.runs import RunStatus, list_runs
from lpstudio.training.settings import TrainSettings
from tests.gui.conftest import OpenIn
from tests.training.projects import write_project

SETTINGS = """
[training]
name = "tiny"
epochs = 1
imgsz = 32
batch = 8
weights = "scratch"
device = "cpu"
workers = 0
seed = 7
"""
WORKS_S = 240.0


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project that is trained on in seconds; what still trains or serves its queue afterwards is ended."""
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    project = write_project(tmp_path / "tiny", 4, 2)
    (project / "lpstudio.toml").write_text(SETTINGS)
    yield project
    owners = [Owner.read(project / "runs" / "queue-runner.json"), *(run.owner() for run in list_runs(project))]
    for owner in owners:
        if owner is not None and owner.is_alive():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(owner.pid)
                process.kill()
                process.wait(20)


def enter(window: MainWindow, project: Path, open_in: OpenIn, qtbot: QtBot) -> TrainWorkspace:
    open_in(window, project)
    window.resize(1280, 800)
    window.run_command("go.train")
    qtbot.waitUntil(lambda: window.workspace("train") is not None, timeout=20000)
    workspace = window.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    qtbot.waitUntil(lambda: workspace.runs.watch.is_loaded and workspace.runs.in_front, timeout=20000)
    return workspace


def test_variants_are_queued_ordered_and_trained_without_the_window(
    empty_studio: MainWindow, tiny: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    workspace = enter(empty_studio, tiny, open_in, qtbot)
    view, queue = workspace.view, TrainingQueue(tiny)
    (tiny / "runs").mkdir()
    qtbot.waitUntil(view.variants_button.isEnabled, timeout=20000)
    QTest.mouseClick(view.variants_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.findChild(VariantsDialog) is not None, timeout=10000)
    dialog = view.findChild(VariantsDialog)
    assert dialog is not None
    dialog.seeds.clear()
    QTest.keyClicks(dialog.seeds, "one")
    assert not dialog.queue.isEnabled()
    dialog.seeds.clear()
    QTest.keyClicks(dialog.seeds, "1")
    for name in ("stock", "in-place"):
        dialog.losses[name].click()
    assert dialog.said.text().startswith("3 trainings of 1 epoch: tiny-similarity-s1, ")
    queue.change(lambda state: type(state)(held=True))  # somebody held the queue before
    QTest.mouseClick(dialog.queue, Qt.MouseButton.LeftButton)
    names = ["tiny-similarity-s1-1", "tiny-in-place-s1-1", "tiny-stock-s1-1"]
    qtbot.waitUntil(lambda: list(workspace.runs.watch.queue.waiting) == names, timeout=20000)
    qtbot.waitUntil(lambda: view.side.currentIndex() == QUEUE, timeout=5000)
    assert "held" in view.queue.state.text()
    assert all(run.owner() is None for run in list_runs(tiny))  # nothing has begun

    # the order, by keys and undoably
    panel = view.queue
    panel.list.setCurrentRow(2)
    empty_studio.run_command("train.queue_up")
    order = [names[0], names[2], names[1]]
    qtbot.waitUntil(lambda: list(workspace.runs.watch.queue.waiting) == order, timeout=10000)
    assert panel.current == names[2]
    panel.list.setCurrentRow(0)
    empty_studio.run_command("train.queue_remove")
    qtbot.waitUntil(lambda: list(workspace.runs.watch.queue.waiting) == order[1:], timeout=10000)
    empty_studio.run_command("train.queue_undo")
    qtbot.waitUntil(lambda: list(workspace.runs.watch.queue.waiting) == order, timeout=10000)
    panel.list.setCurrentRow(0)
    empty_studio.run_command("train.queue_remove")
    qtbot.waitUntil(lambda: list(workspace.runs.watch.queue.waiting) == order[1:], timeout=10000)
    assert view.run_list.choose(order[1])
    assert workspace.runs.shown is not None and workspace.runs.shown.place == 1

    # let it go on, and close the window: both begin and end, one after the other
    workspace.runs.evaluations.after_finish = False
    empty_studio.run_command("train.queue_go")
    qtbot.waitUntil(lambda: queue.is_served, timeout=20000)
    empty_studio.close()
    qtbot.waitUntil(lambda: not empty_studio.isVisible(), timeout=20000)
    end = time.monotonic() + WORKS_S
    runs = {run.name: run for run in list_runs(tiny)}
    while any(runs[name].status() != RunStatus.FINISHED for name in order[1:]) and time.monotonic() < end:
        qtbot.wait(100)
    assert [runs[name].status() for name in order[1:]] == [RunStatus.FINISHED, RunStatus.FINISHED]
    assert runs[names[0]].owner() is None  # it was taken out
    first, second = ([event["t"] for event in runs[name].events()[0]] for name in order[1:])
    assert max(first) <= min(second)  # neither waited inside of a process, nor did they overlap
    assert [runs[name].settings.loss.name for name in order[1:]] == ["stock", "in-place"]
    while queue.is_served and time.monotonic() < end:
        qtbot.wait(50)
    assert not queue.is_served and not queue.read().waiting


def test_seeds_are_read_as_people_write_them() -> None:
    assert parse_seeds("1, 2, 5") == [1, 2, 5]
    assert parse_seeds("3-5 3") == [3, 4, 5]
    for wrong in ("", "one", "5-3", "1-1000000", "-1"):
        with pytest.raises(ValueError, match="seed"):
            parse_seeds(wrong)
    found = variants(TrainSettings(), ["similarity", "stock"], [1, 2])
    assert [(one.seed, one.loss.name) for one in found] == [
        (1, "similarity"), (1, "stock"), (2, "similarity"), (2, "stock"),
    ]  # fmt: skip
    assert len({one.name for one in found}) == 4
