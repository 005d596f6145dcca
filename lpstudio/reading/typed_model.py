"""Where the characters of a known text stand on a crop, by a model: the text says how many there are and which.

The model looks at the crop in several sizes. What it sees in its own size (in another one where that is too few), faint
things included, is laid against the text (dynamic programming in reading order): the best of as many as the text has.
Each outline comes from those that the sizes gave, from the character's form in the plate's typeface, and from the
picture itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Character, Polygon
from lpstudio.plates.order import Box, flat_order
from lpstudio.reading import CONFIDENCE
from lpstudio.reading.exact_outline import exact_outline
from lpstudio.reading.job import read_seen
from lpstudio.reading.letter_forms import forms_of_plate
from lpstudio.reading.plate import SeenCharacter
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import Weights

Bytes = NDArray[np.uint8]

_FAINT = 0.05  # confidence from which something seen may be a character of the text
_SURE = 0.5  # and from which something that is left out is spoken of
_LARGER = (32, 64)  # px that the model's longer side is larger at the second and third look
_CLASS_WEIGHT = 0.6  # of how well the class fits, beside how probable it is that a character is there
_LEAST_CLASS = 0.01
_SAME_PLACE = 0.35  # share of either box under the other from which two sizes show the same character
_DOUBLED = 0.5  # share of a box under one that was taken already, from which it is the same thing seen twice


@dataclass(frozen=True, slots=True)
class Seen:
    """``characters``: those of the text in reading order with the model's candidates, none where too few are seen.

    ``count``: how many characters the model sees without knowing the text. ``doubt`` and ``at`` as in
    :class:`lpstudio.reading.typed.Proposal`.
    """

    characters: tuple[Character, ...]
    count: int
    doubt: str = ""
    at: tuple[int, ...] = ()


def propose_seen(weights: Weights, bgr: Bytes, text: str) -> Seen:
    """Look for the characters of ``text`` on a crop (uint8, shape (height, width, 3)). Polygons in pixels of it."""
    looks = [
        read_seen(CharacterReader(weights, weights.side + more, _FAINT), [bgr])[0] for more in (0, *_LARGER)
    ]  # fmt: skip
    sizes = [_apart(look) for look in looks]
    count = sum(one.confidence >= CONFIDENCE for one in sizes[0])
    size, chosen = first_enough(sizes, text)
    if not chosen:
        return Seen((), count)
    seen = sizes[size]
    others = [[one.character.polygon for one in look] for number, look in enumerate(looks) if number != size]
    outlines = _outlines(bgr, text, chosen, others)
    characters = tuple(
        Character(outline, char, False, one.character.candidates, one.character.confidence)
        for outline, one, char in zip(outlines, chosen, text, strict=True)
    )
    doubt, at = _doubt(seen, chosen, len(text))
    if size and not doubt:  # sure in this size, but its own showed fewer
        at = not_among(chosen, sizes[0])
        doubt = f"{len(text)} typed, the model sees {len(sizes[0])}" if at else ""
    return Seen(characters, count, doubt, at)


def _outlines(
    bgr: Bytes, text: str, chosen: Sequence[SeenCharacter], others: Sequence[Sequence[Polygon]]
) -> list[Polygon]:
    """The outline of each character of the text, drawn twice: what came first says which typeface it is."""
    first = [exact_outline(bgr, one.character.polygon, others) for one in chosen]
    forms = forms_of_plate(bgr, list(zip(text, first, strict=True)))
    return [
        exact_outline(bgr, one.character.polygon, others, form=form) for one, form in zip(chosen, forms, strict=True)
    ]


def _apart(seen: Sequence[SeenCharacter]) -> list[SeenCharacter]:
    """What is seen without faint things over surer ones, in reading order."""
    kept: list[SeenCharacter] = []
    for one in sorted(seen, key=lambda each: -each.confidence):
        if all(_covered(one.box, other.box) < _DOUBLED for other in kept):
            kept.append(one)
    sure = [one for one in kept if one.confidence >= CONFIDENCE]
    if sure:  # far-off specks would bend the lines
        low, high = np.min([one.box for one in sure], 0), np.max([one.box for one in sure], 0)
        tall = float(np.median([one.box[3] - one.box[1] for one in sure]))
        kept = [one for one in kept if 0.5 * tall < one.box[3] - one.box[1] < 1.6 * tall]
        kept = [one for one in kept if one.box[3] > low[1] - tall and one.box[1] < high[3] + tall]
    return [kept[place] for place in flat_order([one.box for one in kept])]


def _covered(one: Box, other: Box) -> float:
    shared = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    shared *= max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return float(shared / max((one[2] - one[0]) * (one[3] - one[1]), 1e-9))


def first_enough(sizes: Sequence[Sequence[SeenCharacter]], text: str) -> tuple[int, list[SeenCharacter]]:
    """The first of the sizes (by number) in which as many are seen as the text has, and those that fit it best."""
    for number, seen in enumerate(sizes):
        chosen = align(seen, text)
        if chosen:
            return number, chosen
    return 0, []


def align(seen: Sequence[SeenCharacter], text: str) -> list[SeenCharacter]:
    """As many of ``seen`` (in reading order) as the text has, those that fit it best; nothing when there are fewer."""
    if not text or len(seen) < len(text):
        return []
    worth = np.full((len(text) + 1, len(seen) + 1), -np.inf)
    worth[0] = 0.0
    for place, char in enumerate(text, 1):
        for number, one in enumerate(seen, 1):
            fits = _CLASS_WEIGHT * np.log(max(one.probabilities.get(char, 0.0), _LEAST_CLASS))
            own = np.log(max(one.confidence, 1e-3)) + fits
            worth[place, number] = max(worth[place, number - 1], worth[place - 1, number - 1] + own)
    chosen = []
    place, number = len(text), len(seen)
    while place:
        if worth[place, number] == worth[place, number - 1]:
            number -= 1
        else:
            place, number = place - 1, number - 1
            chosen.append(seen[number])
    return chosen[::-1]


def not_among(chosen: Sequence[SeenCharacter], seen: Sequence[SeenCharacter]) -> tuple[int, ...]:
    """The places of those chosen that lie over nothing of what was seen."""
    return tuple(
        place
        for place, one in enumerate(chosen)
        if all(min(_covered(one.box, other.box), _covered(other.box, one.box)) < _SAME_PLACE for other in seen)
    )


def _doubt(seen: Sequence[SeenCharacter], chosen: Sequence[SeenCharacter], length: int) -> tuple[str, tuple[int, ...]]:
    """Whether the model sees more characters than were typed, or hardly sees some of them, and where."""
    taken = {id(one) for one in chosen}
    left = [number for number, one in enumerate(seen) if id(one) not in taken and one.confidence >= _SURE]
    faint = tuple(place for place, one in enumerate(chosen) if one.confidence < CONFIDENCE)
    if left:
        before = sum(id(one) in taken for one in seen[: left[0]])
        return f"{length} typed, the model sees {length + len(left)}", (min(before, length - 1),)
    if faint:
        return f"{length} typed, the model hardly sees {'one' if len(faint) == 1 else len(faint)} of them", faint
    return "", ()
