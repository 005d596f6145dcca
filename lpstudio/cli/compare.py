"""``lpstudio compare``."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpstudio.cli.output import keep_table, refuse_two_on_stdout, show_table
from lpstudio.cli.progress import progress_bar
from lpstudio.cli.training_options import (
    Batch,
    DatasetPlace,
    Device,
    Epochs,
    ImageSize,
    ModelSize,
    Weights,
    collected,
    folder_of,
    refuse_changes,
    settings_with,
    trained_to_the_end,
)
from lpstudio.errors import UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.evaluation.compare import ComparisonTable
    from lpstudio.training.variants import Comparison


def command(
    project: DatasetPlace,
    losses: Annotated[
        str | None,
        typer.Option(help="Which losses, separated by commas; stock,cross-entropy,similarity,in-place if left out."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(help="How many seeds from 1 on, or the seeds themselves: 3 (the default), or 7,8,9."),
    ] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    imgsz: ImageSize = None,
    weights: Weights = None,
    size: ModelSize = None,
    device: Device = None,
    formats: Annotated[
        str | None, typer.Option(help='What "formats on" means: ph, or "LLL DDDD"; the project\'s otherwise.')
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="NAME", help="Go on with a comparison that was interrupted.")
    ] = None,
    json_file: Annotated[str | None, typer.Option("--json", metavar="FILE", help="The table; - for stdout.")] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="The table; - for stdout.")] = None,
) -> int:
    """Train and evaluate variants of the loss under one budget, and print one table. Ctrl+C stops; --resume goes on.

    Every variant is trained anew. A part of train, the same for all losses of a seed, chooses when to stop, the best
    weights and the temperature; val only scores. Table and page lie in the comparison's folder.
    """
    refuse_two_on_stdout(json_file, csv_file)
    from lpstudio.dataset.project import Project
    from lpstudio.plates.formats import DEFAULT_FORMATS
    from lpstudio.training.variants import LOSSES, open_comparison

    changes: dict[str, Any] = {
        "epochs": epochs,
        "batch": batch,
        "imgsz": imgsz,
        "weights": weights,
        "size": size,
        "device": device,
    }
    with Project.open(project) as opened:
        if resume is not None:
            refuse_changes({**changes, "losses": losses, "seeds": seeds}, "comparison")
            comparison = open_comparison(folder_of(opened, resume))
        else:
            wanted_losses = losses_from(losses) if losses is not None else list(LOSSES)
            comparison = _new(opened, changes, wanted_losses, seeds_from(seeds) if seeds is not None else [1, 2, 3])
        print(f"{comparison.name}: {comparison.budget()}", file=sys.stderr)
        if not _train(comparison):
            print(f"stopped; go on with --resume {comparison.name}", file=sys.stderr)
            return 130
        from lpstudio.evaluation.compare import measure

        wanted = formats or ", ".join(opened.settings.formats) or DEFAULT_FORMATS
        with progress_bar() as show:
            table = measure(comparison, opened, wanted, _reading_device(comparison), show)
    _write(table, comparison, json_file, csv_file)
    return 0


def losses_from(text: str) -> list[str]:
    """The names between the commas. Raises UsageError when there is none."""
    from lpstudio.training.variants import LOSSES

    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("--losses names none", remedy=f"Give some of {','.join(LOSSES)}, or leave it out for all")
    return names


def seeds_from(text: str) -> list[int]:
    """``3`` are the seeds 1, 2, 3; ``7,8`` are 7 and 8. Raises UsageError."""
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise UsageError(f"--seeds takes a number, or seeds separated by commas, not {text!r}") from None
    if "," not in text and numbers:
        numbers = list(range(1, numbers[0] + 1))
    if not numbers:
        raise UsageError("--seeds names none", remedy="Give how many (3), or which (7,8,9), or leave it out for 3")
    if min(numbers) < 0:
        raise UsageError("no seed may be below 0")
    return numbers


def _new(project: Project, changes: dict[str, Any], losses: list[str], seeds: list[int]) -> Comparison:
    from lpstudio.training.variants import new_comparison

    settings = settings_with(project, changes)
    return new_comparison(project, settings, collected(project, settings.verified_only), losses, seeds)


def _train(comparison: Comparison) -> bool:
    """Train what is not trained yet; False when the person stopped it."""
    from lpstudio.training.runs import RunStatus

    total = len(comparison.variants)
    took: list[float] = []
    for number, variant in enumerate(comparison.variants, start=1):
        if variant.run.status() is RunStatus.FINISHED:
            continue
        left = f"; about {_hours(sum(took) / len(took) * (total - number + 1))} left" if took else ""
        print(f"[{number}/{total}] {variant.loss}, seed {variant.seed}{left}", file=sys.stderr)
        began = time.monotonic()
        if trained_to_the_end(variant.run, part_of=comparison.name)["reason"] == "stopped":
            return False
        took.append(time.monotonic() - began)
    return True


def _reading_device(comparison: Comparison) -> str | None:
    device = comparison.settings.device
    return None if device == "auto" else device.split(",")[0]


def _write(table: ComparisonTable, comparison: Comparison, json_file: str | None, csv_file: str | None) -> None:
    from lpstudio.evaluation.compare_report import as_csv, as_html, as_text

    data = json.dumps(table.to_dict(), indent=1, allow_nan=False) + "\n"
    texts = {"txt": as_text(table), "json": data, "csv": as_csv(table), "html": as_html(table)}
    keep_table(texts, comparison.dir, "comparison")
    show_table(texts, comparison.dir / "comparison.html", json_file, csv_file)


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(minutes, 1)} min"
