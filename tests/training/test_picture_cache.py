"""Decoded crops kept in memory."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from torch.utils.data import DataLoader
from ultralytics.utils import DEFAULT_CFG

from lpstudio.training.dataset import FrozenDataset
from lpstudio.training.picture_cache import PictureCache, memory_budget
from lpstudio.training.runs import Run

MakeRun = Callable[..., Run]
DATA = {"names": dict(enumerate("ABO0")), "nc": 4, "channels": 3}


def _dataset(run: Run, memory: int) -> FrozenDataset:
    return FrozenDataset(run.crops("train"), imgsz=64, augment=False, hyp=DEFAULT_CFG, data=DATA, memory=memory)


def test_a_crop_is_decoded_once_and_stays_what_it_was(make_run: MakeRun, project_folder: Path) -> None:
    dataset = _dataset(make_run(), 1 << 20)
    first = [dataset[index]["img"].clone() for index in range(len(dataset))]
    image, _, _ = dataset.load_image(0)
    image[:] = 0  # what changes a crop changes a copy
    for path in (project_folder / "images/train").iterdir():
        path.unlink()
    assert all(np.array_equal(dataset[index]["img"], image) for index, image in enumerate(first))


def test_memory_never_exceeds_its_bound(make_run: MakeRun) -> None:
    run = make_run()
    needed = PictureCache.needed([(32, 64)] * 8)
    assert needed == 8 * (3 * 32 * 64 + 1)
    assert _dataset(run, needed).cached_bytes == needed
    assert _dataset(run, needed - 1).cached_bytes == 0
    assert memory_budget() <= psutil.virtual_memory().total / 2
    assert memory_budget(4) <= psutil.virtual_memory().total / 8


def test_a_picture_of_another_size_than_announced_is_not_kept() -> None:
    cache = PictureCache([(2, 3), (4, 4)])
    cache.put(0, np.ones((3, 3, 3), np.uint8))
    assert cache.get(0) is None
    wanted = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    cache.put(1, wanted)
    kept = cache.get(1)
    assert kept is not None and np.array_equal(kept, wanted)
    assert cache.get(0) is None


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="loading processes are forked on Linux alone")
def test_what_a_loading_process_decoded_is_there_for_all(make_run: MakeRun, project_folder: Path) -> None:
    dataset = _dataset(make_run(), 1 << 20)
    list(DataLoader(dataset, num_workers=2, collate_fn=dataset.collate_fn, multiprocessing_context="fork"))
    for path in (project_folder / "images/train").iterdir():
        path.unlink()
    assert all(dataset[index]["img"].shape == (3, 64, 64) for index in range(len(dataset)))


def test_a_process_that_is_started_afresh_decodes_for_itself(make_run: MakeRun) -> None:
    dataset = _dataset(make_run(), 1 << 20)
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.cached_bytes == 0
    assert np.array_equal(copy[0]["img"], dataset[0]["img"])
