"""Deleting characters, and label lines that were not understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.studio.annotate.edits.base import Content, Edit, counted


@dataclass(frozen=True, slots=True)
class RemoveCharacters(Edit):
    """Characters go away. ``verb``: "Delete" or "Cut"."""

    ids: frozenset[int]
    verb: str = "Delete"

    @property
    def title(self) -> str:
        return f"{self.verb} {counted(len(self.ids))}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        kept = tuple(item for item in content.items if item.id not in self.ids)
        return content if len(kept) == len(content.items) else replace(content, items=kept)


@dataclass(frozen=True, slots=True)
class RemoveUnreadLines(Edit):
    """The lines of the label file that were not understood are dropped from it, because a person said so."""

    @property
    def title(self) -> str:
        return "Drop lines not understood"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        return replace(content, unread=()) if content.unread else content
