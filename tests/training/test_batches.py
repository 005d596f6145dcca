"""Which crops stand together in a batch, and in what order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader
from ultralytics.utils import DEFAULT_CFG, IterableSimpleNamespace

from lpstudio.training.arguments import ultralytics_arguments
from lpstudio.training.batches import Draw, EpochBatches, ShapedBatches, batch_shapes, plan_epoch
from lpstudio.training.dataset import FrozenDataset
from lpstudio.training.runs import Run
from lpstudio.training.trainer import CharacterTraining, close_loaders

MakeRun = Callable[..., Run]
Batches = list[list[Draw]]


def _sizes(count: int) -> list[tuple[int, int]]:
    """Crops between square and 5:1, a few of them upright."""
    rng = random.Random(1)
    return [(round(80 * rng.uniform(0.8, 5)), 80) for _ in range(count)]


def _batches(count: int = 100, batch: int = 16, seed: int = 42, **options: int) -> EpochBatches:
    return EpochBatches(count, batch_shapes(_sizes(count), 224, 32), batch, seed, **options)


def _dataset(run: Run, **options: object) -> FrozenDataset:
    hyp = IterableSimpleNamespace(**{**vars(DEFAULT_CFG), "mosaic": 0.0, "fliplr": 0.0})
    data = {"names": dict(enumerate("ABO0")), "nc": 4, "channels": 3}
    return FrozenDataset(run.crops("train"), imgsz=64, augment=True, hyp=hyp, data=data, erasing=0.5, **options)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 900), st.integers(1, 900)), min_size=1, max_size=90),
    st.integers(1, 20),
    st.integers(0, 2**31 - 1),
    st.integers(0, 400),
)
def test_an_epoch_holds_every_crop_exactly_once_in_batches_it_fits_into(
    sizes: list[tuple[int, int]], batch: int, seed: int, epoch: int
) -> None:
    shapes = batch_shapes(sizes, 224, 32)
    batches = list(EpochBatches(len(sizes), shapes, batch, seed).epoch(epoch))
    assert sorted(draw.index for one in batches for draw in one) == list(range(len(sizes)))
    assert sum(len(one) != batch for one in batches) <= 1
    for one in batches:
        (shape,) = {draw.shape for draw in one}
        assert shape is not None
        assert shape == tuple(shapes[[draw.index for draw in one]].max(axis=0))
        assert all(side % 32 == 0 and 32 <= side <= 224 for side in shape)


def test_the_order_of_an_epoch_is_always_the_same_and_another_in_the_next_epoch() -> None:
    batches = _batches()
    first, second = list(batches.epoch(0)), list(batches.epoch(1))
    assert first == list(_batches().epoch(0))
    assert [draw.index for one in first for draw in one] != [draw.index for one in second for draw in one]
    members = {frozenset(draw.index for draw in one) for one in first}
    assert members.isdisjoint({frozenset(draw.index for draw in one) for one in second})
    assert first != list(_batches(seed=43).epoch(0))


def test_a_resumed_run_sees_the_batches_it_would_have_seen() -> None:
    whole, resumed = iter(_batches()), _batches()
    every = [next(whole) for _ in range(3 * len(resumed))]
    resumed.first_epoch = 2
    later = iter(resumed)
    assert [next(later) for _ in range(len(resumed))] == every[2 * len(resumed) :]


def test_most_of_the_grey_around_crops_is_gone() -> None:
    sizes = _sizes(400)
    shapes = batch_shapes(sizes, 224, 32)
    crops = sum(height * width * (224 / max(height, width)) ** 2 for width, height in sizes)
    pixels = 0
    for batch in plan_epoch(shapes, 16, 42, 0):
        pixels += int(shapes[batch].max(axis=0).prod()) * len(batch)
    assert 1 - crops / (400 * 224 * 224) > 0.5
    assert 1 - crops / pixels < 0.22


@pytest.mark.parametrize("world", [2, 3])
def test_with_several_gpus_all_do_equally_many_batches_and_no_crop_is_left_out(world: int) -> None:
    ranks = [list(_batches(50, 8, rank=rank, world=world).epoch(3)) for rank in range(world)]
    assert len({len(batches) for batches in ranks}) == 1
    assert len(ranks[0]) == len(_batches(50, 8, world=world))
    for together in zip(*ranks, strict=True):
        assert len({len(batch) for batch in together}) == 1
        assert len({draw.shape for batch in together for draw in batch}) == 1
    drawn = [draw.index for batches in ranks for batch in batches for draw in batch]
    assert set(drawn) == set(range(50))
    assert len(drawn) < 50 + world


def test_a_crop_is_changed_alike_in_every_process_and_unlike_in_the_next_epoch(make_run: MakeRun) -> None:
    dataset = _dataset(make_run())
    here = dataset[Draw(3, 5, 42, (32, 64))]
    random.seed(99)
    again = dataset[Draw(3, 5, 42, (32, 64))]
    (elsewhere,) = DataLoader(dataset, sampler=[Draw(3, 5, 42, (32, 64))], batch_size=None, num_workers=1)  # type: ignore[arg-type]
    for other in (again, elsewhere):
        assert np.array_equal(here["img"], other["img"]) and np.array_equal(here["bboxes"], other["bboxes"])
    assert not np.array_equal(here["img"], dataset[Draw(3, 6, 42, (32, 64))]["img"])


def test_a_rectangular_crop_keeps_its_labels_on_its_characters(make_run: MakeRun) -> None:
    hyp = IterableSimpleNamespace(
        **{
            **vars(DEFAULT_CFG),
            "mosaic": 0,
            "fliplr": 0,
            "scale": 0,
            "translate": 0,
            "hsv_h": 0,
            "hsv_s": 0,
            "hsv_v": 0,
        }
    )
    data = {"names": dict(enumerate("ABO0")), "nc": 4, "channels": 3}
    dataset = FrozenDataset(make_run().crops("train"), imgsz=64, augment=True, hyp=hyp, data=data)
    square, flat = dataset[Draw(0, 0, 1)], dataset[Draw(0, 0, 1, (32, 64))]
    assert square["img"].shape == (3, 64, 64) and flat["img"].shape == (3, 32, 64)
    assert np.array_equal(square["img"][:, 16:48], flat["img"])
    assert np.array_equal(square["masks"][:, 4:12], flat["masks"])
    assert len(flat["cls"]) == 3


@pytest.mark.parametrize(
    ("changes", "shape", "said"),
    [
        ({}, (32, 64), "rectangular"),
        ({"batches": "square"}, (64, 64), "square"),
        ({"mosaic": 0.5}, (64, 64), "put together"),
    ],
)
def test_the_setting_chooses_the_shape_of_batches(
    make_run: MakeRun, changes: dict[str, object], shape: tuple[int, int], said: str
) -> None:
    trainer = CharacterTraining(overrides=ultralytics_arguments(make_run(**changes), "cpu"))
    try:
        trainer._setup_train()
        batch = next(iter(trainer.train_loader))
        assert tuple(batch["img"].shape) == (4, 3, *shape)
        assert said in trainer.said_of_pictures()
        assert tuple(next(iter(trainer.test_loader))["img"].shape[2:]) == (32, 64)  # what reading sees
    finally:
        close_loaders(trainer)


def _seen(run: Run, epochs: tuple[int, ...], workers: int = 0) -> list[list[tuple[tuple[str, ...], int]]]:
    """The crops of every batch of these epochs, and the sum of the batch's pixels."""
    trainer = CharacterTraining(overrides=ultralytics_arguments(run, "cpu"))
    try:
        trainer.args.workers = workers
        trainer._setup_train()
        seen = []
        for trainer.epoch in epochs:
            trainer._model_train()
            seen.append([(tuple(batch["im_file"]), int(batch["img"].sum())) for batch in trainer.train_loader])
        return seen
    finally:
        close_loaders(trainer)


def test_an_epoch_that_is_done_again_has_the_same_batches(make_run: MakeRun) -> None:
    seen = _seen(make_run(), (0, 1, 1, 2, 0))
    assert seen[1] == seen[2] and seen[0] == seen[4]
    assert seen[0] != seen[1] != seen[3]


def test_loading_processes_give_the_very_same_batches(make_run: MakeRun) -> None:
    run = make_run()
    assert _seen(run, (0, 1, 1), workers=2) == _seen(run, (0, 1, 1))


def test_mixed_shapes_are_trained_on_to_the_end(make_run: MakeRun, project_folder: Path) -> None:
    from tests.training.test_training import run_here

    for number, size in enumerate([(64, 60), (40, 64), (64, 12)]):
        path = project_folder / f"images/train/crop{number}.png"
        Image.open(path).resize(size).save(path)
    events = run_here(make_run())
    assert events[-1]["type"] == "finished"
    assert any("rectangular" in event["text"] for event in events if event["type"] == "log")


def test_validation_sees_each_crop_on_the_rectangle_that_reading_puts_it_on() -> None:
    import cv2

    from lpstudio.reading.detect import place

    sizes = _sizes(60)
    shapes = batch_shapes(sizes, 224, 32)
    batches = list(itertools.islice(ShapedBatches(shapes, 16), len(ShapedBatches(shapes, 16))))
    assert sorted(draw.index for one in batches for draw in one) == list(range(60))
    assert all(len(one) <= 16 and len({draw.shape for draw in one}) == 1 for one in batches)
    for draw in (draw for one in batches for draw in one):
        width, height = sizes[draw.index]
        picture = cv2.resize(np.zeros((4, 4, 3), np.uint8), (width, height))
        assert place(picture, 224)[1].shape == draw.shape
