"""A polygon gets another form: a vertex moved, inserted or deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Polygon
from lpstudio.studio.annotate.edits.base import Content, Edit


@dataclass(frozen=True, slots=True)
class Reshape(Edit):
    """One character's polygon, at least three points. ``verb``: "Move vertex", "Insert vertex", "Delete vertex".

    Steps of one gesture (same number, not 0) on one character merge.
    """

    item_id: int
    polygon: Polygon
    verb: str
    gesture: int = 0

    @property
    def title(self) -> str:
        return self.verb

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        item = content.item(self.item_id)
        if item is None or item.character.polygon == self.polygon or len(self.polygon) < 3:
            return content
        return content.with_changed([self.item_id], lambda character: replace(character, polygon=self.polygon))

    def merged_with(self, later: Edit) -> Edit | None:
        if not isinstance(later, Reshape) or not self.gesture:
            return None
        same = (later.gesture, later.item_id) == (self.gesture, self.item_id)
        return replace(self, polygon=later.polygon) if same else None
