"""What the commands that train have in common: their options, the crops that take part, a run followed."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.errors import LpStudioError, UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet
    from lpstudio.training.runs import Run
    from lpstudio.training.settings import TrainSettings

DatasetPlace = Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")]
Epochs = Annotated[int | None, typer.Option(help="How often every training sees every crop.")]
Batch = Annotated[int | None, typer.Option(help="Crops per step.")]
ImageSize = Annotated[int | None, typer.Option(help="Longer side the crops are scaled to.")]
Weights = Annotated[
    str | None, typer.Option(help="starter, scratch, a .pt file, or an Ultralytics name (downloaded then).")
]
ModelSize = Annotated[str | None, typer.Option(help="Model size: n, s, m, l or x.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, mps, 0 or 0,1.")]


def refuse_changes(changes: dict[str, Any], what: str) -> None:
    """Raises UsageError when something is asked of work that is resumed: it keeps its settings."""
    if any(value is not None for value in changes.values()):
        raise UsageError(f"a resumed {what} keeps its settings; give no others with --resume")


def settings_with(project: Project, changes: dict[str, Any]) -> TrainSettings:
    """The project's settings with some changed; None leaves one as it is. Raises UsageError, LpStudioError."""
    from lpstudio.training.settings import SettingsError, TrainSettings

    settings = TrainSettings.from_dict(project.settings.training)
    try:
        for field, value in changes.items():
            if value is not None:
                settings = settings.with_value(field, value)
    except SettingsError as error:
        raise UsageError(error.what, remedy=error.remedy) from error
    _check_weights(settings.weights)
    return settings


def collected(project: Project, verified_only: bool = False) -> TrainingSet:
    """The crops that take part, with a bar while their labels are read."""
    from lpstudio.dataset.training_set import collect

    with progress_bar() as show:
        return collect(
            project,
            verified_only=verified_only,
            progress=lambda done, total: show("reading labels", done, total),
        )


def trained_to_the_end(run: Run, json_file: str | None = None, *, part_of: str = "") -> dict[str, Any]:
    """Start a run, or go on with it, show how it goes, and wait; Ctrl+C stops it. Returns its last event.

    A run that another process trains already is only followed. ``part_of``: the comparison or sweep that is resumed
    rather than the run; in those a training whose process dies is gone on with, once, as nobody may be there to do so.
    One that dies after it was asked to stop has stopped. Raises LpStudioError when it fails or dies.
    """
    from lpstudio.cli.training_progress import follow
    from lpstudio.training.launch import start_detached

    for is_last in (False, True) if part_of else (True,):
        if not run.status().is_live:
            start_detached(run, parent=os.getpid())
        end = follow(run, json_file)
        if end["type"] == "failed":
            raise LpStudioError(end["message"])
        if end["type"] != "died":
            return end
        if end["stopping"]:
            print("the training process died before it had stopped", file=sys.stderr)
            best = run.best_weights
            return {"type": "finished", "reason": "stopped", "best": str(best) if best is not None else None}
        if not is_last:
            print("the training process died; it goes on after its last whole epoch", file=sys.stderr)
    remedy = f"Go on with --resume {part_of or run.name}."
    raise LpStudioError("the training process died", path=run.log_path, remedy=remedy)


def folder_of(project: Project, name: str) -> Path:
    """Where something with this name lies in ``runs/``; a path is taken as it is."""
    return Path(name) if Path(name).parent != Path() else project.root / "runs" / name


def _check_weights(given: str) -> None:
    """Name a folder, a missing file or a wrong kind of file before a run is made."""
    weights = Path(given).expanduser()
    if given in {"starter", "scratch"}:
        return
    if weights.exists():
        from lpstudio.reading.weights import find_weights

        find_weights(weights)
    elif weights.parent != Path() or not re.fullmatch(r"yolo11[nsmlx]-seg(\.pt)?", given):
        raise LpStudioError("there is no such weights file", path=given, remedy="Check the name")
