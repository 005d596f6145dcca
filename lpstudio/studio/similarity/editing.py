"""What can be done to a similarity, undoable: a plain model without Qt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lpstudio.similarity import Group, Similarity

UNDO_DEPTH = 1000


@dataclass(frozen=True)
class _Step:
    """One change: what was there before, what after, what it is called, and what it may merge with."""

    before: Similarity
    after: Similarity
    title: str
    merge: str


def parse_characters(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The characters of a group as typed: "O0Q", "o 0 q" or "O, 0, Q".

    Raises ValueError, in words for a person, for fewer than two or for one that the dataset does not have.
    """
    wanted = tuple(dict.fromkeys(char for char in text.upper() if not re.fullmatch(r"[\s,;/]", char)))
    strange = [char for char in wanted if char not in known]
    if strange:
        raise ValueError(f"{strange[0]} is no character of this dataset")
    if len(wanted) < 2:
        raise ValueError("a group needs two characters or more")
    return wanted


class SimilarityEditor:
    """A similarity with undo and redo. ``on_change(similarity)`` is called after every change."""

    def __init__(self, similarity: Similarity, on_change: Callable[[Similarity], object] = lambda _: None) -> None:
        self._value = similarity
        self._on_change = on_change
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._mergeable = True

    @property
    def value(self) -> Similarity:
        return self._value

    # -- undo ------------------------------------------------------------------------------------------------------

    @property
    def undo_title(self) -> str:
        """What :meth:`undo` takes back, or an empty text."""
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        """What :meth:`redo` does again, or an empty text."""
        return self._undone[-1].title if self._undone else ""

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._done:
            return False
        step = self._done.pop()
        self._undone.append(step)
        self._show(step.before)
        return True

    def redo(self) -> bool:
        """Do again what was taken back; False when there is nothing."""
        if not self._undone:
            return False
        step = self._undone.pop()
        self._done.append(step)
        self._show(step.after)
        return True

    def end_gesture(self) -> None:
        """A slider was let go: the next change of the same value is a step of its own."""
        self._mergeable = False

    def _apply(self, after: Similarity, title: str, merge: str = "") -> None:
        before = self._value
        if after == before:
            return
        last = self._done[-1] if self._done else None
        if merge and self._mergeable and last is not None and last.merge == merge and not self._undone:
            self._done[-1] = _Step(last.before, after, title, merge)
        else:
            self._done.append(_Step(before, after, title, merge))
            del self._done[:-UNDO_DEPTH]
        self._mergeable = True
        self._undone.clear()
        self._show(after)

    def _show(self, value: Similarity) -> None:
        self._value = value
        self._on_change(value)

    # -- groups ----------------------------------------------------------------------------------------------------

    def add_group(self, chars: Sequence[str], name: str = "") -> int:
        """Add a group at the end and return its place."""
        group = Group.of(chars, name)
        self._apply(self._value.with_group(group), f"add group {group.name}")
        return len(self._value.groups) - 1

    def rename_group(self, at: int, name: str) -> None:
        """Name a group; an empty name calls it after its characters."""
        old = self._value.groups[at]
        self._apply(self._value.with_group_changed(at, Group.of(old.chars, name.strip())), f"rename group {old.name}")

    def set_characters(self, at: int, chars: Sequence[str]) -> None:
        """Give a group other characters; one that is called after its characters keeps being so."""
        old = self._value.groups[at]
        name = "" if old.name == " ".join(old.chars) else old.name
        self._apply(self._value.with_group_changed(at, Group.of(chars, name)), f"edit group {old.name}")

    def delete_group(self, at: int) -> None:
        """Take a group away; cells set by hand stay."""
        self._apply(self._value.without_group(at), f"delete group {self._value.groups[at].name}")

    # -- values ----------------------------------------------------------------------------------------------------

    def set_base(self, value: float) -> None:
        """The similarity inside groups, 0 to 1; moves of a slider are one step."""
        self._apply(self._value.with_base(round(value, 4)), "base similarity", "base")

    def set_cell(self, a: str, b: str, value: float | None) -> None:
        """Set one symmetric cell (None: back to the groups); moves of a slider are one step."""
        if value is not None:
            value = round(value, 4)
        merge = f"cell {min(a, b)} {max(a, b)}" if value is not None else ""
        title = f"set {a}–{b}" if value is not None else f"reset {a}–{b}"
        self._apply(self._value.with_cell(a, b, value), title, merge)

    def reset_cells(self) -> None:
        """Give all cells back to the groups."""
        self._apply(Similarity(self._value.groups, self._value.base), "reset all cells")

    def accept(self, after: Similarity, what: str) -> None:
        """Take over a proposal as one step; ``what`` it is about ("W–N", "all")."""
        self._apply(after, f"accept {what} from the data")

    def reset_all(self) -> None:
        """The groups and base similarity a new project starts with."""
        self._apply(Similarity(), "back to the nine groups")

    # -- looking ---------------------------------------------------------------------------------------------------

    def groups_of(self, char: str) -> list[int]:
        """The places of the groups in which a character stands."""
        return [at for at, group in enumerate(self._value.groups) if char in group.chars]

    def shared_with(self, at: int) -> dict[str, list[str]]:
        """For the characters of a group that stand in others too: the names of those."""
        groups = self._value.groups
        found: dict[str, list[str]] = {}
        for char in groups[at].chars:
            others = [groups[other].name for other in self.groups_of(char) if other != at]
            if others:
                found[char] = others
        return found
