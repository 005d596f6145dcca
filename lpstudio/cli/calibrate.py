"""``lpstudio calibrate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from lpstudio.cli.progress import progress_bar

if TYPE_CHECKING:
    from lpstudio.reading.calibrate import Calibration, Scores


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    weights: Annotated[Path, typer.Option(help="The .pt file; the result is written beside it.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="The split of which a part is set aside to fit on; never val. Left out: what the run of the weights "
            "set aside, else a part of train."
        ),
    ] = None,
    share: Annotated[float, typer.Option(min=0.01, max=1.0, help="How much of the split, whole plates each.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Draws the plates; the same seed draws the same ones.")] = 42,
    allow_trained: Annotated[
        bool, typer.Option("--allow-trained", help="Fit on crops that the weights were trained on, too.")
    ] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON; - for stdout.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, 0, mps; the best there is when left out.")] = None,
    imgsz: Annotated[
        int | None,
        typer.Option(min=32, max=8192, help="The side the model sees; what it was trained at when left out."),
    ] = None,
) -> int:
    """Fit the probabilities of weights, so that of characters read with 90 % nine in ten are right."""
    from lpstudio.dataset.project import Project

    with Project.open(project, create_store=False) as opened_project, progress_bar() as show:
        from lpstudio.reading.weights import find_weights, load_weights

        path = find_weights(weights)
        from lpstudio.reading.calibrate import calibrate, calibrate_run, run_of
        from lpstudio.reading.outputs import opened
        from lpstudio.reading.reader import CharacterReader

        reader = CharacterReader(load_weights(path, device), imgsz)
        run = run_of(path)
        if split is None and run is not None and run.chooser == "selection":
            result = calibrate_run(run, reader, show, scoring=True)
        else:
            result = calibrate(opened_project, reader, split or "train", share, seed, show, allow_trained)
    saved = result.save()
    if json_file is not None:
        with opened(json_file) as file:
            file.write(json.dumps(result.to_dict(), indent=1, allow_nan=False) + "\n")
    _print(result, sys.stderr if json_file == "-" else sys.stdout)
    print(f"calibration: {saved}", file=sys.stderr)
    return 0


def _print(result: Calibration, out: TextIO) -> None:
    compared = ", ".join(f"{one.method} τ {one.temperature:.3f}: {s.nll:.4f}" for one, s in result.candidates)
    print(f"fitted on {result.before.characters} characters of {result.crops} crops of {result.split}", file=out)
    print(f"negative log-likelihood by method: {compared}; kept: {result.posterior.method}", file=out)
    print(f"{'':12}{'NLL before':>12}{'after':>9}{'ECE before':>13}{'after':>9}{'characters':>13}", file=out)
    _row(result.split, result.before, result.after, out)
    if result.val_before is not None and result.val_after is not None:
        _row("val", result.val_before, result.val_after, out)
    if result.trained_on:
        print(
            f"{result.trained_on} of these {result.crops} crops were trained on: the model is surer of them than of "
            "new plates. Better keep a split out of the training, and name it with --split",
            file=sys.stderr,
        )
    elif result.trained_on is None:
        print("whether these weights were trained on these crops is not known", file=sys.stderr)


def _row(name: str, before: Scores, after: Scores, out: TextIO) -> None:
    nll, ece = f"{before.nll:12.4f}{after.nll:9.4f}", f"{before.ece:13.2%}{after.ece:9.2%}"
    print(f"{name:12}{nll}{ece}{after.characters:13}", file=out)
