"""What goes wrong in a training: memory runs out, a loss is no number, the disk is full. Nothing is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lpstudio.training.criterion import CharacterSegmentationLoss
from lpstudio.training.runs import Run
from lpstudio.training.state import load_state
from lpstudio.training.trainer import CharacterTraining
from lpstudio.training.watch import LossWatch, NotFiniteError
from tests.training import at_work, projects
from tests.training.test_training import results, run_here

MakeTiny = Callable[..., Run]
Events = list[dict[str, Any]]


@pytest.fixture
def make_tiny(project_folder: Path, tmp_path: Path) -> MakeTiny:
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    return lambda **settings: projects.make_run(project_folder, weights=weights, imgsz=32, **settings)


def _logs(events: Events, level: str = "warning") -> list[str]:
    return [event["text"] for event in events if event["type"] == "log" and event["level"] == level]


def _in_epoch(monkeypatch: pytest.MonkeyPatch, epoch: int, happens: Callable[[CharacterTraining], None]) -> None:
    """Have something happen before every batch of an epoch (from 1)."""
    prepared = CharacterTraining.preprocess_batch

    def prepare(self: CharacterTraining, batch: dict[str, Any]) -> dict[str, Any]:
        batch = prepared(self, batch)
        if self.epoch + 1 == epoch:
            happens(self)
        return batch

    monkeypatch.setattr(CharacterTraining, "preprocess_batch", prepare)


@pytest.mark.parametrize("epoch", [1, 3])
def test_out_of_memory_in_any_epoch_goes_on_with_half_the_batch_and_says_so(
    make_tiny: MakeTiny, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    run = make_tiny(epochs=3, nominal_batch=12)

    def greedy(trainer: CharacterTraining) -> None:
        if trainer.batch_size > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    _in_epoch(monkeypatch, epoch, greedy)
    events = run_here(run)
    assert events[-1] == {**events[-1], "type": "finished", "reason": "completed"}
    assert [text for text in _logs(events) if "memory" in text] == [
        "Out of memory: goes on after the last whole epoch with batches of 2 crops."
    ]
    starts = [(event["first_epoch"], event["batch"], event["batches"]) for event in events if event["type"] == "start"]
    assert starts == [(1, 4, 2), (epoch, 2, 4)]
    assert [event["epoch"] for event in events if event["type"] == "epoch"] == [1, 2, 3]
    assert [row["epoch"] for row in results(run)] == [1, 2, 3]
    assert Run.open(run.dir).batch == 2 and run.settings.batch == 4  # a resumed run does not try 4 again


def test_a_loss_that_is_no_number_ends_the_training_with_the_names_of_its_crops(
    make_tiny: MakeTiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_tiny(epochs=3)
    computed = CharacterSegmentationLoss._character_term
    seen: list[list[str]] = []

    def poisoned(self: CharacterSegmentationLoss, *args: Any) -> torch.Tensor:
        seen.append([])
        term = computed(self, *args)
        return term * math.nan if len(seen) == 5 else term  # after one epoch: two batches of train, one of val

    monkeypatch.setattr(CharacterSegmentationLoss, "_character_term", poisoned)
    events = run_here(run)
    failed = events[-1]
    assert failed["type"] == "failed" and "epoch 2, batch 2" in failed["message"]
    assert len(failed["crops"]) == 4
    assert all(Path(path).name in failed["message"] and Path(path).is_file() for path in failed["crops"])
    state = load_state(run.state_path)
    assert state is not None and state["epoch"] == 0
    assert all(torch.isfinite(value).all() for value in state["model"].values())
    monkeypatch.undo()
    assert run_here(run)[-1]["reason"] == "completed"
    assert [row["epoch"] for row in results(run)] == [1, 2, 3]


def test_a_step_that_mixed_precision_skips_is_no_failure(make_tiny: MakeTiny, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_tiny(epochs=2, nominal_batch=4)
    skipped: list[float] = []
    begun = CharacterTraining._model_train

    def overflowing(self: CharacterTraining) -> None:
        begun(self)
        if self.epoch == 0:  # so large that every gradient overflows at first
            self.scaler = torch.amp.GradScaler("cpu", init_scale=1e37, backoff_factor=1e-30, growth_interval=1000)

    stepped = CharacterTraining.optimizer_step

    def step(self: CharacterTraining) -> None:
        before = self.scaler.get_scale()
        stepped(self)
        skipped.append(self.scaler.get_scale() / before)

    monkeypatch.setattr(CharacterTraining, "_model_train", overflowing)
    monkeypatch.setattr(CharacterTraining, "optimizer_step", step)
    events = run_here(run)
    assert skipped[0] < 1e-20 and skipped[-1] == 1.0
    assert events[-1]["type"] == "finished" and all(math.isfinite(value) for value in results(run)[-1].values())


def test_a_gpu_is_not_asked_for_every_batch_and_the_first_faulty_one_is_named() -> None:
    class OnDevice:
        """A loss that lies on another device, as far as the watch can tell."""

        def __init__(self, value: float) -> None:
            self.value = torch.tensor(value)
            self.device = torch.device("cuda")

        def detach(self) -> torch.Tensor:
            return self.value

    watch = LossWatch()
    for number, value in enumerate([1.0, math.inf, math.nan, 2.0], start=1):
        watch.add(1, number, [f"{number}.png"], OnDevice(value))  # type: ignore[arg-type]
    with pytest.raises(NotFiniteError, match=r"batch 2 \(crops 2\.png\)"):
        watch.look()
    watch.look()


@pytest.mark.slow
@pytest.mark.parametrize("part", ["state", "weights"])
def test_a_full_disk_leaves_the_last_good_state_says_so_and_the_run_can_go_on(
    make_tiny: MakeTiny, tmp_path: Path, part: str
) -> None:
    run = make_tiny(epochs=3)
    run.commands_path.write_text('{"command": "stop_after_epoch"}\n')
    run_here(run)
    run.forget_commands()
    state = run.state_path.read_bytes()
    last = run.last_weights
    assert last is not None
    # the state is larger than weights with their optimizer: this is room for one of them, or for none
    room = len(state) - 1000 if part == "state" else 200_000
    kept = {path.name: path.read_bytes() for path in last.parent.iterdir()}
    process = at_work.start(run, tmp_path / "locks", room)
    process.join()
    assert process.exitcode == 1
    (failed,) = run.events(kinds={"failed"})[0]
    assert "disk" in failed["message"] or "large" in failed["message"]
    assert "resume" in failed["message"].lower() or "space" in failed["message"].lower()
    assert run.state_path.read_bytes() == state and run.can_resume
    if part == "weights":
        assert {path.name: path.read_bytes() for path in last.parent.iterdir()} == kept
    assert not list(run.dir.rglob("*.tmp")) and not (run.dir / "weights/.partial").exists()
    assert run_here(run)[-1]["reason"] == "completed"
    assert [row["epoch"] for row in results(run)] == [1, 2, 3]
