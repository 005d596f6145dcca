"""What the page shows of an evaluation, sorted out in a thread. No Qt."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.report_charts import grouped_order
from lpstudio.evaluation.results import CropResult, Evaluation
from lpstudio.evaluation.stored import Summary, crop_of, open_evaluation, stamp_of
from lpstudio.plates.order import box_of

WORST = 50
MISSED = ""  # what was read of a character that was not found
CACHED = 256  # crops held in full


class Crops:
    """The crops of an evaluation, each made from its line when it is asked for.

    Thousands of them in full would be millions of small things that the interpreter has to go through again and again.
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._made: OrderedDict[int, CropResult] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int) -> CropResult:
        crop = self._made.get(at)
        if crop is None:
            crop = self._made[at] = crop_of(self._lines[at])
            if len(self._made) > CACHED:
                self._made.popitem(last=False)
        return crop


@dataclass(frozen=True)
class Case:
    """A crop to show, and the character it is about: its place among the labelled ones (None: the crop as a whole)."""

    crops: Crops
    at: int
    character: int | None = None

    @property
    def crop(self) -> CropResult:
        return self.crops[self.at]

    @property
    def found(self) -> int | None:
        """The place of that character among the found ones, None when it was missed."""
        return next((f for t, f in self.crop.pairs if t == self.character), None)

    @property
    def title(self) -> str:
        """What was read and what stands there: "N81 for W81"."""
        crop = self.crop
        said = crop.said or "nothing"
        return f"{said} for {crop.text}" if crop.text else said

    @property
    def mistakes(self) -> str:
        """How many are wrong, missed, too many; or that all are right."""
        counts = self.crop.counts
        wrong = counts.characters - counts.top1 - counts.missed
        parts = [(wrong, "wrong"), (counts.missed, "missed"), (counts.extra, "too many")]
        return ", ".join(f"{number} {what}" for number, what in parts if number) or "all characters right"


@dataclass(frozen=True)
class Facts:
    """An evaluation with what the page asks of it. ``head``: the evaluation without its crops.

    ``cells``: (stands there, read) to the cases of it; ``counts``: of all labelled crops; ``keys``: of all crops;
    ``stale``: why it no longer tells of the run's best weights, empty when it does; ``most``: the largest count off
    the diagonal.
    """

    summary: Summary
    head: Evaluation
    order: tuple[str, ...]
    cells: dict[tuple[str, str], tuple[Case, ...]]
    gains: tuple[tuple[str, int, int, int], ...]
    worst: tuple[Case, ...]
    counts: CharacterCounts
    labelled: int
    keys: frozenset[str]
    most: int = 1
    stale: str = ""

    def count(self, true: str, read: str) -> int:
        """How often a character was read so."""
        return len(self.cells.get((true, read), ()))

    def cases(self, true: str, read: str) -> tuple[Case, ...]:
        """The crops behind a cell."""
        return self.cells.get((true, read), ())


def read_facts(folder: Path, weights: Path | None) -> Facts | None:
    """Read an evaluation and sort it out; None where there is none. ``weights``: the run's best. Runs in any thread."""
    kept = open_evaluation(folder)
    if kept is None:
        return None
    summary, head, lines = kept
    try:
        facts = _sorted_out(summary, head, list(lines))
    except (KeyError, TypeError, ValueError):
        return None
    if facts is not None and weights is not None and summary.weights_stamp != stamp_of(weights):
        return replace(facts, stale="The run has found better weights since.")
    return facts


def _sorted_out(summary: Summary, head: Evaluation, lines: Sequence[bytes]) -> Facts | None:
    if len(lines) != summary.crops:
        return None
    crops = Crops(lines)
    cells: dict[tuple[str, str], list[Case]] = defaultdict(list)
    labelled: Counter[str] = Counter()
    first: Counter[str] = Counter()
    among_two: Counter[str] = Counter()
    counts, labelled_crops = CharacterCounts(), 0
    bad: list[tuple[int, str, int]] = []
    keys = []
    for at, line in enumerate(lines):
        time.sleep(0)  # the window's thread comes first
        crop = crop_of(line)
        keys.append(crop.key)
        if crop.errors:
            bad.append((-crop.errors, crop.key, at))
        if crop.true is None:
            continue
        labelled_crops += 1
        counts += crop.counts
        labelled.update(one.char for one in crop.true)
        first.update(one.true for one in crop.readings if one.true == one.read)
        among_two.update(one.true for one in crop.readings if one.among_two)
        found = _read_of(crop)
        for place, one in enumerate(crop.true):
            cells[one.char, found.get(place, MISSED)].append(Case(crops, at, place))
    order = grouped_order([*labelled, *(read for _true, read in cells if read)], head.similarity)
    wrong = [len(cases) for (true, read), cases in cells.items() if true != read and read]
    return Facts(
        summary,
        head,
        tuple(order),
        {cell: tuple(cases) for cell, cases in cells.items()},
        tuple((char, labelled[char], first[char], among_two[char]) for char in sorted(labelled)),
        tuple(_worst(crops, at) for _errors, _key, at in sorted(bad)[:WORST]),
        counts,
        labelled_crops,
        frozenset(keys),
        max(wrong, default=1),
    )


def _read_of(crop: CropResult) -> dict[int, str]:
    """What was read of each labelled character that was found, by its place."""
    return {t: reading.read for (t, _f), reading in zip(crop.pairs, crop.readings, strict=True)}


def _worst(crops: Crops, at: int) -> Case:
    """A bad crop, and the first of its characters that is not right."""
    crop = crops[at]
    found = _read_of(crop)
    wrong = (place for place, one in enumerate(crop.true or ()) if found.get(place) != one.char)
    return Case(crops, at, next(wrong, None))


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
