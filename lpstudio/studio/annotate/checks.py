"""What is wrong with the open crop, found while it is drawn. The definitions are those of ``lpstudio check``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.faults import BLOCKING, CropFault, FaultKind, KnownTexts, character_faults, text_faults
from lpstudio.studio.annotate.edits import Item


@dataclass(frozen=True, slots=True)
class Fault:
    """``item_id``: whose fault, 0 for the crop's. ``blocking``: the crop cannot be verified while it stands."""

    item_id: int
    text: str
    blocking: bool = False
    kind: FaultKind = FaultKind.OVERLAP
    fixable: bool = False


def find_faults(items: Sequence[Item], size: tuple[float, float] | None, alphabet: Alphabet) -> list[Fault]:
    """All faults of a crop's characters, in the order of the items; a missing class comes last of an item's own."""
    characters = [item.character for item in items]
    return [_of(fault, items) for fault in character_faults(characters, size or (0.0, 0.0), alphabet)]


def find_text_faults(items: Sequence[Item], lines: Sequence[Sequence[int]], known: KnownTexts) -> list[Fault]:
    """Where reading order, text, formats and ``plates.csv`` do not go together; they never keep from verifying.

    ``lines``: numbers of the items line by line in reading order.
    """
    place = {item.id: at for at, item in enumerate(items)}
    order = [[place[item_id] for item_id in line] for line in lines]
    return [_of(fault, items) for fault in text_faults([item.character for item in items], known, order=order)]


def _of(fault: CropFault, items: Sequence[Item]) -> Fault:
    item_id = 0 if fault.at is None else items[fault.at].id
    return Fault(item_id, fault.message, fault.kind in BLOCKING, fault.kind, fault.fixable)
