"""Saving off the caller's thread: into the journal at once, into the label files in order, and nothing lost."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from lpstudio.dataset.journal import StepNote, Unwritten
from lpstudio.dataset.labels import LabelChangedError
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropContent, CropState
from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

OnTicket = Callable[[str, int], object]


class OnFailed(Protocol):
    def __call__(self, key: str, ticket: int, error: LpStudioError) -> object: ...


RETRY_S = 2.0  # a drive that is gone, a disk that is full: tried again by itself
_RETRY_MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be done for one crop, and what of it is new for the journal."""

    what: Unwritten
    step: StepNote | None = None

    @property
    def ticket(self) -> int:
        return self.what.ticket


def _followed_by(first: Unwritten, later: Unwritten) -> Unwritten:
    """One entry with the outcome of both. The label file must be what the first expected."""
    text = first.text if later.text is None else later.text
    if later.content is None:
        then = first.then if later.then is None else later.then
        return replace(first, ticket=later.ticket, then=then, text=text)
    if first.content is None and first.then is None:
        return replace(later, text=text)
    state, then = later.state, later.then
    if state is None:
        state, then = first.state, first.then if later.then is None else later.then
        if state in (CropState.UNLABELLED, CropState.DRAFT):
            state = CropState.IN_PROGRESS  # taken back, then worked on again
    expected = first.expected if first.content is not None else later.expected
    return replace(later, state=state, then=then, text=text, expected=expected)


class LabelWriter:
    """Two background threads: one puts gestures into the journal, one saves crops through :meth:`Project.save`.

    A gesture is safe once it is in the journal (``on_durable``); its label file follows (``on_saved``). Of several
    saves of one crop that wait, only the last is written. A save that fails is kept, told of, and tried again: by
    itself, with :meth:`retry`, :meth:`flush` or the next save of that crop. A save that would overwrite what another
    program wrote waits for :meth:`settle`. The callbacks run on the writer's threads.
    """

    def __init__(
        self,
        project: Project,
        on_saved: OnTicket | None = None,
        on_failed: OnFailed | None = None,
        on_durable: OnTicket | None = None,
        may_write: Callable[[], bool] | None = None,
    ) -> None:
        """``on_durable(key, ticket)``: this gesture and all earlier ones of the crop survive the end of the program.
        ``on_saved(key, ticket)``: they are in the label file too. ``on_failed(key, ticket, error)``: they are not, and
        are kept. ``may_write()``: asked before each file; False: the project is another studio's now.
        """
        self.on_saved = on_saved
        self.on_failed = on_failed
        self.on_durable = on_durable
        self._may_write = may_write
        self._project = project
        self._fresh: list[_Job] = []  # not in the journal yet
        self._waiting: dict[str, Unwritten] = {}
        self._failed: dict[str, tuple[Unwritten, LpStudioError]] = {}
        self._running: Unwritten | None = None
        self._journaling: list[_Job] = []
        self._known: dict[str, str] = {}  # digests of the label files as they were read or written here
        self._moments: dict[str, int] = {}  # counts what was handed over and written, by crop
        self._told: dict[str, str] = {}  # failures that were told already
        self._last_ticket = 0
        self._retry_in = RETRY_S
        self._closing = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._keep_journal, name="journal-writer", daemon=True),
            threading.Thread(target=self._work, name="label-writer", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        # The threads die with the process; what still waits then is written first.
        atexit.register(self.close)

    # -- handing over --------------------------------------------------------------------------------------------------

    def submit(
        self,
        key: str,
        content: CropContent,
        state: CropState | None = None,
        text: str | None = None,
        step: StepNote | None = None,
    ) -> int:
        """Save a crop soon; returns at once with a ticket that grows with every call. ``state`` as in Project.save,
        ``text``: the plate's text where it changes too, ``step``: what undo would take back.
        """
        return self._add(Unwritten(key, 0, content, state, text=text), step)

    def submit_state(self, key: str, state: CropState, text: str | None = None, step: StepNote | None = None) -> int:
        """Set the state of a crop soon, after the saves of it that were submitted before; returns a ticket."""
        return self._add(Unwritten(key, 0, then=state, text=text), step)

    def submit_text(self, key: str, text: str, step: StepNote | None = None) -> int:
        """Note the plate's text soon; returns a ticket."""
        return self._add(Unwritten(key, 0, text=text), step)

    def _add(self, what: Unwritten, step: StepNote | None) -> int:
        with self._changed:
            if self._closing:
                raise RuntimeError("the writer is closed")
            self._last_ticket += 1
            self._pass(what.key)
            what = replace(what, ticket=self._last_ticket, expected=self._known.get(what.key))
            self._fresh.append(_Job(what, step))
            self._changed.notify_all()
            return what.ticket

    def _pass(self, key: str) -> None:
        self._moments[key] = self._moments.get(key, 0) + 1

    def moment(self, key: str) -> int:
        """A number that changes whenever something of a crop is handed over or written: ask before reading it."""
        with self._changed:
            return self._moments.get(key, 0)

    def note_loaded(self, key: str, digest: str, moment: int) -> bool:
        """A crop was read from its label file. False when that reading is overtaken: something happened since."""
        with self._changed:
            if self._moments.get(key, 0) != moment or key in self._unsaved():
                return False
            self._known[key] = digest
            return True

    def known(self, key: str) -> str | None:
        """The digest of a label file as it was last read or written here, None of any other."""
        with self._changed:
            return self._known.get(key)

    def forget_known(self) -> None:
        """The label files were changed on purpose (a backup was restored): whatever stands there now counts."""
        with self._changed:
            self._known.clear()

    # -- what is not written -------------------------------------------------------------------------------------------

    def pending(self) -> int:
        """How many crops are not in their label files yet, those included whose save failed."""
        return len(self.pending_keys())

    def pending_keys(self) -> set[str]:
        """The crops that are not in their label files yet."""
        with self._changed:
            return self._unsaved()

    def _unsaved(self) -> set[str]:
        keys = set(self._waiting) | set(self._failed)
        keys.update(job.what.key for job in (*self._fresh, *self._journaling))
        if self._running is not None:
            keys.add(self._running.key)
        return keys

    def failed(self) -> dict[str, LpStudioError]:
        """The crops whose last save failed, and why."""
        with self._changed:
            return {key: error for key, (_, error) in self._failed.items()}

    def unsaved_content(self, key: str) -> CropContent | None:
        """What waits to be saved for a crop, for whoever shows it before it is on disk; None when nothing waits."""
        with self._changed:
            whole = self._in_journal(key)
            for job in (*self._journaling, *self._fresh):
                if job.what.key == key:
                    whole = job.what if whole is None else _followed_by(whole, job.what)
            return whole.content if whole is not None else None

    def _in_journal(self, key: str) -> Unwritten | None:
        """What is unwritten of a crop and went through the journal's thread, as one entry."""
        whole = self._running if self._running is not None and self._running.key == key else None
        for what in (self._failed[key][0] if key in self._failed else None, self._waiting.get(key)):
            if what is not None:
                whole = what if whole is None else _followed_by(whole, what)
        return whole

    # -- trying again --------------------------------------------------------------------------------------------------

    def retry(self) -> None:
        """Try the failed saves again, apart from those that wait for a person's choice."""
        with self._changed:
            self._told.clear()
            self._try_again()

    def _try_again(self) -> None:
        for key, (what, error) in list(self._failed.items()):
            if not isinstance(error, LabelChangedError):
                del self._failed[key]
                self._wait_for(what)
        self._changed.notify_all()

    def _wait_for(self, what: Unwritten) -> None:
        """Queue a job; what waits already comes after it."""
        waiting = self._waiting.get(what.key)
        self._waiting[what.key] = what if waiting is None else _followed_by(what, waiting)

    def settle(self, key: str, digest: str) -> None:
        """A person knows that the label file says what ``digest`` names: the next save may replace that, and takes
        the place of the one that waited for the choice.
        """
        with self._changed:
            self._pass(key)
            self._failed.pop(key, None)
            self._expect(key, digest)

    def _expect(self, key: str, digest: str) -> None:
        """What waits was made from what the label file says now."""
        self._known[key] = digest
        if key in self._waiting:
            self._waiting[key] = replace(self._waiting[key], expected=digest)
        for jobs in (self._journaling, self._fresh):
            for at, job in enumerate(jobs):
                if job.what.key == key:
                    jobs[at] = _Job(replace(job.what, expected=digest), job.step)

    def take_up(self, left: Iterable[Unwritten]) -> None:
        """Go on with what an earlier session could not write: it waits for a person's choice."""
        with self._changed:
            for what in left:
                error = LabelChangedError(
                    "not saved: another program changed the label file meanwhile",
                    path=self._project.label_path(what.key),
                    remedy="Choose which version to keep",
                )
                self._failed[what.key] = (replace(what, ticket=0), error)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is on disk, trying failed saves once more; True when it is. ``timeout`` in seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        self.retry()
        with self._changed:
            while self._fresh or self._journaling or self._waiting or self._running is not None:
                left = None if until is None else until - time.monotonic()
                if (left is not None and left <= 0) or not all(thread.is_alive() for thread in self._threads):
                    break
                self._changed.wait(left)
            return not self._unsaved()

    def close(self, timeout: float | None = 10.0) -> bool:
        """Flush, then end the threads; True when everything is on disk."""
        saved = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            if threading.current_thread() is not thread:
                thread.join(1.0)
        atexit.unregister(self.close)
        return saved

    # -- the journal's thread ------------------------------------------------------------------------------------------

    def _keep_journal(self) -> None:
        while True:
            with self._changed:
                while not self._fresh and not self._closing:
                    self._changed.wait()
                if not self._fresh:
                    return
                self._journaling, self._fresh = self._fresh, []
                wholes: dict[str, Unwritten] = {}
                for job in self._journaling:
                    before = wholes.get(job.what.key) or self._in_journal(job.what.key)
                    wholes[job.what.key] = job.what if before is None else _followed_by(before, job.what)
                steps = [(job.what.key, job.step) for job in self._journaling if job.step is not None]
            durable = self._journal(list(wholes.values()), steps)
            with self._changed:
                jobs, self._journaling = self._journaling, []
                for job in jobs:
                    key = job.what.key
                    failed = self._failed.get(key)
                    if failed is not None and isinstance(failed[1], LabelChangedError):
                        self._failed[key] = (_followed_by(failed[0], job.what), failed[1])
                        continue
                    if failed is not None:
                        self._waiting[key] = self._failed.pop(key)[0]
                    before = self._waiting.get(key)
                    self._waiting[key] = job.what if before is None else _followed_by(before, job.what)
                self._changed.notify_all()
            if durable:
                for key, ticket in {job.what.key: job.ticket for job in jobs}.items():
                    self._call(self.on_durable, key, ticket)

    def _journal(self, unwritten: list[Unwritten], steps: list[tuple[str, StepNote]]) -> bool:
        try:
            self._project.journal.append(unwritten, steps, present=self._project.is_present)
        except LpStudioError as error:
            log.warning("the journal: %s", error.message)
            return False
        except Exception:  # the label files must still be written
            log.exception("the journal")
            return False
        return True

    # -- the label files' thread ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    retry = any(not isinstance(error, LabelChangedError) for _, error in self._failed.values())
                    if not self._changed.wait(self._retry_in if retry else None):
                        self._retry_in = min(2 * self._retry_in, _RETRY_MOST_S)
                        self._try_again()
                if not self._waiting:
                    return
                key = next(iter(self._waiting))
                what = self._running = self._waiting.pop(key)
            error = self._run(what)
            with self._changed:
                self._running = None
                told = error is None or self._told.get(key) == error.message
                if error is None:
                    self._retry_in = RETRY_S
                    self._told.pop(key, None)
                else:
                    later = self._waiting.pop(key, None)
                    self._failed[key] = (what if later is None else _followed_by(what, later), error)
                    self._told[key] = error.message
            if error is None:
                self._call(self.on_saved, key, what.ticket)
            elif self.on_failed is not None and not told:
                self._call(partial(self.on_failed, error=error), key, what.ticket)
            with self._changed:
                self._changed.notify_all()

    def _run(self, what: Unwritten) -> LpStudioError | None:
        key, project = what.key, self._project
        try:
            if self._may_write is not None and not self._may_write():
                return LpStudioError("not saved: another studio works on this project now", path=project.root)
            if what.content is not None:
                project.save(key, what.content, what.state, what.expected)
            if what.text is not None:
                project.set_text(key, what.text)
            if what.then is not None:
                project.set_state(key, what.then)
            self._note_written(what)
        except LpStudioError as error:
            return error
        except Exception as error:  # whatever it is, the content must not be lost and the thread must go on
            log.exception("saving %s", key)
            return LpStudioError(f"not saved: {error}", path=self._project.label_path(key))
        return None

    def _note_written(self, what: Unwritten) -> None:
        """What is in the label file is known now, and what came in meanwhile was made from it."""
        key = what.key
        if what.content is not None or what.then is not None:
            digest = self._project.written_digest(key)
            with self._changed:
                self._pass(key)
                if digest is not None:
                    self._expect(key, digest)
        try:
            self._project.journal.written(key, what.ticket)
        except LpStudioError as error:
            log.warning("the journal: %s", error.message)  # it is written once more at the next opening

    def _call(self, callback: OnTicket | None, key: str, ticket: int) -> None:
        try:
            if callback is not None:
                callback(key, ticket)
        except Exception:
            log.exception("telling of the save of %s", key)
