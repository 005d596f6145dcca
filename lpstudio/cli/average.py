"""``lpstudio average``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[Path, typer.Argument(help="The .pt file to make; it must not be there yet.")],
    weights: Annotated[
        list[Path], typer.Argument(metavar="WEIGHTS...", help="Two or more .pt files that began with the same weights.")
    ],
) -> int:
    """Make one reader of several trainings: the mean of their weights often reads better than each of them."""
    from lpstudio.training.average import average_weights

    average_weights(weights, out)
    print("not calibrated: lpstudio calibrate fits its probabilities on crops it was not trained on", file=sys.stderr)
    print(out)
    return 0
