"""Early stop on the validation loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class EarlyStop:
    """Says when to stop: no improvement of at least ``percent`` over the best loss for ``epochs`` epochs (0: never)."""

    epochs: int
    percent: float
    best: float = math.inf
    waited: int = 0

    def update(self, loss: float) -> bool:
        """Take in the validation loss of an epoch; True when it is time to stop. What is no number never improves."""
        better = math.isinf(self.best) or (self.best - loss) / max(self.best, 1e-8) * 100.0 >= self.percent
        if better and math.isfinite(loss):
            self.best = loss
            self.waited = 0
            return False
        self.waited += 1
        return 0 < self.epochs <= self.waited


def validation_loss(metrics: Mapping[str, float]) -> float:
    """The sum of all ``val/*`` loss items, the character loss included."""
    return sum(float(value) for name, value in metrics.items() if name.startswith("val/"))
