"""``lpstudio evaluate``: figures in words, JSON and a report; exit 1 when a crop could not be read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line
from tests.reading.models import save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_weights(tmp_path_factory.mktemp("weights") / "steady.pt", {"O": 2.0, "0": 1.5}, reach=14.5))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    Image.new("RGB", (160, 80), (120, 120, 120)).save(folder / "images" / "a.png")
    (folder / "labels" / "a.txt").write_text("0 0 0 1 0 1 1 0 1\n")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [O, '0']\n")
    return folder


def test_a_split_is_compared_in_words_json_and_pictures(
    weights: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, report = tmp_path / "figures.json", tmp_path / "report"
    call = [
        "evaluate",
        str(project),
        "--weights",
        weights,
        "--split",
        "train",
        "--json",
        str(out),
        "--report",
        str(report),
    ]
    assert run_command_line(call) == 0
    said = capsys.readouterr()
    assert "characters: 100.0% right" in said.out and "95 % interval by plate" in said.out and "report.html" in said.err
    assert json.loads(out.read_text())["characters"]["top1"] == 1.0
    assert (report / "report.html").stat().st_size > 1000


def test_groups_as_the_confusions_have_them_go_to_a_file_or_to_standard_output(
    weights: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, char in enumerate([1] * 6 + [0] * 10):
        Image.new("RGB", (160, 80), (90 + number, 120, 120)).save(project / "images" / f"more{number}.png")
        (project / "labels" / f"more{number}.txt").write_text(f"{char} 0 0 1 0 1 1 0 1\n")
    (project / "lpstudio.toml").write_text("[similarity]\nbase = 0.6\ngroups = []\n")
    out = tmp_path / "groups.toml"
    call = ["evaluate", str(project), "--weights", weights, "--split", "train", "--propose-groups"]
    assert run_command_line([*call, str(out)]) == 0
    assert "0 O 0 → 0.5" in capsys.readouterr().out
    assert tomllib.loads(out.read_text())["similarity"]["groups"] == [{"name": "0 O", "chars": "0 O"}]
    assert run_command_line([*call, "-"]) == 0
    said = capsys.readouterr()
    assert said.out == out.read_text() and "among the two best" in said.err
    assert run_command_line([*call, "-", "--json", "-"]) == 2


def test_a_crop_that_cannot_be_read_is_named_and_the_exit_code_is_1(
    weights: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "images" / "b.png").write_bytes(b"torn")
    (project / "labels" / "b.txt").write_text("0 0 0 1 0 1 1 0 1\n")
    assert run_command_line(["evaluate", str(project), "--weights", weights, "--split", "train", "--json", "-"]) == 1
    said = capsys.readouterr()
    assert "b.png" in said.err and json.loads(said.out)["faults"][0]["source"] == "images/b.png"


def test_wrong_projects_splits_and_weights_are_one_clear_message(
    weights: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["evaluate", str(tmp_path / "gone"), "--weights", weights]) == 1
    assert run_command_line(["evaluate", str(project), "--weights", weights, "--split", "night"]) == 1
    assert run_command_line(["evaluate", str(project), "--weights", str(tmp_path / "no.pt")]) == 1
    errors = capsys.readouterr().err.splitlines()
    for said in ("gone", "no split 'night'", "no.pt: there are no such weights"):
        assert any(said in line for line in errors)
    assert not any("Traceback" in line for line in errors)
