"""Mends many crops as one step that can be undone as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.faults import FaultKind
from lpstudio.dataset.images import image_size
from lpstudio.dataset.mending import FIXABLE, mended, same_content
from lpstudio.dataset.types import CropContent, CropState
from lpstudio.studio.annotate.crop_desk import CropDesk
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.faults.mend_edit import MendCrop
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession

_AT_ONCE = 8  # crops that are read and saved at the same time


@dataclass(frozen=True, slots=True)
class FixTarget:
    """One crop to mend. ``kinds``: of which faults; ``only``: the one character that may be changed."""

    key: str
    kinds: frozenset[FaultKind] = FIXABLE
    only: int | None = None


@dataclass(frozen=True, slots=True)
class _Fixed:
    key: str
    before: CropContent
    after: CropContent
    state: CropState


@dataclass
class FixStep:
    """One mending of one or many crops: what undo takes back."""

    crops: list[_Fixed] = field(default_factory=list)
    done: Counter[FaultKind] = field(default_factory=Counter)

    @property
    def title(self) -> str:
        """What it was, for the undo command."""
        number, crops = self.done.total(), len(self.crops)
        return f"{number:,} {'fault' if number == 1 else 'faults'} on {crops:,} {'crop' if crops == 1 else 'crops'}"


class Fixer(QObject):
    """Mends crops one after the other without holding the window up; every crop goes through the session's journal."""

    progressed = Signal(int, int)  # done, all
    finished = Signal(str)  # a sentence for the person
    steps_changed = Signal()

    def __init__(self, editor: CropEditor, desk: CropDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.steps: list[FixStep] = []
        self._editor = editor
        self._desk = desk
        self._session: ProjectSession | None = None
        self._jobs = Jobs(self, threads=2)
        self._waiting: list[FixTarget | _Fixed] = []
        self._under_way = 0
        self._total = 0
        self._run = 0  # which mending an answer belongs to
        self._step: FixStep | None = None  # of the mending that runs, None while one is undone
        self._left_alone = 0

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project: nothing of the old one is done or undone any more."""
        self._session = session
        self._run += 1
        self._waiting, self._under_way, self._step = [], 0, None
        self.steps.clear()
        self.steps_changed.emit()

    @property
    def running(self) -> bool:
        """Whether something is being mended or undone."""
        return bool(self._waiting or self._under_way)

    def fix(self, targets: Iterable[FixTarget]) -> None:
        """Mend these crops as one step."""
        if self.running or self._session is None:
            return
        self._step = FixStep()
        self._begin(list(targets))

    def undo(self) -> None:
        """Take the last mending back on every crop that still stands as it was left."""
        if self.running or self._session is None or not self.steps:
            return
        step = self.steps.pop()
        self._step = None
        self._begin(list(step.crops))

    def stop(self) -> None:
        """Leave the rest as it is; what was mended so far is one step."""
        self._waiting.clear()
        self._end_if_done()

    def _begin(self, work: list[FixTarget] | list[_Fixed]) -> None:
        self._run += 1
        self._waiting = list(reversed(work))
        self._total, self._under_way, self._left_alone = len(work), 0, 0
        self.progressed.emit(0, self._total)
        self._go_on()
        self._end_if_done()

    def _go_on(self) -> None:
        session, run = self._session, self._run
        while session is not None and self._waiting and self._under_way < _AT_ONCE:
            one = self._waiting.pop()
            self._under_way += 1
            document = self._desk.document(one.key)
            if document is not None:
                self._with_content(run, one, document.crop_content())
            else:
                self._ask(session, run, one)

    def _ask(self, session: ProjectSession, run: int, one: FixTarget | _Fixed) -> None:
        def answer(content: CropContent, fault: str) -> None:
            self._with_content(run, one, None if fault else content)

        session.request_content(one.key, answer)

    def _with_content(self, run: int, one: FixTarget | _Fixed, content: CropContent | None) -> None:
        session = self._session
        if run != self._run or session is None:
            return
        if content is None:
            self._ended_one()
            return
        if isinstance(one, _Fixed):
            if same_content(content, one.after):
                self._put(one.key, one.before, one.state, "Undo the fix")
            else:
                self._left_alone += 1
            self._ended_one()
            return
        project, path, state = session.project, session.project.image_path(one.key), session.state(one.key)

        def work() -> tuple[CropContent, Counter[FaultKind]]:
            return mended(content, image_size(path), project.alphabet, one.kinds, one.only)

        def done(result: tuple[CropContent, Counter[FaultKind]]) -> None:
            if run != self._run:
                return
            after, counts = result
            if self._step is not None and counts and self._is_still(one.key, content):
                self._put(one.key, after, state, "Fix faults")
                self._step.crops.append(_Fixed(one.key, content, after, state))
                self._step.done.update(counts)
            self._ended_one()

        self._jobs.run(work, done, lambda _error: self._ended_one() if run == self._run else None)

    def _is_still(self, key: str, content: CropContent) -> bool:
        """Whether nobody drew on a crop while it was mended."""
        document = self._desk.document(key)
        return document is None or same_content(document.crop_content(), content)

    def _put(self, key: str, content: CropContent, state: CropState, word: str) -> None:
        """Through the open crop's editor where it is that, else through its document or straight to the session."""
        session = self._session
        assert session is not None
        edit = MendCrop(content, word)
        document = self._desk.document(key)
        if document is not None and document is self._editor.document:
            self._editor.do(edit)
            return
        if document is not None:
            document.do(edit)
            state = document.content.state
        session.save(key, content, state)

    def _ended_one(self) -> None:
        self._under_way -= 1
        self.progressed.emit(self._total - len(self._waiting) - self._under_way, self._total)
        self._go_on()
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self.running or not self._total:
            return
        self._total = 0
        step, self._step = self._step, None
        if step is None:
            alone = self._left_alone
            kept = f"; {alone:,} changed since {'stays' if alone == 1 else 'stay'}" if alone else ""
            self.finished.emit(f"The fix is undone{kept}")
        elif step.crops:
            self.steps.append(step)
            self.finished.emit(f"Fixed: {step.title}")
        else:
            self.finished.emit("Nothing here can be fixed without a person")
        self.steps_changed.emit()

    def close(self) -> None:
        """Stop the threads."""
        self.set_session(None)
        self._jobs.close()
