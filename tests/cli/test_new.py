"""``lpstudio new`` as a person or a script calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lpstudio.cli.app import run_command_line
from lpstudio.dataset.project import Project


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    folder = tmp_path / "crops"
    folder.mkdir()
    for number in range(10):
        Image.new("L", (30, 12), number * 20).save(folder / f"{number}.png")
    return folder


def test_a_project_is_made_beside_the_crops(crops: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["new", str(crops), "--val", "0.3", "--seed", "7"]) == 0
    root = crops.parent / "crops-project"
    assert f"{root}/data.yaml: 10 crops (train 7, val 3)" in capsys.readouterr().out
    with Project.open(root) as project:
        assert project.settings.splits == {"seed": 7, "val": 0.3}
    assert not (crops / "data.yaml").exists()


def test_the_same_seed_gives_the_same_split(crops: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run_command_line(["new", str(crops), "--out", str(tmp_path / name)]) == 0
    keys = []
    for name in ("one", "two"):
        with Project.open(tmp_path / name) as project:
            keys.append(project.scan().keys)
    assert keys[0] == keys[1]


def test_texts_and_in_place(crops: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("file,text\n" + "".join(f"{n}.png,P{n % 2}\n" for n in range(10)))
    assert run_command_line(["new", str(crops), "--in-place", "--texts", str(texts), "--val", "0.5"]) == 0
    with Project.open(crops) as project:
        index = project.scan()
        assert {project.text(index.keys[i]) for i in index.range_of("val")} in ({"P0"}, {"P1"})


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{crops}", "--in-place", "--out", "x"], 2, "--out cannot be given"),
        (["{crops}", "--val", "1.5"], 2, "the share of val"),
        (["{crops}", "--texts", "{crops}/none.csv"], 2, "there is no such file"),
        (["{crops}/nothing"], 2, "there is no such folder"),
        (["{crops}/empty"], 1, "there is no picture that can be read"),
        (["{crops}", "--out", "{crops}"], 0, ""),
    ],
)
def test_wrong_calls_and_failures_have_their_own_exit_codes(
    crops: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    (crops / "empty").mkdir()
    assert run_command_line(["new", *(a.format(crops=crops) for a in arguments)]) == code
    assert message in capsys.readouterr().err
