"""Reading many pictures or frames through the reader process, one job at a time: progress, cancel, survival."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from lpstudio.errors import LpStudioError
from lpstudio.studio.review.items import Rectangle
from lpstudio.studio.review.readings import PictureReading
from lpstudio.studio.workers import WorkerClient

_CHUNK = 24  # pictures a request: few enough that a crash costs little, enough that the reader never waits


@dataclass(frozen=True)
class ReadOptions:
    """How to read. ``formats`` as the reader takes them: "ph", "none" or an own pattern; ``conf`` None: its default;
    ``twice``: look at every picture a second time, larger."""

    weights: Path
    formats: str = "ph"
    similarity: dict[str, Any] | None = None
    device: str | None = None
    conf: float | None = None
    twice: bool = False

    def fields(self) -> dict[str, Any]:
        """The fields that every reading request carries."""
        fields: dict[str, Any] = {"weights": str(self.weights), "formats": self.formats}
        if self.similarity is not None:
            fields["similarity"] = self.similarity
        if self.device:
            fields["device"] = self.device
        if self.conf is not None:
            fields["conf"] = self.conf
        if self.twice:
            fields["twice"] = True
        return fields


@dataclass(frozen=True, slots=True)
class ReadTarget:
    """One thing to read: a picture, or a frame of a video, or a rectangle of either. ``item`` is the caller's."""

    path: str
    item: int = -1
    frame: int | None = None
    rectangle: Rectangle | None = None

    @property
    def is_whole_picture(self) -> bool:
        return self.frame is None and self.rectangle is None


class ReadingJob(QObject):
    """Reads targets one request after the other. Every target ends with one ``read`` unless the job stops before.

    After ``broke`` (the reader died or refused the weights) the targets that are left can be read on with
    :meth:`resume`; what was read stays read.
    """

    read = Signal(object, object)  # ReadTarget, PictureReading
    progressed = Signal(int, int, object)  # done, total, seconds left or None
    finished = Signal()
    broke = Signal(str)

    def __init__(self, client: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._left: deque[ReadTarget] = deque()
        self._running: list[ReadTarget] = []
        self._request: int | None = None
        self._options: ReadOptions | None = None
        self._total = 0
        self._done = 0
        self._timing = False
        self._began = 0.0
        self._began_at = 0

    @property
    def active(self) -> bool:
        """Whether a request is under way."""
        return self._request is not None

    @property
    def left(self) -> int:
        """How many targets have no reading yet."""
        return len(self._left) + len(self._running)

    def start(self, targets: Iterable[ReadTarget], options: ReadOptions) -> None:
        """Read these, instead of whatever was being read."""
        self.cancel()
        self._left = deque(targets)
        self._total = len(self._left)
        self._done = 0
        self._options = options
        self._go()

    def resume(self) -> None:
        """Read what is left after ``broke``."""
        if not self.active and self._options is not None:
            self._go()

    def cancel(self) -> None:
        """Stop. Nothing more is delivered."""
        if self._request is not None:
            self._client.cancel(self._request)
            self._request = None
        self._left.clear()
        self._running = []

    def _go(self) -> None:
        self._timing = False
        self.progressed.emit(self._done, self._total, None)
        self._next()

    def _next(self) -> None:
        if not self._left:
            self._request = None
            self.finished.emit()
            return
        assert self._options is not None
        first = self._left.popleft()
        self._running = [first]
        if first.is_whole_picture:
            while self._left and self._left[0].is_whole_picture and len(self._running) < _CHUNK:
                self._running.append(self._left.popleft())
            kind, fields = "read", {"sources": [target.path for target in self._running]}
        else:
            kind, fields = "read_pixels", _pixels(first)
        self._request = self._client.request(
            kind,
            {**fields, **self._options.fields()},
            on_result=self._take,
            on_done=self._chunk_done,
            on_error=self._failed,
        )

    def _take(self, line: dict[str, Any]) -> None:
        try:
            reading = PictureReading.from_line(line)
        except LpStudioError as fault:
            reading = PictureReading.failed(str(line.get("source") or ""), fault.message, None)
        target = self._claim(reading)
        if target is not None:
            self._deliver(target, reading)

    def _claim(self, reading: PictureReading) -> ReadTarget | None:
        """The running target that a result belongs to. Results come in order; the path decides where it can."""
        for at, target in enumerate(self._running):
            if target.path == reading.source or not target.is_whole_picture:
                return self._running.pop(at)
        return self._running.pop(0) if self._running else None

    def _deliver(self, target: ReadTarget, reading: PictureReading) -> None:
        self._done += 1
        if not self._timing:  # the first one waited for the weights and says nothing of the rest
            self._timing, self._began, self._began_at = True, time.monotonic(), self._done
        self.read.emit(target, reading)
        self.progressed.emit(self._done, self._total, self._seconds_left())

    def _seconds_left(self) -> float | None:
        read = self._done - self._began_at
        if read < 2:
            return None
        return (time.monotonic() - self._began) / read * (self._total - self._done)

    def _chunk_done(self) -> None:
        running, self._running = self._running, []
        for target in running:
            self._deliver(target, PictureReading.failed(target.path, "the reader gave no result", target.frame))
        self._next()

    def _failed(self, message: str) -> None:
        self._request = None
        self._left.extendleft(reversed(self._running))
        self._running = []
        self.broke.emit(message)


def _pixels(target: ReadTarget) -> dict[str, Any]:
    fields: dict[str, Any] = {"path": target.path}
    if target.frame is not None:
        fields["frame"] = target.frame
    if target.rectangle is not None:
        fields["rectangle"] = list(target.rectangle)
    return fields
