"""Drawing, pasting and duplicating: new characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character
from lpstudio.studio.annotate.edits.base import Content, Edit, Item, counted


@dataclass(frozen=True, slots=True)
class AddCharacters(Edit):
    """New characters. ``verb``: how they came, for the title.

    ``chosen``: which of them are selected afterwards, by their place; None for all.
    """

    characters: tuple[Character, ...]
    verb: str = "Draw"
    chosen: tuple[int, ...] | None = None

    @property
    def title(self) -> str:
        return f"{self.verb} {counted(len(self.characters))}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        if not self.characters:
            return content
        return replace(content, items=content.items + tuple(Item(new_id(), c) for c in self.characters))

    def selection(self, before: Content, after: Content, selected: tuple[int, ...]) -> tuple[int, ...]:
        there = {item.id for item in before.items}
        new = [item.id for item in after.items if item.id not in there]
        return tuple(new) if self.chosen is None else tuple(new[place] for place in self.chosen if place < len(new))
