"""How the starter weights are made, of synthetic plates alone: ``python -m lpstudio.training.starter FOLDER``.

Clean plates first, then mixed ones down to the worst CCTV, each stage going on from the one before. A call that was
interrupted goes on where it was. Some hours on two cores. What comes out is FOLDER/starter-n.pt and its calibration.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.errors import LpStudioError
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.dataset import write_dataset
from lpstudio.training.launch import worker_environment
from lpstudio.training.runs import Run, RunStatus, create_run, list_runs
from lpstudio.training.settings import TrainSettings

SIZE = "n"
_KEPT_ARGUMENTS = ("task", "mode", "imgsz", "epochs", "batch", "optimizer", "lr0", "seed")


@dataclass(frozen=True)
class Stage:
    """``count`` crops of ``seed`` and ``difficulty`` (None: mixed), seen ``epochs`` times from ``lr0`` on."""

    count: int
    seed: int
    difficulty: float | None
    epochs: int
    lr0: float


STAGES = (
    Stage(count=14_000, seed=1001, difficulty=0.25, epochs=2, lr0=0.002),
    Stage(count=13_000, seed=2002, difficulty=None, epochs=4, lr0=0.0015),
    Stage(count=20_000, seed=3003, difficulty=None, epochs=4, lr0=0.001),
)


def settings_of(stage: Stage, weights: str) -> TrainSettings:
    """The settings of a stage that begins with ``weights``.

    The crops are drawn with all that a camera does, so the trainer's own changes are mild; above all nothing moves far:
    a character cut by the edge would be taught as a whole one.
    """
    return TrainSettings(
        name="starter", weights=weights, size=SIZE, epochs=stage.epochs, batch=32, nominal_batch=32,
        optimizer="AdamW", lr0=stage.lr0, warmup_epochs=0.3, scale=0.15, translate=0.05, erasing=0.05,
        hsv_s=0.4, hsv_v=0.3, save_period=0, selection_share=0.04, seed=stage.seed,
    )  # fmt: skip


def make(folder: Path, stages: tuple[Stage, ...] = STAGES) -> Path:
    """Run all stages in ``folder`` and return the weights. Raises LpStudioError when one does not finish."""
    weights = "scratch"
    for number, stage in enumerate(stages, start=1):
        data = folder / f"stage{number}"
        if not (data / "data.yaml").is_file():
            shutil.rmtree(data, ignore_errors=True)
            jobs = os.cpu_count() or 1
            write_dataset(data, stage.count, stage.seed, 0.04, jobs, wishes=Wishes(difficulty=stage.difficulty))
        run = _run(data, stage, weights)
        if run.status() is not RunStatus.FINISHED:
            print(f"stage {number} of {len(stages)}: {run.dir}", flush=True)
            subprocess.run(
                [sys.executable, "-m", "lpstudio.worker.training", str(run.dir)],
                env=worker_environment(), stdout=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        best = run.best_weights
        if run.status() is not RunStatus.FINISHED or best is None:
            raise LpStudioError("this stage did not finish", path=run.dir, remedy="Call again to go on")
        weights = str(best)
    return _exported(run, folder)


def _run(data: Path, stage: Stage, weights: str) -> Run:
    """The run of a stage: the one that was begun, or a new one."""
    begun = list_runs(data)
    if begun:
        return begun[0]
    with Project.open(data) as project:
        return create_run(project, settings_of(stage, weights), collect(project))


def _exported(run: Run, folder: Path) -> Path:
    """The best weights of the last stage and their calibration, under the name they are shipped by."""
    from lpstudio.reading.calibrate import calibrate_run
    from lpstudio.reading.posterior import calibration_path
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.weights import load_weights

    assert run.best_weights is not None
    out = folder / f"starter-{SIZE}.pt"
    write_shipped(run.best_weights, out)
    calibration_path(out).unlink(missing_ok=True)
    calibrate_run(run, CharacterReader(load_weights(out, "cpu"))).save()
    return out


def write_shipped(weights: Path, out: Path) -> None:
    """The same weights without what Ultralytics notes of the machine they were made on: paths, commits, dates."""
    import torch

    from lpstudio.reading.weights import open_model

    model, checkpoint = open_model(weights)
    arguments = {key: checkpoint["train_args"][key] for key in _KEPT_ARGUMENTS}
    model.args = dict(arguments)
    kept = {key: checkpoint[key] for key in ("version", "license", "docs")}
    empty = dict.fromkeys(("date", "best_fitness", "ema", "updates", "optimizer"))
    torch.save({**empty, **kept, "epoch": -1, "model": model.half(), "train_args": arguments}, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="lpstudio.training.starter", description=__doc__)
    parser.add_argument("folder", type=Path)
    try:
        print(make(parser.parse_args().folder.resolve()))
    except LpStudioError as error:
        print(error.message, file=sys.stderr)
        sys.exit(1)
