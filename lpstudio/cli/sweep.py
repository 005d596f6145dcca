"""``lpstudio sweep``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.cli.output import keep_table, refuse_two_on_stdout, show_table
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
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.training.sweep import Sweep, Trial

_MOST_FAILED = 3  # trials in a row that may fail before it is no matter of their settings


def command(
    project: DatasetPlace,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many trainings in all, on all machines together: 30; resumed, as many as before."
        ),
    ] = None,
    goal: Annotated[
        str | None,
        typer.Option(
            help="characters (the default): right best candidates; masks: mask mAP50-95. On the selection part."
        ),
    ] = None,
    loss: Annotated[str | None, typer.Option(help="similarity (the default), cross-entropy or in-place.")] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    imgsz: ImageSize = None,
    weights: Weights = None,
    size: ModelSize = None,
    device: Device = None,
    seed: Annotated[int | None, typer.Option(help="Of the trainings, the selection part and the proposals.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="NAME", help="Go on with a sweep, or take part in it from another machine.")
    ] = None,
    json_file: Annotated[str | None, typer.Option("--json", metavar="FILE", help="The trials; - for stdout.")] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="The trials; - for stdout.")] = None,
) -> int:
    """Look for good settings of the loss: k, temperature, both weights, gain, base similarity, learning rate.

    Optuna proposes them. Ctrl+C stops; --resume goes on with the very training that was stopped. Several machines that
    see the project's folder can take part in one sweep. Table and drawing lie in the sweep's folder.
    """
    refuse_two_on_stdout(json_file, csv_file)
    from lpstudio.dataset.project import Project

    changes = {
        "loss.name": loss, "epochs": epochs, "batch": batch, "imgsz": imgsz, "weights": weights, "size": size,
        "device": device, "seed": seed,
    }  # fmt: skip
    with Project.open(project) as opened:
        from lpstudio.training.sweep import TRIALS, new_sweep, open_sweep

        if resume is not None:
            refuse_changes({**changes, "goal": goal}, "sweep")
            sweep = open_sweep(folder_of(opened, resume))
            if trials is not None:
                sweep = sweep.with_trials(trials)
            training_set = collected(opened, sweep.settings.verified_only)
        else:
            settings = settings_with(opened, changes)
            training_set = collected(opened, settings.verified_only)
            sweep = new_sweep(opened, settings, training_set, "characters" if goal is None else goal, trials or TRIALS)
        each = sweep.settings.epochs
        print(
            f"{sweep.name}: {sweep.wanted} trials, {each} epoch{'s' if each > 1 else ''} each, "
            f"at {sweep.settings.imgsz} px; goal: {sweep.goal} on the selection part",
            file=sys.stderr,
        )
        whole = _work(sweep, opened, training_set)
    show_table(_keep(sweep), sweep.dir / "result.html", json_file, csv_file)
    if not whole:
        print(f"stopped; go on with --resume {sweep.name}", file=sys.stderr)
        return 130
    return 0


def _work(sweep: Sweep, project: Project, training_set: object) -> bool:
    """Train until there are enough trials; False when the person stopped it."""
    failed = 0
    while True:
        waiting = sweep.interrupted()
        if waiting:
            trial = waiting[0]
        elif sum(one.state in {"complete", "fail", "running"} for one in sweep.trials()) < sweep.wanted:
            trial = sweep.begin(project, training_set)  # type: ignore[arg-type]
        else:
            return True
        values = ", ".join(f"{name} {value:.3g}" for name, value in trial.values.items())
        print(f"trial {trial.number}: {values}", file=sys.stderr)
        try:
            if not _trained(sweep, trial):
                return False
        except LpStudioError as error:
            failed += 1
            sweep.give_up(trial)
            if failed >= _MOST_FAILED:
                raise
            print(f"lpstudio: trial {trial.number}: {error.message}", file=sys.stderr)
        else:
            failed = 0
            print(f"trial {trial.number}: {sweep.goal} {sweep.tell(trial):.4f}", file=sys.stderr)
            _keep(sweep)


def _trained(sweep: Sweep, trial: Trial) -> bool:
    from lpstudio.training.runs import RunStatus

    run = sweep.run_of(trial)
    return run.status() is RunStatus.FINISHED or trained_to_the_end(run, part_of=sweep.name)["reason"] != "stopped"


def _keep(sweep: Sweep) -> dict[str, str]:
    """Write table and drawing into the sweep's folder."""
    from lpstudio.evaluation import sweep_report

    trials = sweep.trials()
    texts = {
        "txt": sweep_report.as_text(sweep, trials),
        "csv": sweep_report.as_csv(trials),
        "json": sweep_report.as_json(sweep, trials),
        "html": sweep_report.as_html(sweep, trials),
    }
    keep_table(texts, sweep.dir, "result")
    return texts
