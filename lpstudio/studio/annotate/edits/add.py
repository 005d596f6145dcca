"""Drawing, pasting and duplicating: new characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character
from lpstudio.studio.annotate.edits.base import Content, Edit, Item, counted


@dataclass(frozen=True, slots=True)
class AddCharacters(Edit):
    """New characters, selected afterwards. ``verb``: how they came, for the title."""

    characters: tuple[Character, ...]
    verb: str = "Draw"

    @property
    def title(self) -> str:
        return f"{self.verb} {counted(len(self.characters))}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        if not self.characters:
            return content
        return replace(content, items=content.items + tuple(Item(new_id(), c) for c in self.characters))

    def selection(self, before: Content, after: Content, selected: tuple[int, ...]) -> tuple[int, ...]:
        there = {item.id for item in before.items}
        return tuple(item.id for item in after.items if item.id not in there)
