"""A model's pass over the labelled crops, and where it disagrees with the labels: kept in the project, ranked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.dataset.readings import ModelReadings
from lpstudio.dataset.types import Character, CropState
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.disagreements import Finding, find_disagreements
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.review.reading_job import ReadingJob, ReadOptions, ReadTarget
from lpstudio.studio.review.readings import PictureReading
from lpstudio.studio.review.weights import WeightsChoice, known_weights
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.workers import WorkerClient

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

_log = logging.getLogger(__name__)

_CHECKED = frozenset({CropState.LABELLED, CropState.VERIFIED})
_KEEP_TOGETHER = 24  # readings written at once
_TELL_AFTER = 120  # ms


@dataclass(frozen=True, slots=True)
class LabelError:
    """One finding on one crop."""

    key: str
    finding: Finding


class ModelPass(QObject):
    """Reads the labelled crops with chosen weights and compares. Call from the GUI thread.

    ``queue``: the likely label errors, the likeliest first, without those that were dismissed.
    """

    changed = Signal()  # the queue
    progressed = Signal(object)  # (done, total, seconds left or None), None when nothing is read
    weights_changed = Signal()
    failed = Signal(str)

    def __init__(self, reader: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.weights: list[WeightsChoice] | None = None  # None: not looked for yet
        self.queue: list[LabelError] = []
        self.changes = 0
        self.loaded = False  # or being loaded
        self.ready = False  # ``queue`` holds what earlier passes found too
        self.read_count = 0  # crops with a reading
        self._session: ProjectSession | None = None
        self._readings: ModelReadings | None = None
        self._by_key: dict[str, tuple[Finding, ...]] = {}
        self._dismissed: set[tuple[str, str]] = set()
        self._compared = False
        self._dismissals: list[LabelError] = []
        self._keys: list[str] = []
        self._name = ""
        self._unkept: list[tuple[str, tuple[Character, ...]]] = []
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._job = ReadingJob(reader, self)
        self._job.read.connect(self._take)
        self._job.progressed.connect(lambda *told: self.progressed.emit(told))
        self._job.finished.connect(self._finished)
        self._job.broke.connect(self._broke)
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.setInterval(_TELL_AFTER)
        self._tell.timeout.connect(self._rank)

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        self.stop()
        if self._session is not None:
            self._session.crop_saved.disconnect(self._look_at)
        self._session = session
        self._readings = ModelReadings(session.project.store.database) if session is not None else None
        self._by_key, self._dismissed, self.queue = {}, set(), []
        self.loaded, self.ready, self.read_count, self.weights = False, False, 0, None
        self._compared = False
        self._dismissals = []
        self._note()
        if session is not None:
            session.crop_saved.connect(self._look_at)

    @property
    def running(self) -> bool:
        """Whether the model is reading."""
        return self._job.active

    @property
    def disagreeing(self) -> set[str]:
        """The crops with a finding that was not dismissed."""
        return {error.key for error in self.queue}

    # -- what is known from earlier -----------------------------------------------------------------------------

    def load(self) -> None:
        """Compare what the last pass read with what stands on the crops now; then ``changed``."""
        session, readings = self._session, self._readings
        if session is None or readings is None or self.loaded:
            return
        self.loaded = True
        project = session.project

        def look() -> tuple[dict[str, tuple[Finding, ...]], set[tuple[str, str]], int]:
            found: dict[str, tuple[Finding, ...]] = {}
            count = 0
            for key, read in readings.all():
                count += 1
                findings = _compare(project, key, read)
                if findings:
                    found[key] = findings
            return found, readings.dismissed(), count

        def done(result: tuple[dict[str, tuple[Finding, ...]], set[tuple[str, str]], int]) -> None:
            if session is self._session:
                found, self._dismissed, self.read_count = result
                self._by_key = {**found, **self._by_key}
                self._compared = True
                self._note()

        self._jobs.run(look, done, self._say)

    def look_for_weights(self) -> None:
        """List the weights that can be used; then ``weights_changed``."""
        session = self._session
        if session is None:
            return

        def done(found: list[WeightsChoice]) -> None:
            if session is self._session:
                self.weights = found
                self.weights_changed.emit()

        self._jobs.run(lambda: known_weights(session.project.root), done, self._say)

    # -- the pass -----------------------------------------------------------------------------------------------

    def start(self, weights: WeightsChoice, *, again: bool = False) -> None:
        """Read every labelled and verified crop that these very weights have not read yet (``again``: all)."""
        session, readings = self._session, self._readings
        if session is None or readings is None or not session.is_scanned:
            return
        self.load()
        project, index = session.project, session.index

        def choose() -> tuple[str, list[str]]:
            status = weights.path.stat()
            name = f"{weights.path}|{status.st_size}|{status.st_mtime_ns}"
            done = set() if again else readings.read_with(name)
            keys = [key for i, key in enumerate(index.keys) if index.state_of(i) in _CHECKED and key not in done]
            return name, keys

        def begin(chosen: tuple[str, list[str]]) -> None:
            if session is not self._session:
                return
            self._name, self._keys = chosen
            if not self._keys:
                self.progressed.emit(None)
                self.failed.emit(f"{weights.title} has read every labelled crop already")
                return
            targets = [ReadTarget(str(project.image_path(key)), i) for i, key in enumerate(self._keys)]
            options = ReadOptions(weights.path, "none", session.similarity.to_dict())
            self._job.start(targets, options)

        self.progressed.emit((0, 0, None))
        self._jobs.run(choose, begin, self._say)

    def stop(self) -> None:
        """Break off; what was read is kept, and a later pass goes on from there."""
        if self._job.active:
            self._job.cancel()
            self._keep()
            self.progressed.emit(None)

    def _take(self, target: ReadTarget, reading: PictureReading) -> None:
        if not reading.error:
            self._unkept.append((self._keys[target.item], _characters(reading)))
        if len(self._unkept) >= _KEEP_TOGETHER:
            self._keep()

    def _keep(self) -> None:
        unkept, self._unkept = self._unkept, []
        session, readings, name = self._session, self._readings, self._name
        if not unkept or session is None or readings is None:
            return
        project = session.project

        def keep() -> list[tuple[str, tuple[Finding, ...]]]:
            readings.put(unkept, name)
            return [(key, _compare(project, key, read)) for key, read in unkept]

        self.read_count += len(unkept)

        def failed(error: BaseException) -> None:
            if session is self._session:
                self._say(error)

        self._jobs.run(keep, lambda found: self._take_findings(session, found), failed)

    def _take_findings(self, session: ProjectSession, found: Sequence[tuple[str, tuple[Finding, ...]]]) -> None:
        if session is not self._session:
            return
        for key, findings in found:
            if findings:
                self._by_key[key] = findings
            else:
                self._by_key.pop(key, None)
        self._note()

    def _finished(self) -> None:
        self._keep()
        self.progressed.emit(None)

    def _broke(self, message: str) -> None:
        self._keep()
        self.progressed.emit(None)
        self.failed.emit(message)

    def _say(self, error: BaseException) -> None:
        self.progressed.emit(None)
        self.failed.emit(plain_message(error))

    # -- the queue ----------------------------------------------------------------------------------------------

    def _look_at(self, key: str) -> None:
        """A crop was saved: compare it again where it was read."""
        session, readings = self._session, self._readings
        if session is None or readings is None or not self.loaded:
            return
        project = session.project

        def look() -> list[tuple[str, tuple[Finding, ...]]]:
            read = readings.of(key)
            return [] if read is None else [(key, _compare(project, key, read))]

        self._jobs.run(look, lambda found: self._take_findings(session, found), self._say)

    def dismiss(self, error: LabelError, dismissed: bool = True) -> None:
        """The label is right: never show this again (or take that back)."""
        readings = self._readings
        if readings is None:
            return
        entry = (error.key, error.finding.identity)
        if dismissed:
            self._dismissed.add(entry)
            self._dismissals.append(error)
        else:
            self._dismissed.discard(entry)
        self._jobs.run(lambda: readings.dismiss(*entry, dismissed), None, self._say)
        self._note()

    @property
    def can_take_back(self) -> bool:
        """Whether something was dismissed since the project was opened."""
        return bool(self._dismissals)

    def take_back_dismissal(self) -> None:
        """What was dismissed last comes into the queue again."""
        if self._dismissals:
            self.dismiss(self._dismissals.pop(), False)

    def read_on(self, key: str, then: Callable[[tuple[Character, ...]], object]) -> None:
        """What the model read on a crop."""
        readings = self._readings
        if readings is not None:
            self._jobs.run(lambda: readings.of(key) or (), then, self._say)

    def _note(self) -> None:
        if not self._tell.isActive():
            self._tell.start()

    def _rank(self) -> None:
        session = self._session
        by_key, dismissed = dict(self._by_key), set(self._dismissed)

        def rank() -> list[LabelError]:
            found = [LabelError(key, one) for key, findings in by_key.items() for one in findings]
            found = [error for error in found if (error.key, error.finding.identity) not in dismissed]
            found.sort(key=lambda error: (-error.finding.score, error.key))
            return found

        def done(queue: list[LabelError]) -> None:
            if session is self._session:
                self.queue = queue
                self.ready = self._compared
                self.changes += 1
                self.changed.emit()

        self._jobs.run(rank, done)

    def close(self) -> None:
        """Stop everything."""
        self.set_session(None)
        self._tell.stop()
        self._jobs.close()


def _characters(reading: PictureReading) -> tuple[Character, ...]:
    return tuple(
        Character(one.polygon, one.first.char, False, one.candidates, one.confidence) for one in reading.characters
    )


def _compare(project: Project, key: str, read: Sequence[Character]) -> tuple[Finding, ...]:
    """The findings on one crop; none where nothing was labelled, or it cannot be read."""
    if project.state(key) not in _CHECKED:
        return ()
    try:
        return tuple(find_disagreements(project.load(key).characters, read))
    except LpStudioError as error:
        _log.warning("%s is not compared: %s", key, error.message)
        return ()
