"""A comparison: trainings that differ in loss and seed alone, all made at once, so that they see the same labels.

``runs/compare-N/plan.json`` names them. Each has a run of its own, made for this comparison and used by no other one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.training.runs import Run, RunStatus, create_run, new_folder
from lpstudio.training.settings import LOSS_NAMES, TrainSettings

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet

PLAN = "plan.json"
LOSSES = ("stock", "cross-entropy", "similarity", "in-place")


@dataclass(frozen=True)
class Variant:
    """One training of a comparison."""

    loss: str
    seed: int
    run: Run


@dataclass(frozen=True)
class Comparison:
    """The trainings that are compared, and the folder that keeps what comes of them."""

    dir: Path
    variants: tuple[Variant, ...]

    @property
    def name(self) -> str:
        return self.dir.name

    @property
    def losses(self) -> tuple[str, ...]:
        """In the order of the plan."""
        return tuple(dict.fromkeys(one.loss for one in self.variants))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(one.seed for one in self.variants))

    @property
    def settings(self) -> TrainSettings:
        """What all of them have in common (loss and seed are those of the first)."""
        return self.variants[0].run.settings

    def budget(self) -> str:
        """What every variant gets, in a line."""
        settings, crops = self.settings, self.variants[0].run.counts["crops"]
        parts = f"{crops['train']} train, {crops['selection']} selection, {crops['val']} val crops"
        return (
            f"{_many(len(self.variants), 'training')} ({_many(len(self.losses), 'loss', 'losses')} × "
            f"{_many(len(self.seeds), 'seed')}), each {_many(settings.epochs, 'epoch')} at {settings.imgsz} px in "
            f"batches of {settings.batch}, weights {Path(settings.weights).name}, size {settings.size}; {parts}"
        )

    def waiting(self) -> list[Variant]:
        """Those whose training is not finished."""
        return [one for one in self.variants if one.run.status() is not RunStatus.FINISHED]


def new_comparison(
    project: Project, settings: TrainSettings, training_set: TrainingSet, losses: Sequence[str], seeds: Sequence[int]
) -> Comparison:
    """Make all runs of a comparison; nothing is trained yet. Raises LpStudioError, UsageError."""
    unknown = sorted(set(losses) - set(LOSS_NAMES))
    if unknown or not losses:
        raise UsageError(f"losses are {', '.join(LOSSES)}, not {', '.join(unknown) or 'none'}")
    if not seeds:
        raise UsageError("a comparison needs a seed at least")
    folder = new_folder(project.root / "runs", "compare")
    rows = []
    for seed in dict.fromkeys(seeds):
        for loss in dict.fromkeys(losses):
            one = replace(
                settings, seed=seed, name=f"{folder.name}-{loss}-{seed}", loss=replace(settings.loss, name=loss)
            )
            rows.append({"loss": loss, "seed": seed, "run": create_run(project, one, training_set).name})
    plan = {"v": 1, "created": round(time.time(), 3), "variants": rows}
    write_bytes_atomic(folder / PLAN, json.dumps(plan, indent=1).encode())
    return open_comparison(folder)


def open_comparison(folder: Path) -> Comparison:
    """A comparison that was begun. Raises LpStudioError when the folder holds none, or one of its runs is gone."""
    try:
        plan: Any = json.loads((folder / PLAN).read_bytes())
        rows = [(str(row["loss"]), int(row["seed"]), str(row["run"])) for row in plan["variants"]]
    except OSError as error:
        raise LpStudioError("this folder holds no comparison", path=folder, remedy="Name one in runs/.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LpStudioError("the plan of this comparison is broken", path=folder / PLAN) from error
    variants = tuple(Variant(loss, seed, Run.open(folder.parent / run)) for loss, seed, run in rows)
    return Comparison(folder, variants)


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
