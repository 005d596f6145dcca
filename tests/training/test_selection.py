"""What chooses does not score: a part of train, whole plates of it, is set aside to choose with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.dataset.types import Origin
from lpstudio.reading.posterior import read_calibration
from lpstudio.training.runs import Run, create_run
from lpstudio.training.selection import set_aside
from lpstudio.training.settings import TrainSettings
from tests.training import projects
from tests.training.test_training import results, run_here

CROPS = 66


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """66 crops to train on: of the first 22 plates two each, the others without a text."""
    folder = projects.write_project(tmp_path / "plates", train=CROPS)
    rows = "".join(f"images/train/crop{number}.png,P{number % 22:02}\n" for number in range(44))
    (folder / "plates.csv").write_text(f"file,text\n{rows}")
    return folder


def _keys(run: Run, split: str) -> set[str]:
    return {crop.key for crop in run.crops(split)}


def _plate(key: str) -> str:
    number = int(key.removeprefix("images/train/crop").removesuffix(".png"))
    return f"P{number % 22}" if number < 44 else key


def test_whole_plates_are_set_aside_and_frozen_in_the_run(plates: Path) -> None:
    run = projects.make_run(plates)
    chosen, trained = _keys(run, "selection"), _keys(run, "train")
    assert not chosen & trained and len(chosen | trained) == CROPS
    assert len(chosen) == pytest.approx(0.15 * CROPS, abs=2)
    assert not {_plate(key) for key in chosen} & {_plate(key) for key in trained}
    assert (run.dir / "selection.txt").read_text().splitlines() == [str(crop.image) for crop in run.crops("selection")]
    assert run.chooser == "selection"
    assert run.counts["crops"] == {"train": len(trained), "selection": len(chosen), "val": 4}
    assert sum(run.counts["characters"]["train"].values()) == 3 * len(trained)
    assert Run.open(run.dir).record["selection"]["plates"] == len({_plate(key) for key in chosen})


def test_the_same_seed_draws_the_same_plates_and_another_one_others(plates: Path) -> None:
    first, again, other = (projects.make_run(plates, seed=seed) for seed in (1, 1, 2))
    assert _keys(first, "selection") == _keys(again, "selection") != _keys(other, "selection")
    larger = projects.make_run(plates, selection_share=0.4)
    assert len(_keys(larger, "selection")) == pytest.approx(0.4 * CROPS, abs=2)


@pytest.mark.parametrize(("share", "train", "why"), [(0.0, CROPS, "share is 0"), (0.15, 8, "8 plates")])
def test_without_a_share_or_with_too_few_plates_val_chooses_and_it_is_known_why(
    tmp_path: Path, share: float, train: int, why: str
) -> None:
    run = projects.make_run(projects.write_project(tmp_path / "few", train=train), selection_share=share)
    assert run.chooser == "val" and not run.crops("selection") and len(run.crops("train")) == train
    assert why in run.record["selection"]["why_none"]


def test_crops_of_one_video_whose_texts_are_not_known_stay_together(plates: Path) -> None:
    with Project.open(plates) as project:
        project.scan()
        for number in range(44, CROPS):
            project.store.set_origin(f"images/train/crop{number}.png", Origin(f"video{number // 6}.mp4", number))
        crops = collect(project).splits["train"]
        parts = set_aside(project, crops, 0.3, 3)
    chosen = {crop.key for crop in parts.chosen}
    for video in range(44 // 6, CROPS // 6):
        keys = {f"images/train/crop{n}.png" for n in range(44, CROPS) if n // 6 == video}
        assert keys <= chosen or not keys & chosen


def test_a_character_of_one_plate_alone_is_trained_on(plates: Path) -> None:
    for number in range(CROPS):  # B stands on the two crops of plate P05 only
        path = plates / f"labels/train/crop{number}.txt"
        own = "1" if number in (5, 27) else "0"
        path.write_text("".join(f"{own}{line[1:]}\n" for line in path.read_text().splitlines()))
    with Project.open(plates) as project:
        training_set = collect(project)
        for seed in range(12):
            run = create_run(project, TrainSettings(selection_share=0.5, seed=seed), training_set)
            assert run.counts["characters"]["train"]["B"] == 6


def test_the_selection_part_chooses_and_val_scores_once_in_the_end(plates: Path, tmp_path: Path) -> None:
    run = projects.make_run(
        plates, weights=str(projects.tiny_weights(tmp_path / "tiny.pt")), epochs=2, imgsz=32, selection_share=0.3
    )
    events = run_here(run)
    start = next(event for event in events if event["type"] == "start")
    assert start["chooser"] == "selection"
    assert any("val only scores" in event["text"] for event in events if event["type"] == "log")
    for event in events:
        if event["type"] == "epoch":
            assert event["metrics"]["characters"] == 3 * len(run.crops("selection"))
    assert [event["type"] for event in events if event["type"] != "log"][-2:] == ["scored", "finished"]
    scored = next(event for event in events if event["type"] == "scored")
    assert scored["split"] == "val" and scored["metrics"]["characters"] == 12
    assert {"box_loss", "char_loss"} <= scored["val"].keys() and scored["val_loss"] > 0
    kept = json.loads((run.dir / "scores.json").read_text())
    assert kept["metrics"] == scored["metrics"]
    assert [row["metrics/char_count"] for row in results(run)] == [3 * len(run.crops("selection"))] * 2
    # a model that finds nothing cannot be calibrated, which is said
    assert any("not calibrated" in event["text"] for event in events if event["type"] == "log")
    assert run.best_weights is not None and read_calibration(run.best_weights) is None
    # it died between its last epoch and its last word: the scores are there all the same
    (run.dir / "scores.json").unlink()
    again = run_here(run)[len(events) :]
    told = [event for event in again if event["type"] != "log"]
    assert [event["type"] for event in told] == ["scored", "finished"]
    assert told[0]["metrics"] == scored["metrics"]
