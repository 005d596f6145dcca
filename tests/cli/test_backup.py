"""``lpstudio backup``: what the window's Restore can do, without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line
from lpstudio.dataset.ownership import Ownership


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "plates"
    for kind in ("images", "labels"):
        (root / kind / "train").mkdir(parents=True)
    (root / "data.yaml").write_text("train: images/train\nval: images/train\nnames: [A, B]\n")
    for name in ("a", "b"):
        Image.new("RGB", (40, 20)).save(root / f"images/train/{name}.png")
    (root / "labels/train/a.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.9\n")
    return root


def test_back_up_list_compare_and_restore(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["backup", str(dataset)]) == 0
    name = capsys.readouterr().out.split("\t")[0].removesuffix(".tar.gz")
    assert run_command_line(["backup", str(dataset), "--list"]) == 0
    assert f"{name}.tar.gz" in capsys.readouterr().out
    label = dataset / "labels/train/a.txt"
    before = label.read_text()
    label.write_text("1 0.1 0.1 0.5 0.1 0.5 0.9\n")
    (dataset / "labels/train/b.txt").write_text("")
    assert run_command_line(["backup", str(dataset), "--restore", name, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == ["changes\timages/train/a.png", "gone\timages/train/b.png"]
    assert label.read_text() != before
    claim = Ownership(dataset)
    assert claim.claim() is None
    assert run_command_line(["backup", str(dataset), "--restore", name]) == 1
    assert "open in a studio" in capsys.readouterr().err
    claim.release()
    assert run_command_line(["backup", str(dataset), "--restore", name]) == 0
    assert "2 crops stand as in" in capsys.readouterr().out
    assert label.read_text() == before
    assert not (dataset / "labels/train/b.txt").exists()


def test_a_wrong_call_says_what_there_is(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["backup", str(dataset), "--restore", "1999-01-01"]) == 2
    assert "there is no backup 1999-01-01 (there are: none)" in capsys.readouterr().err
    assert run_command_line(["backup", str(dataset), "--dry-run"]) == 2
