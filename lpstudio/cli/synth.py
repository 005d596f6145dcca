"""``lpstudio synth``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[Path, typer.Argument(help="The folder to make; it must be absent or empty.")],
    count: Annotated[int, typer.Option("--count", "-n", help="How many crops.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 42,
    val: Annotated[float, typer.Option("--val", help="Share of the crops in val; the split is by plate.")] = 0.2,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that draw; the bytes stay the same.")] = 1,
) -> int:
    """Make synthetic crops of Philippine plates with exact polygons: an Ultralytics dataset."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from lpstudio.synthesis.dataset import write_dataset

    columns = (TextColumn("drawing plates"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count)
        summary = write_dataset(out, count, seed, val, jobs, lambda done, _total: bar.update(task, completed=done))
    typer.echo(
        f"{out}: {summary.train} train and {summary.val} val crops of {summary.plates} plates, "
        f"{summary.characters} characters"
    )
    return 0
