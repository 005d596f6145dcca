"""``lpstudio import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.exchange_report import show_report
from lpstudio.cli.progress import progress_bar


def command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A folder, a zip, or an annotation file.")],
    project: Annotated[Path, typer.Argument(help="The project; an empty or new folder becomes one.")],
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
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write counts and losses as JSON; - for stdout.")
    ] = None,
) -> int:
    """Bring in pictures and labels of other programs; exit 1 when something could not come over.

    Crops that somebody worked on are kept as they are; nothing is overwritten.
    """
    from lpstudio.dataset.exchange.importing import import_into

    with progress_bar() as show:
        report = import_into(
            source,
            project,
            format_name=format_name,
            split=split,
            progress=lambda done, total: show("importing", done, total),
        )
    return show_report(report, json_file)
