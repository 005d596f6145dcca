"""``lpstudio pack`` and ``lpstudio calibrate``: from a run to a folder that reads, with its groups and formats."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.reading.pack import open_pack
from lpstudio.similarity import Similarity
from lpstudio.training.runs import Run, create_run
from lpstudio.training.settings import TrainSettings
from tests.reading.models import NAMES, save_weights

SETTINGS = """formats = ["LLL DDDD"]

[similarity]
base = 0.5
groups = [{ name = "round", chars = "O 0" }]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Crops that say O, or 0 one time in four."""
    root = tmp_path / "project"
    for split, count in (("train", 64), ("val", 4)):
        (root / "images" / split).mkdir(parents=True)
        (root / "labels" / split).mkdir(parents=True)
        for number in range(count):
            noise = np.random.default_rng(number).integers(0, 255, (64, 64, 3), np.uint8)
            Image.fromarray(noise).save(root / "images" / split / f"{split}{number}.png")
            line = f"{14 if number % 4 else 26} 0 0 1 0 1 1 0 1\n"
            (root / "labels" / split / f"{split}{number}.txt").write_text(line)
    names = ", ".join(f"'{name}'" for name in NAMES)
    (root / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: [{names}]\n")
    (root / "lpstudio.toml").write_text(SETTINGS)
    return root


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    with Project.open(project) as opened:
        made = create_run(opened, TrainSettings(selection_share=0.0, name="night"), collect(opened))
    (made.dir / "weights").mkdir(exist_ok=True)
    shutil.copyfile(
        save_weights(tmp_path / "w.pt", {"O": 3.0, "0": 1.4}, reach=7, imgsz=64), made.dir / "weights/best.pt"
    )
    return made


def test_a_run_is_calibrated_packed_and_read_with(
    run: Run, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    figures, out, reads = tmp_path / "figures.json", tmp_path / "night.pack", tmp_path / "reads.jsonl"
    call = ["calibrate", str(project), "--weights", str(run.best_weights), "--split", "train", "--share", "1"]
    assert run_command_line(call) == 1
    assert "--allow-trained" in capsys.readouterr().err
    assert run_command_line([*call, "--allow-trained", "--json", str(figures)]) == 0
    said = capsys.readouterr()
    assert "fitted on 64 characters of 64 crops of train" in said.out and "64 of these 64 crops" in said.err
    data = json.loads(figures.read_text())
    assert data["after"]["nll"] <= data["before"]["nll"] and data["val"]["after"]["characters"] == 4

    assert run_command_line(["pack", str(run.dir), str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    pack = open_pack(out)
    assert pack.name == "night-1/best" and pack.calibration is not None
    assert pack.calibration.temperature == data["temperature"]
    assert pack.similarity == run.similarity != Similarity()
    assert pack.formats.name == "LLL DDDD"

    crop = str(project / "images/val/val0.png")
    assert run_command_line(["read", crop, "--weights", str(out), "--runtime", "onnx", "--json", str(reads)]) == 0
    reading = json.loads(reads.read_text())
    assert reading["calibrated"] is True and reading["weights"] == "night-1/best"
    character = reading["plates"][0]["characters"][0]
    assert character["similar"] is True and character["candidates"][0]["probability"] == pytest.approx(0.75, abs=0.06)

    assert run_command_line(["pack", str(run.dir), str(out)]) == 1
    assert "nothing is overwritten" in capsys.readouterr().err


def test_weights_alone_take_groups_and_formats_from_a_named_project(run: Run, project: Path, tmp_path: Path) -> None:
    weights = tmp_path / "w.pt"
    call = ["pack", str(weights), str(tmp_path / "one"), "--no-onnx", "--project", str(project)]
    assert run_command_line(call) == 0
    assert open_pack(tmp_path / "one").similarity == run.similarity
    assert open_pack(tmp_path / "one").formats.name == "LLL DDDD"
    assert run_command_line(["pack", str(weights), str(tmp_path / "two"), "--no-onnx", "--formats", "none"]) == 0
    assert open_pack(tmp_path / "two").similarity == Similarity() and not open_pack(tmp_path / "two").formats.formats


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (["pack", "gone.pt", "out"], 1, "gone.pt: there are no such weights"),
        (["pack", "project", "out"], 1, "project: this folder holds no run"),
        (["pack", "w.pt", "out", "--formats", "??"], 2, "'??' is no plate format"),
        (["calibrate", "project", "--weights", "gone.pt"], 1, "gone.pt: there are no such weights"),
        (["calibrate", "project", "--weights", "w.pt", "--split", "val"], 2, "val only scores"),
        (["calibrate", "project"], 2, "--weights"),
    ],
)
def test_wrong_calls_are_said_in_one_line(
    call: list[str],
    code: int,
    said: str,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(call) == code
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()
