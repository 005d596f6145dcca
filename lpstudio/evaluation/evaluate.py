"""How well weights read a split: characters against the labels, plates against the known texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import LABEL_FAULT, PICTURE_FAULT, collect
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.measures import CharacterCounts, box_iou, count_characters, match_boxes
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import box_of
from lpstudio.reading.pictures import Picture, load_picture
from lpstudio.reading.plate import plates_of
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.stream import read_seen, scaled

_BATCH = 16
FIRST = 5  # hypotheses among which a text counts as found
_STAYS_OUT = frozenset({CropState.IGNORED.value})


@dataclass(frozen=True)
class CropResult:
    """What was read on one crop, and what stands there.

    ``true``: the labelled characters, or None where there are no labels to count with. ``text``: the plate's known
    text, or None. ``pairs``: (true, found) indices into ``true`` and ``found``; ``found``: the characters of all
    plates, plate after plate, as in the JSON schema. ``outline_iou``: of each pair, the overlap of the polygons.
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

    @property
    def found(self) -> list[dict[str, Any]]:
        return [character for plate in self.plates for character in plate["characters"]]

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
    def errors(self) -> int:
        """Characters read wrong, missed and found too many; one more where only the plate's text is wrong."""
        wrong = self.counts.characters - self.counts.top1 + self.counts.extra
        return wrong if wrong or self.text is None or self.plate_right else 1


@dataclass(frozen=True)
class Confusion:
    """How often ``true`` was read as ``read`` (both characters); ``similar``: they look alike."""

    true: str
    read: str
    count: int
    similar: bool


@dataclass(frozen=True)
class Evaluation:
    """The outcome for one split. ``faults``: crops that could not be read, with the reason."""

    project: str
    split: str
    weights: str
    weights_path: Path
    calibrated: bool
    formats: str
    crops: tuple[CropResult, ...]
    confusions: tuple[Confusion, ...]
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
            "confusions": [
                {"true": c.true, "read": c.read, "count": c.count, "similar": c.similar} for c in self.confusions
            ],
            "left_out": self.left_out,
            "faults": [{"source": key, "message": message} for key, message in self.faults],
            "crops": [
                {
                    "source": crop.key,
                    "text": crop.text,
                    "said": crop.said,
                    "right": crop.plate_right if crop.text is not None else None,
                    "characters": crop.counts.characters if crop.true is not None else None,
                    "top1": crop.counts.top1 if crop.true is not None else None,
                    "top2": crop.counts.top2 if crop.true is not None else None,
                    "missed": crop.counts.missed if crop.true is not None else None,
                    "extra": crop.counts.extra if crop.true is not None else None,
                }
                for crop in self.crops
            ],
        }


@dataclass(frozen=True)
class _Task:
    key: str
    image: Path
    true: tuple[Character, ...] | None
    text: str | None
    unreadable: tuple[Polygon, ...]


def evaluate(
    project: Project,
    reader: CharacterReader,
    formats: FormatSet,
    split: str = "val",
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Evaluation:
    """Read every crop of a split and compare.

    Characters count on labelled and verified crops, plates on every crop with a known text that is not ignored.
    Raises LpStudioError when the split is not there or has nothing to compare with.
    """
    tasks, faults, left_out = _tasks(project, split)
    if not tasks:
        raise LpStudioError(
            f"the split {split!r} has neither labelled crops nor known plate texts to compare with",
            path=project.yaml_path,
        )
    results: list[CropResult] = []
    for start in range(0, len(tasks), _BATCH):
        progress("reading", start, len(tasks))
        for result in _read(tasks[start : start + _BATCH], project, reader, formats):
            if isinstance(result, CropResult):
                results.append(result)
            else:
                faults.append(result)
    progress("reading", len(tasks), len(tasks))
    return Evaluation(
        project=project.name,
        split=split,
        weights=reader.weights.name,
        weights_path=reader.weights.path,
        calibrated=reader.weights.calibrated,
        formats=formats.name,
        crops=tuple(results),
        confusions=_confusions(results, project),
        faults=tuple(faults),
        left_out=left_out,
    )


def _tasks(project: Project, split: str) -> tuple[list[_Task], list[tuple[str, str]], dict[str, int]]:
    known = dict.fromkeys(source.split for source in project.sources)
    if split not in known:
        raise LpStudioError(
            f"there is no split {split!r}", path=project.yaml_path, remedy=f"Its splits: {', '.join(known) or 'none'}"
        )
    project.scan()
    found = collect(project, (split,))
    tasks = [
        _Task(crop.key, crop.image, crop.characters, _text(project, crop.key), _unreadable(project, crop.key))
        for crop in found.splits.get(split, ())
    ]
    faults: list[tuple[str, str]] = []
    left_out: Counter[str] = Counter()
    for entry in found.left_out:
        text = _text(project, entry.key)
        if entry.reason in (PICTURE_FAULT, LABEL_FAULT):
            faults.append((entry.key, entry.message or entry.reason))
        elif text is not None and entry.reason not in _STAYS_OUT:
            tasks.append(_Task(entry.key, project.image_path(entry.key), None, text, ()))
        else:
            left_out[entry.reason] += 1
    return sorted(tasks, key=lambda task: task.key), faults, dict(left_out)


def _text(project: Project, key: str) -> str | None:
    text = project.text(key)
    return normalise_text(text) or None if text is not None else None


def _unreadable(project: Project, key: str) -> tuple[Polygon, ...]:
    record = project.store.record(key)
    if record is None or not record.kept:
        return ()
    return tuple(one.polygon for one in project.load(key).characters if one.unreadable)


def _read(
    tasks: Sequence[_Task], project: Project, reader: CharacterReader, formats: FormatSet
) -> Iterator[CropResult | tuple[str, str]]:
    pictures: list[Picture | None] = []
    for task in tasks:
        try:
            pictures.append(load_picture(task.image))
        except LpStudioError as error:
            pictures.append(None)
            yield task.key, error.message
    found = iter(read_seen(reader, [picture.pixels for picture in pictures if picture is not None]))
    for task, picture in zip(tasks, pictures, strict=True):
        if picture is not None:
            seen = [scaled(one, picture.scale) for one in next(found)]
            plates = plates_of(seen, formats, project.settings.similarity)
            yield _compare(task, plates, picture.width, picture.height)


def _compare(task: _Task, plates: list[dict[str, Any]], width: int, height: int) -> CropResult:
    result = CropResult(task.key, task.image, width, height, tuple(plates), task.true, task.text, CharacterCounts())
    if task.true is None:
        return result
    true_boxes = [box_of(one.polygon) for one in task.true]
    found = result.found
    boxes = [character["box"] for character in found]
    counted = list(range(len(found)))
    if task.unreadable and found:
        # A person could not read it either: what a model says there is neither right nor too much.
        hidden = box_iou([box_of(polygon) for polygon in task.unreadable], boxes).max(axis=0) >= 0.5
        counted = [i for i in counted if not hidden[i]]
    counted_boxes = [boxes[i] for i in counted]
    candidates = [[c["char"] for c in found[i]["candidates"]] for i in counted]
    counts = count_characters(true_boxes, [one.char for one in task.true], counted_boxes, candidates)
    pairs = tuple((t, counted[f]) for t, f in match_boxes(true_boxes, counted_boxes))
    overlaps = tuple(polygon_iou(task.true[t].polygon, found[f]["polygon"]) for t, f in pairs)
    return CropResult(task.key, task.image, width, height, tuple(plates), task.true, task.text, counts, pairs, overlaps)


def polygon_iou(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> float:
    """Intersection over union of two polygons (pixels), drawn four times as fine; 0 where they have no area."""
    import cv2

    points = [np.asarray(polygon, np.float64) for polygon in (a, b)]
    low = np.minimum(points[0].min(0), points[1].min(0))
    extent = np.maximum(points[0].max(0), points[1].max(0)) - low
    gain = min(4.0, 1000 / max(float(extent.max()), 1.0))
    size = np.ceil(extent * gain).astype(int) + 3
    masks = []
    for polygon in points:
        mask = np.zeros((int(size[1]), int(size[0])), np.uint8)
        cv2.fillPoly(mask, [np.round((polygon - low) * gain + 1).astype(np.int32)], 1)
        masks.append(mask.astype(bool))
    union = int((masks[0] | masks[1]).sum())
    return float((masks[0] & masks[1]).sum() / union) if union else 0.0


def _confusions(results: Sequence[CropResult], project: Project) -> tuple[Confusion, ...]:
    """The characters read as others, the most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    for crop in results:
        for t, f in crop.pairs:
            true = crop.true[t].char if crop.true is not None else ""
            read = crop.found[f]["candidates"][0]["char"]
            if read != true:
                counted[true, read] += 1
    similar = project.settings.similarity.is_similar
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(true, read, count, similar(true, read)) for (true, read), count in ranked)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
