"""Whole trainings, small ones: what is written, what is saved, and how they end."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lpstudio.errors import LpStudioError
from lpstudio.training.conductor import Conductor
from lpstudio.training.events import EventLog, read_events
from lpstudio.training.runs import Run, RunStatus
from lpstudio.training.session import tell_failure, train
from lpstudio.training.start import starting_point
from lpstudio.training.state import load_state
from tests.training import projects

MakeRun = Callable[..., Run]


def run_here(run: Run) -> list[dict[str, Any]]:
    """Train in this process as the worker does; returns the events."""
    log = EventLog(run.events_path)
    try:
        train(run, "cpu", Conductor(run, log), log)
    except Exception as error:
        tell_failure(run, log, error)
    log.close()
    return read_events(run.events_path)[0]


def results(run: Run) -> list[dict[str, float]]:
    with run.results_path.open() as stream:
        return [{key.strip(): float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[dict[str, Any]]]:
    """A finished run of two epochs; trained once for all tests that only look at it."""
    folder = projects.write_project(tmp_path_factory.mktemp("trained") / "plates")
    run = projects.make_run(folder, epochs=2, save_period=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LPSTUDIO_LOCKS", str(tmp_path_factory.mktemp("locks")))
        return run, run_here(run)


def test_a_training_tells_how_it_goes(trained: tuple[Run, list[dict[str, Any]]]) -> None:
    run, events = trained
    kinds = [event["type"] for event in events if event["type"] not in {"batch", "log"}]
    assert kinds == ["start", "epoch", "epoch", "finished"]
    start = events[0]
    assert (start["epochs"], start["batches"], start["device"], start["weights"]) == (2, 2, "cpu", "scratch")
    assert start["counts"]["crops"] == {"train": 8, "selection": 0, "val": 4}
    assert any("scratch" in event["text"] for event in events if event["type"] == "log")
    epoch = [event for event in events if event["type"] == "epoch"][-1]
    terms = {"box_loss", "seg_loss", "cls_loss", "dfl_loss", "char_loss"}
    assert terms <= epoch["train"].keys() and terms <= epoch["val"].keys()
    wanted = {"box_map50", "box_map", "mask_map50", "mask_map", "char_top1", "char_top2", "missed", "extra"}
    assert wanted <= epoch["metrics"].keys()
    assert epoch["metrics"]["characters"] == 12
    assert epoch["val_loss"] == pytest.approx(sum(epoch["val"].values()), abs=1e-4)
    assert events[-1] == {**events[-1], "reason": "completed", "best": str(run.best_weights)}


def test_the_character_loss_stands_in_the_results_for_train_and_val(trained: tuple[Run, Any]) -> None:
    rows = results(trained[0])
    assert [row["epoch"] for row in rows] == [1, 2]
    for row in rows:
        assert row["train/char_loss"] > 0.01 and row["val/char_loss"] > 0.01
        assert "metrics/char_top1" in row and "metrics/char_top2" in row


def test_the_run_is_a_normal_ultralytics_folder_too(trained: tuple[Run, Any]) -> None:
    run = trained[0]
    for name in ("args.yaml", "results.csv", "weights/best.pt", "weights/last.pt", "weights/epoch1.pt"):
        assert (run.dir / name).is_file(), name
    assert not list(run.dir.rglob("*.tmp")) and not (run.dir / "weights/.partial").exists()
    assert "patience: 0" in (run.dir / "args.yaml").read_text()


def test_nothing_is_written_beside_the_users_crops(make_run: MakeRun, project_folder: Path) -> None:
    run = make_run()
    before = {path for path in project_folder.rglob("*") if "runs" not in path.parts and ".lpstudio" not in path.parts}
    run_here(run)
    assert {
        path for path in project_folder.rglob("*") if "runs" not in path.parts and ".lpstudio" not in path.parts
    } == before


@pytest.mark.slow
@pytest.mark.parametrize("safe", ["", "1"])
def test_weights_open_in_plain_ultralytics_where_lpstudio_is_not(trained: tuple[Run, Any], safe: str) -> None:
    run = trained[0]
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'lpstudio': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import numpy as np\n"
        "from ultralytics import YOLO\n"
        "for path in sys.argv[1:]:\n"
        "    model = YOLO(path)\n"
        "    assert list(model.names.values()) == list('ABO0'), model.names\n"
        "    model.predict(np.zeros((32, 64, 3), np.uint8), imgsz=64, verbose=False)\n"
        "assert not any(name.split('.')[0] == 'lpstudio' for name in sys.modules)\n"
    )
    env = {**os.environ, "ULTRALYTICS_SAFE_LOAD": safe, "YOLO_OFFLINE": "true", "PYTHONPATH": ""}
    weights = [str(run.dir / "weights" / name) for name in ("best.pt", "last.pt", "epoch1.pt")]
    done = subprocess.run([sys.executable, "-c", code, *weights], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_training_never_reaches_for_the_network(make_run: MakeRun) -> None:
    run = make_run()
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs):\n"
        "    print('NETWORK', args, flush=True); raise OSError('no network')\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse\n"
        "from lpstudio.worker.training import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    # the program must see to it by itself, whatever the shell says
    env = {key: value for key, value in os.environ.items() if not key.startswith(("YOLO_", "ULTRALYTICS_"))}
    command = [sys.executable, "-c", code, str(run.dir)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "NETWORK" not in done.stdout + done.stderr


def test_finished_weights_hold_no_optimizer_and_the_state_does(trained: tuple[Run, Any]) -> None:
    run = trained[0]
    checkpoint = torch.load(run.dir / "weights/best.pt", weights_only=False)
    assert checkpoint["optimizer"] is None
    assert checkpoint["model"].criterion is None
    state = load_state(run.state_path)
    assert state is not None and state["epoch"] == 1 and state["optimizer"]["state"]


def test_stock_training_has_no_character_loss(make_run: MakeRun) -> None:
    run = make_run(loss={"name": "stock"})
    events = run_here(run)
    assert events[-1]["type"] == "finished"
    assert "val/char_loss" not in results(run)[0]


@pytest.mark.parametrize("name", ["cross-entropy", "in-place"])
def test_every_named_loss_trains(make_run: MakeRun, name: str) -> None:
    run = make_run(loss={"name": name})
    assert run_here(run)[-1]["type"] == "finished"
    assert all(math.isfinite(value) for value in results(run)[0].values())


def test_a_stopped_training_goes_on_after_its_last_whole_epoch(make_run: MakeRun) -> None:
    run = make_run(epochs=3, save_period=0)
    run.commands_path.write_text('{"command": "stop_after_epoch"}\n')
    first = run_here(run)
    assert first[-1]["type"] == "finished" and first[-1]["reason"] == "stopped"
    assert [row["epoch"] for row in results(run)] == [1]
    assert load_state(run.state_path)["epoch"] == 0  # type: ignore[index]
    run.forget_commands()
    second = run_here(run)[len(first) :]
    assert second[0]["type"] == "start" and second[0]["first_epoch"] == 2
    assert [event["epoch"] for event in second if event["type"] == "epoch"] == [2, 3]
    assert second[-1]["reason"] == "completed"
    assert [row["epoch"] for row in results(run)] == [1, 2, 3]


def test_resuming_gives_the_weights_of_a_training_that_never_stopped(make_run: MakeRun) -> None:
    # two batches an epoch and a step after every third one: gradients wait over the end of an epoch
    options = {"epochs": 3, "batch": 4, "nominal_batch": 12, "warmup_epochs": 0.0, "save_period": 0}
    whole, parted = make_run(**options), make_run(**options)
    run_here(whole)
    parted.commands_path.write_text('{"command": "stop_after_epoch"}\n')
    run_here(parted)
    parted.forget_commands()
    run_here(parted)
    wanted, found = load_state(whole.state_path), load_state(parted.state_path)
    assert wanted is not None and found is not None
    for part in ("model", "ema"):
        assert all(torch.equal(wanted[part][name], found[part][name]) for name in wanted[part])


def test_a_stop_in_the_middle_of_an_epoch_leaves_the_last_one_to_resume_from(make_run: MakeRun) -> None:
    run = make_run(epochs=50)
    log = EventLog(run.events_path)
    conductor = Conductor(run, log)
    written = log.write

    def write(kind: str, **fields: Any) -> None:
        written(kind, **fields)
        if kind == "epoch":
            conductor.stop()

    log.write = write  # type: ignore[method-assign]
    train(run, "cpu", conductor, log)
    events = read_events(run.events_path)[0]
    assert events[-1]["reason"] == "stopped"
    assert load_state(run.state_path)["epoch"] == 0  # type: ignore[index]
    assert run.best_weights is not None
    assert torch.load(run.best_weights, weights_only=False)["optimizer"] is None


def test_a_run_that_died_after_its_last_epoch_is_only_finished(make_run: MakeRun) -> None:
    run = make_run()
    events = run_here(run)
    rows = results(run)
    again = run_here(run)[len(events) :]
    assert [event["type"] for event in again] == ["finished"]
    assert again[0]["reason"] == "completed" and again[0]["best"] == events[-1]["best"]
    assert results(run) == rows


def test_an_early_stop_says_so(make_run: MakeRun) -> None:
    run = make_run(epochs=30, early_stop_epochs=1, early_stop_percent=99.0)
    events = run_here(run)
    assert events[-1]["reason"] == "early-stop"
    assert len(results(run)) == 2


def test_without_validation_crops_the_training_crops_stand_in_and_it_is_said(
    make_run: MakeRun, project_folder: Path
) -> None:
    for path in (project_folder / "labels/val").iterdir():
        path.unlink()
    events = run_here(make_run())
    assert any("val split" in event["text"] for event in events if event["type"] == "log")
    epoch = next(event for event in events if event["type"] == "epoch")
    assert epoch["metrics"]["characters"] == 24


def test_an_unreadable_crop_is_named_in_one_failure(make_run: MakeRun, project_folder: Path) -> None:
    run = make_run()
    (project_folder / "images/train/crop3.png").write_bytes(b"no picture")
    failed = run_here(run)[-1]
    assert failed["type"] == "failed"
    assert "crop3.png" in failed["message"] and "\n" not in failed["message"] and "Traceback" not in failed["message"]


def test_an_unreadable_crop_is_named_through_loading_processes_too(make_run: MakeRun, project_folder: Path) -> None:
    from torch.utils.data import DataLoader

    from lpstudio.training.dataset import FrozenDataset
    from lpstudio.training.problems import plain_error

    run = make_run()
    (project_folder / "images/train/crop3.png").unlink()
    from ultralytics.utils import DEFAULT_CFG

    data = {"names": dict(enumerate("ABO0")), "nc": 4, "channels": 3}
    dataset = FrozenDataset(run.crops("train"), imgsz=64, augment=False, hyp=DEFAULT_CFG, data=data)
    with pytest.raises(Exception) as caught:
        list(DataLoader(dataset, num_workers=1, collate_fn=dataset.collate_fn))
    told = plain_error(caught.value, run).message
    assert "crop3.png" in told and "\n" not in told


def test_a_full_disk_ends_the_training_with_one_message_and_keeps_the_state(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=3)
    run.commands_path.write_text('{"command": "stop_after_epoch"}\n')
    run_here(run)
    run.forget_commands()
    before = run.state_path.read_bytes()

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lpstudio.training.state.torch.save", full)
    failed = run_here(run)[-1]
    assert failed["type"] == "failed" and "disk is full" in failed["message"]
    assert run.state_path.read_bytes() == before


def test_running_out_of_memory_is_said_with_what_to_do(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()

    def greedy(*args: Any, **kwargs: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("lpstudio.training.dataset.load_image", greedy)
    failed = run_here(run)[-1]
    assert failed["type"] == "failed"
    assert "out of memory" in failed["message"] and "smaller" in failed["message"]


def test_starting_weights_are_taken_over_by_class_name(trained: tuple[Run, Any], make_run: MakeRun) -> None:
    best = trained[0].best_weights
    run = make_run(weights=str(best))
    events = run_here(run)
    assert events[-1]["type"] == "finished"
    start = next(event for event in events if event["type"] == "start")
    assert start["weights"] == "best.pt"


def test_starting_weights_of_other_classes_and_another_size_bring_their_own_model(
    trained: tuple[Run, Any], make_run: MakeRun, project_folder: Path
) -> None:
    best = trained[0].best_weights
    yaml = project_folder / "data.yaml"
    yaml.write_text(yaml.read_text() + "  4: 'Z'\n")
    run = make_run(weights=str(best), size="s")
    assert run_here(run)[-1]["type"] == "finished"
    checkpoint = torch.load(run.dir / "weights/best.pt", weights_only=False)
    assert checkpoint["model"].yaml["scale"] == "n"
    assert list(checkpoint["model"].names.values()) == list("ABO0Z")


def test_without_starter_weights_it_starts_from_scratch_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpstudio.training.start.starter_weights", lambda size: None)
    start = starting_point("starter", "s")
    assert start.model is None and start.cfg == "yolo11s-seg.yaml"
    assert "no starter weights" in start.said and "scratch" in start.said


class _RunsCode:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["LPSTUDIO_TEST_HOSTILE"],)


@pytest.mark.parametrize("kind", ["missing", "truncated", "hostile", "another task"])
def test_weights_that_cannot_be_used_are_refused_in_one_line(
    kind: str, tmp_path: Path, trained: tuple[Run, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.pt"
    trace = tmp_path / "code-was-run"
    monkeypatch.setenv("LPSTUDIO_TEST_HOSTILE", str(trace))
    best = trained[0].best_weights
    assert best is not None
    if kind == "truncated":
        path.write_bytes(best.read_bytes()[:100_000])
    elif kind == "hostile":
        torch.save({"model": _RunsCode(), "ema": None}, path)
    elif kind == "another task":
        from ultralytics.nn.tasks import DetectionModel

        torch.save({"model": DetectionModel("yolo11n.yaml", nc=4, verbose=False)}, path)
    with pytest.raises(LpStudioError) as caught:
        starting_point(str(path), "n")
    assert "weights.pt" in caught.value.message and "\n" not in caught.value.message
    assert not trace.exists()


def test_a_run_whose_state_is_broken_is_not_started_over(make_run: MakeRun) -> None:
    run = make_run()
    run.state_path.write_bytes(b"nonsense")
    failed = run_here(run)[-1]
    assert failed["type"] == "failed" and "state" in failed["message"]
    assert run.status() is RunStatus.STOPPED  # no process ever owned it


def test_the_similarity_of_the_project_reaches_the_criterion_by_name(make_run: MakeRun) -> None:
    from lpstudio.training.arguments import ultralytics_arguments
    from lpstudio.training.trainer import CharacterTraining

    run = make_run()
    trainer = CharacterTraining(overrides=ultralytics_arguments(run, "cpu"))
    trainer._setup_train()
    matrix = trainer.model.criterion.character_loss.similarity_matrix
    assert matrix.tolist() == json.loads(json.dumps(run.matrix.tolist()))
    assert matrix["ABO0".index("O"), "ABO0".index("0")] == pytest.approx(0.6)
    assert trainer.ema.ema.criterion is not trainer.model.criterion


@pytest.mark.parametrize(("schedule", "quarter"), [("cosine", 0.855), ("linear", 0.7525)])
def test_the_learning_rate_falls_as_the_schedule_says(make_run: MakeRun, schedule: str, quarter: float) -> None:
    from lpstudio.training.arguments import ultralytics_arguments
    from lpstudio.training.trainer import CharacterTraining, close_loaders

    trainer = CharacterTraining(overrides=ultralytics_arguments(make_run(epochs=100, schedule=schedule), "cpu"))
    try:
        trainer._setup_train()
        assert [trainer.lf(epoch) for epoch in (0, 25, 100)] == pytest.approx([1.0, quarter, 0.01], abs=1e-3)
    finally:
        close_loaders(trainer)
