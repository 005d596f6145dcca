"""Weights open safely: nothing in them is run, and what is wrong with them is said with their name."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from lpstudio.errors import LpStudioError
from lpstudio.reading.weights import find_weights, load_weights, starter_weights

from .models import NAMES, save_weights


def test_good_weights_open_with_alphabet_and_side(weights_file: Path) -> None:
    weights = load_weights(weights_file, "cpu")
    assert weights.alphabet.names == NAMES and weights.side == 224 and weights.name == "steady"
    assert (weights.temperature, weights.calibrated) == (1.0, False)


def test_weights_of_a_run_are_called_after_the_run(weights_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "runs" / "night-3" / "weights" / "best.pt"
    place.parent.mkdir(parents=True)
    place.write_bytes(weights_file.read_bytes())
    assert load_weights(place, "cpu").name == "night-3/best"


def test_a_calibration_beside_the_weights_counts_and_a_broken_one_does_not(weights_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.pt"
    path.write_bytes(weights_file.read_bytes())
    sidecar = tmp_path / "own.calibration.json"
    sidecar.write_text(json.dumps({"temperature": 1.7}))
    assert (load_weights(path, "cpu").temperature, load_weights(path, "cpu").calibrated) == (1.7, True)
    for broken in ("{", '{"temperature": 0}', '{"temperature": "warm"}', "[]"):
        sidecar.write_text(broken)
        assert load_weights(path, "cpu").calibrated is False


def test_reordered_and_fewer_classes_are_matched_by_name(tmp_path: Path) -> None:
    path = save_weights(tmp_path / "few.pt", {"7": 3.0}, names=["7", "q", "A"], reach=7)
    assert load_weights(path, "cpu").alphabet.names == ("7", "Q", "A")


def test_missing_weights_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match=r"gone\.pt: there are no such weights"):
        load_weights(tmp_path / "gone.pt")
    with pytest.raises(LpStudioError, match="folder"):
        load_weights(tmp_path)


def test_without_weights_and_starter_the_way_out_is_said() -> None:
    if starter_weights() is not None:
        assert find_weights(None) == starter_weights()
        return
    with pytest.raises(LpStudioError, match=r"no starter weights.*--weights"):
        find_weights(None)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.98])
def test_cut_off_weights_are_named(weights_file: Path, tmp_path: Path, share: float) -> None:
    data = weights_file.read_bytes()
    path = tmp_path / "cut.pt"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(LpStudioError, match=r"cut\.pt.*(cut off|empty)"):
        load_weights(path, "cpu")


def test_other_files_called_pt_are_named(tmp_path: Path) -> None:
    for content in (b"\x89PNG\r\n\x1a\n" * 100, b"hello", bytes(range(256)) * 9):
        path = tmp_path / "odd.pt"
        path.write_bytes(content)
        with pytest.raises(LpStudioError, match=r"odd\.pt"):
            load_weights(path, "cpu")
    with pytest.raises(LpStudioError, match=r"\.pt file"):
        (tmp_path / "model.onnx").write_bytes(b"x")
        load_weights(tmp_path / "model.onnx", "cpu")


@pytest.mark.parametrize("task", ["detect", "classify"])
def test_weights_of_another_task_say_which(tmp_path: Path, task: str) -> None:
    from ultralytics.nn.tasks import ClassificationModel, DetectionModel

    model = DetectionModel("yolo11n.yaml", nc=36, verbose=False) if task == "detect" else ClassificationModel(
        "yolo11n-cls.yaml", nc=36, verbose=False
    )  # fmt: skip
    path = tmp_path / "other.pt"
    torch.save({"model": model, "train_args": {"imgsz": 224}}, path)
    said = "detection" if task == "detect" else "classification"
    with pytest.raises(LpStudioError, match=rf"other\.pt: these weights are for another task \({said}\)"):
        load_weights(path, "cpu")


def test_weights_without_a_model_or_without_plate_characters_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.pt"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(LpStudioError, match="hold no model"):
        load_weights(path, "cpu")
    torch.save(torch.zeros(3), path)
    with pytest.raises(LpStudioError, match="no weights file"):
        load_weights(path, "cpu")
    save_weights(path, names=["person", "bicycle"])
    with pytest.raises(LpStudioError, match="no plate characters, only PERSON, BICYCLE"):
        load_weights(path, "cpu")


def test_weights_with_broken_numbers_are_refused(weights_file: Path, tmp_path: Path) -> None:
    checkpoint = torch.load(weights_file, weights_only=False)
    for parameter in checkpoint["model"].parameters():
        parameter.data.fill_(float("nan"))
    torch.save(checkpoint, tmp_path / "nan.pt")
    with pytest.raises(LpStudioError, match=r"nan\.pt.*not finite"):
        load_weights(tmp_path / "nan.pt", "cpu")


class _Hostile:
    """Its pickle writes a file when it is opened by a plain loader."""

    def __init__(self, target: Path) -> None:
        self.command = f"echo run > '{target}'"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


def _as_checkpoint(payload: object, path: Path) -> None:
    torch.save({"model": payload, "train_args": {}}, path)


def _as_plain_pickle(payload: object, path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": payload}))


def _as_old_checkpoint(payload: object, path: Path) -> None:
    torch.save({"model": payload}, path, _use_new_zipfile_serialization=False)


def _hidden_in_good_weights(payload: object, path: Path) -> None:
    save_weights(path)
    checkpoint = torch.load(path, weights_only=False)
    checkpoint["train_args"]["imgsz"] = payload
    torch.save(checkpoint, path)


@pytest.mark.parametrize("save", [_as_checkpoint, _as_plain_pickle, _as_old_checkpoint, _hidden_in_good_weights])
def test_code_in_hostile_weights_is_never_run(tmp_path: Path, save: object) -> None:
    victim = tmp_path / "victim.txt"
    path = tmp_path / "gift.pt"
    save(_Hostile(victim), path)  # type: ignore[operator]
    with pytest.raises(LpStudioError, match=r"gift\.pt.*nothing of it was run"):
        load_weights(path, "cpu")
    assert not victim.exists()


def test_the_hostile_file_of_these_tests_is_really_hostile(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    _as_checkpoint(_Hostile(victim), tmp_path / "gift.pt")
    torch.load(tmp_path / "gift.pt", weights_only=False)
    assert victim.exists()


def test_a_torchscript_archive_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)
    path = tmp_path / "script.pt"
    path.write_bytes(buffer.getvalue())
    assert zipfile.is_zipfile(path)
    with pytest.raises(LpStudioError, match=r"script\.pt"):
        load_weights(path, "cpu")


def test_a_device_that_is_not_there_is_refused(weights_file: Path) -> None:
    with pytest.raises(LpStudioError, match="no device"):
        load_weights(weights_file, "cuda:63")


def test_a_source_is_checked_without_loading_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from lpstudio.cli.app import run_command_line as run;"
        f"code = run(['read', {str(tmp_path / 'gone.jpg')!r}, '--weights', 'none.pt']);"
        "sys.exit(0 if code == 1 and 'torch' not in sys.modules else 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "gone.jpg: there is no such file" in done.stderr
