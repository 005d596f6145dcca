"""``lpstudio compare`` and ``lpstudio sweep`` as they are called from a shell."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lpstudio.cli.app import run_command_line
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.training.runs import Run, RunStatus
from lpstudio.training.settings import TrainSettings
from lpstudio.training.sweep import SPACE, new_sweep, open_sweep
from lpstudio.training.variants import open_comparison
from tests.training import at_work, projects


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    at_work.fast_starts(monkeypatch)
    project = projects.write_project(tmp_path / "plates", train=26)
    rows = "".join(f"images/val/crop{number}.png,AB{number}\n" for number in range(4))
    (project / "plates.csv").write_text(f"file,text\n{rows}")
    return project


@pytest.fixture
def quick(tmp_path: Path) -> list[str]:
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    return ["--weights", weights, "--device", "cpu", "--imgsz", "32", "--batch", "8"]


def _when_it_told(run: Path, events: str, act: Callable[[Run], None]) -> threading.Thread:
    """Do something to a training as soon as it told of such an event."""

    def work() -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            path = run / "events.jsonl"
            if path.is_file() and f'"type": "{events}"' in path.read_text():
                act(Run.open(run))
                return
            time.sleep(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def _stop(run: Path, events: str) -> threading.Thread:
    """Ask a training to stop, as Ctrl+C does."""
    return _when_it_told(run, events, lambda opened: opened.send("stop"))


def _kill_while_stopping(run: Path, events: str) -> threading.Thread:
    """Ask a training to stop, and ``kill -9`` its process before it can obey."""

    def kill(opened: Run) -> None:
        owner = opened.owner()
        assert owner is not None
        os.kill(owner.pid, signal.SIGSTOP)
        opened.send("stop")
        os.kill(owner.pid, signal.SIGKILL)

    return _when_it_told(run, events, kill)


def _kill(run: Path, events: str) -> threading.Thread:
    """``kill -9`` its process."""

    def kill(opened: Run) -> None:
        owner = opened.owner()
        assert owner is not None
        os.kill(owner.pid, signal.SIGKILL)

    return _when_it_told(run, events, kill)


def _times(folder: Path, names: list[str]) -> Callable[[], list[float]]:
    return lambda: [(folder / "runs" / name / "events.jsonl").stat().st_mtime for name in names]


@pytest.mark.slow
def test_a_comparison_is_stopped_goes_on_and_ends_in_one_table(
    folder: Path, quick: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ["compare-1-stock-1-1", "compare-1-similarity-1-1"]
    stopping = _stop(folder / "runs" / names[0], "epoch")
    call = ["compare", str(folder), *quick, "--epochs", "6", "--losses", "stock,similarity", "--seeds", "1"]
    assert run_command_line(call) == 130
    stopping.join()
    err = capfd.readouterr().err
    assert "2 trainings (2 losses × 1 seed), each 6 epochs at 32 px" in err and "--resume compare-1" in err
    comparison = open_comparison(folder / "runs/compare-1")
    assert [one.run.name for one in comparison.variants] == names
    first, second = (one.run for one in comparison.variants)
    assert first.record["label_hashes"] == second.record["label_hashes"]
    assert (first.settings.loss.name, second.settings.loss.name) == ("stock", "similarity")

    out = tmp_path / "table.json"
    again = ["compare", str(folder), "--resume", "compare-1", "--formats", "LLD", "--json", str(out)]
    killing = _kill(folder / "runs" / names[1], "epoch")
    assert run_command_line(again) == 0
    killing.join()
    text, err = capfd.readouterr()
    assert err.count("the training process died; it goes on after its last whole epoch") == 1
    assert "most probable" in text and "least cost" in text and "more or less than stock" in text
    for run in (first, second):
        assert run.status() is RunStatus.FINISHED
        told = [event["epoch"] for event in run.events(kinds={"epoch"})[0]]
        assert told == list(range(1, len(told) + 1))
    rows = json.loads(out.read_text())["rows"]
    keys = [(row["loss"], row["decision"], row["formats"]) for row in rows]
    assert len(keys) == len(set(keys)) == 8
    for row in rows:
        assert row["mask_map"] is not None and row["by_seed"].keys() == {"1"}
        assert row["figures"]["character_top1"]["count"] == 12 and row["figures"]["plate_first"]["plates"] == 4
        is_baseline = row["loss"] == "stock" and row["decision"] == "most probable"
        assert (row["over_baseline"] is None) == is_baseline
    table = list(csv.DictReader(io.StringIO((folder / "runs/compare-1/comparison.csv").read_text())))
    assert len(table) == 8 and "character_top1_over_baseline_low" in table[0]
    page = (folder / "runs/compare-1/comparison.html").read_text()
    assert "<svg" in page and "http" not in page.replace("http-equiv", "")
    blocks = (folder / "runs/compare-1/comparison.txt").read_text().split("\n\n")
    figures, differences = ([re.split(r" {2,}", line) for line in blocks[at].strip().splitlines()] for at in (1, 3))
    assert len(figures) == 9 and {len(cells) for cells in figures} == {10}, "no cell runs into the next"
    assert len(differences) == 7 and {len(cells) for cells in differences} == {9}
    assert not re.search(r"[+-]0\.0+\b", blocks[3]), "nothing is more or less by nothing"

    times = _times(folder, names)
    before = times()
    assert run_command_line([*again[:-1], "-"]) == 0  # nothing is trained or read again
    assert times() == before and json.loads(capfd.readouterr().out)["rows"] == rows
    label = folder / "labels/val/crop0.txt"
    label.write_text(label.read_text().splitlines()[0] + "\n")
    (folder / f"runs/compare-1/figures/{names[0]}.json").unlink()
    assert run_command_line(again) == 1
    assert "val were changed" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--losses", "stock,foo"], "foo"),
        (["--losses", ""], "stock,cross-entropy,similarity,in-place"),
        (["--losses", " , "], "--losses names none"),
        (["--seeds", ""], "leave it out for 3"),
        (["--seeds", "x"], "--seeds"),
        (["--seeds", "0"], "seed"),
        (["--resume", "compare-9", "--epochs", "3"], "keeps its settings"),
        (["--resume", "compare-9", "--seeds", "5"], "keeps its settings"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(
    folder: Path, options: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["compare", str(folder), *options]) == 2
    assert said in capfd.readouterr().err
    assert not (folder / "runs").exists()


@pytest.mark.slow
def test_a_sweep_is_stopped_goes_on_with_the_same_training_and_ends_in_a_table_and_a_drawing(
    folder: Path, quick: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    stopping = _kill_while_stopping(folder / "runs/sweep-1-trial-0-1", "epoch")
    assert run_command_line(["sweep", str(folder), *quick, "--epochs", "5", "--trials", "2"]) == 130
    stopping.join()
    err = capfd.readouterr().err
    assert "died before it had stopped" in err and "it goes on" not in err and "--resume sweep-1" in err
    assert Run.open(folder / "runs/sweep-1-trial-0-1").status() is RunStatus.DIED
    sweep = open_sweep(folder / "runs/sweep-1")
    (trial,) = [one for one in sweep.trials() if one.state == "running"]
    assert trial.values["k"] == 2 and trial.values["gain"] == 0.5  # the settings as they are come first
    assert [one.number for one in sweep.interrupted()] == [0]
    capfd.readouterr()

    assert run_command_line(["sweep", str(folder), "--resume", "sweep-1", "--json", "-"]) == 0  # as many as before
    told = json.loads(capfd.readouterr().out)
    assert [one["state"] for one in told["trials"]] == ["complete", "complete"]
    assert told["trials"][0]["values"] != told["trials"][1]["values"]
    for one in told["trials"]:
        run = Run.open(folder / "runs" / one["run"])
        assert run.settings.loss.gain == one["values"]["gain"] and run.settings.lr0 == one["values"]["lr0"]
        assert run.similarity.base == one["values"]["base_similarity"]
        best = [event for event in run.events(kinds={"epoch"})[0] if event["best"]][-1]
        assert one["value"] == best["metrics"]["char_top1"]
        assert run.chooser == "selection" and best["metrics"]["characters"] == 3 * len(run.crops("selection"))
    page = (folder / "runs/sweep-1/result.html").read_text()
    assert page.count("<svg") == len(SPACE) + 1 and "http" not in page
    assert len((folder / "runs/sweep-1/result.csv").read_text().splitlines()) == 3


def test_machines_share_a_sweep_and_take_none_of_each_others_trials(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainSettings(weights="scratch", device="cpu", epochs=1, imgsz=32)
    with Project.open(folder) as project:
        training_set = collect(project)
        here = new_sweep(project, settings, training_set)
        mine = here.begin(project, training_set)
        monkeypatch.setattr("lpstudio.training.sweep.socket.gethostname", lambda: "another")
        there = open_sweep(here.dir)
        theirs = there.begin(project, training_set)
        assert (mine.number, theirs.number) == (0, 1) and mine.values != theirs.values
        assert [one.number for one in there.interrupted()] == [1]
        monkeypatch.undo()
        assert [one.number for one in here.interrupted()] == [0]
        assert {one.run for one in here.trials()} == {"sweep-1-trial-0-1", "sweep-1-trial-1-1"}
        label = folder / "labels/train/crop0.txt"
        label.write_text(label.read_text().splitlines()[0] + "\n")
        project.scan()
        with pytest.raises(Exception, match="labels were changed"):
            here.begin(project, collect(project))


def test_a_sweep_needs_a_part_of_train_to_choose_with(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    few = projects.write_project(tmp_path / "few")
    assert run_command_line(["sweep", str(few), "--weights", "scratch"]) == 1
    assert "8 plates" in capfd.readouterr().err
    assert not list((few / "runs").iterdir())
    assert run_command_line(["sweep", str(few), "--weights", "scratch", "--loss", "stock"]) == 2
    assert run_command_line(["sweep", str(few), "--weights", "scratch", "--goal", ""]) == 2
