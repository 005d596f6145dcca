"""Undo and redo of one crop. Plain Python, no Qt."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lpstudio.studio.annotate.edits.base import Content, Edit

DEPTH = 1000  # steps kept per crop


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done: the edit, and content and selection on both sides of it."""

    edit: Edit
    before: Content
    after: Content
    selected_before: tuple[int, ...]
    selected_after: tuple[int, ...]


class History:
    """The steps behind and ahead. A new step forgets those ahead."""

    def __init__(self, depth: int = DEPTH) -> None:
        self._done: deque[Step] = deque(maxlen=depth)
        self._undone: list[Step] = []
        self.merged_last = False  # whether the last step that was pushed went into the one before

    def __len__(self) -> int:
        return len(self._done)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to undo and nothing to redo."""
        return not self._done and not self._undone

    def push(self, step: Step) -> None:
        """Remember a step, merged into the one before when both belong to one gesture."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        merged = last.edit.merged_with(step.edit) if last is not None else None
        self.merged_last = merged is not None
        if last is not None and merged is not None:
            self._done[-1] = Step(merged, last.before, step.after, last.selected_before, step.selected_after)
        else:
            self._done.append(step)

    @property
    def first(self) -> Step | None:
        """The oldest step that can be undone."""
        return self._done[0] if self._done else None

    def put_under(self, done: list[Step], undone: list[Step]) -> None:
        """Steps from before these; steps ahead of them only where nothing was done since."""
        if not self._done and not self._undone:
            self._undone = undone
        self._done = deque([*done, *self._done], maxlen=self._done.maxlen)

    def undo(self) -> Step | None:
        """The step to take back, None when there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Step | None:
        """The step to do again, None when there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty for nothing."""
        return self._done[-1].edit.title if self._done else ""

    @property
    def redo_title(self) -> str:
        return self._undone[-1].edit.title if self._undone else ""
