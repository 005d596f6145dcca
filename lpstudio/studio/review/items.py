"""The pictures and frames under review, what is known of each, and the order and choice in which they are listed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.studio.review.merging import match_characters
from lpstudio.studio.review.readings import PictureReading

Rectangle = tuple[float, float, float, float]

#: States in which a crop's characters come from a person or from the disk, so that a reading can disagree with them.
WITH_LABELS = frozenset({CropState.LABELLED, CropState.IN_PROGRESS, CropState.VERIFIED})


class Order(StrEnum):
    NAME = "by name"
    MARGIN = "by margin"


class Show(StrEnum):
    ALL = "all"
    DISAGREES = "disagrees with label"
    SIMILAR = "similar pair"
    UNREAD = "unread"


class ItemState(StrEnum):
    """What became of one picture."""

    WAITING = "not read yet"
    READ = "read"
    NOTHING = "no characters found"
    FAILED = "not readable"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands at one read character: the class it has now (empty: it is left out), and whether a person said so."""

    char: str
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The crop to which what is accepted is written; ``dx``, ``dy`` lead from the picture's pixels to the crop's."""

    key: str
    dx: float = 0.0
    dy: float = 0.0


@dataclass(slots=True)
class ReviewItem:
    """One picture, or one frame (or a rectangle of it), with its reading.

    ``key``: the crop of the project that this picture is, empty for pictures from elsewhere. ``added``: the crops that
    were cut out of a frame, by the number of the plate on them.
    ``labels``: per read character the class drawn on the crop, None where none was drawn; None as a whole while the
    crop has no labels or they are not loaded. ``missed``: drawn characters that the reading did not find.
    """

    id: int
    name: str
    path: str
    key: str = ""
    frame: int | None = None
    rectangle: Rectangle | None = None
    reading: PictureReading | None = None
    marks: tuple[Mark, ...] = ()
    labels: tuple[str | None, ...] | None = None
    missed: tuple[Character, ...] = ()
    added: dict[int, Target] = field(default_factory=dict)
    read_with: int = 0  # which options it was read with; counts up as they change

    def target(self, plate: int) -> Target | None:
        """Where the characters of a plate are written to; None while it is in no project."""
        return Target(self.key) if self.key else self.added.get(plate)

    def span(self, plate: int) -> range:
        """The places among all characters of the characters of one plate."""
        if self.reading is None or plate >= len(self.reading.plates):
            return range(0)
        start = self.reading.first_of(plate)
        return range(start, start + len(self.reading.plates[plate].characters))

    def set_reading(self, reading: PictureReading) -> None:
        """Take a new reading; what was decided about an earlier one is over."""
        self.reading = reading
        self.marks = tuple(Mark(character.chosen) for character in reading.characters)
        self.labels = None
        self.missed = ()
        self.added = {}

    def set_content(self, content: CropContent, state: CropState) -> None:
        """Hold the reading against the crop's characters."""
        if self.reading is None or self.reading.error or state not in WITH_LABELS:
            self.labels, self.missed = None, ()
            return
        drawn = content.characters
        matches = match_characters([c.polygon for c in self.reading.characters], [c.polygon for c in drawn])
        # An unreadable character has no class to disagree with.
        self.labels = tuple(None if at is None else drawn[at].char or None for at in matches)
        found = {at for at in matches if at is not None}
        self.missed = tuple(c for at, c in enumerate(drawn) if at not in found and not c.unreadable)

    @property
    def text(self) -> str:
        """The plate texts with what was corrected."""
        if self.reading is None:
            return ""
        texts, at = [], 0
        for plate in self.reading.plates:
            texts.append("".join(mark.char for mark in self.marks[at : at + len(plate.characters)]))
            at += len(plate.characters)
        return " ".join(texts)

    @property
    def error(self) -> str:
        return self.reading.error if self.reading is not None else ""

    @property
    def state(self) -> ItemState:
        if self.reading is None:
            return ItemState.WAITING
        if self.reading.error:
            return ItemState.FAILED
        if not self.marks:
            return ItemState.NOTHING
        return ItemState.ACCEPTED if all(mark.decided for mark in self.marks) else ItemState.READ

    @property
    def disagrees(self) -> bool:
        """Whether the crop's labels say something else than the reading as it stands, or more, or less."""
        if self.labels is None:
            return False
        return bool(self.missed) or any(
            (label or "") != mark.char for label, mark in zip(self.labels, self.marks, strict=True)
        )

    @property
    def margin(self) -> float | None:
        return self.reading.margin if self.reading is not None else None

    def matches(self, show: Show) -> bool:
        """Whether the item is listed under a filter."""
        if show is Show.DISAGREES:
            return self.disagrees
        if show is Show.SIMILAR:
            return self.reading is not None and self.reading.has_similar_pair
        if show is Show.UNREAD:
            return self.state in (ItemState.WAITING, ItemState.NOTHING, ItemState.FAILED)
        return True


_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts frame 9 before frame 10."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)


def _margin_key(item: ReviewItem) -> tuple[bool, float, int]:
    margin = item.margin
    return margin is None, margin or 0.0, item.id


@dataclass
class ReviewList:
    """The items of a source, with the visible ones in order. Item ids are their places in ``items``."""

    items: list[ReviewItem] = field(default_factory=list)
    show: Show = Show.ALL
    order: Order = Order.NAME
    visible: list[int] = field(default_factory=list)
    _states: list[ItemState] = field(default_factory=list)
    _counts: dict[ItemState, int] = field(default_factory=lambda: dict.fromkeys(ItemState, 0))
    _by_frame: dict[int, list[int]] = field(default_factory=dict)

    def replace_items(self, items: Iterable[ReviewItem]) -> None:
        """Take a new source's items; their ids become their places, in natural order of their names."""
        self.items = list(items)
        self._states = [ItemState.WAITING] * len(self.items)
        self._counts = dict.fromkeys(ItemState, 0)
        self._counts[ItemState.WAITING] = len(self.items)
        self._by_frame = {}
        for number, item in enumerate(self.items):
            item.id = number
        self.arrange()

    def append(self, item: ReviewItem) -> ReviewItem:
        """Add one more item (a frame that was read)."""
        item.id = len(self.items)
        self.items.append(item)
        self._states.append(item.state)
        self._counts[item.state] += 1
        if item.frame is not None:
            self._by_frame.setdefault(item.frame, []).append(item.id)
        return item

    def note(self, item_id: int) -> None:
        """An item changed: count it where it belongs now."""
        before, now = self._states[item_id], self.items[item_id].state
        if before is not now:
            self._states[item_id] = now
            self._counts[before] -= 1
            self._counts[now] += 1

    def on_frame(self, frame: int, rectangle: Rectangle | None) -> ReviewItem | None:
        """The reading of a frame: of just this rectangle, else the newest one of any."""
        here = [self.items[at] for at in self._by_frame.get(frame, ())]
        same = [item for item in here if item.rectangle == rectangle]
        found = same or here
        return found[-1] if found else None

    @property
    def frames(self) -> list[int]:
        """The frames that were read, in no order."""
        return list(self._by_frame)

    def arrange(self, keep: int | None = None) -> None:
        """Filter and sort anew. ``keep``: an item that stays listed, because a person has it before them."""
        chosen = self.items
        if self.show is not Show.ALL:
            chosen = [item for item in self.items if item.id == keep or item.matches(self.show)]
        if self.order is Order.MARGIN:
            chosen = sorted(chosen, key=_margin_key)
        elif self._by_frame:
            chosen = sorted(chosen, key=lambda item: (item.frame if item.frame is not None else -1, item.id))
        self.visible = [item.id for item in chosen]

    def counts(self) -> dict[ItemState, int]:
        """How many items are in which state, as far as :meth:`note` was told."""
        return dict(self._counts)

    def neighbour(self, item_id: int | None, step: int) -> int | None:
        """The visible item ``step`` places on, or None at the end of the list."""
        if not self.visible:
            return None
        if item_id not in self.visible:
            return self.visible[0]
        place = self.visible.index(item_id) + step
        return self.visible[place] if 0 <= place < len(self.visible) else None

    def next_open(self, item_id: int | None) -> int | None:
        """The next visible item with a reading that is not accepted yet, from ``item_id`` on; then from the top."""
        if not self.visible:
            return None
        start = self.visible.index(item_id) + 1 if item_id in self.visible else 0
        for at in self.visible[start:] + self.visible[:start]:
            if at != item_id and self.items[at].state is ItemState.READ:
                return at
        return None
