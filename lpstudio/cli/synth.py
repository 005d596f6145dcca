"""``lpstudio synth``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.progress import progress_bar


def command(
    out: Annotated[Path, typer.Argument(help="The folder to make; it must be absent or empty.")],
    count: Annotated[int, typer.Option("--count", "-n", help="How many crops.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 42,
    val: Annotated[float, typer.Option("--val", help="Share of the crops in val; the split is by plate.")] = 0.2,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that draw; the bytes stay the same.")] = 1,
) -> None:
    """Make synthetic crops of Philippine plates with exact polygons: an Ultralytics dataset."""
    from lpstudio.synthesis.dataset import write_dataset

    with progress_bar() as show:
        summary = write_dataset(out, count, seed, val, jobs, lambda done, total: show("drawing plates", done, total))
    print(
        f"{out}: {summary.train} train and {summary.val} val crops of {summary.plates} plates, "
        f"{summary.characters} characters"
    )
