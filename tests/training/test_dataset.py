"""The frozen crops as Ultralytics sees them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils import DEFAULT_CFG, IterableSimpleNamespace

from lpstudio.training.dataset import FrozenDataset, UnreadableCropError
from lpstudio.training.runs import Run

DATA = {"names": dict(enumerate("ABO0")), "nc": 4, "channels": 3}


def _hyp(**changes: float) -> IterableSimpleNamespace:
    return IterableSimpleNamespace(**{**vars(DEFAULT_CFG), "mosaic": 0.0, "fliplr": 0.0, **changes})


def _dataset(
    run: Run, augment: bool = False, erasing: float = 0.0, low_resolution: float = 0.0, **changes: float
) -> FrozenDataset:
    return FrozenDataset(
        run.crops("train"), erasing=erasing, low_resolution=low_resolution, imgsz=64, augment=augment,
        hyp=_hyp(**changes), data=DATA, batch_size=4,
    )  # fmt: skip


def test_crops_and_labels_are_those_stock_ultralytics_reads(make_run: Callable[..., Run], project_folder: Path) -> None:
    run = make_run()
    own = _dataset(run)
    stock = YOLODataset(
        img_path=str(project_folder / "images/train"), data=DATA, task="segment", imgsz=64, augment=False, hyp=_hyp()
    )
    for index, path in enumerate(stock.im_files):
        other = own.im_files.index(path)
        mine, theirs = own[other], stock[index]
        assert np.array_equal(mine["img"], theirs["img"])
        assert np.array_equal(mine["cls"], theirs["cls"])
        np.testing.assert_allclose(mine["bboxes"], theirs["bboxes"], atol=1e-6)
        assert np.array_equal(mine["masks"], theirs["masks"])


def test_nothing_is_written_beside_the_crops(make_run: Callable[..., Run], project_folder: Path) -> None:
    run = make_run()
    before = sorted(path for path in project_folder.rglob("*") if "runs" not in path.parts)
    for sample in _dataset(run, augment=True, erasing=1.0):
        assert sample["img"].shape == (3, 64, 64)
    assert sorted(path for path in project_folder.rglob("*") if "runs" not in path.parts) == before


def test_a_picture_that_is_gone_is_named(make_run: Callable[..., Run], project_folder: Path) -> None:
    dataset = _dataset(make_run())
    (project_folder / "images/train/crop0.png").unlink()
    with pytest.raises(UnreadableCropError, match=r"crop0\.png"):
        dataset[0]


def test_random_erasing_really_happens_as_often_as_asked(make_run: Callable[..., Run]) -> None:
    run = make_run()
    still = {"translate": 0.0, "scale": 0.0, "hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0}
    plain = [np.asarray(sample["img"]) for sample in _dataset(run, augment=True, **still)]
    erased_dataset = _dataset(run, augment=True, erasing=0.4, **still)
    random.seed(0)
    changed, rounds = 0, 25
    for _ in range(rounds):
        for wanted, sample in zip(plain, erased_dataset, strict=True):
            share = np.any(np.asarray(sample["img"]) != wanted, axis=0).mean()
            changed += share > 0
            assert share < 0.08
    assert changed / (rounds * len(plain)) == pytest.approx(0.4, abs=0.1)


def test_dirt_and_far_cameras_leave_labels_alone_and_are_off_in_validation(make_run: Callable[..., Run]) -> None:
    run = make_run()
    worst = {"erasing": 1.0, "low_resolution": 1.0}
    quiet = _dataset(run, augment=False, **worst)
    assert np.array_equal(quiet[0]["img"], _dataset(run)[0]["img"])
    assert len(_dataset(run, augment=True, **worst, translate=0.0, scale=0.0)[0]["cls"]) == 3


def test_a_far_camera_changes_what_is_trained_on(make_run: Callable[..., Run]) -> None:
    run = make_run()
    still = {"translate": 0.0, "scale": 0.0, "hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0}
    near, far = (_dataset(run, augment=True, low_resolution=p, **still) for p in (0.0, 1.0))
    random.seed(0)
    looks = [far[0]["img"] for _ in range(12)]  # some of them are not so far that these small crops suffer
    assert {look.shape for look in looks} == {near[0]["img"].shape}
    assert any(not np.array_equal(near[0]["img"], look) for look in looks)
