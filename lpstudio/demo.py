"""The demo: a small synthetic project with plates to read, and the whole loop walked on it without a window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.demo_plates import environment
from lpstudio.errors import LpStudioError, UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.training.runs import Run

CROPS = 120
EPOCHS = 20
CONFIDENCE = 0.03  # a model this young is sure of nothing; with the usual threshold the report would show empty plates

_MADE_BY = "# Synthetic plate crops"  # how the data.yaml of `lpstudio synth` begins

Say = Callable[[str], None]
Follow = Callable[["Run"], dict[str, Any]]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoResult:
    """Where things are after the walk."""

    project: Path
    run: Path
    weights: Path
    readings: Path
    report: Path


def is_demo(folder: Path) -> bool:
    """Whether a folder holds a project of synthetic crops, such as the demo makes."""
    try:
        return (folder / "data.yaml").read_text(encoding="utf-8").startswith(_MADE_BY)
    except (OSError, UnicodeDecodeError):
        return False


def make_demo_project(folder: Path, crops: int = CROPS) -> bool:
    """Make the demo's project unless it is there already; returns whether it was made.

    What the starter weights read on its new plates is printed. That happens in a process of its own, so that the
    caller, which may become the window, loads neither torch nor cv2. Raises UsageError when something else is in there.
    """
    folder = folder.absolute()
    if is_demo(folder):
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "something else is there already; the demo overwrites nothing", path=folder, remedy="Name another folder"
        )
    command = [sys.executable, "-m", "lpstudio.demo_plates", str(folder), str(crops)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment(), check=False)
    print(done.stdout, end="", file=sys.stderr)
    if done.returncode != 0:
        raise LpStudioError("the demo's project could not be made", path=folder)
    return True


def walk(folder: Path, epochs: int, follow: Follow, say: Say, progress: Progress) -> DemoResult:
    """Similarity groups, a short training from scratch, reading and evaluation of the val crops, a report.

    ``follow`` starts a run's process and returns its last event. Raises LpStudioError when a step fails.
    """
    from lpstudio.dataset.project import Project

    with Project.open(folder) as project:
        say(_about_similarity(project))
        run = _train(project, epochs, follow, say)
        weights = run.best_weights or run.last_weights
        if weights is None:
            raise LpStudioError("the training left no weights", path=run.dir, remedy="Look at its worker.log")
        return _read_and_report(project, run, weights, say, progress)


def _about_similarity(project: Project) -> str:
    """Write the groups where they can be edited, and say what they mean for the loss."""
    project.save_settings()
    similarity = project.settings.similarity
    groups = ", ".join(" ".join(group.chars) for group in similarity.groups)
    return (
        f"similarity groups in {project.settings_path}: {groups}\n"
        f"O taken for 0 costs {1 - similarity.value('O', '0'):.1f} of its probability, "
        f"O taken for X {1 - similarity.value('O', 'X'):.1f}"
    )


def _train(project: Project, epochs: int, follow: Follow, say: Say) -> Run:
    from lpstudio.dataset.training_set import collect
    from lpstudio.training.runs import create_run
    from lpstudio.training.settings import TrainSettings

    settings = TrainSettings.from_dict(
        {
            "name": "demo", "epochs": epochs, "imgsz": 160, "batch": 8, "nominal_batch": 8, "optimizer": "AdamW",
            "lr0": 0.002, "warmup_epochs": 1.0, "warmup_bias_lr": 0.0, "scale": 0.1, "translate": 0.05,
            "erasing": 0.0, "save_period": 0, "early_stop_epochs": 0,
        }
    )  # fmt: skip
    run = create_run(project, settings, collect(project))
    say(f"training {epochs} epochs, run {run.dir}")
    end = follow(run)
    if end["type"] != "finished":
        why = end.get("message", "its process died")
        raise LpStudioError(f"the training failed: {why}", path=run.log_path)
    if end.get("reason") == "stopped":
        raise LpStudioError("the training was stopped", path=run.dir)
    return run


def _read_and_report(project: Project, run: Run, weights: Path, say: Say, progress: Progress) -> DemoResult:
    from lpstudio.evaluation.evaluate import evaluate
    from lpstudio.evaluation.report import write_report
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.outputs import JsonSink, opened
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import find_items
    from lpstudio.reading.stream import ReadingRun
    from lpstudio.reading.weights import load_weights

    formats = formats_from(DEFAULT_FORMATS)
    reader = CharacterReader(load_weights(weights), confidence=CONFIDENCE)
    items = find_items([str(project.yaml_path)], "val")
    readings = run.dir / "evaluation" / "val.jsonl"
    readings.parent.mkdir(parents=True, exist_ok=True)
    with opened(str(readings)) as file:
        write = JsonSink(file)
        lines = ReadingRun(items, reader, formats, project.settings.similarity)
        for done, line in enumerate(lines, start=1):
            write(line)
            progress("reading", done, len(items))
    say(f"read {len(items)} val crops: {readings}")

    result = evaluate(project, reader, formats, "val", progress)
    report = write_report(result, readings.parent)
    counts = result.counts
    say(
        f"of {counts.characters} characters {counts.top1_accuracy:.0%} were read right, {counts.top2_accuracy:.0%} are "
        f"among the two best, {counts.missed} were missed; "
        f"{result.plates_right} of {result.texts_known} plates are right"
    )
    say("so few crops and epochs make no reader; it shows that every step works")
    return DemoResult(project.root, run.dir, weights, readings, report)
