"""How well weights read a split: characters against the labels, plates against the known texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import LABEL_FAULT, PICTURE_FAULT, collect
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.measures import CharacterCounts, box_iou, count_characters, match_boxes
from lpstudio.evaluation.results import CropResult, Evaluation
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import box_of, group_plates
from lpstudio.reading.job import read_seen, scaled
from lpstudio.reading.pictures import Picture, load_picture
from lpstudio.reading.plate import plates_of
from lpstudio.reading.reader import CharacterReader

_BATCH = 16
_STAYS_OUT = frozenset({CropState.IGNORED.value})


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
    leave_out: Mapping[str, Collection[str]] | None = None,
) -> Evaluation:
    """Read every crop of a split and compare.

    Characters count on labelled and verified crops, plates on every crop with a known text that is not ignored.
    ``leave_out``: keys of crops that stay out, by the reason. Raises LpStudioError when the split is not there or has
    nothing to compare with.
    """
    tasks, faults, left_out = _tasks(project, split)
    for reason, keys in (leave_out or {}).items():
        kept = [task for task in tasks if task.key not in keys]
        if len(kept) < len(tasks):
            left_out[reason] = len(tasks) - len(kept)
            tasks = kept
            if not tasks:
                raise LpStudioError(
                    f"nothing is left to compare in {split!r}: all of its crops are {reason}", path=project.yaml_path
                )
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
        similarity=project.settings.similarity,
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
            # The plates tell a few candidates of each character; what the truth was given needs the whole posterior.
            order = [i for group in group_plates([one.box for one in seen]) for i in group]
            posteriors = [seen[i].probabilities for i in order]
            yield _compare(task, plates, posteriors, picture.width, picture.height)


def _compare(
    task: _Task, plates: list[dict[str, Any]], posteriors: Sequence[Mapping[str, float]], width: int, height: int
) -> CropResult:
    result = CropResult(
        task.key,
        task.image,
        width,
        height,
        tuple(plates),
        task.true,
        task.text,
        CharacterCounts(),
        posteriors=tuple(posteriors),
    )
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
    pairs = tuple((t, counted[f]) for t, f in match_boxes(true_boxes, counted_boxes))
    return replace(
        result,
        counts=count_characters(true_boxes, [one.char for one in task.true], counted_boxes, candidates),
        pairs=pairs,
        outline_iou=tuple(polygon_iou(task.true[t].polygon, found[f]["polygon"]) for t, f in pairs),
        likelihoods=tuple(posteriors[f].get(task.true[t].char) for t, f in pairs),
    )


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
