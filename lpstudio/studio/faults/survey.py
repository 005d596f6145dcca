"""The faults of the whole project: found by a process of their own, kept up to date as crops are saved."""

from __future__ import annotations

from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.dataset.survey import FoundFault, look_at
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.workers import WorkerClient

_TELL_AFTER = 120  # ms between two times that views are told of changes
_LOOK_AFTER = 300  # ms after an edit until its crop is looked at again


class SurveyState(Enum):
    """How far the survey is."""

    NEVER = "never"
    RUNNING = "running"
    STOPPED = "stopped"  # by the person, or broken off: what is known is not all
    DONE = "done"


class ProjectSurvey(QObject):
    """All faults by crop. Call from the GUI thread.

    ``changed`` comes at most some times a second; ``changes`` goes up with each.
    """

    changed = Signal()
    progressed = Signal(int, int)  # crops looked at, all
    state_changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SurveyState.NEVER
        self.changes = 0
        self.faults: dict[str, list[FoundFault]] = {}
        self.disagreeing: set[str] = set()
        self._session: ProjectSession | None = None
        self._client: WorkerClient | None = None
        self._request: int | None = None
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._again: set[str] = set()
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.setInterval(_TELL_AFTER)
        self._tell.timeout.connect(self.changed)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_AFTER)
        self._look.timeout.connect(self._look_again)

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        self._end()
        if self._session is not None:
            self._session.crop_saved.disconnect(self.touch)
            self._session.state_changed.disconnect(self.touch)
            self._session.index_changed.disconnect(self._index_changed)
        self._session = session
        self.faults, self.disagreeing = {}, set()
        self._again.clear()
        self._set_state(SurveyState.NEVER)
        self._note()
        if session is not None:
            session.crop_saved.connect(self.touch)
            session.state_changed.connect(self.touch)
            session.index_changed.connect(self._index_changed)

    # -- the whole project --------------------------------------------------------------------------------------

    def ensure(self) -> None:
        """Begin unless it was begun."""
        if self.state is SurveyState.NEVER:
            self.start()

    def start(self) -> None:
        """Look at everything anew; what is known stays until it is known better."""
        session = self._session
        if session is None or not session.is_scanned:
            return
        self._end()
        self._client = self._client or WorkerClient("lpstudio.worker.project", self, title="check of the project")
        found: dict[str, list[FoundFault]] = {}
        disagreeing: set[str] = set()
        self._fresh = (found, disagreeing)

        def take(payload: dict[str, Any]) -> None:
            for row in payload["faults"]:
                fault = FoundFault.from_row(row)
                found.setdefault(fault.key, []).append(fault)
            disagreeing.update(payload["disagreeing"])
            if not self.faults or self.faults is found:  # the first look is shown as it comes
                self.faults, self.disagreeing = found, disagreeing
                self._note()

        self._request = self._client.request(
            "faults",
            {"project": str(session.project.yaml_path)},
            on_result=take,
            on_done=self._ended,
            on_error=self._broke,
            on_progress=lambda done, total, _text: self.progressed.emit(int(done), int(total or 0)),
        )
        self._set_state(SurveyState.RUNNING)

    def stop(self) -> None:
        """Break off; what was found stays."""
        if self.state is SurveyState.RUNNING:
            self._end()
            self._set_state(SurveyState.STOPPED)

    def _ended(self) -> None:
        self._request = None
        self.faults, self.disagreeing = self._fresh
        self._set_state(SurveyState.DONE)
        self._note()
        self._let_go()
        self._look.start()  # what was edited meanwhile

    def _broke(self, message: str) -> None:
        self._request = None
        self._set_state(SurveyState.STOPPED)
        self.failed.emit(message)

    def _end(self) -> None:
        if self._request is not None and self._client is not None:
            self._client.cancel(self._request)
            self._request = None
        self._let_go()

    def _let_go(self) -> None:
        """The process has nothing to do any more, and takes memory."""
        client, self._client = self._client, None
        if client is not None:
            client.release()

    def _set_state(self, state: SurveyState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def _index_changed(self) -> None:
        if self.state in (SurveyState.DONE, SurveyState.RUNNING):
            self.start()

    # -- single crops -------------------------------------------------------------------------------------------

    def touch(self, key: str) -> None:
        """A crop was changed: look at it again soon."""
        if self.state is not SurveyState.NEVER:
            self._again.add(key)
            self._look.start()

    def _look_again(self) -> None:
        session = self._session
        if session is None or self.state is SurveyState.RUNNING or not self._again:
            return
        project, index = session.project, session.index
        wanted = []
        for key in self._again:
            position = index.position(key)
            if position is not None:
                wanted.append((key, index.split_of(position), index.state_of(position)))
        self._again.clear()
        self._jobs.run(
            lambda: [(key, *look_at(project, key, split, state)) for key, split, state in wanted],
            lambda looked: self._take_looks(session, looked),
        )

    def _take_looks(self, session: ProjectSession, looked: list[tuple[str, list[FoundFault], bool]]) -> None:
        if session is not self._session:
            return
        changed = False
        for key, faults, disagrees in looked:
            changed |= self.faults.get(key, []) != faults or (key in self.disagreeing) != disagrees
            if faults:
                self.faults[key] = faults
            else:
                self.faults.pop(key, None)
            if disagrees:
                self.disagreeing.add(key)
            else:
                self.disagreeing.discard(key)
        if changed:
            self._note()

    def _note(self) -> None:
        self.changes += 1
        if not self._tell.isActive():
            self._tell.start()

    def close(self) -> None:
        """Stop process, thread and timers."""
        client, self._client = self._client, None
        if client is not None:
            client.stop()
        self.set_session(None)
        self._tell.stop()
        self._look.stop()
        self._jobs.close()
