"""``lpstudio export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.exchange_report import show_report
from lpstudio.cli.progress import progress_bar
from lpstudio.errors import UsageError


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    out: Annotated[Path, typer.Argument(help="A new folder; a new zip where the name ends in .zip.")],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="yolo-seg, yolo-box, labelme, x-anylabeling, coco, coco-rle, cvat, label-studio or voc.",
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Only these splits: train,val")] = None,
    states: Annotated[str | None, typer.Option(help="Only crops of these states: verified,labelled")] = None,
    pictures: Annotated[bool, typer.Option(help="Copy the pictures too (--no-pictures: labels alone).")] = True,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write counts and losses as JSON; - for stdout.")
    ] = None,
) -> int:
    """Write a project for other programs; exit 1 when something could not come over."""
    from lpstudio.dataset.exchange.exporting import export_dataset
    from lpstudio.dataset.exchange.model import state_from_name
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.types import CropState

    wanted: set[CropState] = set()
    for name in _listed(states):
        state = state_from_name(name.replace("-", " "))
        if state is None:
            raise UsageError(f"there is no state “{name}” (there are {', '.join(CropState)})")
        wanted.add(state)
    with Project.open(project, create_store=False) as opened, progress_bar() as show:
        report = export_dataset(
            opened,
            out,
            format_name,
            splits=_listed(split) or None,
            states=wanted or None,
            pictures=pictures,
            progress=lambda done, total: show("exporting", done, total),
        )
    return show_report(report, json_file)


def _listed(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]
