"""``lpstudio import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.exchange_report import show_report
from lpstudio.cli.progress import progress_bar
from lpstudio.errors import LpStudioError, UsageError


def command(
    source: Annotated[
        Path, typer.Argument(metavar="SRC", help="A folder, a zip, or an annotation file (with --undo: the project).")
    ],
    project: Annotated[
        Path | None, typer.Argument(help="The project; an empty or new folder becomes one.", show_default=False)
    ] = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="yolo-seg, yolo-box, labelme, x-anylabeling, coco, coco-rle, cvat, label-studio, voc, or auto.",
        ),
    ] = "auto",
    split: Annotated[
        str | None, typer.Option(help="Where new crops go; without it, where the source says, else train.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last import into the project SRC back.")] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write counts and losses as JSON; - for stdout.")
    ] = None,
) -> int:
    """Bring in pictures and labels of other programs; exit 1 when something could not come over.

    Crops that somebody worked on are kept as they are; nothing is overwritten.
    """
    from lpstudio.dataset.exchange.importing import import_into

    if undo:
        return _undo(source if project is None else project, json_file)
    if project is None:
        raise UsageError("say into which project", remedy="lpstudio import SRC PROJECT")
    with progress_bar() as show:
        report = import_into(
            source,
            project,
            format_name=format_name,
            split=split,
            progress=lambda done, total: show("importing", done, total),
        )
    return show_report(report, json_file)


def _undo(project: Path, json_file: str | None) -> int:
    """Bring back what stood there before the last import; crops worked on since stay, and are named."""
    from lpstudio.dataset.exchange.undoing import last_import, undo_import
    from lpstudio.dataset.project import Project

    with Project.open(project) as opened:
        past = last_import(opened.root)
        if past is None:
            raise LpStudioError("there is no import to take back", path=opened.root)
        return show_report(undo_import(opened, past), json_file)
