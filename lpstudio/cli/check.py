"""``lpstudio check``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.cli.output import write_text
from lpstudio.cli.progress import progress_bar
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.check import Fault


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the faults as JSON lines; - for stdout.")
    ] = None,
    images: Annotated[bool, typer.Option(help="Decode every picture as well (--no-images is much quicker).")] = True,
) -> int:
    """List every fault of a dataset with its file and line; exit 1 when there is one."""
    from lpstudio.dataset.check import Fault, Severity, check_project
    from lpstudio.dataset.project import Project

    crops = 0
    try:
        with Project.open(project, create_store=False) as opened, progress_bar() as show:
            faults = check_project(opened, show, images=images)
            crops = len(opened.index)
    except LpStudioError as error:  # what keeps it from opening is a fault like the others
        what = f"{error.what}. {error.remedy}" if error.remedy else error.what
        faults = [Fault("dataset", error.path or project, error.line, what)]
    counted = [fault for fault in faults if fault.severity is not Severity.INFO]
    if json_file is not None:
        _write_json(json_file, faults)
    if json_file != "-":
        for fault in counted:
            print(f"{fault.where}: {fault.severity.value}: {fault.message}")
    errors = sum(fault.severity is Severity.ERROR for fault in counted)
    unlabelled = sum(fault.kind == "unlabelled" for fault in faults)
    summary = f"{crops} crops, {unlabelled} without label file: {errors} errors, {len(counted) - errors} warnings"
    print(summary, file=sys.stderr)
    return 1 if counted else 0


def _write_json(target: str, faults: list[Fault]) -> None:
    text = "".join(f"{json.dumps({'schema': 1, **fault.to_dict()})}\n" for fault in faults)
    write_text(target, text)
