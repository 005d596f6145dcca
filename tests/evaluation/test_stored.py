"""An evaluation kept in a run's folder comes back as it was, and nothing half-written is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.of_run import evaluate_run
from lpstudio.evaluation.report import render_report
from lpstudio.evaluation.stored import READINGS, folder_of, read_evaluation, read_summary, stamp_of
from lpstudio.training.runs import Run
from tests.evaluation.made import evaluated_run, made_evaluation, write_plates
from tests.reading.models import save_weights


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return evaluated_run(write_plates(tmp_path_factory.mktemp("plates")))


def test_what_is_kept_comes_back_whole(run: Run) -> None:
    folder = folder_of(run.dir)
    kept = read_evaluation(folder)
    assert kept is not None
    summary, evaluation = kept
    made = made_evaluation(run.dir.parent.parent, weights=evaluation.weights_path)
    assert evaluation.crops[7].readings == made.crops[7].readings
    assert evaluation.crops[7].true == made.crops[7].true
    assert evaluation.confusions == made.confusions
    assert evaluation.proposal == made.proposal
    assert evaluation.figures.to_dict() == made.figures.to_dict()
    assert evaluation.to_dict() == made.to_dict()
    assert summary == read_summary(folder)


def test_a_torn_or_foreign_file_is_no_evaluation(run: Run, tmp_path: Path) -> None:
    whole = (folder_of(run.dir) / READINGS).read_bytes()
    for data in (whole[: len(whole) // 2], whole[:40], b"", b"[]\n", json.dumps({"v": 99}).encode()):
        (tmp_path / READINGS).write_bytes(data)
        assert read_evaluation(tmp_path) is None
    assert read_evaluation(tmp_path / "nowhere") is None
    assert read_summary(tmp_path / "nowhere") is None


def test_a_run_is_evaluated_into_its_folder_and_never_on_crops_it_was_trained_on(run: Run) -> None:
    folder = run.dir.parent.parent
    assert run.best_weights is not None
    save_weights(run.best_weights, {"O": 2.0, "0": 1.5}, reach=14.5)
    with Project.open(folder) as project:
        kept = read_evaluation(evaluate_run(run, project))
    assert kept is not None
    assert len(kept[1].crops) == 30
    assert kept[0].weights_stamp == stamp_of(run.best_weights)
    assert (folder_of(run.dir) / "report.html").read_text().count("<figure>") >= 1
    yaml = folder / "data.yaml"
    yaml.write_text(
        yaml.read_text().replace("train: images/train\nval: images/val", "train: images/val\nval: images/train")
    )
    with Project.open(folder) as project, pytest.raises(LpStudioError, match="nothing is left to compare"):
        evaluate_run(run, project)


def test_the_report_shows_the_training_that_made_the_weights(run: Run) -> None:
    kept = read_evaluation(folder_of(run.dir))
    assert kept is not None
    page = render_report(kept[1])
    assert "The training" in page
    assert page.count("by epoch'") == 4
    assert "@media print" in page
