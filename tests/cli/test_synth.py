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
