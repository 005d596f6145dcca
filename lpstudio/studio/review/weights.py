"""The weights a person can choose from without a file dialog: the best of each run, and the starter ones."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lpstudio.errors import LpStudioError
from lpstudio.resources import resource

_log = logging.getLogger(__name__)


class WeightsKind(StrEnum):
    RUN = "run"
    STARTER = "starter"
    FILE = "file"


@dataclass(frozen=True)
class WeightsChoice:
    """One file of weights and what a person calls it."""

    path: Path
    title: str
    kind: WeightsKind

    @classmethod
    def of_file(cls, path: Path) -> WeightsChoice:
        return cls(path, path.name, WeightsKind.FILE)


def starter_weights() -> list[WeightsChoice]:
    """The weights shipped with the program, where there are some."""
    folder = resource("weights")
    return [WeightsChoice(path, path.stem, WeightsKind.STARTER) for path in sorted(folder.glob("starter-*.pt"))]


def run_weights(project_root: Path) -> list[WeightsChoice]:
    """The best weights of every run of a project that has some, the newest run first. Touches the disk."""
    from lpstudio.training.runs import list_runs

    choices: list[WeightsChoice] = []
    try:
        runs = list_runs(project_root)
    except (OSError, LpStudioError) as fault:
        _log.warning("the runs of %s cannot be listed: %s", project_root, fault)
        return []
    for run in runs:
        best = run.best_weights
        if best is not None and best.is_file():
            choices.append(WeightsChoice(best, f"run {run.name}", WeightsKind.RUN))
    return sorted(choices, key=lambda choice: choice.path.stat().st_mtime, reverse=True)


def known_weights(project_root: Path | None) -> list[WeightsChoice]:
    """Runs first, then the starter weights. Touches the disk: not for the GUI thread."""
    return [*(run_weights(project_root) if project_root else []), *starter_weights()]
