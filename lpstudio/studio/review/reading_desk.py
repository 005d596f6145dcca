"""The reader process as Review uses it: one long job, and single readings that may come between its requests."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.studio.review.reading_job import ReadingJob, ReadOptions, ReadTarget
from lpstudio.studio.workers import WorkerClient


class ReadingDesk(QObject):
    """Starts, stops and resumes readings, and says how far they are."""

    read = Signal(object, object)  # ReadTarget, PictureReading
    progressed = Signal(object)  # (done, total, seconds left or None), or None when nothing is read any more
    broke = Signal(str, int)  # why, and how many are left

    def __init__(self, client: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._loaded = ""  # the weights that the process has
        self._many = ReadingJob(client, self)
        self._one = ReadingJob(client, self)
        for job in (self._many, self._one):
            job.read.connect(self.read)
            job.broke.connect(self._broke)
            job.finished.connect(self._finished)
            job.progressed.connect(self._progressed)
        client.crashed.connect(self._forget_weights)

    @property
    def active(self) -> bool:
        """Whether something is being read."""
        return self._many.active or self._one.active

    @property
    def left(self) -> int:
        """How many targets were asked for and have no reading yet."""
        return self._many.left + self._one.left

    def read_many(self, targets: Iterable[ReadTarget], options: ReadOptions) -> None:
        """Read all these instead of what was being read."""
        self._announce(options)
        self._many.start(targets, options)

    def read_one(self, target: ReadTarget, options: ReadOptions) -> None:
        """Read this one as soon as the request under way is done."""
        self._announce(options)
        self._one.start([target], options)

    def read_on(self) -> None:
        """Go on after ``broke``."""
        for job in (self._one, self._many):
            if job.left and not job.active:
                job.resume()

    def stop(self) -> None:
        """Stop everything; what was read stays."""
        self._many.cancel()
        self._one.cancel()
        self.progressed.emit(None)

    def _announce(self, options: ReadOptions) -> None:
        """Load other weights by themselves first, so that the window can say what reads and where."""
        if self._loaded != str(options.weights):
            self._loaded = str(options.weights)
            # What is wrong with them is told by the reading that follows.
            self._client.request("load", {"weights": self._loaded}, on_error=self._forget_weights)

    def _forget_weights(self, _message: str) -> None:
        self._loaded = ""

    def _progressed(self, done: int, total: int, left: float | None) -> None:
        if self.sender() is self._many or not self._many.active:
            self.progressed.emit((done, total, left))

    def _finished(self) -> None:
        if not self.active:
            self.progressed.emit(None)

    def _broke(self, message: str) -> None:
        if not self.active:
            self.progressed.emit(None)
            # A little later, so that what can be done about it stands in front of the news that the process is gone.
            QTimer.singleShot(0, self, lambda: self.broke.emit(message, self.left))
