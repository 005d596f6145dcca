"""Saving off the caller's thread: at once, in order, and nothing lost when the disk says no."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropContent, CropState
from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

OnSaved = Callable[[str, int], None]
OnFailed = Callable[[str, int, LpStudioError], None]


@dataclass
class _Job:
    """What is to be done for one crop: save ``content`` (None: nothing) with ``state``, then set the state ``then``."""

    ticket: int
    content: CropContent | None = None
    state: CropState | None = None
    then: CropState | None = None

    def followed_by(self, later: _Job) -> _Job:
        """One job with the outcome of this one and then ``later``."""
        if later.content is None:
            return _Job(later.ticket, self.content, self.state, later.then)
        if later.state is not None:
            return later
        state = self.state
        if state in (CropState.UNLABELLED, CropState.DRAFT):
            state = CropState.IN_PROGRESS  # taken back, then worked on again
        return _Job(later.ticket, later.content, state, self.then)


class LabelWriter:
    """One background thread that saves crops through :meth:`Project.save`.

    Of several saves of one crop that wait, only the last is written. A save that fails is kept, told of, and tried
    again with :meth:`retry`, :meth:`flush` or the next save of that crop. The callbacks run on the writer's thread.
    """

    def __init__(self, project: Project, on_saved: OnSaved | None = None, on_failed: OnFailed | None = None) -> None:
        """``on_saved(key, ticket)``: this save and all earlier ones of the crop are on disk. ``on_failed(key, ticket,
        error)``: they are not, and are kept.
        """
        self.on_saved = on_saved
        self.on_failed = on_failed
        self._project = project
        self._waiting: dict[str, _Job] = {}
        self._failed: dict[str, tuple[_Job, LpStudioError]] = {}
        self._running: str | None = None
        self._last_ticket = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="label-writer", daemon=True)
        self._thread.start()
        # The thread dies with the process; what still waits then is written first.
        atexit.register(self.close)

    def submit(self, key: str, content: CropContent, state: CropState | None = None) -> int:
        """Save a crop soon; returns at once with a ticket that grows with every call. ``state`` as in Project.save."""
        return self._add(key, _Job(0, content, state))

    def submit_state(self, key: str, state: CropState) -> int:
        """Set the state of a crop soon, after the saves of it that were submitted before; returns a ticket."""
        return self._add(key, _Job(0, then=state))

    def _add(self, key: str, job: _Job) -> int:
        with self._changed:
            if self._closing:
                raise RuntimeError("the writer is closed")
            self._last_ticket += 1
            job.ticket = self._last_ticket
            before = self._waiting.get(key)
            if before is None and key in self._failed:
                before = self._failed.pop(key)[0]
            self._waiting[key] = job if before is None else before.followed_by(job)
            self._changed.notify_all()
            return job.ticket

    def pending(self) -> int:
        """How many crops are not on disk yet, those included whose save failed."""
        with self._changed:
            return len(self._unsaved())

    def pending_keys(self) -> set[str]:
        """The crops that are not on disk yet."""
        with self._changed:
            return self._unsaved()

    def _unsaved(self) -> set[str]:
        keys = set(self._waiting) | set(self._failed)
        if self._running is not None:
            keys.add(self._running)
        return keys

    def failed(self) -> dict[str, LpStudioError]:
        """The crops whose last save failed, and why."""
        with self._changed:
            return {key: error for key, (_, error) in self._failed.items()}

    def unsaved_content(self, key: str) -> CropContent | None:
        """What waits to be saved for a crop, for whoever shows it before it is on disk; None when nothing waits."""
        with self._changed:
            job = self._waiting.get(key) or (self._failed[key][0] if key in self._failed else None)
            return job.content if job is not None else None

    def retry(self) -> None:
        """Try the failed saves again."""
        with self._changed:
            for key, (job, _) in self._failed.items():
                waiting = self._waiting.get(key)
                self._waiting[key] = job if waiting is None else job.followed_by(waiting)
            self._failed.clear()
            self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is on disk, trying failed saves once more; True when it is. ``timeout`` in seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        self.retry()
        with self._changed:
            while self._waiting or self._running is not None:
                left = None if until is None else until - time.monotonic()
                if (left is not None and left <= 0) or not self._thread.is_alive():
                    break
                self._changed.wait(left)
            return not self._unsaved()

    def close(self, timeout: float | None = 10.0) -> bool:
        """Flush, then end the thread; True when everything is on disk."""
        saved = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(1.0)
        atexit.unregister(self.close)
        return saved

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                key = next(iter(self._waiting))
                job = self._waiting.pop(key)
                self._running = key
            error = self._run(key, job)
            with self._changed:
                self._running = None
                if error is not None:
                    later = self._waiting.get(key)
                    if later is None:
                        self._failed[key] = (job, error)
                    else:  # a newer save waits already and is about to be tried
                        self._waiting[key] = job.followed_by(later)
            self._tell(key, job.ticket, error)
            with self._changed:
                self._changed.notify_all()

    def _run(self, key: str, job: _Job) -> LpStudioError | None:
        try:
            if job.content is not None:
                self._project.save(key, job.content, job.state)
            if job.then is not None:
                self._project.set_state(key, job.then)
        except LpStudioError as error:
            return error
        except Exception as error:  # whatever it is, the content must not be lost and the thread must go on
            log.exception("saving %s", key)
            return LpStudioError(f"not saved: {error}", path=self._project.label_path(key))
        return None

    def _tell(self, key: str, ticket: int, error: LpStudioError | None) -> None:
        try:
            if error is None and self.on_saved is not None:
                self.on_saved(key, ticket)
            elif error is not None and self.on_failed is not None:
                self.on_failed(key, ticket, error)
        except Exception:
            log.exception("telling of the save of %s", key)
