"""``lpstudio import`` and ``lpstudio export`` as a person or a script calls them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lpstudio.cli.app import run_command_line
from lpstudio.dataset.exchange.formats import FORMATS
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from tests.dataset.exchange.support import make_project

LINE = "0 0.1 0.2 0.2 0.2 0.2 0.8\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "plates", {"train/a": LINE, "train/b": None, "val/c": LINE * 2})


def run(*arguments: object) -> int:
    return run_command_line([str(argument) for argument in arguments])


def test_out_and_back_with_nothing_lost_ends_with_0(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", project, tmp_path / "out.zip", "--format", "cvat") == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert "3 crops, 3 characters; could not come over: nothing" in output.err
    assert run("import", tmp_path / "out.zip", tmp_path / "back") == 0
    output = capsys.readouterr()
    assert "3 new crops" in output.err and "read as CVAT XML 1.1 for images" in output.err
    with Project.open(tmp_path / "back") as back:
        assert back.state("images/val/c.png") is CropState.LABELLED
        assert back.counts()[CropState.UNLABELLED] == 1


def test_what_could_not_come_over_is_listed_and_ends_with_1(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", project, tmp_path / "out", "--format", "yolo-box", "--json", tmp_path / "lost.json") == 1
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        f"{project}/images/train/a.png: 1 outline(s) became boxes",
        f"{project}/images/val/c.png: 2 outline(s) became boxes",
    ]
    data = json.loads((tmp_path / "lost.json").read_text())
    assert (data["schema"], data["lost"], data["counts"]["characters"]) == (1, {"outlines": 2}, 3)
    assert data["losses"][0]["kind"] == "outlines"
    label = tmp_path / "out/labels/train/a.txt"
    label.write_text(label.read_text() + "99 0.5 0.5 0.1 0.1\n")
    assert run("import", tmp_path / "out", tmp_path / "back", "--json", "-") == 1
    output = capsys.readouterr()
    (loss,) = json.loads(output.out)["losses"]
    assert (loss["file"], loss["line"]) == (str(label), 2)
    assert loss["reason"] == "unknown class 99 (there are 0 to 35)"


def test_long_lists_of_one_kind_are_cut_on_the_screen_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path / "plates", {f"train/{n:03}": LINE for n in range(60)})
    assert run("export", project, tmp_path / "out", "--format", "voc") == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 51
    assert lines[-1] == "… and 10 more outlines (--json FILE has them)"


def test_splits_and_states_choose_what_goes_out(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        opened.set_state("images/val/c.png", CropState.VERIFIED)
    assert run("export", project, tmp_path / "v.zip", "--format", "labelme", "--states", "verified") == 0
    with zipfile.ZipFile(tmp_path / "v.zip") as packed:
        assert sorted(packed.namelist()) == ["val/c.json", "val/c.png"]
    arguments = ("--split", "train", "--states", "labelled,in-progress", "--no-pictures")
    assert run("export", project, tmp_path / "t", "--format", "labelme", *arguments) == 0
    assert [p.name for p in (tmp_path / "t").rglob("*") if p.is_file()] == ["a.json"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("export", "P", "O"), "Missing option"),
        (("export", "P", "O", "--format", "paper"), "no format “paper”"),
        (("export", "P", "O", "--format", "coco", "--states", "done"), "no state “done”"),
        (("export", "P", "O", "--format", "coco", "--split", "test"), "no test split"),
        (("import", "O", "P"), "no such file or folder"),
        (("import", "P", "P", "--split", "all"), "no all split"),
    ],
)
def test_wrong_calls_end_with_2_and_leave_nothing(
    arguments: tuple[str, ...], what: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"P": str(project), "O": str(tmp_path / "out")}
    assert run(*(paths.get(argument, argument) for argument in arguments)) == 2
    assert what in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_zip_ends_with_1_in_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert run("import", tmp_path / "x.zip", project) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("import", "export"):
        assert run(command, "--help") == 0
        text = capsys.readouterr().out.replace("\n", "")
        assert all(name in text.replace(" ", "") or name.split("-")[0] in text for name in FORMATS)


def test_neither_loads_torch_cv2_or_qt(project: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from lpstudio.cli.app import run_command_line as run;"
        "code = run(['export', sys.argv[1], sys.argv[2], '--format', 'coco']) or run(['import', *sys.argv[2:4]]);"
        "sys.exit(code or (3 if {'torch', 'ultralytics', 'cv2', 'PySide6'} & set(sys.modules) else 0))"
    )
    arguments = [str(project), str(tmp_path / "out"), str(tmp_path / "back")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_last_import_is_taken_back(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = make_project(tmp_path / "other", {"train/a": None, "val/x": LINE})
    before = sorted(path.name for path in target.rglob("*.*") if ".lpstudio" not in path.parts)
    assert run("export", project, tmp_path / "out", "--format", "cvat") == 0
    run("import", tmp_path / "out", target)
    assert run("import", "--undo", target) == 0
    assert "crops taken out again" in capsys.readouterr().err
    after = sorted(path.name for path in target.rglob("*.*") if ".lpstudio" not in path.parts)
    assert [name for name in after if name != "crops.jsonl"] == before
    assert run("import", "--undo", target) == 1
    assert run("import", target) == 2
