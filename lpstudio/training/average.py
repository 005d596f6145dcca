"""The mean of several trainings' weights: trainings that began with the same weights average into a better reader.

Each made mistakes of its own, which the mean makes less (Wortsman et al. 2022, Model soups, arXiv:2203.05482). It takes
no more time in reading than one of them does.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError, UsageError

_SAME_START = "Average runs that began with the same weights"
_KEPT = ("version", "license", "docs", "train_args")


def average_weights(weights: Sequence[Path], out: Path) -> None:
    """Write the mean of ``.pt`` files of one model and alphabet to ``out``, in half precision and without optimizer.

    Raises UsageError for fewer than two files, LpStudioError for a file that cannot be used or does not fit the first.
    """
    import torch

    from lpstudio.reading.weights import open_model

    if len(weights) < 2:
        raise UsageError("one file has no mean", remedy="Name two or more weights")
    if out.exists():
        raise LpStudioError("this file is there already", path=out, remedy="Choose another name")
    model, checkpoint = open_model(weights[0])
    model = model.float()
    sums = {name: tensor.double() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    for path in weights[1:]:
        other, _ = open_model(path)
        if list(other.names.values()) != list(model.names.values()):
            raise LpStudioError("these weights are for other characters", path=path, remedy=_SAME_START)
        tensors: dict[str, Any] = other.state_dict()
        if any(name not in tensors or tensors[name].shape != total.shape for name, total in sums.items()):
            raise LpStudioError("these weights are of another size", path=path, remedy=_SAME_START)
        for name, total in sums.items():
            total += tensors[name].double()
    model.load_state_dict({name: total / len(weights) for name, total in sums.items()}, strict=False)
    kept = {name: checkpoint[name] for name in _KEPT if name in checkpoint}
    empty = dict.fromkeys(("date", "best_fitness", "ema", "updates", "optimizer"))
    held = io.BytesIO()
    torch.save({**empty, **kept, "epoch": -1, "model": model.half()}, held)
    write_bytes_atomic(out, held.getvalue())
