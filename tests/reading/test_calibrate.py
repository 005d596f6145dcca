"""Calibration: a known temperature is found again, the likelier method is kept, val only scores, files are honest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.reading.calibrate import Calibration, Matched, calibrate, calibrate_run, fit, select
from lpstudio.reading.posterior import METHODS, SIGMOID, SOFTMAX, Posterior, calibration_path, read_calibration
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import load_weights

from .models import save_weights

CLASSES = 36


def _characters(posterior: Posterior, count: int = 4000, seed: int = 0) -> Matched:
    """Class rows whose truths are drawn from what a posterior makes of them."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(-3, 2, (count, CLASSES))
    logits[np.arange(count), generator.integers(0, CLASSES, count)] += 6.0
    drawn = generator.random((count, 1)) < posterior.probabilities(logits).cumsum(axis=1)
    return Matched(logits, drawn.argmax(axis=1), count // 7)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("method", METHODS)
def test_a_known_temperature_is_found_again(method: str, temperature: float) -> None:
    matched = _characters(Posterior(temperature, method))
    assert fit(matched, method).temperature == pytest.approx(temperature, rel=0.08)


@pytest.mark.parametrize("method", METHODS)
def test_the_method_that_the_truth_follows_is_the_likelier_one(method: str) -> None:
    matched = _characters(Posterior(1.3, method))
    likelihood = {m: matched.scores(fit(matched, m)).nll for m in METHODS}  # type: ignore[union-attr]
    assert min(likelihood, key=likelihood.__getitem__) == method


def test_a_fitted_posterior_is_likelier_and_better_calibrated() -> None:
    matched = _characters(Posterior(2.0))
    held_out = _characters(Posterior(2.0), seed=1)
    before, after = held_out.scores(Posterior()), held_out.scores(fit(matched, SOFTMAX))
    assert before is not None and after is not None
    assert after.nll < before.nll and after.ece < 0.03 < before.ece


def test_where_every_character_is_right_the_model_is_not_taken_for_infallible() -> None:
    logits = np.full((200, CLASSES), -4.0)
    logits[:, 3] = 4.0
    posterior = fit(Matched(logits, np.full(200, 3), 30), SOFTMAX)
    wrong = 1 - posterior.probabilities(logits)[0, 3]
    assert 0.0005 < wrong < 0.2


def test_probabilities_sum_to_one_for_the_greatest_and_least_logits() -> None:
    for method in METHODS:
        for logits in (np.full(CLASSES, -800.0), np.array([900.0, *[-900.0] * 35])):
            assert Posterior(0.3, method).probabilities(logits).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="temperature"):
        Posterior(float("nan"))


def _project(folder: Path, per_plate: int = 2, plates: int = 40) -> Path:
    """Crops with one O each, two of every plate; the weights of these tests see one character over the whole crop."""
    from PIL import Image

    rows = ["file,text"]
    for split, count in (("train", plates), ("val", 6)):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "labels" / split).mkdir(parents=True)
        for plate in range(count):
            for number in range(per_plate):
                stem = f"{split}{plate}-{number}"
                noise = np.random.default_rng(plate).integers(0, 255, (64, 64, 3), np.uint8)
                Image.fromarray(noise).save(folder / "images" / split / f"{stem}.png")
                char = 14 if plate % 4 else 26  # three O to one 0
                (folder / "labels" / split / f"{stem}.txt").write_text(f"{char} 0 0 1 0 1 1 0 1\n")
                rows.append(f"images/{split}/{stem}.png,{split.upper()}{plate}")
    names = "[" + ", ".join(f"'{c}'" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") + "]"
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {names}\n")
    (folder / "plates.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _project(tmp_path_factory.mktemp("dataset"))


@pytest.fixture
def own_weights(tmp_path: Path) -> Path:
    return save_weights(tmp_path / "own.pt", {"O": 3.0, "0": 1.4}, reach=7, imgsz=64)


def _calibrated(dataset: Path, weights: Path, **choice: object) -> Calibration:
    with Project.open(dataset, create_store=False) as project:
        return calibrate(project, CharacterReader(load_weights(weights, "cpu")), **choice)  # type: ignore[arg-type]


def test_readings_are_calibrated_after_it_and_say_so(dataset: Path, own_weights: Path) -> None:
    assert not load_weights(own_weights, "cpu").calibrated
    result = _calibrated(dataset, own_weights, share=1.0)
    assert result.before.characters == 80 and result.val_before is not None and result.val_before.characters == 12
    assert result.after.nll < result.before.nll and result.after.ece < 0.03
    saved = result.save()
    assert saved.name == "own.calibration.json"
    weights = load_weights(own_weights, "cpu")
    assert weights.calibrated and weights.posterior == Posterior(
        round(result.posterior.temperature, 6), result.posterior.method
    )
    picture = np.zeros((64, 64, 3), np.uint8)
    best, second = CharacterReader(weights).read([picture])[0][0].candidates[:2]
    assert (best.char, second.char) == ("O", "0")
    assert best.probability == pytest.approx(0.75, abs=0.05)


def test_whole_plates_are_set_aside_and_the_same_ones_for_the_same_seed(dataset: Path) -> None:
    with Project.open(dataset, create_store=False) as project:
        project.scan()
        crops = collect(project, ("train",)).splits["train"]
        chosen = [crop.key for crop in select(project, crops, 0.3, 7)]
        again = [crop.key for crop in select(project, crops[::-1], 0.3, 7)]
        other = [crop.key for crop in select(project, crops, 0.3, 8)]
    assert sorted(chosen) == sorted(again) != sorted(other) and len(chosen) == pytest.approx(24, abs=2)
    plates = {key.rpartition("-")[0] for key in chosen}
    assert len(chosen) == 2 * len(plates)


def test_val_never_chooses(dataset: Path, own_weights: Path) -> None:
    with pytest.raises(UsageError, match="val only scores"):
        _calibrated(dataset, own_weights, split="val")
    assert not calibration_path(own_weights).exists()


def test_too_little_to_fit_on_and_unknown_splits_are_said(dataset: Path, own_weights: Path) -> None:
    with pytest.raises(LpStudioError, match="too little to fit on: 16 characters of 16 labelled crops"):
        _calibrated(dataset, own_weights, share=0.2)
    with pytest.raises(LpStudioError, match="no split 'night'"):
        _calibrated(dataset, own_weights, split="night")


def test_a_calibration_of_other_weights_does_not_count(dataset: Path, own_weights: Path, tmp_path: Path) -> None:
    _calibrated(dataset, own_weights, share=1.0).save()
    save_weights(own_weights, {"O": 1.0}, reach=7, imgsz=64)  # trained on, under the same name
    assert read_calibration(own_weights) is None
    assert not load_weights(own_weights, "cpu").calibrated


def test_crops_that_were_trained_on_are_not_fitted_on_unless_asked_for(tmp_path: Path) -> None:
    from lpstudio.training.runs import create_run
    from lpstudio.training.settings import TrainSettings

    dataset = _project(tmp_path / "data", plates=30)
    with Project.open(dataset) as project:
        run = create_run(project, TrainSettings(epochs=1, selection_share=0.0), collect(project))
    weights = run.dir / "weights" / "best.pt"
    weights.parent.mkdir(exist_ok=True)
    shutil.copyfile(save_weights(tmp_path / "own.pt", {"O": 3.0, "0": 2.0}, reach=7, imgsz=64), weights)
    with pytest.raises(LpStudioError, match="trained on all 60 crops set aside of train"):
        _calibrated(dataset, weights, share=1.0)
    result = _calibrated(dataset, weights, share=1.0, allow_trained=True)
    assert result.trained_on == result.crops == 60
    assert json.loads(result.save().read_text())["fitted_on"]["trained_on"] == 60


def test_weights_of_a_run_are_fitted_on_what_the_run_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lpstudio.cli.app import run_command_line
    from lpstudio.training.runs import create_run
    from lpstudio.training.settings import TrainSettings

    dataset = _project(tmp_path / "data", plates=60)
    with Project.open(dataset) as project:
        run = create_run(project, TrainSettings(epochs=1, selection_share=0.5), collect(project))
    weights = run.dir / "weights" / "best.pt"
    weights.parent.mkdir(exist_ok=True)
    shutil.copyfile(save_weights(tmp_path / "own.pt", {"O": 3.0, "0": 2.0}, reach=7, imgsz=64), weights)
    reader = CharacterReader(load_weights(weights, "cpu"))
    result = calibrate_run(run, reader)
    assert (result.split, result.trained_on, result.crops) == ("selection", 0, len(run.crops("selection")))
    assert result.after.nll < result.before.nll and result.val_after is None
    assert run_command_line(["calibrate", str(dataset), "--weights", str(weights), "--device", "cpu"]) == 0
    kept = json.loads(calibration_path(weights).read_text())
    assert kept["fitted_on"]["split"] == "selection" and kept["temperature"] == pytest.approx(
        result.posterior.temperature
    )
    assert kept["val"]["after"]["characters"] == 12 and "of selection" in capsys.readouterr().out


def test_sigmoids_that_are_kept_are_read_with(own_weights: Path) -> None:
    calibration_path(own_weights).write_text(json.dumps({"temperature": 2.0, "method": SIGMOID}))
    weights = load_weights(own_weights, "cpu")
    best = CharacterReader(weights).read([np.zeros((64, 64, 3), np.uint8)])[0][0].candidates[0]
    z = np.full(CLASSES, -9.0)
    z[14], z[26] = 3.0, 1.4
    share = 1 / (1 + np.exp(-z / 2))
    assert best.probability == pytest.approx(share[14] / share.sum(), abs=1e-4)
