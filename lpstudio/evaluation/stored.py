"""An evaluation kept in a run's folder, so that it can be looked at again without reading a single crop anew.

``runs/NAME/evaluation/SPLIT/``: ``report.html`` (to open and send), ``evaluation.json`` (what ``lpstudio evaluate
--json`` writes) and ``readings.jsonl``: a line about the whole with its figures, then one a crop with all that was read
on it. The last is written last and read line by line, so that a window that follows along never waits for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.types import Character
from lpstudio.evaluation.calibration import Bin
from lpstudio.evaluation.figures import Figures
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.results import CropResult, Evaluation
from lpstudio.evaluation.statistics import Estimate
from lpstudio.similarity import Similarity

VERSION = 1
FOLDER = "evaluation"
READINGS = "readings.jsonl"
FIGURES = "evaluation.json"


@dataclass(frozen=True)
class Summary:
    """What the first line says. ``at``: seconds since 1970; ``weights_stamp``: which state of the weights was read."""

    at: float
    split: str
    weights: str
    weights_path: Path
    weights_stamp: str
    crops: int
    faults: int
    figures: Figures


def folder_of(run: Path, split: str = "val") -> Path:
    """Where the evaluation of a run's weights on a split lies."""
    return run / FOLDER / split


def stamp_of(path: Path) -> str:
    """Which state of a file this is: another one after it was written again; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def write_evaluation(evaluation: Evaluation, folder: Path, stamp: str) -> None:
    """Write figures and readings into a folder that is there. ``stamp``: of the weights, before they were loaded.

    Raises LpStudioError when it cannot be written.
    """
    data = json.dumps(evaluation.to_dict(), indent=1, allow_nan=False)
    write_bytes_atomic(folder / FIGURES, (data + "\n").encode())
    head = {
        "v": VERSION,
        "at": round(time.time(), 3),
        "project": evaluation.project,
        "split": evaluation.split,
        "weights": evaluation.weights,
        "weights_path": str(evaluation.weights_path),
        "weights_stamp": stamp,
        "calibrated": evaluation.calibrated,
        "formats": evaluation.formats,
        "crops": len(evaluation.crops),
        "similarity": evaluation.similarity.to_dict(),
        "faults": [list(fault) for fault in evaluation.faults],
        "left_out": evaluation.left_out,
        **evaluation.figures.to_dict(),
    }
    lines = [head, *(_crop_line(crop) for crop in evaluation.crops)]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    write_bytes_atomic(folder / READINGS, text.encode("utf-8", "surrogatepass"))


def read_summary(folder: Path) -> Summary | None:
    """What the folder's evaluation came to; None where there is none or it is of another version."""
    try:
        return _summary(json.loads(next(_lines(folder), b"")))
    except (KeyError, TypeError, ValueError):
        return None


def read_evaluation(folder: Path) -> tuple[Summary, Evaluation] | None:
    """The evaluation as it was, figures included; None where there is none or it is of another version."""
    kept = open_evaluation(folder)
    if kept is None:
        return None
    summary, head, lines = kept
    try:
        crops = tuple(crop_of(line) for line in lines)
    except (KeyError, TypeError, ValueError):
        return None
    if len(crops) != summary.crops:
        return None
    evaluation = replace(head, crops=crops)
    vars(evaluation)["figures"] = summary.figures  # they were drawn when the crops were read
    return summary, evaluation


def open_evaluation(folder: Path) -> tuple[Summary, Evaluation, Iterator[bytes]] | None:
    """The evaluation without its crops, and these as lines for :func:`crop_of`, for who does not need all at once.

    None where there is none or it is of another version.
    """
    lines = _lines(folder)
    try:
        head = json.loads(next(lines, b""))
        summary = _summary(head)
        evaluation = Evaluation(
            project=str(head["project"]),
            split=summary.split,
            weights=summary.weights,
            weights_path=summary.weights_path,
            calibrated=bool(head["calibrated"]),
            formats=str(head["formats"]),
            crops=(),
            similarity=Similarity.from_dict(head["similarity"]),
            faults=tuple((str(key), str(message)) for key, message in head["faults"]),
            left_out={str(reason): int(count) for reason, count in head["left_out"].items()},
        )
    except (KeyError, TypeError, ValueError):
        return None
    return summary, evaluation, lines


def _lines(folder: Path) -> Iterator[bytes]:
    """The lines, as far as they can be read."""
    try:
        with (folder / READINGS).open("rb") as stream:
            yield from stream
    except OSError:
        return


def _summary(head: Mapping[str, Any]) -> Summary:
    if head["v"] != VERSION:
        raise ValueError("another version")
    return Summary(
        at=float(head["at"]),
        split=str(head["split"]),
        weights=str(head["weights"]),
        weights_path=Path(head["weights_path"]),
        weights_stamp=str(head["weights_stamp"]),
        crops=int(head["crops"]),
        faults=len(head["faults"]),
        figures=figures_from(head),
    )


def figures_from(data: Mapping[str, Any]) -> Figures:
    """The inverse of :meth:`Figures.to_dict`. Raises KeyError, TypeError or ValueError."""
    estimates: dict[str, Any] = {
        name: None if one is None else Estimate(one["value"], one["low"], one["high"], one["count"], one["plates"])
        for name, one in data["figures"].items()
    }
    bins = tuple(
        Bin(one["low"], one["high"], one["count"], one["confidence"], one["accuracy"]) for one in data["reliability"]
    )
    errors, intervals = data["errors"], data["intervals"]
    return Figures(
        **estimates,
        within=errors["within_groups"],
        across=errors["across_groups"],
        bins=bins,
        draws=intervals["draws"],
        seed=intervals["seed"],
    )


def _crop_line(crop: CropResult) -> dict[str, Any]:
    counts = crop.counts
    return {
        "key": crop.key,
        "image": str(crop.image),
        "size": [crop.width, crop.height],
        "plates": crop.plates,
        "true": None if crop.true is None else [[one.char, one.polygon] for one in crop.true],
        "text": crop.text,
        "counts": [counts.characters, counts.top1, counts.top2, counts.missed, counts.extra],
        "pairs": crop.pairs,
        "iou": [round(value, 4) for value in crop.outline_iou],
        "likelihoods": crop.likelihoods,
    }


def crop_of(data: bytes) -> CropResult:
    """The crop of a line. Raises KeyError, TypeError or ValueError."""
    line = json.loads(data)
    true = line["true"]
    characters, top1, top2, missed, extra = line["counts"]
    return CropResult(
        key=str(line["key"]),
        image=Path(line["image"]),
        width=int(line["size"][0]),
        height=int(line["size"][1]),
        plates=tuple(line["plates"]),
        true=None if true is None else tuple(_character(char, polygon) for char, polygon in true),
        text=line["text"],
        counts=CharacterCounts(characters=characters, top1=top1, top2=top2, missed=missed, extra=extra),
        pairs=tuple((int(t), int(f)) for t, f in line["pairs"]),
        outline_iou=tuple(line["iou"]),
        likelihoods=tuple(line["likelihoods"]),
    )


def _character(char: str, polygon: list[list[float]]) -> Character:
    return Character(tuple((float(x), float(y)) for x, y in polygon), char)
