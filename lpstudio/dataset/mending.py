"""Mending what can be mended on a crop without guessing what a person meant.

Outlines are cut at the picture's border (never squeezed), loops of outlines that cross themselves are taken off where
they are small, characters without area go, and of the same character drawn twice one stays. Label lines whose only
fault are coordinates outside the picture become characters again, cut at the border.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.faults import FaultKind, overlapping_pairs, shape_faults, uncrossed
from lpstudio.dataset.outlines import as_array, as_polygon, clip_to_frame
from lpstudio.dataset.types import Character, CropContent, Polygon, UnreadLine

FIXABLE = frozenset(
    {
        FaultKind.LABEL_LINE,
        FaultKind.FEW_POINTS,
        FaultKind.NO_AREA,
        FaultKind.CROSSING,
        FaultKind.OUTSIDE,
        FaultKind.DOUBLED,
    }
)
_FAR = 2.0  # pictures a coordinate may lie outside; further away it is no slip of the hand
_MAX_ROUNDS = 3
_ROUNDED = 0.05  # px that a label file may move a vertex


def mended(
    content: CropContent,
    size: tuple[int, int],
    alphabet: Alphabet,
    kinds: Collection[FaultKind] = FIXABLE,
    only: int | None = None,
) -> tuple[CropContent, Counter[FaultKind]]:
    """What stands on a crop without the faults of these kinds that can be mended, and how many of each that were.

    ``size``: width and height of the picture. ``only``: the place of the one character that may be changed.
    The same content comes back when there is nothing to mend.
    """
    done: Counter[FaultKind] = Counter()
    characters: list[Character | None] = []
    for at, character in enumerate(content.characters):
        if only is not None and at != only:
            characters.append(character)
            continue
        characters.append(_mended_shape(character, size, kinds, done))
    if FaultKind.DOUBLED in kinds:
        _drop_doubles(characters, only, done)
    unread = list(content.unread)
    if FaultKind.LABEL_LINE in kinds and only is None:
        for line in content.unread:
            found = character_of_line(line, size, alphabet)
            if found is not None:
                characters.append(found)
                unread.remove(line)
                done[FaultKind.LABEL_LINE] += 1
    if not done:
        return content, done
    return CropContent(tuple(one for one in characters if one is not None), tuple(unread)), done


def _mended_shape(
    character: Character, size: tuple[int, int], kinds: Collection[FaultKind], done: Counter[FaultKind]
) -> Character | None:
    """The character as it should be, None when nothing of it should stay. Mending one fault may show another."""
    width, height = float(size[0]), float(size[1])
    for _ in range(_MAX_ROUNDS):
        polygon = character.polygon
        faults = [kind for kind, fixable in shape_faults(polygon, width, height) if fixable and kind in kinds]
        if not faults:
            break
        kind = faults[0]
        done[kind] += 1
        changed: Polygon | None = None
        if kind is FaultKind.CROSSING:
            changed = uncrossed(polygon)
        elif kind is FaultKind.OUTSIDE:
            changed = as_polygon(clip_to_frame(as_array(polygon), width, height)) or None
        if changed is None:
            return None
        character = replace(character, polygon=changed)
    return character


def _drop_doubles(characters: list[Character | None], only: int | None, done: Counter[FaultKind]) -> None:
    there = [(at, character) for at, character in enumerate(characters) if character is not None]
    for first, second, share in overlapping_pairs([character.polygon for _, character in there]):
        (at, kept), (other_at, other) = there[first], there[second]
        if share is not None or characters[at] is None or characters[other_at] is None:
            continue
        if (other.char not in ("", kept.char)) or (only is not None and only != other_at):
            continue  # two classes in one place: only a person can say which
        characters[other_at] = None
        done[FaultKind.DOUBLED] += 1


def character_of_line(line: UnreadLine, size: tuple[int, int], alphabet: Alphabet) -> Character | None:
    """The character of a label line that only reaches outside the picture, cut at the border; None for any other."""
    values = line.text.split()
    if len(values) < 7 or len(values) % 2 == 0 or not values[0].isascii() or not values[0].isdigit():
        return None
    index = int(values[0]) if len(values[0]) < 6 else -1
    if not 0 <= index < len(alphabet.names) or "_" in line.text:
        return None
    try:
        numbers = [float(value) for value in values[1:]]
    except ValueError:
        return None
    if not all(math.isfinite(number) and -_FAR <= number <= 1 + _FAR for number in numbers):
        return None
    width, height = size
    points = [(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    cut = clip_to_frame(as_array(points), float(width), float(height))
    if len(cut) < 3 or any(fixable for _, fixable in shape_faults(as_polygon(cut), width, height)):
        return None
    return Character(as_polygon(cut), alphabet.names[index])


def same_content(first: CropContent, second: CropContent) -> bool:
    """Whether two contents are the same but for what a label file rounds."""
    if [line.text for line in first.unread] != [line.text for line in second.unread]:
        return False
    if len(first.characters) != len(second.characters):
        return False
    return all(_same(a, b) for a, b in zip(first.characters, second.characters, strict=True))


def _same(a: Character, b: Character) -> bool:
    if (a.char, a.unreadable, len(a.polygon)) != (b.char, b.unreadable, len(b.polygon)):
        return False
    return all(
        abs(p[0] - q[0]) <= _ROUNDED and abs(p[1] - q[1]) <= _ROUNDED for p, q in zip(a.polygon, b.polygon, strict=True)
    )
