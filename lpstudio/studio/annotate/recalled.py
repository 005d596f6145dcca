"""From the document to the edit journal, and back after a crash. Plain Python, no Qt."""

from __future__ import annotations

from collections.abc import Callable

from lpstudio.dataset.journal_records import Recalled, Standing
from lpstudio.dataset.sameness import same_content
from lpstudio.dataset.types import CropContent
from lpstudio.studio.annotate.edits import Content, EarlierEdit, Item
from lpstudio.studio.annotate.history import Step


def standing(content: Content) -> Standing:
    """What the journal keeps of a content."""
    return Standing(CropContent(content.characters, content.unread), content.state, content.text)


def recalled_steps(past: Recalled, here: Content, new_id: Callable[[], int]) -> tuple[list[Step], list[Step]]:
    """The steps behind and ahead of an interrupted session, with ``here``, how the crop stands now, at their meeting.

    A step more leads to ``here`` where the crop was changed since.
    """
    contents = _Contents(here, past.now, new_id)
    behind = [(step.title, contents.of(step.before), contents.of(step.after)) for step in reversed(past.done)]
    behind.reverse()
    ahead = [(step.title, contents.of(step.before), contents.of(step.after)) for step in reversed(past.undone)]
    ahead.reverse()
    done = [_step(*each) for each in behind]
    if not contents.meets:
        done.append(_step("Change from outside", contents.of(past.now), here))
        return done, []
    return done, [_step(*each) for each in ahead]


class _Contents:
    """Contents of standings; a character keeps its number from one to the next."""

    def __init__(self, here: Content, now: Standing, new_id: Callable[[], int]) -> None:
        self._new_id = new_id
        self._known: dict[int, tuple[Standing, Content]] = {}
        self._ids: dict[int, int] = {}
        self._last = here
        there = standing(here)
        self.meets = (there.state, there.text) == (now.state, now.text) and same_content(there.content, now.content)
        if self.meets:
            self._known[id(now)] = (now, here)
            if len(now.content.characters) == len(here.items):
                self._ids = {id(c): item.id for c, item in zip(now.content.characters, here.items, strict=True)}

    def of(self, wanted: Standing) -> Content:
        known = self._known.get(id(wanted))
        if known is None:
            known = self._known[id(wanted)] = (wanted, self._make(wanted))
        self._last = known[1]
        return known[1]

    def _make(self, wanted: Standing) -> Content:
        characters = wanted.content.characters
        beside = self._last.items if len(self._last.items) == len(characters) else None
        taken = {self._ids[id(character)] for character in characters if id(character) in self._ids}
        items = []
        for at, character in enumerate(characters):
            number = self._ids.get(id(character))
            if number is None and beside is not None and beside[at].id not in taken:
                number = beside[at].id  # the same character before or after it was changed
            if number is None:
                number = self._new_id()
            taken.add(number)
            self._ids[id(character)] = number
            items.append(Item(number, character))
        return Content(tuple(items), wanted.content.unread, wanted.state, wanted.text)


def _step(title: str, before: Content, after: Content) -> Step:
    return Step(EarlierEdit(title), before, after, _changed(after, before), _changed(before, after))


def _changed(before: Content, after: Content) -> tuple[int, ...]:
    """The items that a step made or changed: they are selected after it."""
    known = set(before.items)
    return tuple(item.id for item in after.items if item not in known)
