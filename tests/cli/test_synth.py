"""``lpstudio synth``."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpstudio.cli.app import run_command_line


def test_synth_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "crops"
    assert run_command_line(["synth", str(out), "--count", "10", "--seed", "4", "--val", "0.3"]) == 0
    said = capsys.readouterr().out
    assert "7 train and 3 val crops" in said
    assert len(list(out.glob("images/*/*.jpg"))) == len(list(out.glob("labels/*/*.txt"))) == 10


def test_synth_into_a_folder_with_files_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run_command_line(["synth", str(tmp_path), "--count", "10"]) == 2
    assert "not an empty folder" in capsys.readouterr().err


def test_synth_makes_sequences_and_a_contact_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, sheet = tmp_path / "videos", tmp_path / "sheet.png"
    wanted = ["synth", str(out), "--sequences", "1", "--difficulty", "0.1", "--formats", "ph-protocol"]
    assert run_command_line(wanted) == 0
    assert "sequences: 1, frames: " in capsys.readouterr().out
    assert (out / "sequence_0001.mp4").is_file() and (out / "sequence_0001.jsonl").is_file()
    assert run_command_line(["synth", "--sheet", str(sheet), "--difficulty", "0"]) == 0
    assert sheet.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to make"),
        (["out", "--sheet", "sheet.gif"], ".png"),
        (["out", "--difficulty", "2"], "--difficulty"),
        (["out", "--formats", "ph-1066"], "ph-1066"),
        (["out", "--sequences", "2", "--sheet", "sheet.png"], "no contact sheet"),
        (["--sequences", "2"], "nothing to make"),
        (["out", "--val", "0"], "between 0 and 1"),
    ],
)
def test_a_wish_that_cannot_be_is_a_wrong_call(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["synth", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_broken_country_is_one_line_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "far.toml").write_text('name = "Far"\n[[style]]\nid = "car"\nsize = "large"\n')
    assert run_command_line(["synth", str(tmp_path / "out"), "--country", str(tmp_path / "far.toml")]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and "far.toml:" in said[0]
