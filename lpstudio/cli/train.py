"""``lpstudio train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpstudio.cli.training_options import (
    Batch,
    DatasetPlace,
    Device,
    Epochs,
    ImageSize,
    ModelSize,
    Weights,
    collected,
    refuse_changes,
    settings_with,
    trained_to_the_end,
)
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet
    from lpstudio.training.runs import Run


def command(
    project: DatasetPlace,
    loss: Annotated[
        str | None, typer.Option(help="similarity (the default), cross-entropy, in-place or stock.")
    ] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    imgsz: ImageSize = None,
    weights: Weights = None,
    size: ModelSize = None,
    device: Device = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same training.")] = None,
    workers: Annotated[int | None, typer.Option(help="Loading processes, on a GPU.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run's folder; a number is added.")] = None,
    selection: Annotated[
        float | None, typer.Option(help="Share of train that chooses weights, end and probabilities; val only scores.")
    ] = None,
    verified_only: Annotated[bool, typer.Option("--verified-only", help="Train on verified crops alone.")] = False,
    k: Annotated[int | None, typer.Option(help="Candidates the top-k term looks at.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Temperature of the top-k term.")] = None,
    base_weight: Annotated[float | None, typer.Option(help="Weight of cross-entropy.")] = None,
    topk_weight: Annotated[float | None, typer.Option(help="Weight of the top-k term.")] = None,
    gain: Annotated[float | None, typer.Option(help="Gain of the character loss.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped or died (its name or folder).")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the events as JSON lines; - for stdout.")
    ] = None,
) -> int:
    """Train on a dataset's labelled crops. Ctrl+C stops cleanly; --resume goes on."""
    from lpstudio.dataset.project import Project

    changes = {
        "loss.name": loss, "epochs": epochs, "batch": batch, "imgsz": imgsz, "weights": weights, "size": size,
        "device": device, "seed": seed, "workers": workers, "name": name, "verified_only": verified_only or None,
        "selection_share": selection,
        "loss.k": k, "loss.temperature": temperature, "loss.base_weight": base_weight,
        "loss.topk_weight": topk_weight, "loss.gain": gain,
    }  # fmt: skip
    with Project.open(project) as opened:
        for warning in opened.warnings:
            print(f"lpstudio: {warning}", file=sys.stderr)
        run = _resumed(opened, resume, changes) if resume is not None else _new_run(opened, changes)
    print(f"run {run.name}: {run.dir}", file=sys.stderr)
    return _follow(run, json_file)


def _new_run(project: Project, changes: dict[str, Any]) -> Run:
    from lpstudio.training.runs import create_run

    settings = settings_with(project, changes)
    training_set = collected(project, settings.verified_only)
    _describe(training_set)
    run = create_run(project, settings, training_set)
    parts = run.counts["crops"]
    if parts["selection"]:
        said = f"{parts['selection']} of the train crops are set aside to choose with; val only scores"
        print(said, file=sys.stderr)
    return run


def _resumed(project: Project, name: str, changes: dict[str, Any]) -> Run:
    from lpstudio.training.runs import Run

    refuse_changes(changes, "run")
    folder = Path(name) if (Path(name) / "run.json").is_file() else project.root / "runs" / name
    run = Run.open(folder)
    if not run.can_resume:
        raise LpStudioError(f"the run cannot be resumed: it is {run.status()}", path=run.dir)
    return run


def _describe(training_set: TrainingSet) -> None:
    """Say which crops take part, how often each character occurs, and what is rare or absent."""
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True, highlight=False)
    splits = list(training_set.splits)
    taking_part = ", ".join(f"{training_set.total(split)} {split}" for split in splits)
    left_out = ", ".join(f"{count} {reason}" for reason, count in training_set.left_out_counts.items())
    console.print(f"crops that take part: {taking_part}" + (f"; left out: {left_out}" if left_out else ""))
    if training_set.unread_lines:
        console.print(f"{training_set.unread_lines} lines of label files were not understood (see `lpstudio check`)")

    counts = {split: training_set.counts(split) for split in splits}
    names = list(training_set.alphabet.names)
    half = (len(names) + 1) // 2
    for part in (names[:half], names[half:]):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("")
        for char in part:
            table.add_column(char, justify="right")
        for split in splits:
            table.add_row(split, *(str(counts[split][char]) for char in part))
        console.print(table)
    rare, absent = training_set.rare(), training_set.absent()
    if rare:
        console.print("rare in train (fewer than 10): " + ", ".join(f"{char} {count}" for char, count in rare))
    if absent:
        console.print("absent from train: " + " ".join(absent))
    if "val" in splits and not training_set.total("val"):
        console.print(
            "no val crop takes part: validation uses the training crops, its figures say nothing of new plates"
        )


def _follow(run: Run, json_file: str | None) -> int:
    """Start the run's process, show how it goes, and wait for its end. Ctrl+C stops it."""
    end = trained_to_the_end(run, json_file)
    if end.get("best") and json_file != "-":
        print(end["best"])
    if end["reason"] == "stopped":
        print(f"stopped; go on with --resume {run.name}", file=sys.stderr)
        return 130
    return 0
