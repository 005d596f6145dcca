"""One picture looked at in several sizes: what was seen each time as one list of characters.

A network trained at one size sees other sizes a little worse, but errs elsewhere: of 413 real crops that the shipped
weights had not seen, 80 of 100 plates were right in their own size, 78 in one 9/7 as large, 83 in both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lpstudio.plates.order import Box
from lpstudio.reading.detect import STRIDE, RawCharacter

_SAME = 0.4  # intersection over union from which two looks saw the same character


def larger(side: int) -> int:
    """The size of the second look at pictures that a network sees with a longer side of ``side`` pixels."""
    return round(side * 9 / 7 / STRIDE) * STRIDE


def together(looks: Sequence[Sequence[RawCharacter]], least: float) -> list[RawCharacter]:
    """The characters of one picture, seen in one or more ``looks``, the surest first.

    The presence of a character is the mean over all looks, 0 where one does not have it, and ``least`` or more; its
    class row the mean of those that have it, each by its presence. Box and outline are the first's that has it.
    """
    found: list[dict[int, RawCharacter]] = []  # by look
    for number, look in enumerate(looks):
        for one in look:
            free = [seen for seen in found if number not in seen]
            nearest = max(free, key=lambda seen: _overlap(_first(seen).box, one.box), default=None)
            if nearest is not None and _overlap(_first(nearest).box, one.box) > _SAME:
                nearest[number] = one
            else:
                found.append({number: one})
    characters = [_mean(list(seen.values()), len(looks)) for seen in found]
    return sorted((one for one in characters if one.confidence >= least), key=lambda one: -one.confidence)


def _first(seen: dict[int, RawCharacter]) -> RawCharacter:
    return next(iter(seen.values()))


def _mean(seen: Sequence[RawCharacter], looks: int) -> RawCharacter:
    present = np.array([one.confidence for one in seen])
    rows = np.stack([one.logits for one in seen])
    logits = np.asarray(present @ rows / present.sum(), np.float32)
    return replace(seen[0], confidence=float(present.sum()) / looks, logits=logits)


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / max(sum(areas) - shared, 1e-9)
