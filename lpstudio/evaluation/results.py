"""The outcome of reading a split: what was read on each crop and what stands there, and the figures of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.types import Character
from lpstudio.evaluation.confusions import Confusion, Mixed, Proposal, propose
from lpstudio.evaluation.figures import CropFigures, Figures, figures_of
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.reading.plate import all_found
from lpstudio.similarity import Similarity

FIRST = 5  # hypotheses among which a text counts as found


@dataclass(frozen=True)
class Reading:
    """One labelled character that was found. ``read``: the best candidate, ``confidence``: its probability.

    ``likelihood``: the probability given to ``true``; None where the weights do not know that class.
    ``among_two``: ``true`` is one of the two best candidates.
    """

    true: str
    read: str
    confidence: float
    likelihood: float | None
    among_two: bool


@dataclass(frozen=True)
class CropResult:
    """What was read on one crop, and what stands there.

    ``true``: the labelled characters, or None where there are no labels to count with. ``text``: the plate's known
    text, or None. ``pairs``: (true, found) indices into ``true`` and ``found``; ``found``: the characters of all
    plates, plate after plate, as in the JSON schema. Of each pair: ``outline_iou``, the overlap of the polygons, and
    ``likelihoods``, the probability of the true character in the whole posterior (None: the weights lack the class).
    ``posteriors``: of each found character, by class name; empty for an evaluation that was kept and read again.
    """

    key: str
    image: Path
    width: int
    height: int
    plates: tuple[dict[str, Any], ...]
    true: tuple[Character, ...] | None
    text: str | None
    counts: CharacterCounts
    pairs: tuple[tuple[int, int], ...] = ()
    outline_iou: tuple[float, ...] = ()
    likelihoods: tuple[float | None, ...] = ()
    posteriors: tuple[Mapping[str, float], ...] = ()

    @property
    def plate(self) -> str:
        """What all crops of one plate have in common: its text, else the crop stands alone."""
        return f"text {self.text}" if self.text is not None else f"crop {self.key}"

    @property
    def found(self) -> list[dict[str, Any]]:
        return [character for plate in self.plates for character in all_found(plate)]

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The labelled characters that were found, as they were read."""
        found = self.found
        readings = []
        for (t, f), likelihood in zip(self.pairs, self.likelihoods, strict=True):
            true = self.true[t].char if self.true is not None else ""
            candidates = found[f]["candidates"]
            among_two = any(candidate["char"] == true for candidate in candidates[:2])
            readings.append(Reading(true, candidates[0]["char"], candidates[0]["probability"], likelihood, among_two))
        return tuple(readings)

    @property
    def best_plate(self) -> dict[str, Any] | None:
        """The plate that counts: the most probable one."""
        return max(self.plates, key=lambda plate: plate["probability"], default=None)

    @property
    def said(self) -> str:
        plate = self.best_plate
        return normalise_text(plate["text"]) if plate else ""

    @property
    def plate_right(self) -> bool:
        return self.text is not None and self.said == self.text

    @property
    def plate_among_two(self) -> bool:
        """Whether every character of the known text is among the two best candidates of its place."""
        plate = self.best_plate
        if self.text is None or plate is None:
            return False
        places = [one["candidates"][:2] for one in plate["characters"]]
        return len(places) == len(self.text) and all(
            any(candidate["char"] == char for candidate in place) for char, place in zip(self.text, places, strict=True)
        )

    @property
    def errors(self) -> int:
        """Characters read wrong, missed and found too many; one more where only the plate's text is wrong."""
        wrong = self.counts.characters - self.counts.top1 + self.counts.extra
        return wrong if wrong or self.text is None or self.plate_right else 1


@dataclass(frozen=True)
class Evaluation:
    """The outcome for one split. ``faults``: crops that could not be read, with the reason.

    ``similarity``: the groups and cells of the project, by which errors count as more or less severe.
    """

    project: str
    split: str
    weights: str
    weights_path: Path
    calibrated: bool
    formats: str
    crops: tuple[CropResult, ...]
    similarity: Similarity
    faults: tuple[tuple[str, str], ...]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> CharacterCounts:
        """Of all labelled crops together."""
        return sum((crop.counts for crop in self.crops if crop.true is not None), CharacterCounts())

    @property
    def labelled(self) -> int:
        return sum(crop.true is not None for crop in self.crops)

    @property
    def texts_known(self) -> int:
        return sum(crop.text is not None for crop in self.crops)

    @property
    def plates_right(self) -> int:
        return sum(crop.plate_right for crop in self.crops)

    @property
    def plates_among_first(self) -> int:
        """Plates whose text is among the first five hypotheses."""
        return sum(
            crop.text in [normalise_text(h["text"]) for h in crop.best_plate["hypotheses"][:FIRST]]
            for crop in self.crops
            if crop.text is not None and crop.best_plate is not None
        )

    @property
    def outline_iou(self) -> float | None:
        """The mean overlap of the outlines of matched characters with the labelled ones, or None without any."""
        values = [value for crop in self.crops for value in crop.outline_iou]
        return float(np.mean(values)) if values else None

    @property
    def wrong_within_groups(self) -> float | None:
        """Of the characters read as another one, the share that was read as a look-alike; None when there are none."""
        wrong = sum(one.count for one in self.confusions)
        return sum(one.count for one in self.confusions if one.similar) / wrong if wrong else None

    @cached_property
    def confusions(self) -> tuple[Confusion, ...]:
        """The characters read as others, the most frequent first."""
        counted = Counter((one.true, one.read) for crop in self.crops for one in crop.readings if one.true != one.read)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        similar = self.similarity.is_similar
        return tuple(Confusion(true, read, count, similar(true, read)) for (true, read), count in ranked)

    @cached_property
    def figures(self) -> Figures:
        """What was read right, how bad the errors are and what the probabilities are worth, with intervals by plate."""
        return figures_of([_crop_figures(crop, self.similarity) for crop in self.crops])

    @cached_property
    def proposal(self) -> Proposal:
        """What these confusions say against the project's groups and cells."""
        mixed = [Mixed(crop.plate, one.true, one.read) for crop in self.crops for one in crop.readings]
        return propose(mixed, self.similarity)

    def worst(self, most: int) -> list[CropResult]:
        """The crops with the most errors first; those without any are left out."""
        ranked = sorted((crop for crop in self.crops if crop.errors), key=lambda crop: (-crop.errors, crop.key))
        return ranked[:most]

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain data, each crop with its own."""
        counts, known = self.counts, self.texts_known
        return {
            "schema": 1,
            "project": self.project,
            "split": self.split,
            "weights": self.weights,
            "weights_path": str(self.weights_path),
            "calibrated": self.calibrated,
            "formats": self.formats,
            "characters": {
                "crops": self.labelled,
                "characters": counts.characters,
                "top1": _share(counts.top1, counts.characters),
                "top2": _share(counts.top2, counts.characters),
                "missed": counts.missed,
                "extra": counts.extra,
                "outline_iou": _rounded(self.outline_iou),
                "wrong_within_groups": _rounded(self.wrong_within_groups),
            },
            "plates": {
                "known": known,
                "right": _share(self.plates_right, known),
                "among_first_five": _share(self.plates_among_first, known),
            },
            **self.figures.to_dict(),
            "confusions": [
                {"true": c.true, "read": c.read, "count": c.count, "similar": c.similar} for c in self.confusions
            ],
            "proposal": self.proposal.to_dict(),
            "left_out": self.left_out,
            "faults": [{"source": key, "message": message} for key, message in self.faults],
            "crops": [_crop_data(crop) for crop in self.crops],
        }


def _crop_figures(crop: CropResult, similarity: Similarity) -> CropFigures:
    wrong = [one for one in crop.readings if one.true != one.read]
    rated = [one for one in crop.readings if one.likelihood is not None]
    return CropFigures(
        plate=crop.plate,
        counts=crop.counts,
        text_known=crop.text is not None,
        text_right=crop.plate_right,
        text_among_two=crop.plate_among_two,
        wrong=len(wrong),
        wrong_within=sum(similarity.is_similar(one.true, one.read) for one in wrong),
        severity=sum(1.0 - similarity.value(one.true, one.read) for one in wrong),
        likelihoods=tuple(one.likelihood for one in rated if one.likelihood is not None),
        confidences=tuple(one.confidence for one in rated),
        right=tuple(one.true == one.read for one in rated),
    )


def _crop_data(crop: CropResult) -> dict[str, Any]:
    labelled = crop.true is not None
    return {
        "source": crop.key,
        "text": crop.text,
        "said": crop.said,
        "right": crop.plate_right if crop.text is not None else None,
        "among_two": crop.plate_among_two if crop.text is not None else None,
        "characters": crop.counts.characters if labelled else None,
        "top1": crop.counts.top1 if labelled else None,
        "top2": crop.counts.top2 if labelled else None,
        "missed": crop.counts.missed if labelled else None,
        "extra": crop.counts.extra if labelled else None,
        "mixed": [[one.true, one.read] for one in crop.readings if one.true != one.read] if labelled else None,
    }


def gains(crops: Sequence[CropResult]) -> list[tuple[str, int, int, int]]:
    """(character, how many are labelled, best candidate right, right among the two best), ordered by character."""
    labelled: Counter[str] = Counter()
    first: Counter[str] = Counter()
    among_two: Counter[str] = Counter()
    for crop in crops:
        labelled.update(one.char for one in crop.true or ())
        first.update(one.true for one in crop.readings if one.true == one.read)
        among_two.update(one.true for one in crop.readings if one.among_two)
    return [(char, labelled[char], first[char], among_two[char]) for char in sorted(labelled)]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
