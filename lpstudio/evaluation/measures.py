"""Character accuracy, defined once: for validation during training and for ``lpstudio evaluate``.

Found characters (after class-agnostic NMS) are matched to true ones one to one by the IoU of their boxes, at least 0.5.
A true character without a match is missed and counts as wrong; a found one without a match is extra.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_IOU = 0.5


@dataclass(frozen=True)
class CharacterCounts:
    """What was read right, in numbers of characters. Counts of several crops add up."""

    characters: int = 0  # true ones
    top1: int = 0  # the best candidate is right
    top2: int = 0  # one of the two best candidates is right
    missed: int = 0
    extra: int = 0

    def __add__(self, other: CharacterCounts) -> CharacterCounts:
        return CharacterCounts(
            self.characters + other.characters,
            self.top1 + other.top1,
            self.top2 + other.top2,
            self.missed + other.missed,
            self.extra + other.extra,
        )

    @property
    def top1_accuracy(self) -> float:
        """Share of the true characters whose best candidate is right, 0 to 1 (0 when there are none)."""
        return self.top1 / self.characters if self.characters else 0.0

    @property
    def top2_accuracy(self) -> float:
        """Share of the true characters with the right one among the two best candidates, 0 to 1."""
        return self.top2 / self.characters if self.characters else 0.0


def count_characters(
    true_boxes: ArrayLike,
    true_chars: Sequence[Hashable],
    found_boxes: ArrayLike,
    found_candidates: Sequence[Sequence[Hashable]],
) -> CharacterCounts:
    """Compare what was found on one crop with what stands there.

    Boxes: shape (n, 4), x1 y1 x2 y2 in any one unit. ``found_candidates[i]``: the candidates of found box i, best
    first; they and ``true_chars`` may be characters or class numbers.
    """
    pairs = match_boxes(true_boxes, found_boxes)
    top1 = sum(true_chars[t] in tuple(found_candidates[f][:1]) for t, f in pairs)
    top2 = sum(true_chars[t] in tuple(found_candidates[f][:2]) for t, f in pairs)
    return CharacterCounts(
        characters=len(true_chars),
        top1=top1,
        top2=top2,
        missed=len(true_chars) - len(pairs),
        extra=len(found_candidates) - len(pairs),
    )


def match_boxes(true_boxes: ArrayLike, found_boxes: ArrayLike, least_iou: float = LEAST_IOU) -> list[tuple[int, int]]:
    """(true, found) pairs, one to one, the greatest IoU first; pairs below ``least_iou`` are none."""
    overlap = box_iou(true_boxes, found_boxes)
    candidates = np.argwhere(overlap >= least_iou)
    order = np.argsort(-overlap[tuple(candidates.T)], kind="stable")
    pairs: list[tuple[int, int]] = []
    used_true: set[int] = set()
    used_found: set[int] = set()
    for true, found in candidates[order].tolist():
        if true not in used_true and found not in used_found:
            pairs.append((true, found))
            used_true.add(true)
            used_found.add(found)
    return pairs


def box_iou(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of boxes x1 y1 x2 y2: shapes (n, 4), (m, 4) give (n, m); empty ones overlap nothing."""
    first = np.asarray(a, dtype=np.float64).reshape(-1, 1, 4)
    second = np.asarray(b, dtype=np.float64).reshape(1, -1, 4)
    size = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    intersection = np.clip(size, 0, None).prod(-1)
    areas = [np.clip(boxes[..., 2:] - boxes[..., :2], 0, None).prod(-1) for boxes in (first, second)]
    union = areas[0] + areas[1] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
