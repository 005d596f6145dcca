"""Evaluating what a run learned, into the run's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lpstudio.dataset.project import Project
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.evaluate import evaluate
from lpstudio.evaluation.report import write_report
from lpstudio.evaluation.stored import folder_of, stamp_of, write_evaluation
from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import find_weights, load_weights
from lpstudio.training.runs import Run

KNOWN = "trained on or chosen by in this run"


def evaluate_run(
    run: Run,
    project: Project,
    split: str = "val",
    device: str | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Path:
    """Read a split with the best weights of a run and keep the outcome in the run's folder, which is returned.

    The labels and texts are those of the project now; crops that the run was trained on, or chose its weights by, stay
    out, wherever they stand now. ``progress`` may raise to end the work; nothing is kept then. Raises LpStudioError.
    """
    weights = run.best_weights
    if weights is None:
        raise LpStudioError("the run has no best weights yet", path=run.dir, remedy="Let it finish one epoch.")
    stamp = stamp_of(weights)
    progress("loading weights", 0, 0)
    reader = CharacterReader(load_weights(find_weights(weights), device))
    formats = formats_from(", ".join(project.settings.formats) or DEFAULT_FORMATS)
    known = {crop.key for part in ("train", "selection") for crop in run.crops(part)} if split == "val" else set()
    evaluation = evaluate(project, reader, formats, split, progress, leave_out={KNOWN: known})
    progress("writing the report", 0, 0)
    folder = folder_of(run.dir, split)
    write_report(evaluation, folder)
    write_evaluation(evaluation, folder, stamp)
    return folder
