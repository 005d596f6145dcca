"""Weights that are missing, damaged, of another task or hostile: named, never run; commands and window live on."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lpstudio.errors import LpStudioError
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.workspace import ReviewWorkspace
from lpstudio.studio.train.workspace import TrainWorkspace
from lpstudio.training.runs import list_runs
from tests.bad_input.conftest import Call, Told, drop
from tests.gui.conftest import OpenIn

_OTHER_TASK = """
import sys, torch
from ultralytics.nn.tasks import ClassificationModel, DetectionModel
torch.save({"model": DetectionModel("yolo11n.yaml", nc=36, verbose=False), "train_args": {}}, sys.argv[1])
torch.save({"model": ClassificationModel("yolo11n-cls.yaml", nc=36, verbose=False), "train_args": {}}, sys.argv[2])
"""


class _Hostile:
    """Its pickle writes a file when it is opened by a plain loader."""

    def __init__(self, victim: Path) -> None:
        self.command = f"echo run > '{victim}'"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.fixture(scope="session")
def other_task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with detect.pt and classify.pt, made by another process."""
    folder = tmp_path_factory.mktemp("other")
    paths = [str(folder / name) for name in ("detect.pt", "classify.pt")]
    subprocess.run([sys.executable, "-c", _OTHER_TASK, *paths], check=True, capture_output=True)
    return folder


@pytest.fixture
def bad_weights(tmp_path: Path, other_task: Path, reading_weights: Path) -> tuple[dict[str, str], Path]:
    """Files of bad weights with the words each is told with, and the file that only run code would write."""
    victim = tmp_path / "victim.txt"
    data = reading_weights.read_bytes()
    (tmp_path / "cut.pt").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.pt").write_text("no weights")
    (tmp_path / "hostile.pt").write_bytes(pickle.dumps({"model": _Hostile(victim)}))
    for name in ("detect.pt", "classify.pt"):
        shutil.copy(other_task / name, tmp_path / name)
    words = {
        "cut.pt": "this is no weights file, or it is damaged or cut off. Copy it again",
        "empty.pt": "the weights file is empty. Copy it again",
        "text.pt": "this is no weights file, or it is damaged or cut off. Copy it again",
        "hostile.pt": "nothing of it was run. Use weights from somebody you trust",
        "detect.pt": "these weights are for another task (detection), not for segmentation. Choose weights",
        "classify.pt": "these weights are for another task (classification), not for segmentation. Choose weights",
    }
    return words, victim


def test_reading_and_evaluating_name_bad_weights_and_what_to_do(
    bad_weights: tuple[dict[str, str], Path], tmp_path: Path, small_project: Path, call: Call
) -> None:
    words, victim = bad_weights
    for name, said in words.items():
        picture = small_project / "images" / "val" / "p4.png"
        for command in (("read", picture), ("evaluate", small_project)):
            answer = call(*command, "--weights", tmp_path / name, "--device", "cpu")
            assert answer.code == 1
            assert f"{name}: " in answer.message and said in answer.message
    assert not victim.exists()


def test_weights_that_are_not_there_are_named_before_anything_is_made(
    tmp_path: Path, small_project: Path, call: Call
) -> None:
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "round.pt").symlink_to("round.pt")
    for name, said in {
        "gone.pt": "Check the name",
        "round.pt": "Check the name",
        "folder.pt": "this is a folder. Name the best.pt in it",
    }.items():
        for command in (("read", small_project / "images" / "val"), ("evaluate", small_project)):
            assert said in call(*command, "--weights", tmp_path / name).message
        assert said in call("train", small_project, "--weights", tmp_path / name).err
    (tmp_path / "empty.pt").touch()
    assert "empty" in call("train", small_project, "--weights", tmp_path / "empty.pt").err
    assert "weights are a .pt file" in call("train", small_project, "--weights", small_project / "data.yaml").err
    assert not (small_project / "runs").exists()


@pytest.mark.parametrize("name", ["o'neil best ü.pt", "yolov5n.pt", "yolo11n-seg.pt", " .PT"])
def test_weights_of_any_name_are_the_file_that_was_named(
    name: str, tmp_path: Path, reading_weights: Path, small_project: Path, call: Call
) -> None:
    shutil.copy(reading_weights, tmp_path / name)
    answer = call("read", small_project / "images" / "val", "--weights", tmp_path / name, "--device", "cpu")
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 2


def test_a_torch_that_can_only_open_weights_unsafely_is_refused(
    tmp_path: Path, reading_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics.nn import tasks

    from lpstudio.reading.weights import load_weights

    # What Ultralytics finds out on import about a torch before 2.6; it would then open everything as a plain pickle.
    monkeypatch.setattr(tasks._SafeLoad, "SUPPORTED", False)
    victim = tmp_path / "victim.txt"
    path = tmp_path / "hostile.pt"
    path.write_bytes(pickle.dumps({"model": _Hostile(victim)}))
    for weights in (path, reading_weights):
        with pytest.raises(LpStudioError, match=r"cannot open weights without running.*torch 2\.6"):
            load_weights(weights, "cpu")
    assert not victim.exists()


def test_weights_of_a_run_that_came_from_elsewhere_are_finished_without_running_them(
    tmp_path: Path, small_project: Path
) -> None:
    from lpstudio.training.trainer import strip_weights
    from tests.training.projects import make_run
    from tests.training.projects import write_project as write_training_project

    run = make_run(write_training_project(tmp_path / "from elsewhere"))
    victim = tmp_path / "victim.txt"
    (run.dir / "weights").mkdir()
    (run.dir / "weights" / "best.pt").write_bytes(pickle.dumps({"model": _Hostile(victim)}))
    strip_weights(run)
    assert not victim.exists()


@pytest.mark.slow
def test_review_names_bad_weights_runs_nothing_of_them_and_reads_with_good_ones_after(
    bad_weights: tuple[dict[str, str], Path],
    reading_weights: Path,
    studio: MainWindow,
    tmp_path: Path,
    qtbot: QtBot,
    told: Told,
) -> None:
    words, victim = bad_weights
    studio.run_command("go.review")
    review = studio.workspace("review")
    assert isinstance(review, ReviewWorkspace)
    qtbot.waitUntil(lambda: len(review.controller.items.items) == 2)

    def chosen() -> Path | None:
        weights = review.controller.choice.weights
        return weights.path if weights is not None else None

    def read() -> None:
        QTest.keyClick(studio, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)

    for name, said in words.items():
        drop(studio, tmp_path / name)
        qtbot.waitUntil(lambda name=name: chosen() == tmp_path / name, timeout=5000)
        qtbot.waitUntil(lambda: review.controller.can_read, timeout=5000)
        read()
        notice = told(studio, f"{name}: ", 90_000)
        assert said in notice.text
        qtbot.waitUntil(lambda: not review.controller.desk.active, timeout=5000)
    assert not victim.exists()
    pid = studio.workers.reader.pid
    drop(studio, reading_weights)
    qtbot.waitUntil(lambda: chosen() == reading_weights, timeout=5000)
    read()
    qtbot.waitUntil(lambda: all(one.reading is not None for one in review.controller.items.items), timeout=60_000)
    assert studio.workers.reader.pid == pid, "the reader lived through all of them"


@pytest.mark.slow
def test_a_training_started_in_the_window_from_hostile_weights_fails_with_their_name_and_runs_nothing(
    bad_weights: tuple[dict[str, str], Path],
    empty_studio: MainWindow,
    small_project: Path,
    tmp_path: Path,
    open_in: OpenIn,
    qtbot: QtBot,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words, victim = bad_weights
    monkeypatch.setenv("LPSTUDIO_LOCKS", str(tmp_path / "locks"))
    path = tmp_path / "hostile.pt"
    (small_project / "lpstudio.toml").write_text(
        f"[training]\nweights = '{path}'\ndevice = 'cpu'\nimgsz = 64\nbatch = 2\nepochs = 1\nworkers = 0\n"
    )
    open_in(empty_studio, small_project)
    empty_studio.run_command("go.train")
    train = empty_studio.workspace("train")
    assert isinstance(train, TrainWorkspace)
    qtbot.waitUntil(train.view.start_button.isEnabled, timeout=10_000)
    QTest.mouseClick(train.view.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(list_runs(small_project)), timeout=10_000)
    empty_studio.run_command("go.annotate")
    notice = told(empty_studio, "train-1 failed: ", 120_000)
    assert "hostile.pt: " in notice.text and words["hostile.pt"] in notice.text
    assert not victim.exists()
    owner = list_runs(small_project)[0].owner()
    qtbot.waitUntil(lambda: owner is None or not owner.is_alive(), timeout=20_000)
