"""Characters cut in pieces, joined to one, or given other outlines, several at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lpstudio.dataset.types import Character, Polygon
from lpstudio.studio.annotate.edits.base import Content, Edit, Item, counted


@dataclass(frozen=True, slots=True)
class CutCharacters(Edit):
    """``pieces``: item number and its pieces. The first keeps number and class, the others await their class."""

    pieces: tuple[tuple[int, tuple[Polygon, ...]], ...]

    @property
    def title(self) -> str:
        return f"Cut {counted(len(self.pieces))} in pieces"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        wanted = {item_id: polygons for item_id, polygons in self.pieces if len(polygons) > 1}
        items: list[Item] = []
        for item in content.items:
            polygons = wanted.get(item.id)
            if polygons is None:
                items.append(item)
                continue
            items.append(Item(item.id, replace(item.character, polygon=polygons[0])))
            items.extend(Item(new_id(), Character(polygon)) for polygon in polygons[1:])
        return content if len(items) == len(content.items) else replace(content, items=tuple(items))

    def selection(self, before: Content, after: Content, selected: tuple[int, ...]) -> tuple[int, ...]:
        """The new pieces: what is typed next names them."""
        there = {item.id for item in before.items}
        return tuple(item.id for item in after.items if item.id not in there)


@dataclass(frozen=True, slots=True)
class JoinCharacters(Edit):
    """Several characters become one with the number, class and mark of ``kept``, one of ``ids``."""

    ids: frozenset[int]
    kept: int
    polygon: Polygon

    @property
    def title(self) -> str:
        return f"Join {counted(len(self.ids))}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        there = {item.id for item in content.items}
        if len(self.ids) < 2 or self.kept not in self.ids or not self.ids <= there:
            return content
        items = tuple(
            Item(item.id, replace(item.character, polygon=self.polygon)) if item.id == self.kept else item
            for item in content.items
            if item.id == self.kept or item.id not in self.ids
        )
        return replace(content, items=items)

    def selection(self, before: Content, after: Content, selected: tuple[int, ...]) -> tuple[int, ...]:
        return (self.kept,)


@dataclass(frozen=True, slots=True)
class ReshapeAll(Edit):
    """Other outlines for several characters. ``verb``: "Simplify" or "Smooth"."""

    polygons: tuple[tuple[int, Polygon], ...]
    verb: str

    @property
    def title(self) -> str:
        return f"{self.verb} {counted(len(self.polygons))}"

    def apply(self, content: Content, new_id: Callable[[], int]) -> Content:
        wanted = {item_id: polygon for item_id, polygon in self.polygons if len(polygon) >= 3}
        items = tuple(
            Item(item.id, replace(item.character, polygon=wanted[item.id])) if item.id in wanted else item
            for item in content.items
        )
        return content if items == content.items else replace(content, items=items)
