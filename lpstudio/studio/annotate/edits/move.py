"""Moving whole characters; the steps of one gesture become one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character
from lpstudio.studio.annotate.edits.base import Content, Edit, counted


@dataclass(frozen=True, slots=True)
class MoveCharacters(Edit):
    """Shift characters by pixels of the crop. ``gesture``: moves with the same number merge; 0 never merges."""

    ids: frozenset[int]
    dx: float
    dy: float
    gesture: int = 0

    @property
    def title(self) -> str:
        return f"Move {counted(len(self.ids))}"

    def _moved(self, character: Character) -> Character:
        return replace(character, polygon=tuple((x + self.dx, y + self.dy) for x, y in character.polygon))

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        if not self.ids or (self.dx == 0 and self.dy == 0):
            return content
        return content.with_changed(self.ids, self._moved)

    def merged_with(self, later: Edit) -> Edit | None:
        if not isinstance(later, MoveCharacters) or not self.gesture or later.gesture != self.gesture:
            return None
        if later.ids != self.ids:
            return None
        return MoveCharacters(self.ids, self.dx + later.dx, self.dy + later.dy, self.gesture)
