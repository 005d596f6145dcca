"""``lpstudio split``: the report, the exit codes, and nothing written by a dry run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    rows = ["file,text"]
    for number in range(20):
        path = folder / "images" / ("val" if number > 15 else "train") / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (16, 32), np.uint8)).save(path)
        rows.append(f"{path.name},AB{number % 10}")
    (folder / "plates.csv").write_text("\n".join(rows) + "\n")
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [A, B]\n")
    return folder


def test_a_dry_run_says_what_leaks_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert run_command_line(["split", str(project), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "20 crops in 10 groups" in said and "leaks now: 4" in said and "leaks after: none" in said
    assert "the plate AB6 is in train (images/train/06.png) and val (images/val/16.png)" in said
    assert run_command_line(["split", str(project), "--dry-run", "--by", "video"]) == 1
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_a_split_is_frozen_and_told_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["split", str(project), "--val", "0.3", "--seed", "5", "--json", "-"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["crops"] == {"train": 14, "val": 6} and report["seed"] == 5 and report["leaks"] == []
    assert len(report["leaks_now"]) == 4 and "data.yaml.before-split" in said.err
    assert len((project / "val.txt").read_text().splitlines()) == 6


def test_what_would_leak_is_not_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["split", str(project), "--by", "camera,video"]) == 1
    assert "crops would leak" in capsys.readouterr().err and not (project / "train.txt").exists()


def test_a_test_split_is_not_mixed_in_without_being_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["split", str(project), "--test", "0.2"]) == 0
    capsys.readouterr()
    assert run_command_line(["split", str(project)]) == 2
    assert "--test 0.1" in capsys.readouterr().err
    assert run_command_line(["split", str(project), "--test", "0"]) == 0
    assert "test" not in (project / "data.yaml").read_text().replace("# test", "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--by", "plate,colour"], "not colour"),
        (["--camera", "cam("], "no regular expression"),
        (["--val", "0"], "share of val"),
        (["--val", "0.8", "--test", "0.2"], "nothing would be left"),
    ],
)
def test_wrong_calls_are_one_clear_message(
    project: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["split", str(project), *arguments]) == 2
    said = capsys.readouterr().err
    assert why in said and "Traceback" not in said
