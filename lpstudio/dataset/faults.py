"""What can be wrong with what stands on a crop: the one place that defines it, for drawing, checking and mending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import numpy as np

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.outlines import area, as_array, bounds, covering, self_intersects, simple_loops
from lpstudio.dataset.types import Character, Polygon
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import Box, box_of, reading_order

DOUBLED = 0.7  # intersection over union from which two characters count as the same one drawn twice
OVERLAPS = 0.35  # share of the smaller of two characters under the other from which they overlap
CROWDED = 0.35  # of the narrower one's width: nearer middles on one line leave it open which is read first
LEAST_AREA = 0.5  # square pixels
OUTSIDE = 0.5  # px that a vertex may stand over the border (label files of others round)
_SPARE = 0.1  # share of its area that mending may take from an outline that crosses itself
_LEAST_PLATE = 4  # characters: fewer are part of a plate, which no format is asked of
_MOST_LINES = 2
_ONE_PLATE = 16  # more characters than this are no single plate with a reading order


class FaultKind(StrEnum):
    """The faults of what stands on a crop. The values are names for scripts; ``heading`` is what a person reads."""

    LABEL_LINE = "label-line"
    FEW_POINTS = "too-few-points"
    NO_AREA = "no-area"
    CROSSING = "self-crossing"
    OUTSIDE = "outside"
    DOUBLED = "doubled-line"
    OVERLAP = "overlap"
    NO_CLASS = "no-class"
    UNKNOWN_CLASS = "unknown-class"
    ORDER = "reading-order"
    TEXT_FORMAT = "text-format"
    TEXT_LABELS = "text-labels"
    TEXT_CSV = "text-csv"

    @property
    def heading(self) -> str:
        """What stands over faults of this kind."""
        return _HEADINGS[self]


_HEADINGS = {
    FaultKind.LABEL_LINE: "Unread label lines",
    FaultKind.FEW_POINTS: "Too few points",
    FaultKind.NO_AREA: "No area",
    FaultKind.CROSSING: "Self-crossing",
    FaultKind.OUTSIDE: "Outside the picture",
    FaultKind.DOUBLED: "Drawn twice",
    FaultKind.OVERLAP: "Overlapping",
    FaultKind.NO_CLASS: "No class yet",
    FaultKind.UNKNOWN_CLASS: "Unknown class",
    FaultKind.ORDER: "Reading order",
    FaultKind.TEXT_FORMAT: "No plate format",
    FaultKind.TEXT_LABELS: "Text ≠ characters",
    FaultKind.TEXT_CSV: "Text ≠ plates.csv",
}
#: Characters with these keep a crop from being verified.
BLOCKING = frozenset(
    {
        FaultKind.FEW_POINTS,
        FaultKind.NO_AREA,
        FaultKind.CROSSING,
        FaultKind.OUTSIDE,
        FaultKind.NO_CLASS,
        FaultKind.UNKNOWN_CLASS,
    }
)
#: Where what is said about the text and what is drawn or written elsewhere differ.
DISAGREEMENTS = frozenset({FaultKind.ORDER, FaultKind.TEXT_LABELS, FaultKind.TEXT_CSV})


@dataclass(frozen=True, slots=True)
class CropFault:
    """One fault. ``at``: the place of the character among the crop's, None for the crop as a whole.

    ``fixable``: :mod:`lpstudio.dataset.mending` can mend it without guessing what a person meant.
    """

    kind: FaultKind
    message: str
    at: int | None = None
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class KnownTexts:
    """What is known of a plate's text: as it counts, and as ``plates.csv`` has it; empty where nothing is known.

    ``formats``: the plate formats of the project, None where none are asked for.
    """

    text: str = ""
    csv: str = ""
    formats: FormatSet | None = None


def character_faults(characters: Sequence[Character], size: tuple[float, float], alphabet: Alphabet) -> list[CropFault]:
    """The faults of the characters one by one and against each other. ``size``: of the picture, zeros if unknown."""
    found: list[CropFault] = []
    width, height = size
    for at, character in enumerate(characters):
        for kind, fixable in shape_faults(character.polygon, width, height):
            found.append(CropFault(kind, _SHAPE_MESSAGES[kind], at, fixable))
    polygons = [character.polygon for character in characters]
    for first, second, share in overlapping_pairs(polygons):
        char, other = characters[first].char, characters[second].char
        named = char or "another character"
        if share is None:
            same = char == other or not other
            found.append(CropFault(FaultKind.DOUBLED, f"covers the same place as {named}", second, same))
        else:
            found.append(CropFault(FaultKind.OVERLAP, f"lies over {named} by {share:.0%}", second))
    for at, character in enumerate(characters):
        if not character.char and not character.unreadable:
            found.append(CropFault(FaultKind.NO_CLASS, "has no class yet", at))
        elif character.char and alphabet.index(character.char) is None:
            found.append(CropFault(FaultKind.UNKNOWN_CLASS, f"the dataset has no class {character.char}", at))
    return found


_SHAPE_MESSAGES = {
    FaultKind.FEW_POINTS: "has fewer than three different points",
    FaultKind.NO_AREA: "has no area",
    FaultKind.CROSSING: "its outline crosses itself",
    FaultKind.OUTSIDE: "reaches outside the picture",
}


@lru_cache(maxsize=16384)
def shape_faults(polygon: Polygon, width: float, height: float) -> tuple[tuple[FaultKind, bool], ...]:
    """What is wrong with one outline, and whether it can be mended. Zero width or height: no border is known."""
    points = as_array(polygon)
    found: list[tuple[FaultKind, bool]] = []
    if len({(round(x, 3), round(y, 3)) for x, y in polygon}) < 3:
        found.append((FaultKind.FEW_POINTS, True))
    elif abs(area(points)) < LEAST_AREA and not self_intersects(points):
        found.append((FaultKind.NO_AREA, True))
    if self_intersects(points):
        found.append((FaultKind.CROSSING, uncrossed(polygon) is not None))
    x1, y1, x2, y2 = bounds(points)
    if width and height and (min(x1, y1) < -OUTSIDE or x2 > width + OUTSIDE or y2 > height + OUTSIDE):
        found.append((FaultKind.OUTSIDE, True))
    return tuple(found)


def uncrossed(polygon: Polygon) -> Polygon | None:
    """An outline that crosses itself without its small loops; None where two parts are about equally large."""
    loops = simple_loops(as_array(polygon))
    if not loops:
        return None
    sizes = [abs(area(loop)) for loop in loops]
    kept = loops[0]
    lost = sum(size for size, loop in zip(sizes[1:], loops[1:], strict=True) if covering(kept, loop)[1] < 0.9)
    if sizes[0] < LEAST_AREA or lost > _SPARE * (sizes[0] + lost):
        return None
    return tuple((float(x), float(y)) for x, y in kept)


@lru_cache(maxsize=4096)
def _covering(first: Polygon, second: Polygon) -> tuple[float, float]:
    return covering(as_array(first), as_array(second))


def overlapping_pairs(polygons: Sequence[Polygon]) -> list[tuple[int, int, float | None]]:
    """Pairs of indices (the earlier first) of polygons that lie over each other.

    With None: both are the same one drawn twice; with a number: the share of the smaller one that is covered.
    """
    count = len(polygons)
    if count < 2:
        return []
    boxes = np.array([bounds(as_array(polygon)) for polygon in polygons])
    order = np.argsort(boxes[:, 0], kind="stable")
    b = boxes[order]
    areas = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    pairs: list[tuple[int, int, float | None]] = []
    for step in range(1, count):
        first, second = b[:-step], b[step:]
        wide = np.minimum(first[:, 2], second[:, 2]) - second[:, 0]
        if not (wide > 0).any():
            break
        high = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
        common = np.clip(wide, 0, None) * np.clip(high, 0, None)
        smaller = np.minimum(areas[:-step], areas[step:])
        for place in np.flatnonzero(common > 0.25 * np.where(smaller > 0, smaller, np.inf)):
            i, j = sorted((int(order[place]), int(order[place + step])))
            union_share, smaller_share = _covering(polygons[i], polygons[j])
            if union_share >= DOUBLED:
                pairs.append((i, j, None))
            elif smaller_share >= OVERLAPS:
                pairs.append((i, j, smaller_share))
    return pairs


def text_faults(
    characters: Sequence[Character],
    known: KnownTexts,
    *,
    finished: bool = True,
    order: Sequence[Sequence[int]] | None = None,
) -> list[CropFault]:
    """Where the order of the characters, the plate's text and ``plates.csv`` do not go together.

    ``finished``: nobody is drawing the crop any more, so that a character too few is a fault. Unreadable characters
    stand for any. ``order``: places of the characters line by line as they are read, where it is known already.
    """
    found: list[CropFault] = []
    if order is None or len(characters) > _ONE_PLATE:
        order = reading_places(characters)
    found += _crowded(characters, order)
    places = [at for line in order for at in line]
    read = "".join("?" if characters[at].unreadable else characters[at].char or "?" for at in places)
    if known.text and read and (finished or len(read) == len(known.text)):
        found += _against_text(read, known.text, [characters[at] for at in places], places)
    if known.text and known.csv and known.text != known.csv:
        found.append(CropFault(FaultKind.TEXT_CSV, f"the text is {known.text}, plates.csv says {known.csv}"))
    whole = finished and "?" not in read and len(read) >= _LEAST_PLATE
    text = known.text or (read if whole else "")
    if text and known.formats is not None and known.formats.formats and known.formats.of(text) is None:
        what = "the text" if known.text else "what is drawn,"
        found.append(CropFault(FaultKind.TEXT_FORMAT, f"{what} {text} fits no format ({known.formats.name})"))
    return found


def reading_places(characters: Sequence[Character]) -> list[list[int]]:
    """Places of the characters line by line in reading order; nothing for more than a plate can hold."""
    if not 0 < len(characters) <= _ONE_PLATE:
        return []
    boxes = [box_of(character.polygon) for character in characters]
    return [_along(boxes)] if _is_one_line(boxes) else reading_order(boxes)


def _along(boxes: Sequence[Box]) -> list[int]:
    return sorted(range(len(boxes)), key=lambda at: boxes[at][0] + boxes[at][2])


def _is_one_line(boxes: Sequence[Box]) -> bool:
    """Whether all stand so near to one gently sloping line that no search for lines is worth its time."""
    count = len(boxes)
    xs, ys = [(b[0] + b[2]) / 2 for b in boxes], [(b[1] + b[3]) / 2 for b in boxes]
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    across = sum((x - mean_x) ** 2 for x in xs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / across if across else 0.0
    off = max(abs(y - mean_y - slope * (x - mean_x)) for x, y in zip(xs, ys, strict=True))
    return abs(slope) < 0.3 and off < 0.2 * min(b[3] - b[1] for b in boxes)


def _crowded(characters: Sequence[Character], order: Sequence[Sequence[int]]) -> list[CropFault]:
    found = []
    if len(order) > _MOST_LINES:
        found.append(CropFault(FaultKind.ORDER, f"the characters stand on {len(order)} lines: the order is open"))
    for line in order:
        for first, second in pairwise(line):
            a, b = box_of(characters[first].polygon), box_of(characters[second].polygon)
            apart = abs((a[0] + a[2]) - (b[0] + b[2])) / 2
            narrower = min(a[2] - a[0], b[2] - b[0])
            stacked = abs((a[1] + a[3]) - (b[1] + b[3])) / 2 > 0.3 * min(a[3] - a[1], b[3] - b[1])
            if narrower > 0 and apart < CROWDED * narrower and stacked:
                other = characters[first].char or "another character"
                found.append(CropFault(FaultKind.ORDER, f"stands over or under {other}: the order is open", second))
    return found


def _against_text(read: str, text: str, characters: Sequence[Character], places: Sequence[int]) -> list[CropFault]:
    if all(not character.char and not character.unreadable for character in characters) and len(read) == len(text):
        return []  # drawn, not yet named: the text is about to be laid on
    if len(read) != len(text):
        has = "1 character" if len(text) == 1 else f"{len(text)} characters"
        are = "1 is" if len(read) == 1 else f"{len(read)} are"
        return [CropFault(FaultKind.TEXT_LABELS, f"the text {text} has {has}, {are} drawn")]
    wrong = [i for i, (a, b) in enumerate(zip(read, text, strict=True)) if a not in (b, "?")]
    wrong += [i for i, c in enumerate(characters) if not c.char and not c.unreadable]
    if not wrong:
        return []
    if sorted(read) == sorted(text):
        return [CropFault(FaultKind.ORDER, f"the characters read {read}, the text is {text}: another order")]
    return [CropFault(FaultKind.TEXT_LABELS, f"the characters read {read}, the text is {text}", places[min(wrong)])]
