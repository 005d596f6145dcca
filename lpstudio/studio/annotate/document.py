"""The document of one crop: what stands on it, what is selected, what was done to it. Plain Python, no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from lpstudio.dataset.journal_records import Recalled
from lpstudio.dataset.sameness import same_characters
from lpstudio.dataset.types import CropContent, CropState, Polygon
from lpstudio.plates.order import Box, box_of, reading_order
from lpstudio.studio.annotate.edits import Content, Edit, Item, TakeOver
from lpstudio.studio.annotate.history import History, Step
from lpstudio.studio.annotate.recalled import recalled_steps

_UNTOUCHED = (CropState.UNLABELLED, CropState.DRAFT)
_ONE_PLATE = 16  # more characters than this are no single plate, whose lines are worth a search over tilts


class Document:
    """A crop in memory, kept with its history while the project is open.

    ``size``: width and height in pixels of the crop, None while unknown. ``selection``: numbers of items, the one
    chosen last stands last. Only :meth:`do`, :meth:`undo` and :meth:`redo` change the content.
    """

    def __init__(self, key: str, loaded: CropContent, state: CropState, text: str = "") -> None:
        self.key = key
        self.size: tuple[int, int] | None = None
        self.selection: tuple[int, ...] = ()
        self.history = History()
        self.state_before_ignored: CropState | None = None  # what a crop ignored here goes back to
        self._numbers = count(1)
        items = tuple(Item(next(self._numbers), character) for character in loaded.characters)
        self._content = Content(items, loaded.unread, state, text)
        self._boxes: dict[int, tuple[Polygon, Box]] = {}
        self._numbered: tuple[tuple[Item, ...], dict[int, Item]] | None = None
        self._order: tuple[tuple[Item, ...], list[list[int]]] | None = None

    @property
    def content(self) -> Content:
        return self._content

    def crop_content(self) -> CropContent:
        """What is written to the dataset."""
        return CropContent(self._content.characters, self._content.unread)

    # -- selection ----------------------------------------------------------------------------------------------

    def select(self, ids: Iterable[int]) -> None:
        there = self.by_id
        self.selection = tuple(dict.fromkeys(item_id for item_id in ids if item_id in there))

    @property
    def by_id(self) -> Mapping[int, Item]:
        """The items by their numbers."""
        items = self._content.items
        if self._numbered is None or self._numbered[0] is not items:
            self._numbered = (items, {item.id: item for item in items})
        return self._numbered[1]

    @property
    def selected(self) -> list[Item]:
        """The selected items in the order they were chosen."""
        by_id = self.by_id
        return [by_id[item_id] for item_id in self.selection]

    def positions(self, ids: Iterable[int]) -> list[int]:
        """Where items stand in the content."""
        place = {item.id: index for index, item in enumerate(self._content.items)}
        return [place[item_id] for item_id in ids if item_id in place]

    # -- reading order ------------------------------------------------------------------------------------------

    def lines(self) -> list[list[int]]:
        """Item numbers line by line in reading order."""
        items = self._content.items
        if self._order is None or self._order[0] is not items:
            boxes = [self._box(item) for item in items]
            found = reading_order(boxes) if len(boxes) <= _ONE_PLATE else _rows(boxes)
            self._order = (items, [[items[index].id for index in line] for line in found])
        return self._order[1]

    def _box(self, item: Item) -> Box:
        """The box of an item, taken anew only when its outline is another one."""
        polygon = item.character.polygon
        kept = self._boxes.get(item.id)
        if kept is None or kept[0] is not polygon:
            kept = self._boxes[item.id] = (polygon, box_of(polygon))
        return kept[1]

    def reading(self) -> list[int]:
        """Item numbers in reading order, all lines after one another."""
        return [item_id for line in self.lines() for item_id in line]

    def neighbour(self, item_id: int, step: int) -> int | None:
        """The item so many places further in reading order."""
        order = self.reading()
        if item_id not in order:
            return None
        place = order.index(item_id) + step
        return order[place] if 0 <= place < len(order) else None

    # -- edits --------------------------------------------------------------------------------------------------

    def do(self, edit: Edit) -> bool:
        """Apply an edit and remember it. False when it changes nothing.

        A person's edit of what nobody had touched begins the work: the crop is then in progress.
        """
        before = self._content
        after = edit.apply(before, lambda: next(self._numbers))
        if after is before:
            return False
        drawn = after.items != before.items or after.unread != before.unread
        if drawn and after.state is before.state and after.state in _UNTOUCHED:
            after = replace(after, state=CropState.IN_PROGRESS)
        if after.state is CropState.IGNORED and before.state is not CropState.IGNORED:
            self.state_before_ignored = before.state
        selected = edit.selection(before, after, self.selection)
        self.history.push(Step(edit, before, after, self.selection, selected))
        self._content = after
        self.selection = selected
        return True

    def undo(self) -> str:
        """Take the last step back; returns its title, empty when there was none."""
        step = self.history.undo()
        if step is None:
            return ""
        self._restore(step.before, step.selected_before)
        return step.edit.title

    def redo(self) -> str:
        """Do the last step that was taken back again; returns its title."""
        step = self.history.redo()
        if step is None:
            return ""
        self._restore(step.after, step.selected_after)
        return step.edit.title

    def _restore(self, content: Content, selected: tuple[int, ...]) -> None:
        self._content = content
        self.select(selected)

    def recall(self, past: Recalled) -> None:
        """Put the steps of an interrupted session under those of this one, so that undo goes on into them."""
        first = self.history.first
        here = first.before if first is not None else self._content
        done, undone = recalled_steps(past, here, lambda: next(self._numbers))
        self.history.put_under(done, undone)

    def take_over(self, loaded: CropContent, state: CropState, text: str) -> bool:
        """What stands in the dataset differs from this document: show that, as a step that can be undone."""
        same = same_characters(loaded.characters, self._content.characters) and [
            line.text for line in loaded.unread
        ] == [line.text for line in self._content.unread]
        if same:
            if (state, text) != (self._content.state, self._content.text):
                self._content = replace(self._content, state=state, text=text)
                return True
            return False
        return self.do(TakeOver(loaded.characters, loaded.unread, state, text))


def _rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Many characters in level rows from top to bottom, each from left to right."""
    array = np.asarray(boxes)
    middles = (array[:, 1] + array[:, 3]) / 2
    order = np.argsort(middles, kind="stable")
    gap = 0.5 * float(np.median(array[:, 3] - array[:, 1]))
    lines: list[list[int]] = []
    top = 0.0
    for index in order.tolist():
        if not lines or middles[index] - top > gap:
            lines.append([])
            top = float(middles[index])
        lines[-1].append(index)
    return [sorted(line, key=lambda index: boxes[index][0] + boxes[index][2]) for line in lines]
