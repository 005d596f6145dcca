"""What an edit is: a small value that turns one content of a crop into the next.

Edits never know how to undo themselves: the history keeps the content before and after (they share nearly
everything), so undo and redo cannot go astray.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character, CropState, UnreadLine


@dataclass(frozen=True, slots=True)
class Item:
    """A character with a number of its own, which it keeps through every edit, undo and redo."""

    id: int
    character: Character


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of a crop that is edited, saved and undone as a whole."""

    items: tuple[Item, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    state: CropState = CropState.UNLABELLED
    text: str = ""

    @property
    def characters(self) -> tuple[Character, ...]:
        return tuple(item.character for item in self.items)

    def item(self, item_id: int) -> Item | None:
        """The item with this number, None when it is not there."""
        return next((item for item in self.items if item.id == item_id), None)

    def with_changed(self, ids: Iterable[int], change: Callable[[Character], Character]) -> Content:
        """The same content with some characters changed."""
        wanted = frozenset(ids)
        return replace(
            self,
            items=tuple(Item(item.id, change(item.character)) if item.id in wanted else item for item in self.items),
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """Base of all edits. ``title``: what undo and redo say they take back or do again."""

    @property
    def title(self) -> str:
        raise NotImplementedError

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        """The content after the edit; the same object when nothing changes."""
        raise NotImplementedError

    def selection(self, before: Content, after: Content, selected: tuple[int, ...]) -> tuple[int, ...]:
        """Which items are selected afterwards: those that were, as far as they still exist."""
        there = {item.id for item in after.items}
        return tuple(item_id for item_id in selected if item_id in there)

    def merged_with(self, later: Edit) -> Edit | None:
        """One edit for this and a later one of the same gesture; None when they stay apart."""
        return None


def ordinal(number: int) -> str:
    """ "1st", "2nd", "11th"."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def counted(number: int, one: str = "character", many: str = "characters") -> str:
    """ "character" or "3 characters": what the titles of edits speak of."""
    return one if number == 1 else f"{number} {many}"
