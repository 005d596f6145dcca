"""A disk that is full or must not be written: what is on it stays whole, the work in the window is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands, box_points
from tests.bad_input.conftest import Call, Told
from tests.gui.conftest import OpenIn, character_box, write_project
from tests.training.projects import make_run
from tests.training.projects import write_project as write_training_project


def _fill(disk: Path) -> Path:
    """Use up the last byte of a small disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 512, 64, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return filler


def test_annotating_on_a_full_disk_says_so_keeps_the_work_and_saves_it_when_there_is_room(
    small_disk: Path, empty_studio: MainWindow, open_in: OpenIn, qtbot: QtBot, told: Told
) -> None:
    project = write_project(small_disk / "plates")
    open_in(empty_studio, project)
    hands = Hands(empty_studio, qtbot)
    hands.go("p0")
    before = hands.label_file().read_bytes()
    x1, y1, x2, y2 = character_box(0)
    hands.click((x1 + x2) / 2, (y1 + y2) / 2)
    filler = _fill(small_disk)
    hands.keys("X")
    notice = told(empty_studio, "disk is full")
    assert "plates" in notice.text and "Free some space" in notice.text
    assert notice.text.count("not saved") == 1
    assert notice.command_title == "Try again"
    assert hands.label_file().read_bytes() == before, "the last good file is whole"
    hands.go("p2")
    hands.draw(box_points(*character_box(0)))
    hands.keys("A")
    empty_studio.close()
    told(empty_studio, "stays open")
    assert empty_studio.isVisible(), "the window stays open with the work"
    filler.unlink()
    hands.command(Qt.Key.Key_S)
    hands.wait_saved()
    assert (project / "labels" / "train" / "p0.txt").read_text().startswith("23 ")
    assert (project / "labels" / "train" / "p2.txt").read_text().startswith("0 ")


def test_a_read_only_folder_opens_for_looking_and_every_workspace_says_what_it_cannot_do(
    lock_folder: Callable[[Path], None],
    empty_studio: MainWindow,
    small_project: Path,
    open_in: OpenIn,
    qtbot: QtBot,
    told: Told,
) -> None:
    lock_folder(small_project)
    open_in(empty_studio, small_project)
    told(empty_studio, "plates cannot be written: you can look, but nothing will be saved")
    hands = Hands(empty_studio, qtbot)
    hands.go("p1")
    assert hands.chars == "OQD0088"
    for place in ("go.similarity", "go.train", "go.review"):
        empty_studio.run_command(place)
    train = empty_studio.workspace("train")
    assert not train.view.start_button.isEnabled()  # type: ignore[union-attr]
    session = empty_studio.session
    assert session is not None
    session.similarity = session.similarity.with_base(0.3)
    assert "Give yourself write permission" in told(empty_studio, "not saved: this folder cannot be written").text


def test_commands_on_a_read_only_folder_say_so_and_leave_nothing(
    lock_folder: Callable[[Path], None], small_project: Path, call: Call
) -> None:
    lock_folder(small_project)
    assert "0 errors" in call("check", small_project).err
    answer = call("train", small_project, "--weights", "scratch")
    assert answer.code == 1
    assert "plates/runs: not saved: the disk is read-only. Copy the dataset" in answer.err
    assert "Traceback" not in answer.err
    assert not (small_project / "runs").exists()


def test_making_a_project_on_a_full_disk_names_the_file(small_disk: Path, small_project: Path, call: Call) -> None:
    _fill(small_disk)
    for command in (
        ("new", small_project / "images", "--out", small_disk / "new"),
        ("synth", small_disk / "synthetic", "--count", 4),
    ):
        answer = call(*command)
        assert answer.code == 1
        assert "the disk is full. Free some space" in answer.message
    assert not (small_disk / "new" / "data.yaml").exists()
    assert not (small_disk / "synthetic" / "data.yaml").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_standard_output_that_is_full_is_one_line(small_project: Path) -> None:
    (small_project / "labels" / "train" / "p0.txt").write_text("0 0.1\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lpstudio", "check", str(small_project)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "lpstudio: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_training_that_fills_the_disk_says_so_in_its_last_event_and_keeps_no_half_weights(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    run = make_run(write_training_project(small_disk / "plates"))
    with run.log_path.open("w") as log:
        done = subprocess.run(
            [sys.executable, "-m", "lpstudio.worker.training", str(run.dir)],
            stdout=log,
            stderr=log,
        )
    assert done.returncode == 1
    last = json.loads(run.events_path.read_text().splitlines()[-1])
    assert last["type"] == "failed"
    assert (
        last["message"]
        == f"{run.dir / 'weights' / 'last.pt'}: not saved: the disk is full. Free some space and save again"
    )
    assert not list((run.dir / "weights").rglob("*.pt"))
