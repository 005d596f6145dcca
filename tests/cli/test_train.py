"""``lpstudio train`` as it is called from a shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpstudio.cli.app import run_command_line
from lpstudio.training.runs import Run, RunStatus
from tests.training import at_work, projects

QUICK = ["--weights", "scratch", "--device", "cpu", "--imgsz", "64", "--batch", "4"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return projects.write_project(tmp_path / "plates")


@pytest.mark.slow
def test_a_training_says_what_takes_part_and_ends_with_its_weights(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.fast_starts(monkeypatch)
    (folder / "labels/train/crop0.txt").unlink()
    events = tmp_path / "events.jsonl"
    code = run_command_line(["train", str(folder), *QUICK, "--epochs", "1", "--k", "3", "--json", str(events)])
    out, err = capfd.readouterr()
    assert code == 0, err
    best = Path(out.strip())
    assert best == folder / "runs/train-1/weights/best.pt" and best.is_file()
    assert "7 train, 4 val" in err and "1 unlabelled" in err
    assert "rare in train" in err
    assert "epoch 1/1" in err and "top-1" in err
    assert Run.open(folder / "runs/train-1").settings.loss.k == 3
    kinds = [json.loads(line)["type"] for line in events.read_text().splitlines()]
    assert kinds[0] == "start" and kinds[-1] == "finished"


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_resume_goes_on(folder: Path, tmp_path: Path) -> None:
    weights = str(projects.tiny_weights(tmp_path / "tiny.pt"))
    command = [sys.executable, "-m", "lpstudio", "train", str(folder)]
    process = subprocess.Popen(
        [*command, *QUICK, "--weights", weights, "--epochs", "5000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    run_folder = folder / "runs/train-1"
    until = time.monotonic() + 120
    while not (run_folder / "state.pt").is_file():
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out.strip() == str(run_folder / "weights/best.pt")
    assert "--resume train-1" in err and "Traceback" not in err
    run = Run.open(run_folder)
    assert run.status() is RunStatus.STOPPED

    done = max(event["epoch"] for event in run.events(kinds={"epoch"})[0])
    again = subprocess.Popen([*command, "--resume", "train-1"], stderr=subprocess.PIPE, text=True, env=os.environ)
    until = time.monotonic() + 120
    while max(event["epoch"] for event in run.events(kinds={"epoch"})[0]) == done:
        assert time.monotonic() < until and again.poll() is None
        time.sleep(0.1)
    again.send_signal(signal.SIGTERM)  # the command dies at once; its training must not go on alone
    again.communicate(timeout=60)
    until = time.monotonic() + 60
    while run.status() is not RunStatus.STOPPED:
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--loss", "magic"], "similarity, cross-entropy, in-place, stock"),
        (["--epochs", "0"], "at least 1"),
        (["--imgsz", "100"], "multiple of 32"),
        (["--resume", "train-1", "--epochs", "3"], "--resume"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_made(
    folder: Path, arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["train", str(folder), *arguments]) == 2
    assert words in capfd.readouterr().err
    assert not (folder / "runs").exists()


def test_missing_weights_are_named_after_the_project_was_looked_at(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["train", str(tmp_path / "nowhere"), "--weights", "none.pt"]) == 1
    assert "nowhere" in capfd.readouterr().err
    assert run_command_line(["train", str(folder), "--weights", "none.pt"]) == 1
    assert "none.pt" in capfd.readouterr().err
    assert not (folder / "runs").exists()


def test_a_project_without_labels_says_what_to_do(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "labels/train").iterdir():
        path.unlink()
    assert run_command_line(["train", str(folder), "--weights", "scratch"]) == 1
    err = capfd.readouterr().err
    assert "no crop takes part" in err and "Draw characters" in err


def test_a_fault_in_the_projects_training_settings_is_named(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "lpstudio.toml").write_text("[training]\nepoch = 3\n")
    assert run_command_line(["train", str(folder)]) == 1
    assert "'epoch'" in capfd.readouterr().err


def test_a_run_that_is_none_cannot_be_resumed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["train", str(folder), "--resume", "train-9"]) == 1
    assert "train-9" in capfd.readouterr().err
