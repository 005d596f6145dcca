"""What one of several processes does that train one model together."""

from __future__ import annotations

import copy
from typing import Any

import torch

from tests.training import projects

IMAGES, BATCH, EPOCHS = 22, 8, 2


def _sizes() -> list[tuple[int, int]]:
    return [(96 + 4 * (number % 7), 40 + number % 5) for number in range(IMAGES)]


def make_model() -> Any:
    from ultralytics.nn.tasks import SegmentationModel
    from ultralytics.utils import DEFAULT_CFG

    from lpstudio.similarity import create_similarity_matrix
    from lpstudio.training.criterion import CharacterSegmentationLoss
    from lpstudio.training.settings import LossSettings

    torch.manual_seed(0)
    model = SegmentationModel(projects.tiny_config(), nc=36, verbose=False).train()
    model.args = copy.copy(DEFAULT_CFG)
    model.criterion = CharacterSegmentationLoss(model, LossSettings(), create_similarity_matrix())
    for module in model.modules():  # what differs between processes must come from the loss alone
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    return model


def _batch(indices: list[int], shape: tuple[int, int]) -> dict[str, Any]:
    """Pictures that follow from their numbers, with three characters each."""
    height, width = shape
    pictures = [torch.rand(3, height, width, generator=torch.Generator().manual_seed(index)) for index in indices]
    count = len(indices)
    return {
        "img": torch.stack(pictures),
        "batch_idx": torch.arange(count).repeat_interleave(3).float(),
        "cls": torch.tensor([[(index * 3 + place) % 36] for index in indices for place in range(3)]).float(),
        "bboxes": torch.tensor([[0.2 + 0.3 * place, 0.5, 0.2, 0.6] for place in range(3)]).repeat(count, 1),
        "masks": torch.randint(0, 4, (count, height // 4, width // 4), generator=torch.Generator().manual_seed(1)),
    }


def work(rank: int, world: int, folder: str) -> None:
    """One process: two epochs of its part of every batch; writes what it saw and what came of it."""
    torch.set_num_threads(1)
    from torch import distributed
    from torch.nn.parallel import DistributedDataParallel

    from lpstudio.training.batches import EpochBatches, batch_shapes

    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world)
    model = DistributedDataParallel(make_model(), find_unused_parameters=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    batches = EpochBatches(IMAGES, batch_shapes(_sizes(), 96, 32), BATCH // world, seed=3, rank=rank, world=world)
    seen, losses = [], []
    for epoch in range(EPOCHS):
        for draws in batches.epoch(epoch):
            assert draws[0].shape is not None
            loss, items = model(_batch([draw.index for draw in draws], draws[0].shape))
            optimizer.zero_grad()
            (loss.sum() * world).backward()  # as Ultralytics does
            optimizer.step()
            seen.append([draw.index for draw in draws])
            losses.append(float(items["char_loss"]))
    torch.save(
        {"seen": seen, "losses": losses, "model": {k: v.detach() for k, v in model.module.state_dict().items()}},
        f"{folder}/rank{rank}.pt",
    )
    distributed.destroy_process_group()
