"""Follows the runs of a project: their states, and their events as they are appended. Files are read in a thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.errors import LpStudioError
from lpstudio.studio.jobs import Jobs
from lpstudio.training.events import last_event
from lpstudio.training.history import RunHistory
from lpstudio.training.queue import QueueState, TrainingQueue
from lpstudio.training.runs import Run, RunStatus, list_runs
from lpstudio.training.settings import TrainSettings

if TYPE_CHECKING:
    from lpstudio.evaluation.stored import Summary

LIVE_MS = 400
IDLE_MS = 2000
BUDGET_S = 0.4  # after so long a look brings back what it has; the rest follows at once
LAST_WORDS = 4096  # bytes
AT_ONCE = 128 << 10  # bytes of events; more of them keep the window's thread from its turn
# "batch" lines are many and only the newest counts: it is read from the file's end
FOLDED = (
    "queued", "start", "epoch", "log", "paused", "resumed", "stopping", "finished", "failed",
)  # fmt: skip


@dataclass(frozen=True)
class FollowedRun:
    """A run as far as it was read; a value that a look replaces."""

    run: Run
    status: RunStatus
    history: RunHistory = field(default_factory=RunHistory)
    offset: int = 0
    size: int = -1  # of events.jsonl at the last look
    best: Path | None = None  # the best weights so far
    last_words: tuple[str, ...] = ()  # what a process that died wrote last outside its events
    place: int = 0  # in the queue of trainings, 1 the next; 0: it does not wait there
    evaluation: str = ""  # which state of its evaluation lies in its folder; empty: none
    summary: Summary | None = None  # what that evaluation came to

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def is_live(self) -> bool:
        return self.status.is_live

    @property
    def can_resume(self) -> bool:
        return self.status in {RunStatus.STOPPED, RunStatus.FAILED, RunStatus.DIED}

    @property
    def settings(self) -> TrainSettings | None:
        """The settings of the run, or None when another version wrote them."""
        try:
            return self.run.settings
        except LpStudioError:
            return None


@dataclass(frozen=True)
class _Look:
    runs: tuple[FollowedRun, ...]
    complete: bool
    queue: QueueState
    is_served: bool


def look(root: Path, known: Mapping[str, FollowedRun], budget_s: float = BUDGET_S) -> _Look:
    """Read what is new in the runs below ``root``; the newest run first."""
    deadline = time.monotonic() + budget_s
    found = []
    complete = True
    queue = TrainingQueue(root)
    state = queue.read()
    places = {name: at for at, name in enumerate(state.waiting, 1)}
    for run in list_runs(root):
        before = known.get(run.name)
        if before is None or before.run.dir != run.dir or before.run.created != run.created:
            before = FollowedRun(run, run.status())
        followed, done = _read_on(before, deadline)
        followed = _with_evaluation(followed)
        place = 0 if followed.is_live else places.get(run.name, 0)
        if place != followed.place:
            followed = replace(followed, place=place)
        complete = complete and done
        found.append(followed)
    return _Look(tuple(found), complete, state, bool(state.waiting) and queue.is_served)


def _with_evaluation(followed: FollowedRun) -> FollowedRun:
    """The run with what its evaluation came to, read anew when that was written again."""
    from lpstudio.evaluation.stored import READINGS, folder_of, read_summary, stamp_of

    folder = folder_of(followed.run.dir)
    stamp = stamp_of(folder / READINGS)
    if stamp == followed.evaluation:
        return followed
    return replace(followed, evaluation=stamp, summary=read_summary(folder) if stamp else None)


def _read_on(followed: FollowedRun, deadline: float) -> tuple[FollowedRun, bool]:
    """The run after what is new, and whether the end of its events was reached."""
    run = followed.run
    try:
        size = run.events_path.stat().st_size
    except OSError:
        size = 0
    status = run.status()
    if size == followed.size:
        best = followed.best or run.best_weights
        if status != followed.status or best != followed.best:
            followed = replace(followed, status=status, best=best, last_words=_last_words(run, status))
        return followed, True
    history, offset = followed.history, followed.offset
    if size < offset:  # another file under the same name
        history, offset = RunHistory(), 0
    while time.monotonic() < deadline:
        time.sleep(0)  # the window's thread comes first
        events, further = run.events(offset, FOLDED, AT_ONCE)
        if further == offset:
            newest = last_event(run.events_path)
            if newest is not None and newest.get("type") == "batch":
                history = history.extended([newest])
            words = _last_words(run, status)
            followed = replace(followed, run=run, status=status, history=history, offset=offset, size=size)
            return replace(followed, best=run.best_weights, last_words=words), True
        history, offset = history.extended(events), further
    return replace(followed, run=run, status=status, history=history, offset=offset, size=-1, last_words=()), False


def _last_words(run: Run, status: RunStatus) -> tuple[str, ...]:
    """The end of the process's own output, for a run that died."""
    if status != RunStatus.DIED:
        return ()
    try:
        with run.log_path.open("rb") as stream:
            stream.seek(max(0, run.log_path.stat().st_size - LAST_WORDS))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(line.rstrip() for line in text.splitlines() if line.strip())[-20:]


class RunsWatch(QObject):
    """Looks at the runs of one project again and again; everything about them is asked here."""

    changed = Signal()  # the list, or the state of a run
    updated = Signal(set)  # the names of runs with new events or another state
    ended = Signal(str)  # a run that was seen at work is so no more: its name
    queue_changed = Signal()  # what waits, or whether a process starts it

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._root: Path | None = None
        self._runs: dict[str, FollowedRun] = {}
        self._looking = 0
        self._again = False
        self.is_loaded = False
        self.queue = QueueState()
        self.queue_is_served = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    def set_root(self, root: Path | None) -> None:
        """Follow the runs of another project, or of none."""
        if self._looking:
            self._jobs.forget(self._looking)
            self._looking = 0
        self._timer.stop()
        self._root = root
        self._runs = {}
        self.queue, self.queue_is_served = QueueState(), False
        self.is_loaded = False
        self.changed.emit()
        self.queue_changed.emit()
        if root is not None:
            self._look()

    def look_now(self) -> None:
        """Do not wait for the next tick."""
        if self._looking:
            self._again = True
        elif self._root is not None:
            self._look()

    @property
    def runs(self) -> list[FollowedRun]:
        """The newest first."""
        return list(self._runs.values())

    def get(self, name: str) -> FollowedRun | None:
        return self._runs.get(name)

    @property
    def live(self) -> list[FollowedRun]:
        return [followed for followed in self._runs.values() if followed.is_live]

    def _look(self) -> None:
        root = self._root
        if root is None or self._looking:
            return
        known = dict(self._runs)
        self._looking = self._jobs.run(lambda: look(root, known), self._take, self._missed)

    def _missed(self, error: BaseException) -> None:
        self._looking = 0
        if not isinstance(error, OSError | LpStudioError):
            raise error
        self._timer.start(IDLE_MS)

    def _take(self, seen: _Look) -> None:
        self._looking = 0
        before = self._runs
        self._runs = {followed.name: followed for followed in seen.runs}
        first = seen.complete and not self.is_loaded
        self.is_loaded = self.is_loaded or seen.complete
        states = [(f.name, f.status, f.place) for f in before.values()]
        if first or states != [(f.name, f.status, f.place) for f in self._runs.values()]:
            self.changed.emit()
        if (seen.queue, seen.is_served) != (self.queue, self.queue_is_served):
            self.queue, self.queue_is_served = seen.queue, seen.is_served
            self.queue_changed.emit()
        new = {name for name, followed in self._runs.items() if before.get(name) is not followed}
        if new:
            self.updated.emit(new)
        for name in new:
            if name in before and before[name].is_live and not self._runs[name].is_live:
                self.ended.emit(name)
        if not seen.complete or self._again:
            self._again = False
            self._look()
        else:
            self._timer.start(LIVE_MS if self.live or self.queue.waiting else IDLE_MS)

    def stop(self) -> None:
        """Look no more and wait for a look under way."""
        self._timer.stop()
        self._root = None
        self._jobs.close()
