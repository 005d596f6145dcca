"""Runs in the window: their list, their curves from the files on disk, what can be done with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QFile, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.train.following import look
from lpstudio.studio.train.run_page import RunPage
from lpstudio.studio.train.view import RUNS, TrainView
from lpstudio.studio.train.workspace import TrainWorkspace
from lpstudio.training.locks import Owner
from lpstudio.training.runs import Run, RunStatus, create_run
from lpstudio.training.settings import TrainSettings

MakeRun = Callable[..., Run]
LOSSES = ("box_loss", "seg_loss", "cls_loss", "dfl_loss", "char_loss")


def epoch_event(number: int, epochs: int) -> dict[str, object]:
    """What a training says at the end of an epoch."""
    losses = {name: 3.0 / number + index for index, name in enumerate(LOSSES)}
    share = number / epochs
    return {
        "v": 1, "t": time.time(), "type": "epoch", "epoch": number, "epochs": epochs, "train": losses,
        "val": {name: 1.2 * value for name, value in losses.items()},
        "metrics": {
            "box_map50": 0.9 * share, "box_map": 0.7 * share, "mask_map50": 0.8 * share, "mask_map": 0.6 * share,
            "char_top1": 0.85 * share, "char_top2": 0.95 * share, "missed": 3, "extra": 1, "characters": 7,
        },
        "lr": 0.01, "epoch_s": 2.5, "left_s": 2.5 * (epochs - number), "memory_mb": 640, "best": True,
    }  # fmt: skip


def write_events(run: Run, epochs: int, done: int, *last: dict[str, object]) -> None:
    """Append the events of a training that has done some epochs."""
    lines: list[dict[str, object]] = [
        {"v": 1, "t": time.time(), "type": "start", "epochs": epochs, "batches": 4, "device": "cpu",
         "counts": {}, "weights": "scratch"},
        *[epoch_event(number, epochs) for number in range(1, done + 1)],
        *[{"v": 1, "t": time.time(), **event} for event in last],
    ]  # fmt: skip
    with run.events_path.open("a") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def make_run(small_project: Path) -> MakeRun:
    """Makes a run in the small project, with its events, owned by this process ("alive") or by one that is gone."""

    def make(name: str, epochs: int, done: int, *last: dict[str, object], alive: bool = False, age: int = 0) -> Run:
        with Project.open(small_project) as project:
            settings = TrainSettings.from_dict({"name": name, "epochs": epochs, "weights": "scratch", "device": "cpu"})
            run = create_run(project, settings, collect(project))
        record = {**run.record, "created": time.time() - age}
        (run.dir / "run.json").write_text(json.dumps(record))
        write_events(run, epochs, done, *last)
        if alive:
            pid = os.getpid()
        else:
            gone = subprocess.Popen([sys.executable, "-c", ""])
            gone.wait()
            pid = gone.pid
        Owner(pid, Owner.of(pid, run.events_path).started if alive else 0.0, 0).write(run.lock_path)
        if done:
            (run.dir / "weights").mkdir()
            (run.dir / "weights" / "best.pt").write_bytes(b"weights of " + name.encode())
        return Run.open(run.dir)

    return make


FINISHED = {"type": "finished", "reason": "completed", "best": None, "last": None}


def enter_runs(studio: MainWindow, qtbot: QtBot) -> TrainView:
    """Go to the list of runs in Train and wait for the curves."""
    studio.resize(1280, 800)
    studio.run_command("go.train")
    workspace = studio.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    view = workspace.view
    qtbot.waitUntil(lambda: workspace.runs.watch.is_loaded, timeout=10000)
    bar = view.side.tabBar()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(RUNS).center())
    return view


def click_run(view: TrainView, name: str, *, box: bool = False) -> None:
    """Click a run in the list, or its box."""
    view_index = view.run_list.runs_model.index(view.run_list.runs_model.row_of(name))
    place = view.run_list.visualRect(view_index)
    x = place.left() + (16 if box else 120)
    QTest.mouseClick(view.run_list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, place.top() + 18))


def points(page: RunPage) -> dict[str, dict[str, int]]:
    return {name: plot.points for name, plot in page.grid.plots.items()}


def test_a_run_on_disk_shows_all_its_curves(studio: MainWindow, make_run: MakeRun, qtbot: QtBot) -> None:
    make_run("plain", 12, 12, FINISHED)
    view = enter_runs(studio, qtbot)
    shown = points(view.page)
    assert {*LOSSES, "total", "map", "accuracy"} == set(shown)
    for name in (*LOSSES, "total"):
        assert shown[name] == {"train": 12, "val": 12}
    assert shown["map"] == {"mask": 12, "mask 50": 12, "box": 12, "box 50": 12}
    assert shown["accuracy"] == {"top-1": 12, "top-2": 12}
    assert view.page.state_text == "finished: all epochs done"
    assert view.page.progress_text == "12 of 12 epochs"
    assert "val characters missed 3 of 7" in plain(view.page.facts_text)


def plain(text: str) -> str:
    from lpstudio.studio.train.wording import without_tags

    return without_tags(text)


def test_hovering_a_curve_reads_the_values_of_that_epoch_in_all_plots(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("plain", 12, 12, FINISHED)
    view = enter_runs(studio, qtbot)
    grid = view.page.grid
    qtbot.wait(100)
    plot = grid.plots["box_loss"]
    QTest.mouseMove(plot.canvas, plot.epoch_position(6))
    qtbot.waitUntil(lambda: view.page.epoch_text == "Epoch 6", timeout=2000)
    assert plot.readout == "train 0.500  val 0.600"
    assert grid.plots["accuracy"].readout == "top-1 42.5 %  top-2 47.5 %"
    assert grid.plots["map"].readout == "mask 0.300 / 0.400  box 0.350 / 0.450"


def test_runs_are_listed_newest_first_with_their_state_and_measures(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("old", 4, 4, FINISHED, age=5000)
    make_run("broken", 8, 2, {"type": "failed", "message": "disk full", "path": "last.pt"}, age=2000)
    make_run("young", 6, 3, {"type": "paused"}, alive=True)
    view = enter_runs(studio, qtbot)
    model = view.run_list.runs_model
    rows = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    assert rows[0].startswith("young-1: paused, 3 of 6 epochs, best mAP 0.300 · top-1 42.5 %, similarity loss")
    assert rows[1].startswith("broken-1: failed, 2 of 8 epochs")
    assert rows[2].startswith("old-1: finished, 4 of 4 epochs, best mAP 0.600 · top-1 85.0 %")
    assert view.side.tabText(RUNS) == "Runs (3)"


def test_a_training_at_work_is_shown_first_and_followed_as_it_goes_on(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("done", 4, 4, FINISHED)
    run = make_run("live", 6, 2, alive=True, age=100)
    studio.run_command("go.train")
    workspace = studio.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    view = workspace.view
    qtbot.waitUntil(lambda: view.run_list.current_name == "live-1" and view.shows_runs, timeout=10000)
    assert points(view.page)["char_loss"] == {"train": 2, "val": 2}
    assert "training live-1 2/6 · 0:10 left" in [task.text for task in studio.status.tasks.values()]
    with run.events_path.open("a") as stream:
        stream.write(json.dumps(epoch_event(3, 6)) + "\n")
        batch = {"v": 1, "t": time.time(), "type": "batch", "epoch": 4, "batch": 2, "batches": 4, "losses": {},
                 "images_per_s": 12.5, "memory_mb": 2048}  # fmt: skip
        stream.write(json.dumps(batch) + "\n" + '{"v": 1, "type": "epo')  # a line that is being written
    qtbot.waitUntil(lambda: points(view.page)["char_loss"]["val"] == 3, timeout=5000)
    assert view.page.progress_text == "epoch 4 of 6, batch 2 of 4"
    facts = plain(view.page.facts_text)
    assert "speed 12.5 images/s" in facts
    assert "memory 2.0 GB" in facts


def test_a_training_at_work_shows_in_the_status_line_as_soon_as_its_project_is_open(
    empty_studio: MainWindow, make_run: MakeRun, small_project: Path, qtbot: QtBot
) -> None:
    make_run("live", 6, 2, alive=True)
    with qtbot.waitSignal(empty_studio.session_changed, timeout=10000):
        empty_studio.open_project(small_project)
    assert empty_studio.current_workspace == "annotate"
    qtbot.waitUntil(lambda: "train:live-1" in empty_studio.status.tasks, timeout=10000)
    assert empty_studio.status.tasks["train:live-1"].text == "training live-1 2/6 · 0:10 left"
    assert empty_studio.current_workspace == "annotate"


def test_runs_laid_over_each_other_keep_their_own_colours_and_names(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("first", 4, 4, FINISHED, age=500)
    make_run("second", 8, 8, FINISHED)
    view = enter_runs(studio, qtbot)
    click_run(view, "second-1")
    click_run(view, "first-1", box=True)
    assert view.run_list.current_name == "second-1"
    assert view.page.epoch_text.endswith("beside it ■ first-1")
    grid = view.page.grid
    assert grid.plots["box_loss"].readout == "train 0.375  val 0.450  ■0.900"
    click_run(view, "first-1", box=True)
    assert "beside" not in view.page.epoch_text


def test_a_run_whose_process_is_gone_says_so_and_offers_to_resume(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    run = make_run("lost", 9, 4)
    run.log_path.write_text("Killed: out of memory\n")
    view = enter_runs(studio, qtbot)
    assert run.status() == RunStatus.DIED
    assert view.page.state_text == "died"
    assert view.page.trouble_text.startswith("The training process is gone without a word, after epoch 4")
    assert view.page.resume_button.isVisible()
    assert studio.commands.action("train.resume").isEnabled()
    assert not studio.commands.action("train.pause").isEnabled()
    assert "Killed: out of memory" in view.page.log.text


def test_a_failed_run_shows_the_message_and_what_to_do(studio: MainWindow, make_run: MakeRun, qtbot: QtBot) -> None:
    make_run("full", 9, 4, {"type": "failed", "message": "the disk is full", "path": "/data/runs/full-1/last.pt"})
    view = enter_runs(studio, qtbot)
    assert view.page.trouble_text == (
        "Failed after epoch 4: the disk is full (/data/runs/full-1/last.pt) Mend the cause, then resume."
    )
    assert "error: the disk is full" in view.page.log.text


def test_a_run_paused_within_an_epoch_does_not_claim_to_stand_after_the_one_before(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    batch = {"type": "batch", "epoch": 3, "batch": 5, "batches": 23, "losses": {}}
    make_run("rest", 9, 2, batch, {"type": "paused"}, alive=True)
    view = enter_runs(studio, qtbot)
    assert view.page.trouble_text == "Paused in the middle of its work. Resume goes on from exactly there."


def test_a_queued_run_says_what_it_waits_for(studio: MainWindow, make_run: MakeRun, qtbot: QtBot) -> None:
    run = make_run("later", 9, 0, alive=True)
    run.events_path.write_text(json.dumps({"v": 1, "t": time.time(), "type": "queued", "device": "cpu"}) + "\n")
    view = enter_runs(studio, qtbot)
    assert view.page.state_text == "queued"
    assert view.page.trouble_text.startswith("Another training uses this device.")
    assert "training later-1 (queued)" in [task.text for task in studio.status.tasks.values()]


def test_the_best_weights_are_exported_under_the_runs_name(
    studio: MainWindow, make_run: MakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    make_run("good", 4, 4, FINISHED)
    enter_runs(studio, qtbot)
    target = tmp_path / "exports"
    target.mkdir()
    studio.run_command("train.export")
    dialogs: list[QFileDialog] = studio.findChildren(QFileDialog)
    assert len(dialogs) == 1
    line = dialogs[0].findChild(QLineEdit, "fileNameEdit")
    assert isinstance(line, QLineEdit)
    QApplication.clipboard().setText(str(target))
    line.selectAll()
    line.paste()
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: (target / "good-1_best.pt").is_file(), timeout=5000)
    assert (target / "good-1_best.pt").read_bytes() == b"weights of good"
    said = "good-1_best.pt"
    qtbot.waitUntil(lambda: said in " ".join(label.text() for label in studio.notice_bar.findChildren(QLabel)))


def test_the_settings_of_a_run_fill_the_form_and_undo_brings_the_former_back(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("wanted", 44, 4, FINISHED)
    view = enter_runs(studio, qtbot)
    qtbot.waitUntil(lambda: view.page.settings_table.item(0, 0) is not None, timeout=5000)
    texts = [view.page.settings_table.item(row, 1).text() for row in range(4)]
    assert "44 epochs" in texts
    studio.run_command("train.reuse")
    assert not view.shows_runs
    assert view.form.settings.epochs == 44
    studio.run_command("train.undo")
    assert view.form.settings.epochs == 300


def test_the_log_can_be_narrowed_to_warnings(studio: MainWindow, make_run: MakeRun, qtbot: QtBot) -> None:
    make_run(
        "talk", 4, 4,
        {"type": "log", "level": "info", "text": "all is well"},
        {"type": "log", "level": "warning", "text": "the disk is slow"},
        FINISHED,
    )  # fmt: skip
    view = enter_runs(studio, qtbot)
    assert "all is well" in view.page.log.text
    level = view.page.log.findChild(type(view.page.log._level))
    assert level is not None
    level.setFocus()
    QTest.keyClicks(level, "Warn")
    assert "all is well" not in view.page.log.text
    assert "warning: the disk is slow" in view.page.log.text


def test_a_plot_is_enlarged_by_a_double_click_and_the_others_come_back(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("plain", 12, 12, FINISHED)
    view = enter_runs(studio, qtbot)
    grid = view.page.grid
    plot = grid.plots["char_loss"]
    qtbot.waitUntil(lambda: plot.isVisible() and plot.width() < grid.width() / 2, timeout=5000)  # laid out
    width = plot.width()
    QTest.mouseDClick(plot.canvas, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: plot.width() > 2 * width, timeout=2000)
    assert not grid.plots["box_loss"].isVisible()
    QTest.mouseDClick(plot.canvas, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: grid.plots["box_loss"].isVisible(), timeout=2000)


def test_a_run_moved_to_the_trash_leaves_the_list_and_the_others_stay(
    studio: MainWindow, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    kept = make_run("kept", 4, 4, FINISHED, age=100)
    gone = make_run("gone", 4, 4, FINISHED)
    view = enter_runs(studio, qtbot)
    click_run(view, "gone-1")
    if not QFile.supportsMoveToTrash():
        pytest.skip("this system has no trash")
    studio.run_command("train.delete")
    qtbot.waitUntil(lambda: not gone.dir.exists(), timeout=5000)
    qtbot.waitUntil(lambda: view.run_list.runs_model.rowCount() == 1, timeout=5000)
    assert view.run_list.current_name == "kept-1"
    assert kept.dir.is_dir()
    trashed = [path.name for path in (tmp_path / "home").rglob("run.json")]
    assert trashed == ["run.json"]


def test_in_a_small_window_the_plots_stand_below_each_other_and_none_covers_another(
    studio: MainWindow, make_run: MakeRun, qtbot: QtBot
) -> None:
    make_run("plain", 12, 12, FINISHED)
    view = enter_runs(studio, qtbot)
    grid = view.page.grid
    for width, height in ((960, 600), (1280, 800), (1920, 1080)):
        studio.resize(width, height)
        qtbot.wait(100)
        places = [plot.geometry() for plot in grid.plots.values()]
        assert all(grid.rect().contains(place) for place in places)
        assert not any(a.intersects(b) for i, a in enumerate(places) for b in places[:i])
        assert grid.width() <= view.page.width()


def test_a_project_without_runs_says_how_to_get_one(studio: MainWindow, qtbot: QtBot) -> None:
    view = enter_runs(studio, qtbot)
    assert view.main.currentWidget() is view.no_runs
    assert not studio.commands.action("train.export").isEnabled()


def test_a_look_at_many_long_runs_comes_back_in_time_and_goes_on(make_run: MakeRun, small_project: Path) -> None:
    for number in range(3):
        make_run("long", 400, 400, FINISHED, age=number)
    known: dict[str, object] = {}
    first = look(small_project, {}, budget_s=0.0)
    assert not first.complete
    known = {run.name: run for run in first.runs}
    second = look(small_project, known, budget_s=10.0)  # type: ignore[arg-type]
    assert second.complete
    assert [len(run.history.epochs) for run in second.runs] == [400, 400, 400]
    third = look(small_project, {run.name: run for run in second.runs})
    assert all(new is old for new, old in zip(third.runs, second.runs, strict=True))
