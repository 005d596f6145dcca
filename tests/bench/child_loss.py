"""The character loss: its share of a training step, and its speed beside the loop over samples."""

from __future__ import annotations

from tests.bench.processes import tell
from tests.training.loss_bench import against_loop, share_of_step

if __name__ == "__main__":
    tell({"share": share_of_step(), "loop": against_loop()})
