"""``lpstudio read``: JSON lines, rows, overlays, exit codes, and one clear message a fault."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line
from tests.reading.models import save_weights
from tests.reading.videos import numbered_video


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_weights(tmp_path_factory.mktemp("weights") / "steady.pt", {"O": 2.0, "0": 1.5}, reach=7))


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    folder = tmp_path / "crops"
    folder.mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(0, 255, (80, 160, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    return folder


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_folder_becomes_one_line_of_json_a_picture(weights: str, crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "reads.jsonl"
    assert run_command_line(["read", str(crops), "--weights", weights, "--json", str(out), "--device", "cpu"]) == 0
    lines = _lines(out)
    assert [line["source"] for line in lines] == [str(crops / "0.png"), str(crops / "1.png")]
    assert lines[0]["schema"] == 1 and lines[0]["weights"] == "steady" and lines[0]["plates"]


def test_json_on_standard_output_stands_there_alone(weights: str, crops: Path) -> None:
    call = [sys.executable, "-m", "lpstudio", "read", str(crops), "--weights", weights, "--json", "-"]
    done = subprocess.run(call, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["error"] for line in done.stdout.splitlines()] == [None, None]
    assert "reading with steady (not calibrated)" in done.stderr and "2 read" in done.stderr


def test_one_faulty_picture_gives_its_line_a_message_and_exit_code_1(
    weights: str, crops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (crops / "1.png").write_bytes(b"torn")
    out = tmp_path / "reads.jsonl"
    assert run_command_line(["read", str(crops), "--weights", weights, "--json", str(out)]) == 1
    assert [line["error"] is None for line in _lines(out)] == [True, False]
    error = capsys.readouterr().err
    assert "1.png" in error and "1 of 2 read" in error and "Traceback" not in error


def test_missing_sources_are_named_before_weights_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reads.jsonl"
    assert run_command_line(["read", str(tmp_path / "gone.png"), "--json", str(out)]) == 1
    assert "gone.png: there is no such file" in _lines(out)[0]["error"]
    assert "gone.png" in capsys.readouterr().err


def test_missing_weights_are_a_clear_error(crops: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["read", str(crops), "--weights", str(crops / "none.pt")]) == 1
    assert "none.pt: there are no such weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--formats", "9"], ["--every", "0"], ["--conf", "2"], ["--json", "-", "--csv", "-"],
     ["--first", "5", "--last", "2"], ["--device", "cuda:99"]],
)  # fmt: skip
def test_wrong_calls_end_with_exit_code_2(weights: str, crops: Path, arguments: list[str]) -> None:
    assert run_command_line(["read", str(crops), "--weights", weights, *arguments]) == 2


def test_every_nth_frame_of_a_video_has_a_line(weights: str, tmp_path: Path) -> None:
    video, out = numbered_video(tmp_path / "cars.mp4", 20), tmp_path / "reads.jsonl"
    assert run_command_line(["read", str(video), "--weights", weights, "--json", str(out), "--every", "7"]) == 0
    assert [line["frame"] for line in _lines(out)] == [0, 7, 14]


def test_rows_and_overlays_are_written(weights: str, crops: Path, tmp_path: Path) -> None:
    (crops / "sub").mkdir()
    (crops / "sub" / "0.png").write_bytes((crops / "0.png").read_bytes())
    numbered_video(crops / "cars.mp4", 2)
    rows_file, drawn = tmp_path / "rows.csv", tmp_path / "drawn"
    arguments = ["read", str(crops), "--weights", weights, "--csv", str(rows_file), "--overlay", str(drawn)]
    assert run_command_line(arguments) == 0
    rows = list(csv.DictReader(rows_file.open()))
    assert {Path(row["source"]).name for row in rows} == {"0.png", "1.png", "cars.mp4"}
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)
    names = sorted(path.name for path in drawn.iterdir())
    assert names == [
        "0-2.overlay.jpg", "0.overlay.jpg", "1.overlay.jpg", "cars.000000.overlay.jpg", "cars.000001.overlay.jpg",
    ]  # fmt: skip
    assert cv2.imread(str(drawn / "0.overlay.jpg")).shape[1] == 640


def test_people_get_a_line_with_the_text(weights: str, crops: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["read", str(crops / "0.png"), "--weights", weights, "--formats", "none"]) == 0
    assert capsys.readouterr().out.startswith(f"{crops / '0.png'}: O")


def test_an_output_that_cannot_be_written_is_named(
    weights: str, crops: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(crops / "no folder" / "out.jsonl")
    assert run_command_line(["read", str(crops), "--weights", weights, "--json", target]) == 1
    assert "out.jsonl: it cannot be written" in capsys.readouterr().err


def test_a_projects_groups_and_formats_count_for_its_data_yaml(weights: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (160, 80), (90, 90, 90)).save(tmp_path / "images" / "a.png")
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [O, '0']\n")
    (tmp_path / "lpstudio.toml").write_text('formats = ["none"]\n[similarity]\nbase = 0.6\ngroups = []\n')
    out = tmp_path / "reads.jsonl"
    assert run_command_line(["read", str(tmp_path / "data.yaml"), "--weights", weights, "--json", str(out)]) == 0
    characters = [c for plate in _lines(out)[0]["plates"] for c in plate["characters"]]
    assert characters and not any(character["similar"] for character in characters)


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_stopping_keeps_the_lines_read_so_far(weights: str, tmp_path: Path) -> None:
    video, out = numbered_video(tmp_path / "long.mp4", 400), tmp_path / "reads.jsonl"
    call = [sys.executable, "-m", "lpstudio", "read", str(video), "--weights", weights, "--json", str(out)]
    process = subprocess.Popen(call, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (out.exists() and out.stat().st_size):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in errors
    assert 0 < len(_lines(out)) < 400
