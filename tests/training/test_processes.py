"""Several GPUs, as far as processors can show it: two processes with gloo share criterion, sampler and one model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training import at_work, sharing


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_train_one_model_on_parts_of_the_same_batches(tmp_path: Path) -> None:
    results = {}
    for world in (1, 2):
        folder = tmp_path / str(world)
        folder.mkdir()
        context = at_work.context()
        processes = [context.Process(target=sharing.work, args=(rank, world, str(folder))) for rank in range(world)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            assert process.exitcode == 0
        results[world] = [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in range(world)]
    first, second = results[2]
    # one model: both processes end with the very same weights, which have moved
    assert all(torch.equal(first["model"][name], second["model"][name]) for name in first["model"])
    start = sharing.make_model().state_dict()
    assert any(not torch.equal(first["model"][name], start[name]) for name in start)
    # every batch is parted between them, and each epoch holds every crop
    (alone,) = results[1]
    steps = len(alone["seen"])
    assert len(first["seen"]) == len(second["seen"]) == steps
    for one, other, whole in zip(first["seen"], second["seen"], alone["seen"], strict=True):
        assert len(one) == len(other) and set(one) | set(other) == set(whole)
    # and what is learned is what one process learns from whole batches, but for how each part averages its characters
    moved, apart = (
        torch.cat([(one[name] - other[name]).float().flatten() for name in start]).norm()
        for one, other in ((alone["model"], start), (first["model"], alone["model"]))
    )
    assert moved > 0 and apart < 0.25 * moved
