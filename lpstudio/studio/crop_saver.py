"""Between a session and its writer: which crops are in the journal, which in their label files, which in neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from lpstudio.dataset.labels import LabelChangedError
from lpstudio.dataset.sameness import same_content
from lpstudio.dataset.types import CropContent, CropState
from lpstudio.dataset.writer import LabelWriter
from lpstudio.errors import LpStudioError
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.safety.conflicts import Conflict, Conflicts

if TYPE_CHECKING:
    from lpstudio.dataset.journal import StepNote
    from lpstudio.dataset.project import Project


class CropSaver(QObject):
    """What was handed over to be saved, until it is. Call from the GUI thread only.

    ``failures``: why crops are not in their label files, by crop. ``conflicts``: crops that another program changed.
    """

    safe_changed = Signal(bool)
    saved = Signal(str)
    failed = Signal(str, str)  # key, message
    changed = Signal()

    _durable = Signal(str, int)
    _written = Signal(str, int)
    _not_written = Signal(str, int, object)

    def __init__(
        self, project: Project, jobs: Jobs, state_of: Callable[[str], CropState], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.failures: dict[str, str] = {}
        self.conflicts = Conflicts(self)
        self._project = project
        self._jobs = jobs
        self._state_of = state_of
        self._unsaved: dict[str, tuple[int, CropContent | None]] = {}  # ticket, content (None: only a state or text)
        self._unsafe: dict[str, int] = {}  # tickets of what is not in the journal yet
        self._edited: dict[str, CropContent] = {}  # what was saved in this session, by crop
        self._durable.connect(self._on_durable, Qt.ConnectionType.QueuedConnection)
        self._written.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        self._not_written.connect(self._on_not_written, Qt.ConnectionType.QueuedConnection)
        self.writer = LabelWriter(
            project,
            on_durable=self._durable.emit,  # these are called in the writer's threads
            on_saved=self._written.emit,
            on_failed=lambda key, ticket, error: self._not_written.emit(key, ticket, error),
            may_write=self._may_write,
        )
        self._take_up()

    # -- what is where -------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """How many crops have something that is not in its place yet."""
        return len(self._unsaved)

    @property
    def is_safe(self) -> bool:
        """Whether everything is in the journal, or in its place."""
        return not self._unsafe

    def is_unsaved(self, key: str) -> bool:
        return key in self._unsaved

    def unsaved(self, key: str) -> CropContent | None:
        """The content of a crop that is not in its label file yet, None when there is none."""
        return self._unsaved.get(key, (0, None))[1]

    # -- handing over --------------------------------------------------------------------------------------------------

    def save(
        self, key: str, content: CropContent, state: CropState | None, text: str | None, step: StepNote | None
    ) -> None:
        """See :meth:`ProjectSession.save`."""
        self._edited[key] = content
        self._hand_over(key, self.writer.submit(key, content, state, text, step), content)

    def set_state(self, key: str, state: CropState, text: str | None, step: StepNote | None) -> None:
        """See :meth:`ProjectSession.set_state`."""
        self._hand_over(key, self.writer.submit_state(key, state, text, step), self.unsaved(key))

    def set_text(self, key: str, text: str, step: StepNote | None) -> None:
        """See :meth:`ProjectSession.set_text`."""
        self._hand_over(key, self.writer.submit_text(key, text, step), self.unsaved(key))

    def _hand_over(self, key: str, ticket: int, content: CropContent | None) -> None:
        was_safe = self.is_safe
        self._unsaved[key] = (ticket, content)
        self._unsafe[key] = ticket
        self.failures.pop(key, None)
        if was_safe:
            self.safe_changed.emit(False)

    def _may_write(self) -> bool:
        ownership = self._project.ownership
        return ownership is None or ownership.is_ours()

    def retry(self) -> None:
        self.failures.clear()
        self.writer.retry()

    # -- what the writer says ------------------------------------------------------------------------------------------

    def _on_durable(self, key: str, ticket: int) -> None:
        if self._unsafe.get(key, ticket + 1) <= ticket:
            del self._unsafe[key]
            if self.is_safe:
                self.safe_changed.emit(True)

    def _on_written(self, key: str, ticket: int) -> None:
        self._on_durable(key, ticket)
        unsaved = self._unsaved.get(key)
        if unsaved is not None and ticket >= unsaved[0]:
            del self._unsaved[key]
            self.failures.pop(key, None)
            self.conflicts.take(key)  # it was saved over what the other program wrote, knowing that
            self.saved.emit(key)
            self.changed.emit()

    def _on_not_written(self, key: str, _ticket: int, error: LpStudioError) -> None:
        if key not in self._unsaved:
            return
        if isinstance(error, LabelChangedError):
            self._look_at_theirs(key)
        else:
            self._fail(key, error.message)

    def _fail(self, key: str, message: str) -> None:
        self.failures[key] = message
        self.failed.emit(key, message)
        self.changed.emit()

    # -- two versions --------------------------------------------------------------------------------------------------

    def accept(
        self, key: str, content: CropContent, digest: str, moment: int, *, as_it_is: bool = False
    ) -> CropContent:
        """What counts of a crop whose label file says ``content``: where it was edited here, a person chooses.

        ``moment``: of the writer when the file was read. ``as_it_is``: whoever asks goes on from what the file says.
        """
        mine, known = self._edited.get(key), self.writer.known(key)
        conflict = self.conflicts.get(key)
        if conflict is not None:
            self.conflicts.put(Conflict(key, conflict.mine, conflict.state, content, digest))
            return content if as_it_is else conflict.mine
        if mine is None or known is None or digest == known or same_content(mine, content):
            self.writer.note_loaded(key, digest, moment)
            return content
        if self.writer.moment(key) != moment:
            return content  # that reading is overtaken already
        self.conflicts.put(Conflict(key, mine, self._state_of(key), content, digest))
        if as_it_is:
            self.writer.note_loaded(key, digest, moment)
            return content
        return mine

    def _take_up(self) -> None:
        """What a crash left unwritten of crops that another program changed since."""
        left = [what for what in self._project.replayed.changed if what.content is not None]
        self.writer.take_up(left)
        for what in left:
            self._unsaved[what.key] = (0, what.content)
            self._look_at_theirs(what.key, what.state)

    def _look_at_theirs(self, key: str, state: CropState | None = None) -> None:
        """The label file says something that nobody here has seen: read it, and let the person choose."""
        project = self._project

        def done(there: tuple[CropContent, str]) -> None:
            mine = self.unsaved(key)
            if mine is None:
                return
            theirs, digest = there
            if same_content(mine, theirs):
                self.writer.settle(key, digest)
                self.save(key, mine, state, None, None)
            else:
                self.conflicts.put(Conflict(key, mine, state or self._state_of(key), theirs, digest))
                self.changed.emit()

        self._jobs.run(lambda: project.look(key), done, lambda error: self._fail(key, plain_message(error)))

    def settle(self, key: str) -> Conflict | None:
        """A person chose between two versions; the caller saves the chosen one next. None when there are not two."""
        conflict = self.conflicts.take(key)
        if conflict is not None:
            self.writer.settle(key, conflict.digest)
            self._unsaved.pop(key, None)
            self.changed.emit()
        return conflict

    def forget_known(self) -> None:
        """The label files were changed on purpose: what stands there now is nobody else's."""
        self._edited.clear()
        self.writer.forget_known()
