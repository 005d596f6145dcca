"""Notices a loss that is no number, without making a GPU wait for every batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from lpstudio.errors import LpStudioError

_EVERY_S = 0.25
_SHOWN = 16


class NotFiniteError(LpStudioError):
    """The loss of a batch is no number. ``crops``: the pictures of that batch."""

    def __init__(self, epoch: int, batch: int, crops: Sequence[str]) -> None:
        self.crops = tuple(crops)
        names = ", ".join(Path(crop).name for crop in self.crops[:_SHOWN])
        more = f" and {len(self.crops) - _SHOWN} more" if len(self.crops) > _SHOWN else ""
        super().__init__(
            f"the loss is no longer a number in epoch {epoch}, batch {batch} (crops {names}{more})",
            remedy="Look at these crops and their labels, or start anew with a smaller learning rate.",
        )


class LossWatch:
    """Collects whether the loss of each batch is a number, and looks now and then.

    A step that mixed precision skips (its gradients overflowed, its loss did not) is nothing to it.
    """

    def __init__(self) -> None:
        self._open: list[tuple[int, int, Sequence[str], Tensor]] = []
        self._looked = time.monotonic()

    def add(self, epoch: int, batch: int, crops: Sequence[str], loss: Tensor) -> None:
        """Note the loss, a scalar, of a batch; both numbers count from 1. May look, and raise NotFiniteError."""
        self._open.append((epoch, batch, crops, torch.isfinite(loss.detach())))
        if loss.device.type == "cpu" or time.monotonic() - self._looked >= _EVERY_S:
            self.look()

    def look(self) -> None:
        """Raise NotFiniteError for the first batch whose loss is no number."""
        waiting, self._open = self._open, []
        self._looked = time.monotonic()
        if not waiting:
            return
        for (epoch, batch, crops, _), finite in zip(
            waiting, torch.stack([flag for *_, flag in waiting]).tolist(), strict=True
        ):
            if not finite:
                raise NotFiniteError(epoch, batch, crops)
