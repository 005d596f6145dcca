"""Giving characters their class, one by one or a whole plate's text at once, and marking them unreadable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character
from lpstudio.studio.annotate.edits.base import Content, Edit, Item, counted


def _classified(character: Character, char: str) -> Character:
    """A character that gets a class can be read."""
    return replace(character, char=char, unreadable=character.unreadable and not char)


@dataclass(frozen=True, slots=True)
class SetClass(Edit):
    """Give these characters one class; an empty one takes the class away."""

    ids: frozenset[int]
    char: str

    @property
    def title(self) -> str:
        who = counted(len(self.ids))
        return f"Label {who} {self.char}" if self.char else f"Take the class of {who}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        after = content.with_changed(self.ids, lambda character: _classified(character, self.char))
        return content if after == content else after


@dataclass(frozen=True, slots=True)
class LayText(Edit):
    """Lay a plate's text on characters: ``chars`` maps item numbers to classes, ``text`` is kept with the crop."""

    chars: tuple[tuple[int, str], ...]
    text: str

    @property
    def title(self) -> str:
        return f"Lay {self.text} on the characters"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        wanted = dict(self.chars)
        items = tuple(
            Item(item.id, _classified(item.character, wanted[item.id])) if item.id in wanted else item
            for item in content.items
        )
        after = replace(content, items=items, text=self.text)
        return content if after == content else after


@dataclass(frozen=True, slots=True)
class MarkUnreadable(Edit):
    """Mark characters unreadable (kept, never trained on), or readable again."""

    ids: frozenset[int]
    unreadable: bool

    @property
    def title(self) -> str:
        return f"Mark {counted(len(self.ids))} {'unreadable' if self.unreadable else 'readable'}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        after = content.with_changed(self.ids, lambda character: replace(character, unreadable=self.unreadable))
        return content if after == content else after
