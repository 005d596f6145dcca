"""``python -m tests.bench.child_typed [model] [STEP]``: how well a known text is found on real crops.

Every STEP-th labelled crop (all by default) is given with its true text to :func:`lpstudio.reading.typed.propose`, or
with ``model`` to :func:`lpstudio.reading.typed_model.propose_seen` and the shipped weights, and what comes back is laid
over the label polygons. Told are: crops that come out right (as many characters as labels, every class, a mean mask
intersection over union of 0.7), crops where every label has an outline over it (above 0.3), labels whose best outline
has their class, the mean and median of that overlap, time per crop; and of texts with one character too few or too many
how often the number was doubted, of right ones how often it was doubted wrongly. The label polygons are machine-made
themselves, one crop in ten ragged.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError
from lpstudio.reading.pictures import load_picture
from lpstudio.reading.typed import propose
from tests.bench.processes import tell

_FINE = 4  # mask pixels per pixel of the crop
_SEEN = 0.3
_RIGHT = 0.7

Propose = Callable[[NDArray[np.uint8], str], tuple[Sequence[Polygon], str]]


def _mask(polygon: Polygon, width: int, height: int) -> NDArray[np.bool_]:
    import cv2

    mask = np.zeros((height * _FINE, width * _FINE), np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(polygon) * _FINE).astype(np.int32)], 1)
    return mask > 0


def _overlaps(label: NDArray[np.bool_], masks: list[NDArray[np.bool_]]) -> list[float]:
    return [float((label & mask).sum() / max(1, (label | mask).sum())) for mask in masks]


def classical(pixels: NDArray[np.uint8], text: str) -> tuple[Sequence[Polygon], str]:
    """(outlines in reading order, doubt) without a model."""
    try:
        proposal = propose(pixels, text)
    except LpStudioError:
        return (), ""
    return proposal.polygons, proposal.doubt


def by_model() -> Propose:
    """The same by the shipped weights."""
    from lpstudio.reading.typed_model import propose_seen
    from lpstudio.reading.weights import load_weights
    from lpstudio.resources import resource

    weights = load_weights(resource("weights", "starter-n.pt"), "cpu")

    def proposed(pixels: NDArray[np.uint8], text: str) -> tuple[Sequence[Polygon], str]:
        seen = propose_seen(weights, pixels, text)
        doubt = seen.doubt if seen.characters else f"{seen.count} characters are seen"
        return tuple(one.polygon for one in seen.characters), doubt

    return proposed


def measure(folder: Path, proposed: Propose, step: int = 1) -> dict[str, float]:
    """The figures named in the module's docstring, shares from 0 to 1."""
    project = Project.open(folder)
    index = project.scan()
    crops = whole = characters = right = good = 0
    seconds = 0.0
    best: list[float] = []
    asked = {-1: 0, 0: 0, 1: 0}
    doubted = {-1: 0, 0: 0, 1: 0}
    labelled = [key for place, key in enumerate(index.keys) if index.has_label_file(place)]
    for key in labelled[::step]:
        text = project.text(key) or ""
        labels = project.load(key).characters
        pixels = load_picture(project.image_path(key)).pixels
        height, width = pixels.shape[:2]
        began = time.perf_counter()
        polygons, doubt = proposed(pixels, text)
        seconds += time.perf_counter() - began
        crops += 1
        characters += len(labels)
        masks = [_mask(polygon, width, height) for polygon in polygons]
        overlaps = [max(enumerate(_overlaps(_mask(one.polygon, width, height), masks)), key=lambda pair: pair[1])
                    if masks else (-1, 0.0) for one in labels]  # fmt: skip
        best += [overlap for _, overlap in overlaps]
        whole += all(overlap > _SEEN for _, overlap in overlaps)
        classes = sum(
            overlap > _SEEN and text[place] == one.char for (place, overlap), one in zip(overlaps, labels, strict=True)
        )
        right += classes
        mean = float(np.mean([overlap for _, overlap in overlaps]))
        good += len(polygons) == len(labels) == classes and mean >= _RIGHT
        for more in asked:
            asked[more] += 1
            other = text if more == 0 else text[:-1] if more < 0 else text + "0"
            doubted[more] += bool(doubt if more == 0 else proposed(pixels, other)[1])
    return {
        "crops": crops,
        "characters": characters,
        "good": good / crops,
        "whole": whole / crops,
        "classes": right / characters,
        "overlap_mean": float(np.mean(best)),
        "overlap_median": float(np.median(best)),
        "ms": 1e3 * seconds / crops,
        "doubted_too_few": doubted[-1] / asked[-1],
        "doubted_too_many": doubted[1] / asked[1],
        "doubted_wrongly": doubted[0] / asked[0],
    }


if __name__ == "__main__":
    from tests.conftest import real_crops_folder

    there = real_crops_folder()
    if there is None:
        sys.exit("no real crops here (set LPSTUDIO_REAL_CROPS)")
    asked = sys.argv[1:]
    how = by_model() if "model" in asked else classical
    found = measure(there, how, next((int(word) for word in asked if word.isdigit()), 1))
    for name, value in found.items():
        print(f"{name:18} {value:.3f}")
    tell(found)
