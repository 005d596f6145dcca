"""Several GPUs, as far as processors can show it: two processes with gloo share criterion, sampler and one model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lpstudio.training import distributed
from lpstudio.training.events import EventLog
from lpstudio.training.launch import worker_environment
from lpstudio.training.runs import Run
from lpstudio.training.state import load_state
from tests.conftest import REPOSITORY
from tests.training import at_work, projects, sharing


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_train_one_model_on_parts_of_the_same_batches(tmp_path: Path) -> None:
    results = {}
    for world in (1, 2):
        folder = tmp_path / str(world)
        folder.mkdir()
        context = at_work.context()
        processes = [context.Process(target=sharing.work, args=(rank, world, str(folder))) for rank in range(world)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            assert process.exitcode == 0
        results[world] = [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in range(world)]
    first, second = results[2]
    # one model: both processes end with the very same weights, which have moved
    assert all(torch.equal(first["model"][name], second["model"][name]) for name in first["model"])
    start = sharing.make_model().state_dict()
    assert any(not torch.equal(first["model"][name], start[name]) for name in start)
    # every batch is parted between them, and each epoch holds every crop
    (alone,) = results[1]
    steps = len(alone["seen"])
    assert len(first["seen"]) == len(second["seen"]) == steps
    for one, other, whole in zip(first["seen"], second["seen"], alone["seen"], strict=True):
        assert len(one) == len(other) and set(one) | set(other) == set(whole)
    # and what is learned is what one process learns from whole batches, but for how each part averages its characters
    moved, apart = (
        torch.cat([(one[name] - other[name]).float().flatten() for name in start]).norm()
        for one, other in ((alone["model"], start), (first["model"], alone["model"]))
    )
    assert moved > 0 and apart < 0.25 * moved


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="this torch has no gloo")
def test_a_whole_run_in_two_processes_is_one_run(tmp_path: Path) -> None:
    folder = projects.write_project(tmp_path / "plates", train=26)
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    run = projects.make_run(folder, weights=weights, epochs=2, nominal_batch=8)
    from ultralytics.utils.dist import find_free_network_port

    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(find_free_network_port())}
    with (tmp_path / "log").open("w") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.training.whole_rank", str(run.dir)],
                env={**worker_environment(), **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
            )
            for rank in range(2)
        ]
        assert [process.wait() for process in processes] == [0, 0], (tmp_path / "log").read_text()[-3000:]
    events = run.events()[0]
    kinds = [event["type"] for event in events if event["type"] not in {"log", "batch"}]
    assert kinds == ["start", "epoch", "epoch", "scored", "finished"]
    assert events[0]["counts"]["crops"] == {"train": 22, "selection": 4, "val": 4}
    for event in events:
        if event["type"] == "epoch":  # the similarity term is there, and all of the selection part was read
            assert event["train"]["char_loss"] > 0.1 and event["val"]["char_loss"] > 0.1
            assert event["metrics"]["characters"] == 12
    assert run.best_weights is not None and run.last_weights is not None
    assert [line.split(",")[0] for line in run.results_path.read_text().splitlines()] == ["epoch", "1", "2"]
    state = load_state(run.state_path)
    assert state is not None and state["epoch"] == 1 and not any(name.startswith("module.") for name in state["model"])


def test_when_memory_runs_out_on_one_gpu_all_of_them_start_again_with_half_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = projects.make_run(projects.write_project(tmp_path / "plates"), device="0,1")
    log = EventLog(run.events_path)
    batches: list[int] = []

    def launched(run: Run, count: int) -> int:
        batches.append(run.batch)
        if len(batches) == 1:
            run.lower_batch(run.batch // 2)
            return 1
        log.write("finished", reason="completed")
        return 0

    monkeypatch.setattr(distributed, "_launched", launched)
    distributed.train_distributed(run, "0,1", log)
    assert batches == [4, 2]
    assert "batches of 2 crops" in run.events(kinds={"log"})[0][0]["text"]
