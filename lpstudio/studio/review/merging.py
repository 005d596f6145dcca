"""How what a person accepts of a reading comes into a crop's characters, without touching anything else of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Candidate, Character, CropContent, CropState, Polygon
from lpstudio.studio.review.readings import ReadCharacter

MATCH_IOU = 0.5  # from here on a read and a drawn character are the same one


@dataclass(frozen=True, slots=True)
class Accepted:
    """A read character and the class a person gave it."""

    read: ReadCharacter
    char: str

    def as_character(self) -> Character:
        return Character(
            polygon=self.read.polygon,
            char=self.char,
            candidates=tuple(Candidate(c.char, c.probability) for c in self.read.candidates),
            confidence=self.read.confidence,
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """A crop's characters after the accepted ones came in.

    ``untouched``: drawn, readable ones that a whole reading did not find.
    """

    content: CropContent
    corrected: int = 0
    added: int = 0
    untouched: int = 0


def box_of(polygon: Polygon) -> tuple[float, float, float, float]:
    """The bounding box of a polygon: x1, y1, x2, y2."""
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def iou(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union > 0 else 0.0


def match_characters(
    read: Sequence[Polygon], drawn: Sequence[Polygon], threshold: float = MATCH_IOU
) -> list[int | None]:
    """For every read polygon the drawn one it stands for, or None; one to one, best overlap first."""
    read_boxes = [box_of(p) for p in read]
    drawn_boxes = [box_of(p) for p in drawn]
    pairs = sorted(
        (
            (overlap, r, d)
            for r, a in enumerate(read_boxes)
            for d, b in enumerate(drawn_boxes)
            if (overlap := iou(a, b)) >= threshold
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    result: list[int | None] = [None] * len(read)
    taken: set[int] = set()
    for _, r, d in pairs:
        if result[r] is None and d not in taken:
            result[r] = d
            taken.add(d)
    return result


def accept_one(content: CropContent, reading: Sequence[ReadCharacter], accepted: Accepted) -> Merged:
    """Correct the class of the drawn character that this read one stands for, or add it.

    ``reading``: all characters of the picture, so that the match is the same one whichever of them is accepted.
    The polygon a person drew stays. A character marked unreadable becomes readable: it was named one by one.
    """
    matches = match_characters([c.polygon for c in reading], [c.polygon for c in content.characters])
    at = matches[list(reading).index(accepted.read)]
    characters = list(content.characters)
    if at is None:
        characters.append(accepted.as_character())
        return Merged(replace(content, characters=tuple(characters)), added=1)
    drawn = characters[at]
    if drawn.char == accepted.char and not drawn.unreadable:
        return Merged(content)
    characters[at] = replace(drawn, char=accepted.char, unreadable=False)
    return Merged(replace(content, characters=tuple(characters)), corrected=1)


def accept_all(content: CropContent, state: CropState, accepted: Sequence[Accepted]) -> Merged:
    """Take over a whole reading.

    A crop that no person has worked on (unlabelled or a draft) gets exactly these characters. On any other crop the
    classes of matched characters are corrected, characters without a match are added, and what was marked unreadable
    or was not found by the reading stays as it is.
    """
    if state in (CropState.UNLABELLED, CropState.DRAFT):
        return Merged(replace(content, characters=tuple(a.as_character() for a in accepted)), 0, len(accepted), 0)
    characters = list(content.characters)
    matches = match_characters([a.read.polygon for a in accepted], [c.polygon for c in characters])
    corrected = added = 0
    for one, at in zip(accepted, matches, strict=True):
        if at is None:
            characters.append(one.as_character())
            added += 1
        elif not characters[at].unreadable and characters[at].char != one.char:
            characters[at] = replace(characters[at], char=one.char)
            corrected += 1
    found = {at for at in matches if at is not None}
    untouched = sum(at not in found and not c.unreadable for at, c in enumerate(content.characters))
    return Merged(replace(content, characters=tuple(characters)), corrected, added, untouched)


def state_after_one(state: CropState) -> CropState:
    """A crop of which one character was accepted: begun, unless a person or the disk already said more."""
    return CropState.IN_PROGRESS if state in (CropState.UNLABELLED, CropState.DRAFT) else state


def state_after_all(state: CropState, merged: Merged) -> CropState:
    """A crop whose whole reading was accepted is verified, unless drawn characters were not read; ignored stays so."""
    if state is CropState.IGNORED or merged.untouched:
        return state
    return CropState.VERIFIED
