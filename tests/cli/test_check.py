"""``lpstudio check`` as a person or a script calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line

GOOD = "0 0.1 0.2 0.2 0.2 0.2 0.8\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for split in ("train", "val"):
        (tmp_path / "images" / split).mkdir(parents=True)
        (tmp_path / "labels" / split).mkdir(parents=True)
        Image.new("L", (20, 10), 5 if split == "val" else 9).save(tmp_path / "images" / split / "a.png")
        (tmp_path / "labels" / split / "a.txt").write_text(GOOD)
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [A, B]\n")
    return tmp_path


def test_a_sound_dataset_ends_with_0(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["check", str(dataset)]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert "2 crops, 0 without label file: 0 errors, 0 warnings" in output.err
    assert not (dataset / ".lpstudio").exists()


def test_faults_are_printed_with_file_and_line_and_end_with_1(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset / "labels/train/a.txt").write_text(f"{GOOD}7 0.1\n")
    (dataset / "images/val/b.jpg").write_bytes(b"no")
    assert run_command_line(["check", str(dataset)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{dataset}/images/val/b.jpg: error: this is no picture")
    assert lines[1].startswith(f"{dataset}/labels/train/a.txt:2: error: unknown class 7")
    assert run_command_line(["check", str(dataset), "--no-images"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_json_lines_go_to_stdout_or_a_file(dataset: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (dataset / "labels/train/a.txt").write_text("x\n")
    assert run_command_line(["check", str(dataset), "--json", "-"]) == 1
    (fault,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert fault == {
        "schema": 1,
        "kind": "label-line",
        "severity": "error",
        "path": f"{dataset}/labels/train/a.txt",
        "line": 1,
        "message": "the class “x” is not a number",
    }
    assert run_command_line(["check", str(dataset), "--json", str(tmp_path / "faults.jsonl")]) == 1
    assert json.loads((tmp_path / "faults.jsonl").read_text()) == fault


def test_a_dataset_that_does_not_open_is_a_fault_as_well(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (dataset / "data.yaml").write_text("train: [images\nnames: [A]\n")
    assert run_command_line(["check", str(dataset), "--json", "-"]) == 1
    output = capsys.readouterr()
    assert json.loads(output.out)["line"] == 2
    assert "Traceback" not in output.err
    assert run_command_line(["check", str(dataset)]) == 1
    assert "data.yaml:2: error: broken YAML" in capsys.readouterr().out
    assert run_command_line(["check", str(dataset / "nothing")]) == 1
