"""Edits of the crop as a whole: its state, its text, and content that came from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character, CropState, UnreadLine
from lpstudio.studio.annotate.edits.base import Content, Edit, Item


@dataclass(frozen=True, slots=True)
class SetState(Edit):
    """Verify, ignore, or take either back."""

    state: CropState

    @property
    def title(self) -> str:
        return {CropState.VERIFIED: "Verify", CropState.IGNORED: "Ignore crop"}.get(self.state, f"Mark {self.state}")

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        return content if content.state is self.state else replace(content, state=self.state)


@dataclass(frozen=True, slots=True)
class SetText(Edit):
    """The plate's text, without laying it on characters."""

    text: str

    @property
    def title(self) -> str:
        return "Set the plate's text"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        return content if content.text == self.text else replace(content, text=self.text)


@dataclass(frozen=True, slots=True)
class EarlierEdit(Edit):
    """A step of a session that was interrupted: what it did is known, how it was called, but not how it works."""

    name: str

    @property
    def title(self) -> str:
        return self.name

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        return content


@dataclass(frozen=True, slots=True)
class TakeOver(Edit):
    """The crop was changed outside this document (by Review, a draft, another program): that is what stands now.

    It is a step like any other, so what stood here before can be brought back.
    """

    characters: tuple[Character, ...]
    unread: tuple[UnreadLine, ...]
    state: CropState
    text: str
    name: str = "Change from outside"

    @property
    def title(self) -> str:
        return self.name

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        items = tuple(Item(new_id(), character) for character in self.characters)
        return Content(items, self.unread, self.state, self.text)
