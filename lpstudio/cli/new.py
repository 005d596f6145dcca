"""``lpstudio new``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.errors import UsageError


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of crops (with those below it).")],
    out: Annotated[
        Path | None, typer.Option(help="The new project's folder; without it, DIR-project beside DIR.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="The plates' texts, columns file,text[,split]; else DIR/plates.csv.")
    ] = None,
    val: Annotated[float, typer.Option(help="The share of crops for validation, 0 to below 1.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 42,
    copy: Annotated[bool, typer.Option("--copy/--in-place", help="Copy the crops, or use them where they lie.")] = True,
) -> None:
    """Make a project from a folder of crops, split by plate where texts are known."""
    from lpstudio.dataset.create import new_project

    if not copy and out is not None:
        raise UsageError("--in-place uses the crops where they lie; --out cannot be given with it")
    if copy and out is None:
        out = folder.absolute().parent / f"{folder.absolute().name}-project"
    with progress_bar() as show:
        project = new_project(folder, out, texts, val, seed, lambda done, total: show("copying", done, total))
    with project:
        for warning in project.warnings:
            print(f"lpstudio: {warning}", file=sys.stderr)
        index = project.index
        counts = ", ".join(f"{split} {len(index.range_of(split))}" for split in index.splits)
        print(f"{project.yaml_path}: {len(index)} crops ({counts})")
