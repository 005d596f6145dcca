"""Runs: numbered folders that freeze what a training uses, and tell truthfully how it stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError
from lpstudio.similarity import Group, Similarity
from lpstudio.training.events import EventLog
from lpstudio.training.locks import FileLock, Owner, device_locks
from lpstudio.training.runs import Run, RunStatus, class_matrix, create_run, export_best, list_runs
from lpstudio.training.settings import TrainSettings

MakeRun = Callable[..., Run]


def test_a_run_gets_a_new_number_and_never_overwrites(make_run: MakeRun) -> None:
    first, second = make_run(), make_run()
    assert (first.name, second.name) == ("train-1", "train-2")
    (second.dir.parent / "train-7").mkdir()
    assert make_run().name == "train-8"
    assert make_run(name="look-alikes").name == "look-alikes-1"
    assert {run.name for run in list_runs(first.dir.parent.parent)} == {
        "train-1",
        "train-2",
        "train-8",
        "look-alikes-1",
    }


def test_a_run_keeps_settings_groups_matrix_lists_and_labels(make_run: MakeRun, project_folder: Path) -> None:
    run = make_run(epochs=7, loss={"k": 3})
    again = Run.open(run.dir)
    assert again.settings.epochs == 7 and again.settings.loss.k == 3
    assert again.similarity == Similarity()
    record = json.loads((run.dir / "run.json").read_text())
    names = list("ABO0")
    assert np.array(record["matrix"])[names.index("O"), names.index("0")] == pytest.approx(0.6)
    listed = (run.dir / "train.txt").read_text().splitlines()
    assert len(listed) == 8 and all(Path(path).is_file() for path in listed)
    assert again.counts["crops"] == {"train": 8, "selection": 0, "val": 4}
    assert sum(again.counts["characters"]["train"].values()) == 24
    assert "train.txt" in (run.dir / "data.yaml").read_text()
    crop = run.crops("train")[0]
    assert crop.label == (project_folder / "labels/train/crop0.txt").read_text()
    assert crop.size == (64, 32)


def test_edits_after_the_start_do_not_reach_a_run(make_run: MakeRun, project_folder: Path) -> None:
    run = make_run()
    before = run.crops("train")[0].label
    (project_folder / "labels/train/crop0.txt").write_text("0 0.1 0.1 0.2 0.1 0.2 0.2\n")
    assert Run.open(run.dir).crops("train")[0].label == before


def test_labels_of_a_run_that_were_changed_are_refused(make_run: MakeRun) -> None:
    run = make_run()
    path = run.dir / "train.labels.jsonl"
    path.write_text(path.read_text().replace("0.1", "0.2", 1))
    with pytest.raises(LpStudioError, match="changed"):
        run.crops("train")


def test_only_labelled_and_verified_crops_enter(project_folder: Path) -> None:
    with Project.open(project_folder) as project:
        project.scan()
        project.set_state("images/train/crop0.png", CropState.IGNORED)
        project.set_state("images/train/crop1.png", CropState.VERIFIED)
        (project_folder / "labels/train/crop2.txt").unlink()
        project.scan()
        everything = create_run(project, TrainSettings(), collect(project))
        verified = create_run(project, TrainSettings(verified_only=True), collect(project, verified_only=True))
    assert len(everything.crops("train")) == 6
    assert [crop.key for crop in verified.crops("train")] == ["images/train/crop1.png"]


def test_without_any_labelled_crop_there_is_no_run(project_folder: Path) -> None:
    for path in (project_folder / "labels/train").iterdir():
        path.unlink()
    with Project.open(project_folder) as project, pytest.raises(LpStudioError, match="no crop takes part"):
        create_run(project, TrainSettings(), collect(project))
    assert not (project_folder / "runs").exists()


def test_classes_that_are_no_characters_are_alike_to_nothing_else() -> None:
    similarity = Similarity(groups=(Group.of(("O", "0", "PLATE")),))
    matrix = class_matrix(similarity, Alphabet(("PLATE", "O", "0")))
    assert matrix.tolist() == [[1, 0, 0], [0, 1, pytest.approx(0.6)], [0, pytest.approx(0.6), 1]]


def test_the_status_follows_events_and_the_life_of_the_process(make_run: MakeRun) -> None:
    run = make_run()
    assert run.status() is RunStatus.STOPPED and run.can_resume
    with pytest.raises(LpStudioError, match="not running"):
        run.send("pause")
    Owner.of(os.getpid(), run.events_path).write(run.lock_path)
    log = EventLog(run.events_path)
    assert run.status() is RunStatus.STARTING
    for kind, wanted in [
        ("queued", RunStatus.QUEUED),
        ("start", RunStatus.RUNNING),
        ("paused", RunStatus.PAUSED),
        ("resumed", RunStatus.RUNNING),
        ("stopping", RunStatus.RUNNING),
    ]:
        log.write(kind)
        assert run.status() is wanted
    run.send("stop")
    log.write("finished", reason="stopped")
    assert run.status() is RunStatus.STOPPED
    log.write("finished", reason="completed")
    assert run.status() is RunStatus.FINISHED and not run.can_resume
    log.write("failed", message="x")
    assert run.status() is RunStatus.FAILED
    Owner.of(os.getpid(), run.events_path).write(run.lock_path)
    assert run.status() is RunStatus.STARTING  # started anew: what was before does not count


def test_a_run_whose_process_is_gone_has_died(make_run: MakeRun) -> None:
    run = make_run()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Owner.of(process.pid, run.events_path).write(run.lock_path)
    EventLog(run.events_path).write("start")
    assert run.status() is RunStatus.RUNNING
    process.kill()
    assert run.status() in {RunStatus.DIED, RunStatus.RUNNING}
    process.wait()
    assert run.status() is RunStatus.DIED
    other = Owner(os.getpid(), 1.0, 0)  # another process has got the same pid
    other.write(run.lock_path)
    assert run.status() is RunStatus.DIED


def test_export_keeps_files_of_the_same_name(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    with pytest.raises(LpStudioError, match="no best weights"):
        export_best(run, tmp_path)
    (run.dir / "weights").mkdir()
    (run.dir / "weights/best.pt").write_bytes(b"first")
    out = tmp_path / "exports"
    assert export_best(run, out) == out / "train-1_best.pt"
    assert export_best(run, out) == out / "train-1_best.pt"
    (run.dir / "weights/best.pt").write_bytes(b"second")
    assert export_best(run, out) == out / "train-1_best-2.pt"
    assert (out / "train-1_best.pt").read_bytes() == b"first"


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match="no run"):
        Run.open(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(LpStudioError, match="broken"):
        Run.open(tmp_path)


def test_one_device_is_held_by_one_training_at_a_time() -> None:
    (first,), (second,) = device_locks("cpu"), device_locks("cpu")
    assert first.acquire() and not second.acquire()
    assert device_locks("mps")[0].acquire()
    first.release()
    assert second.acquire()
    second.release()
    assert [lock.path.name for lock in device_locks("1,0")] == ["device-cuda0.lock", "device-cuda1.lock"]


def test_a_lock_is_given_back_by_the_death_of_its_process(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = (
        "import sys, time; from pathlib import Path; from lpstudio.training.locks import FileLock\n"
        f"assert FileLock(Path({str(path)!r})).acquire(); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline().strip() == "held"
    assert not FileLock(path).acquire()
    process.kill()
    process.wait()
    assert FileLock(path).acquire()
    process.stdout.close()
