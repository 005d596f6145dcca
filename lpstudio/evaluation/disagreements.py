"""Where a model is sure and the label says something else: likely label errors, the likeliest first.

What counts as the same character is :func:`lpstudio.evaluation.measures.match_boxes`, as in every other measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lpstudio.dataset.outlines import as_array, overlap
from lpstudio.dataset.records import character_id
from lpstudio.dataset.types import Character
from lpstudio.evaluation.measures import LEAST_IOU, box_iou, match_boxes
from lpstudio.plates.order import box_of

CONFIDENT = 0.6  # least probability of the model's class, and least confidence of a character nobody labelled
LEAST_OUTLINE = 0.55  # intersection over union below which two outlines of one character are told


class Disagreement(StrEnum):
    """How label and model differ."""

    CLASS = "class"
    EXTRA = "extra"  # the model found a character that has no label
    MISSED = "missed"  # the label has a character that the model did not find
    OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement on a crop. ``score``: how likely the label is wrong, 0 to 1, for ranking alone.

    ``at``: place of the labelled character, None where there is none; ``found``: place among what the model read.
    """

    kind: Disagreement
    score: float
    at: int | None
    found: int | None
    label: str
    model: str
    identity: str

    @property
    def text(self) -> str:
        """The finding in a few words."""
        match self.kind:
            case Disagreement.CLASS:
                return f"label {self.label}, model {self.model}"
            case Disagreement.EXTRA:
                return f"model {self.model}, no label"
            case Disagreement.MISSED:
                return f"label {self.label}, not found by the model"
        return f"outlines of {self.label} differ"


def find_disagreements(labelled: Sequence[Character], read: Sequence[Character]) -> list[Finding]:
    """Compare what stands on a crop with what a model read, the likeliest label errors first.

    Characters without class are work to be done, no errors; what is read on unreadable ones says nothing.
    """
    counted = [at for at, one in enumerate(labelled) if one.char and not one.unreadable]
    hidden = [box_of(one.polygon) for one in labelled if one.unreadable or not one.char]
    boxes = [box_of(one.polygon) for one in read]
    told = list(range(len(read)))
    if hidden and boxes:
        covered = box_iou(hidden, boxes).max(axis=0) >= LEAST_IOU
        told = [i for i in told if not covered[i]]
    pairs = match_boxes([box_of(labelled[at].polygon) for at in counted], [boxes[i] for i in told])
    found: list[Finding] = []
    for place, other in pairs:
        finding = _of_pair(labelled, counted[place], read, told[other])
        if finding is not None:
            found.append(finding)
    matched, seen = {place for place, _ in pairs}, {other for _, other in pairs}
    sure = [read[told[other]].confidence or 0.0 for _, other in pairs]
    for place, at in enumerate(counted):
        if place not in matched:
            one = labelled[at]
            score = 0.6 * sum(sure) / len(sure) if sure else 0.2  # a model that reads the rest well is to be believed
            name = f"{Disagreement.MISSED}:{one.char}:{character_id(one)}"
            found.append(Finding(Disagreement.MISSED, score, at, None, one.char, "", name))
    for other, i in enumerate(told):
        one = read[i]
        if other not in seen and (one.confidence or 0.0) >= CONFIDENT:
            name = f"{Disagreement.EXTRA}:{one.char}:{character_id(one)}"
            found.append(Finding(Disagreement.EXTRA, one.confidence or 0.0, None, i, "", one.char, name))
    return sorted(found, key=lambda finding: -finding.score)


def _of_pair(labelled: Sequence[Character], at: int, read: Sequence[Character], i: int) -> Finding | None:
    label, model = labelled[at], read[i]
    first = model.candidates[0].probability if model.candidates else model.confidence or 0.0
    char = model.candidates[0].char if model.candidates else model.char
    if char != label.char:
        if first < CONFIDENT:
            return None
        given = next((c.probability for c in model.candidates if c.char == label.char), 0.0)
        name = f"{Disagreement.CLASS}:{label.char}:{char}:{character_id(label)}"
        return Finding(Disagreement.CLASS, max(0.0, first - given), at, i, label.char, char, name)
    share = overlap(as_array(label.polygon), as_array(model.polygon))
    if share >= LEAST_OUTLINE or (model.confidence or 0.0) < CONFIDENT:
        return None
    name = f"{Disagreement.OUTLINE}:{label.char}:{character_id(label)}"
    return Finding(Disagreement.OUTLINE, (1 - share) * 0.5, at, i, label.char, char, name)
