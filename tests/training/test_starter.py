"""The starter weights come from one call, which goes on where it was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpstudio.errors import LpStudioError
from lpstudio.training.runs import RunStatus, list_runs
from lpstudio.training.starter import STAGES, Stage, make, settings_of
from tests.training import at_work


def test_stages_follow_each_other_and_a_second_call_trains_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.fast_starts(monkeypatch)
    stages = (Stage(12, 1, 0.0, 1, 0.001), Stage(12, 2, None, 1, 0.001))
    for _ in range(2):  # so few crops leave none to calibrate with; both stages are done by then
        with pytest.raises(LpStudioError, match="no selection part"):
            make(tmp_path / "made", stages)
        runs = [list_runs(tmp_path / "made" / name) for name in ("stage1", "stage2")]
        assert [len(found) for found in runs] == [1, 1]
        assert all(found[0].status() is RunStatus.FINISHED for found in runs)
    assert runs[1][0].settings.weights == str(runs[0][0].best_weights)


def test_no_crop_is_moved_so_far_that_its_characters_are_cut() -> None:
    for stage in STAGES:
        settings = settings_of(stage, "scratch")
        settings.check()
        assert settings.translate <= 0.05 and settings.scale <= 0.15
