"""``lpstudio demo``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.demo import CROPS, EPOCHS, make_demo_project
from lpstudio.demo_plates import READINGS

if TYPE_CHECKING:
    from lpstudio.training.runs import Run


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Where the project is made; your data folder when left out."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Walk the loop without a window, also where there is a screen.")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the short training.")] = EPOCHS,
    crops: Annotated[int, typer.Option(min=10, help="Synthetic crops of a new project.")] = CROPS,
) -> int:
    """Make a small synthetic project, read its new plates and open it; without a screen train and report as well."""
    from lpstudio.doctor import has_screen
    from lpstudio.places import demo_folder

    project = (folder or demo_folder()).absolute()
    made = make_demo_project(project, crops)
    print(f"demo project{'' if made else ' (there already)'}: {project}", file=sys.stderr)
    print(f"readings of its new plates, with pictures: {project / READINGS}", file=sys.stderr)
    if has_screen() and not headless:
        from lpstudio.studio.app import run_studio

        return run_studio(project)

    from lpstudio.demo import walk

    with progress_bar() as show:
        result = walk(project, epochs, _train, lambda text: print(text, file=sys.stderr), show)
    print(f"project: {result.project}")
    print(f"weights: {result.weights}")
    print(f"report: {result.report}")
    return 0


def _train(run: Run) -> dict[str, Any]:
    from lpstudio.cli.training_progress import follow
    from lpstudio.training.launch import start_detached

    start_detached(run, parent=os.getpid())
    return follow(run)
