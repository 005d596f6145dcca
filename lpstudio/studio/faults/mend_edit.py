"""The edit that mends a crop, and the one that takes a mending of many crops back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import CropContent
from lpstudio.studio.annotate.edits import Content, Edit, Item


@dataclass(frozen=True, slots=True)
class MendCrop(Edit):
    """What stands on the crop is replaced; characters that stay as they are keep their numbers."""

    content: CropContent
    word: str = "Fix faults"

    @property
    def title(self) -> str:
        return self.word

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        left = list(content.items)
        items = []
        for character in self.content.characters:
            same = next((item for item in left if item.character == character), None)
            if same is None:
                items.append(Item(new_id(), character))
            else:
                left.remove(same)
                items.append(same)
        if tuple(items) == content.items and self.content.unread == content.unread:
            return content
        return replace(content, items=tuple(items), unread=self.content.unread)
