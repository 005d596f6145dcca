"""``kill -9`` at any moment: resumed, a training comes out as if nothing had happened."""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
import torch

from lpstudio.training.events import read_events
from lpstudio.training.runs import Run, RunStatus
from lpstudio.training.state import load_state
from tests.training import at_work, projects

KILLS = 20
EPOCHS = 8
# three batches an epoch and a step after every fourth: gradients wait over the ends of epochs
SETTINGS = {"epochs": EPOCHS, "imgsz": 32, "nominal_batch": 16, "warmup_epochs": 1.0, "save_period": 5}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that start fast")


def _rows(run: Run) -> list[dict[str, float]]:
    with run.results_path.open() as stream:
        return [{key.strip(): float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


def _wait(wanted: Callable[[], bool], process: ForkServerProcess, run: Run) -> None:
    until = time.monotonic() + 120
    while not wanted() and process.is_alive():
        assert time.monotonic() < until, run.log_path.read_text()[-2000:]
        time.sleep(0.005)


def _starts(run: Run) -> int:
    return len(read_events(run.events_path, 0, {"start"})[0])


@pytest.mark.slow
def test_a_training_killed_at_twenty_random_moments_comes_out_as_if_it_never_was(tmp_path: Path) -> None:
    folder = projects.write_project(tmp_path / "plates", train=10)
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    whole, killed = (projects.make_run(folder, weights=weights, **SETTINGS) for _ in range(2))
    undisturbed = at_work.start(whole, tmp_path / "locks")
    began = time.monotonic()
    undisturbed.join()
    assert undisturbed.exitcode == 0, whole.log_path.read_text()[-2000:]
    epoch_s = (time.monotonic() - began) / EPOCHS

    rng = random.Random(7)
    for number in range(KILLS):
        process, before = at_work.start(killed, tmp_path / "locks"), _starts(killed)
        if number % 4:  # in an epoch, or as it is saved
            _wait(lambda before=before: _starts(killed) > before, process, killed)
            moment = rng.uniform(0, 0.7 * epoch_s)
        else:  # while it gets ready
            moment = rng.uniform(0, 2 * epoch_s)
        process.join(moment)
        process.kill()
        process.join()
        assert killed.status() in {RunStatus.DIED, RunStatus.STOPPED} or process.exitcode == 0
        for name in ("last.pt", "best.pt"):  # whenever it died, what is there is whole
            path = killed.dir / "weights" / name
            assert not path.exists() or torch.load(path, weights_only=False)["epoch"] >= 0
    last = at_work.start(killed, tmp_path / "locks")
    last.join()
    assert last.exitcode == 0, killed.log_path.read_text()[-2000:]

    wanted, found = _rows(whole), _rows(killed)
    assert [row["epoch"] for row in found] == list(range(1, EPOCHS + 1))  # no hole, no epoch twice
    told = [event["epoch"] for event in read_events(killed.events_path, 0, {"epoch"})[0]]
    assert told == list(range(1, EPOCHS + 1))
    for one, other in zip(wanted, found, strict=True):
        del one["time"], other["time"]
        assert other == pytest.approx(one, rel=1e-5, abs=1e-8)
    a, b = load_state(whole.state_path), load_state(killed.state_path)
    assert a is not None and b is not None
    for part in ("model", "ema"):
        assert all(torch.allclose(a[part][name].float(), b[part][name].float(), rtol=1e-5) for name in a[part])
    assert not list(killed.dir.rglob("*.tmp")) and not (killed.dir / "weights/.partial").exists()
