"""Which characters of a crop a person should look at first. Plain Python, no Qt."""

from __future__ import annotations

from collections.abc import Sequence

from lpstudio.alphabet import DIGITS, LETTERS
from lpstudio.dataset.types import Character
from lpstudio.plates.formats import FormatSet
from lpstudio.studio.annotate.checks import Fault
from lpstudio.studio.annotate.edits import Item

UNSURE = 0.25  # lead of the first candidate over the second from which on a class is not doubted
_MOST_MISFITS = 2  # characters of a text that fit no format; more of them mean another kind of plate
_KINDS = {"L": LETTERS, "D": DIGITS}


def lead(character: Character) -> float:
    """How far a character's class is ahead of its best other candidate; 1 where no model has spoken."""
    if not character.candidates:
        return 1.0
    own = next((one.probability for one in character.candidates if one.char == character.char), 0.0)
    other = max((one.probability for one in character.candidates if one.char != character.char), default=0.0)
    return own - other


def misfits(text: str, formats: FormatSet | None) -> tuple[int, ...]:
    """The places of a text that keep it from fitting the nearest of the written formats, the usual one first."""
    if formats is None or any(each.fits(text) for each in formats.formats if each.lengths is None):
        return ()
    found = []
    for each in formats.formats:
        kinds = each.pattern.replace(" ", "")
        if kinds and len(kinds) == len(text):
            wrong = tuple(at for at, kind in enumerate(kinds) if kind in _KINDS and text[at] not in _KINDS[kind])
            found.append((len(wrong), -each.weight, wrong))
    nearest = min(found, default=(0, 0.0, ()))[2]
    return nearest if len(nearest) <= _MOST_MISFITS else ()


def doubtful(
    items: Sequence[Item], order: Sequence[int], faults: Sequence[Fault], formats: FormatSet | None
) -> list[int]:
    """The numbers of characters to look at, the most doubtful first.

    Faulty ones come before those that keep the text from fitting a format, then those whose first two candidates are
    near each other, the nearest first. ``order``: the items' numbers in reading order.
    """
    by_id = {item.id: item.character for item in items}
    found = [fault.item_id for fault in faults if fault.item_id in by_id]
    text = "".join(by_id[item_id].char or "?" for item_id in order)
    if "?" not in text:
        found += [order[place] for place in misfits(text, formats)]
    unsure = [(lead(character), item_id) for item_id, character in by_id.items() if character.char]
    found += [item_id for ahead, item_id in sorted(unsure) if ahead < UNSURE]
    return list(dict.fromkeys(found))
