"""Whether two versions of a crop say the same."""

from __future__ import annotations

from collections.abc import Sequence

from lpstudio.dataset.types import Character, CropContent

_SAME_PLACE = 0.05  # px; what a round trip through a label file may move a vertex


def same_content(first: CropContent, second: CropContent) -> bool:
    """Whether two versions say the same, in any order, within what a label file rounds."""
    if [line.text for line in first.unread] != [line.text for line in second.unread]:
        return False
    return same_characters(first.characters, second.characters)


def same_characters(first: Sequence[Character], second: Sequence[Character]) -> bool:
    """Whether two lists hold the same characters, in any order, within what a label file rounds."""
    if len(first) != len(second):
        return False
    left = list(second)
    for character in first:
        match = next((at for at, other in enumerate(left) if _same(character, other)), None)
        if match is None:
            return False
        del left[match]
    return True


def _same(a: Character, b: Character) -> bool:
    if (a.char, a.unreadable, len(a.polygon)) != (b.char, b.unreadable, len(b.polygon)):
        return False
    return a.polygon == b.polygon or all(  # mostly they are one and the same, which needs no look at each vertex
        abs(ax - bx) <= _SAME_PLACE and abs(ay - by) <= _SAME_PLACE
        for (ax, ay), (bx, by) in zip(a.polygon, b.polygon, strict=True)
    )
