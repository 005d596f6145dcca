"""What leaks from one split into another: crops of the same plate, and pictures that are nearly the same.

A measurement on a crop that a model was trained on, or on its twin, says nothing of plates it has never seen.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.images import read_grey
from lpstudio.errors import LpStudioError

SAME_PLATE = "plate"
SAME_PICTURE = "picture"

# Chosen on crops of CCTV cameras: copies that were compressed again, made smaller, brighter or noisy, or lost a row,
# differ in at most 30 of 256 signs; no two different plates in fewer than 52.
_MOST_SIGNS = 40
_LEAST_ALIKE = 0.95
_WIDE, _TALL = 32, 16
_AT_ONCE = 512  # pictures read at a time
_PRODUCTS = 25_000_000  # comparisons held in memory at a time

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Twin:
    """Two pictures that are nearly the same. ``alike``: the correlation of their brightness, up to 1."""

    first: str
    second: str
    alike: float

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"crops": [self.first, self.second], "alike": round(self.alike, 4)}


@dataclass(frozen=True)
class Leak:
    """Crops that should stand in one split and do not. ``kind``: SAME_PLATE or SAME_PICTURE.

    ``what``: the plate's text, or for pictures how alike they are; ``crops``: (key, split) of all of them.
    """

    kind: str
    what: str
    crops: tuple[tuple[str, str], ...]

    @property
    def message(self) -> str:
        """In words, with one crop of each split."""
        one_of = {split: key for key, split in reversed(self.crops)}
        places = " and ".join(f"{split} ({one_of[split]})" for split in sorted(one_of))
        if self.kind == SAME_PLATE:
            return f"the plate {self.what} is in {places}"
        return f"the same picture ({self.what}) is in {places}"

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"kind": self.kind, "what": self.what, "crops": [{"source": key, "split": s} for key, s in self.crops]}


def find_leaks(
    splits: Mapping[str, str],
    texts: Mapping[str, str | None],
    twins: Sequence[Twin],
    doubled: Sequence[tuple[str, str]] = (),
) -> list[Leak]:
    """What leaks when the crops stand in these splits.

    ``splits`` and ``texts``: split and plate text of each key; ``doubled``: further splits that name a key as well.
    """
    leaks = []
    by_text: dict[str, list[str]] = defaultdict(list)
    for key, text in texts.items():
        if text:
            by_text[text].append(key)
    for text, keys in sorted(by_text.items()):
        if len({splits[key] for key in keys}) > 1:
            leaks.append(Leak(SAME_PLATE, text, tuple((key, splits[key]) for key in sorted(keys))))
    for twin in twins:
        if splits[twin.first] != splits[twin.second]:
            pair = tuple((key, splits[key]) for key in (twin.first, twin.second))
            leaks.append(Leak(SAME_PICTURE, f"{twin.alike:.1%} alike", pair))
    for key, other in doubled:
        if splits[key] != other:
            leaks.append(Leak(SAME_PICTURE, "named twice", ((key, splits[key]), (key, other))))
    return leaks


def find_twins(pictures: Sequence[tuple[str, Path]], progress: Progress = lambda what, done, total: None) -> list[Twin]:
    """All pairs of pictures that are nearly the same, whatever their size or compression.

    ``pictures``: (key, path). Pictures that cannot be read, or show one even colour, are no twins of any. The time
    grows with the square of their number: half a minute for 50,000, beside what reading them takes.
    """
    keys: list[str] = []
    signs: list[NDArray[np.int8]] = []
    tones: list[NDArray[np.float32]] = []
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="twins") as pool:
        for start in range(0, len(pictures), _AT_ONCE):
            batch = pictures[start : start + _AT_ONCE]
            progress("looking for near-duplicates", start, len(pictures))
            for (key, _), marks in zip(batch, pool.map(_marks, [path for _, path in batch]), strict=True):
                if marks is not None:
                    keys.append(key)
                    signs.append(marks[0])
                    tones.append(marks[1])
    progress("looking for near-duplicates", len(pictures), len(pictures))
    return _pairs(keys, signs, tones) if keys else []


def _pairs(keys: list[str], signs: list[NDArray[np.int8]], tones: list[NDArray[np.float32]]) -> list[Twin]:
    all_signs, all_tones = np.array(signs), np.array(tones)
    columns = all_signs.astype(np.float32).T
    least = columns.shape[0] - 2 * _MOST_SIGNS  # of the product of two rows of signs
    twins = []
    at_once = max(1, _PRODUCTS // len(keys))
    for start in range(0, len(keys), at_once):
        block = columns[:, start : start + at_once].T
        near = np.argwhere(block @ columns[:, start:] >= least)
        for row, column in near[near[:, 0] < near[:, 1]].tolist():
            a, b = start + row, start + column
            alike = float(all_tones[a] @ all_tones[b])
            if alike > _LEAST_ALIKE:
                twins.append(Twin(keys[a], keys[b], min(alike, 1.0)))
    return twins


def _marks(path: Path) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """256 signs of the brightness' slope, and the brightness of 32 × 16 fields with mean 0 and length 1."""
    try:
        grey = read_grey(path, ((17, 16), (_WIDE, _TALL)))
    except LpStudioError:
        return None
    slopes, tones = (one.astype(np.float32) for one in grey)
    tones = tones.ravel() - tones.mean()
    length = float(np.linalg.norm(tones))
    if length < 1.0:
        return None
    return np.where(slopes[:, 1:] > slopes[:, :-1], 1, -1).astype(np.int8).ravel(), tones / length
