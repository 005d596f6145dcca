"""What the page shows of an evaluation, sorted out in a thread. No Qt."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from lpstudio.evaluation.report_charts import grouped_order
from lpstudio.evaluation.results import CropResult, Evaluation, gains
from lpstudio.evaluation.stored import Summary, read_evaluation, stamp_of
from lpstudio.plates.order import box_of

WORST = 50
MISSED = ""  # what was read of a character that was not found


@dataclass(frozen=True)
class Case:
    """A crop to show, and the character it is about: its place among the labelled ones (None: the crop as a whole)."""

    crop: CropResult
    character: int | None = None

    @property
    def found(self) -> int | None:
        """The place of that character among the found ones, None when it was missed."""
        return next((f for t, f in self.crop.pairs if t == self.character), None)

    @property
    def title(self) -> str:
        """What was read and what stands there: "N81 for W81"."""
        said = self.crop.said or "nothing"
        return f"{said} for {self.crop.text}" if self.crop.text else said

    @property
    def mistakes(self) -> str:
        """How many are wrong, missed, too many; or that all are right."""
        counts = self.crop.counts
        wrong = counts.characters - counts.top1 - counts.missed
        parts = [(wrong, "wrong"), (counts.missed, "missed"), (counts.extra, "too many")]
        return ", ".join(f"{number} {what}" for number, what in parts if number) or "all characters right"


@dataclass(frozen=True)
class Facts:
    """An evaluation with what the page asks of it. ``cells``: (stands there, read) to the cases of it.

    ``stale``: why the evaluation no longer tells of the run's best weights; empty when it does.
    """

    summary: Summary
    evaluation: Evaluation
    order: tuple[str, ...]
    cells: dict[tuple[str, str], tuple[Case, ...]]
    gains: tuple[tuple[str, int, int, int], ...]
    worst: tuple[Case, ...]
    stale: str = ""
    most: int = field(default=1)  # the largest count off the diagonal

    def count(self, true: str, read: str) -> int:
        """How often a character was read so."""
        return len(self.cells.get((true, read), ()))

    def cases(self, true: str, read: str) -> tuple[Case, ...]:
        """The crops behind a cell."""
        return self.cells.get((true, read), ())


def read_facts(folder: Path, weights: Path | None) -> Facts | None:
    """Read an evaluation and sort it out; None where there is none. ``weights``: the run's best. Runs in any thread."""
    kept = read_evaluation(folder)
    if kept is None:
        return None
    summary, evaluation = kept
    changed = weights is not None and summary.weights_stamp != stamp_of(weights)
    return facts_of(summary, evaluation, "The run has found better weights since." if changed else "")


def facts_of(summary: Summary, evaluation: Evaluation, stale: str = "") -> Facts:
    """Sort an evaluation out."""
    cells: dict[tuple[str, str], list[Case]] = defaultdict(list)
    labelled: Counter[str] = Counter()
    for crop in evaluation.crops:
        if crop.true is None:
            continue
        labelled.update(one.char for one in crop.true)
        found = {t: reading.read for (t, _f), reading in zip(crop.pairs, crop.readings, strict=True)}
        for place, one in enumerate(crop.true):
            cells[one.char, found.get(place, MISSED)].append(Case(crop, place))
    order = grouped_order([*labelled, *(read for _true, read in cells if read)], evaluation.similarity)
    wrong = [len(cases) for (true, read), cases in cells.items() if true != read and read]
    return Facts(
        summary,
        evaluation,
        tuple(order),
        {cell: tuple(cases) for cell, cases in cells.items()},
        tuple(gains(evaluation.crops)),
        tuple(_worst(crop) for crop in evaluation.worst(WORST)),
        stale,
        max(wrong, default=1),
    )


def _worst(crop: CropResult) -> Case:
    """A bad crop, and the first of its characters that is not right."""
    found = {t: reading.read for (t, _f), reading in zip(crop.pairs, crop.readings, strict=True)}
    wrong = (place for place, one in enumerate(crop.true or ()) if found.get(place) != one.char)
    return Case(crop, next(wrong, None))


def nearest_character(case: Case, boxes: list[tuple[float, float, float, float]]) -> int | None:
    """Which of the characters that stand on the crop now the case is about; None when none is at its place.

    Labels change and unreadable characters are not counted, so the place decides, not the number.
    """
    if case.crop.true is None or case.character is None or not boxes:
        return None
    wanted = box_of(case.crop.true[case.character].polygon)

    def overlap(box: tuple[float, float, float, float]) -> float:
        across = min(wanted[2], box[2]) - max(wanted[0], box[0])
        down = min(wanted[3], box[3]) - max(wanted[1], box[1])
        return across * down if across > 0 and down > 0 else 0.0

    best = max(range(len(boxes)), key=lambda at: overlap(boxes[at]))
    return best if overlap(boxes[best]) > 0 else None
