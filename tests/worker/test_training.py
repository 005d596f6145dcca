"""The training process: detached, followed through its folder, commanded, killed and resumed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lpstudio.errors import LpStudioError
from lpstudio.training.launch import start_detached, worker_environment
from lpstudio.training.locks import device_locks
from lpstudio.training.runs import Run, RunStatus
from tests.training import at_work, projects

LONG = {"epochs": 1000, "save_period": 0, "early_stop_epochs": 0}


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that would go on for long; no process of it is left behind."""
    made = projects.make_run(projects.write_project(tmp_path / "plates"), **LONG)
    yield made
    owner = made.owner()
    if owner is not None and owner.is_alive():
        psutil.Process(owner.pid).kill()


def wait(run: Run, wanted: Callable[[], bool], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < until, f"{run.status()}: {run.log_path.read_text()[-2000:]}"
        time.sleep(0.05)


def epochs(run: Run) -> list[int]:
    return [event["epoch"] for event in run.events(kinds={"epoch"})[0]]


@pytest.mark.slow
def test_a_detached_training_is_paused_resumed_killed_and_goes_on(run: Run) -> None:
    pid = start_detached(run)
    assert run.status() is RunStatus.STARTING
    assert os.getsid(pid) == pid != os.getsid(0)
    with pytest.raises(LpStudioError, match="already running"):
        start_detached(run)
    wait(run, lambda: len(epochs(run)) >= 1)
    assert run.status() is RunStatus.RUNNING

    run.send("pause")
    wait(run, lambda: run.status() is RunStatus.PAUSED)
    stood = epochs(run)
    time.sleep(1.0)
    assert epochs(run) == stood and psutil.pid_exists(pid)
    run.send("resume")
    wait(run, lambda: len(epochs(run)) > len(stood))

    psutil.Process(pid).kill()
    wait(run, lambda: run.status() is RunStatus.DIED)
    done = max(epochs(run))
    assert run.can_resume
    with pytest.raises(LpStudioError, match="died"):
        run.send("pause")

    start_detached(run)
    wait(run, lambda: max(epochs(run)) > done)
    assert epochs(run) == list(range(1, len(epochs(run)) + 1))
    run.send("stop")
    wait(run, lambda: run.status() is RunStatus.STOPPED)
    assert run.best_weights is not None and run.can_resume
    assert "Traceback" not in run.log_path.read_text()


@pytest.mark.slow
def test_a_training_waits_for_another_on_its_device_and_ends_with_its_parent(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.fast_starts(monkeypatch)
    (lock,) = device_locks("cpu")
    assert lock.acquire()
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    start_detached(run, parent=parent.pid)
    wait(run, lambda: run.status() is RunStatus.QUEUED)
    lock.release()
    wait(run, lambda: run.status() is RunStatus.RUNNING)
    parent.kill()
    parent.wait()
    wait(run, lambda: run.status() is RunStatus.STOPPED)


@pytest.mark.slow
def test_a_device_that_is_not_there_fails_with_one_line(tmp_path: Path) -> None:
    run = projects.make_run(projects.write_project(tmp_path / "plates"), device="7")
    command = [sys.executable, "-m", "lpstudio.worker.training", str(run.dir)]
    done = subprocess.run(command, env=worker_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert run.status() is RunStatus.FAILED
    (failed,) = run.events(kinds={"failed"})[0]
    assert "'7'" in failed["message"] and "\n" not in failed["message"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lpstudio.worker.training", str(tmp_path)]
    done = subprocess.run(command, env=worker_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no run" in done.stderr and "Traceback" not in done.stderr
