"""What a person decides in Review, written to the dataset through the session: one after the other, undoable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.journal_records import DO, Standing, StepNote
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.studio.review.items import Mark, ReviewItem, Target
from lpstudio.studio.review.merging import (
    Accepted,
    Merged,
    accept_all,
    accept_one,
    box_of,
    state_after_all,
    state_after_one,
)
from lpstudio.studio.review.readings import PictureReading, ReadCharacter

if TYPE_CHECKING:
    from lpstudio.studio.session import ProjectSession

#: From a crop's present characters and state to what they become.
Change = Callable[[CropContent, CropState], tuple[Merged, CropState]]
_SAME_PLACE = 0.05  # px; what a round trip through the label file may move a vertex


@dataclass
class Write:
    """One crop that a step writes. Before and after are known once it was done."""

    key: str
    change: Change
    before: CropContent | None = None
    before_state: CropState = CropState.UNLABELLED
    after: CropContent | None = None
    after_state: CropState = CropState.UNLABELLED

    @property
    def done(self) -> bool:
        return self.after is not None


@dataclass
class Step:
    """One decision: the marks it sets on an item, and the crops it writes."""

    title: str
    item: ReviewItem
    reading: PictureReading
    marks_before: tuple[Mark, ...]
    marks_after: tuple[Mark, ...]
    character: int | None
    writes: list[Write] = field(default_factory=list)


@dataclass
class _Work:
    """One write under way: forwards, or back."""

    step: Step
    write: Write
    kind: str  # "apply", "undo", "redo"


def same_content(a: CropContent, b: CropContent) -> bool:
    """Whether two contents say the same of the same places, apart from what a round trip through a file changes."""
    if len(a.characters) != len(b.characters):
        return False

    def place(character: Character) -> tuple[float, ...]:
        return tuple(round(v, 1) for v in box_of(character.polygon))

    for one, other in zip(sorted(a.characters, key=place), sorted(b.characters, key=place), strict=True):
        if (one.char, one.unreadable, len(one.polygon)) != (other.char, other.unreadable, len(other.polygon)):
            return False
        for p, q in zip(one.polygon, other.polygon, strict=True):
            if abs(p[0] - q[0]) > _SAME_PLACE or abs(p[1] - q[1]) > _SAME_PLACE:
                return False
    return True


class DatasetEdits(QObject):
    """Decisions with undo and redo. Marks change at once; files follow through the session, in order.

    A crop that was changed elsewhere since is never overwritten by an undo: the person is told instead.
    """

    marks_changed = Signal(int, object)  # item id, character to make the current one (or None)
    content_known = Signal(str, object, object)  # key, CropContent, CropState: what the crop says now
    refused = Signal(str)
    told = Signal(str)
    history_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: ProjectSession | None = None
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._queue: deque[_Work] = deque()
        self._current: _Work | None = None

    def set_session(self, session: ProjectSession | None) -> None:
        """Work on another project; the history is that of the earlier one and goes."""
        self._session = session
        self.forget()

    def forget(self) -> None:
        """Drop the history (another source is under review)."""
        self._undo.clear()
        self._redo.clear()
        self._queue.clear()
        self._current = None
        self.history_changed.emit()

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be handed to the session."""
        return self._current is None and not self._queue

    # -- decisions ---------------------------------------------------------------------------------------------------

    def give(self, item: ReviewItem, index: int, char: str) -> bool:
        """A person says which class one character has; none: it is no character, and nothing is written.

        False when the dataset lacks that class.
        """
        reading = item.reading
        if reading is None or not self._known([char]):
            return False
        marks = list(item.marks)
        title = "Accept a character" if marks[index].char == char else "Correct a character"
        title = title if char else "Leave a character out"
        marks[index] = Mark(char, True)
        plate = reading.plate_of(index)
        target = item.target(plate)
        writes = []
        if target is not None and char:
            read = self._characters_on(item, target)
            accepted = Accepted(reading.characters[index].moved(target.dx, target.dy), char)

            def change(content: CropContent, state: CropState) -> tuple[Merged, CropState]:
                return accept_one(content, read, accepted), state_after_one(state)

            writes.append(Write(target.key, change))
        self._apply(Step(title, item, reading, item.marks, tuple(marks), index, writes))
        return True

    def accept_all(self, item: ReviewItem, character: int | None) -> bool:
        """A person says that the whole reading is right as it stands."""
        reading = item.reading
        if reading is None or not item.marks or not self._known([mark.char for mark in item.marks]):
            return False
        targets: dict[Target, list[int]] = {}
        for plate in range(len(reading.plates)):
            target = item.target(plate)
            if target is not None:
                targets.setdefault(target, []).extend(item.span(plate))
        writes = [self._write_all(item, places, target) for target, places in targets.items()]
        marks = tuple(Mark(mark.char, True) for mark in item.marks)
        self._apply(Step("Accept a reading", item, reading, item.marks, marks, character, writes))
        return True

    def take_text(self, item: ReviewItem, plate: int, text: str, character: int | None) -> bool:
        """Let a plate's characters stand for another hypothesis; nothing is written until it is accepted."""
        span = item.span(plate)
        if item.reading is None or len(text) != len(span):
            return False
        marks = list(item.marks)
        for at, char in zip(span, text, strict=True):
            if marks[at].char != char:
                marks[at] = Mark(char)
        if tuple(marks) == item.marks:
            return False
        self._apply(Step("Take a hypothesis", item, item.reading, item.marks, tuple(marks), character))
        return True

    @classmethod
    def characters_of(
        cls, item: ReviewItem, places: Sequence[int], dx: float = 0.0, dy: float = 0.0
    ) -> list[Character]:
        """Read characters as they stand now, without those left out, on a crop that lies at (-dx, -dy)."""
        return [cls.character_of(item, at, dx, dy) for at in places if item.marks[at].char]

    @staticmethod
    def character_of(item: ReviewItem, index: int, dx: float = 0.0, dy: float = 0.0) -> Character:
        """A read character as it stands now, as a character of a crop that lies at (-dx, -dy)."""
        assert item.reading is not None
        return Accepted(item.reading.characters[index].moved(dx, dy), item.marks[index].char).as_character()

    def _write_all(self, item: ReviewItem, places: Sequence[int], target: Target) -> Write:
        assert item.reading is not None
        characters = item.reading.characters
        accepted = [Accepted(characters[at].moved(target.dx, target.dy), item.marks[at].char) for at in places]
        accepted = [one for one in accepted if one.char]

        def change(content: CropContent, state: CropState) -> tuple[Merged, CropState]:
            merged = accept_all(content, state, accepted)
            return merged, state_after_all(state, merged)

        return Write(target.key, change)

    @staticmethod
    def _characters_on(item: ReviewItem, target: Target) -> list[ReadCharacter]:
        """The read characters that lie on a target, in its pixels."""
        assert item.reading is not None
        plates = [plate for plate in range(len(item.reading.plates)) if item.target(plate) == target]
        places = [at for plate in plates for at in item.span(plate)]
        return [item.reading.characters[at].moved(target.dx, target.dy) for at in places]

    def _known(self, chars: Sequence[str]) -> bool:
        if self._session is None:
            return True
        missing = sorted({char for char in chars if char and self._session.project.alphabet.index(char) is None})
        if missing:
            self.refused.emit(
                f"This dataset has no class {', '.join(missing)}; its data.yaml lists the classes it has."
            )
        return not missing

    # -- undo and redo -----------------------------------------------------------------------------------------------

    @property
    def undo_title(self) -> str:
        """What would be undone, empty for nothing."""
        return self._undo[-1].title if self._undo else ""

    @property
    def redo_title(self) -> str:
        return self._redo[-1].title if self._redo else ""

    def undo(self) -> ReviewItem | None:
        """Take the last decision back; returns its item."""
        if not self._undo:
            return None
        step = self._undo.pop()
        self._redo.append(step)
        self._set_marks(step, step.marks_before)
        self._enqueue("undo", step)
        self.history_changed.emit()
        return step.item

    def redo(self) -> ReviewItem | None:
        """Decide again what was taken back; returns its item."""
        if not self._redo:
            return None
        step = self._redo.pop()
        self._undo.append(step)
        self._set_marks(step, step.marks_after)
        self._enqueue("redo", step)
        self.history_changed.emit()
        return step.item

    def _apply(self, step: Step) -> None:
        self._undo.append(step)
        self._redo.clear()
        self._set_marks(step, step.marks_after)
        self._enqueue("apply", step)
        self.history_changed.emit()

    def _set_marks(self, step: Step, marks: tuple[Mark, ...]) -> None:
        if step.item.reading is step.reading:  # it was not read anew since
            step.item.marks = marks
            self.marks_changed.emit(step.item.id, step.character)

    # -- the queue ---------------------------------------------------------------------------------------------------

    def _enqueue(self, kind: str, step: Step) -> None:
        self._queue.extend(_Work(step, write, kind) for write in step.writes)
        self._advance()

    def _advance(self) -> None:
        if self._current is None and self._queue and self._session is not None:
            work = self._current = self._queue.popleft()
            self._session.request_content(work.write.key, lambda content, fault: self._loaded(work, content, fault))

    def _loaded(self, work: _Work, content: CropContent, fault: str) -> None:
        if work is not self._current:
            return  # the history was dropped meanwhile
        self._current = None
        if fault:
            self.refused.emit(f"{work.write.key}: {fault}. Nothing was written.")
        elif work.kind == "apply":
            self._write(work.write, work.step.title, content)
        elif work.write.done:
            self._go_back_or_forth(work, content)
        self._advance()

    def _write(self, write: Write, title: str, content: CropContent) -> None:
        assert self._session is not None
        state = self._session.state(write.key)
        merged, after_state = write.change(content, state)
        write.before, write.before_state = content, state
        write.after, write.after_state = merged.content, after_state
        self._store(write.key, title, (content, state), (merged.content, after_state))
        if merged.untouched and after_state is state and state is not CropState.IGNORED:
            one = merged.untouched == 1
            few = "1 drawn character was" if one else f"{merged.untouched} drawn characters were"
            self.told.emit(f"{write.key}: {few} not found by the reading and {'stays' if one else 'stay'} as drawn.")

    def _go_back_or_forth(self, work: _Work, content: CropContent) -> None:
        write = work.write
        assert write.before is not None and write.after is not None
        back = work.kind == "undo"
        expected, wanted = (write.after, write.before) if back else (write.before, write.after)
        if not same_content(content, expected):
            self.refused.emit(f"{write.key} was changed elsewhere since; its characters stay as they are.")
            return
        assert self._session is not None
        title = f"{'Undo' if back else 'Redo'}: {work.step.title}"
        there = (content, self._session.state(write.key))
        self._store(write.key, title, there, (wanted, write.before_state if back else write.after_state))

    def _store(
        self, key: str, title: str, before: tuple[CropContent, CropState], after: tuple[CropContent, CropState]
    ) -> None:
        assert self._session is not None
        content, state = after
        text = self._session.text(key)
        self._session.save(
            key, content, state, step=StepNote(DO, title, Standing(*before, text), Standing(*after, text))
        )
        self.content_known.emit(key, content, state)
