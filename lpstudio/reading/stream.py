"""Reading many pictures and videos: one line of JSON each picture or frame, whatever happens to any of them."""

from __future__ import annotations

import gc
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Character
from lpstudio.errors import LpStudioError
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import Box
from lpstudio.reading.detect import Model, Output
from lpstudio.reading.footage import Footage, Frame
from lpstudio.reading.pictures import load_picture
from lpstudio.reading.plate import SeenCharacter, line, plates_of
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.sources import Item, Kind
from lpstudio.similarity import Similarity

_WINDOW = 32  # pictures read together: those of one shape share a batch
_LANE_WINDOW = 16  # of lanes side by side at most: what a lane does in one go outside the model holds up the others
_WINDOW_PIXELS = 15_000_000  # large pictures go in smaller windows, so that memory stays bounded
_FEW = 8  # so few pictures are not worth another lane
_SPARE = 1  # lanes more than processors: while one waits for its turn, another has its processor
_MANY = 400  # so many pictures are worth the half second that a faster model takes to make
# A lane that wants to go on with its model waits no longer for one that works in Python (seconds; usually 0.005).
_SWITCH_S = 0.00005


@dataclass(frozen=True)
class Frames:
    """Which frames of a video are read: from ``first`` to ``last`` (included; None: the end), every ``step``-th."""

    first: int = 0
    last: int | None = None
    step: int = 1

    def count(self, available: int) -> int:
        """How many frames that is, of a video with so many."""
        end = available - 1 if self.last is None else min(self.last, available - 1)
        return max(0, (end - self.first) // max(self.step, 1) + 1)


@dataclass(frozen=True)
class _Waiting:
    """A picture that waits for its batch, with what its line says besides the plates."""

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]
    said: dict[str, Any]


_Line = dict[str, Any]
_Job = list["Item | _Waiting | _Line"]  # pictures to load, frames, and lines that say why there is nothing to read


class ReadingRun:
    """Iterate over it for the lines, in the order of the items. ``total``: how many lines, None while unknown.

    ``check()`` is called between any two steps of the work, in several threads; what it raises ends the run. Many
    pictures are read in lanes side by side, each from file to line on one thread: that keeps the processor busier than
    one lane on all threads, whose steps outside the model are work for one. Between the file and the line,
    outside the model, lanes take turns: Python runs one at a time anyway, and lanes that fight over every step of it
    spend a quarter more of the processor. One lane more than there are processors uses what waiting for turns leaves.
    """

    def __init__(
        self,
        items: Sequence[Item],
        reader: CharacterReader,
        formats: FormatSet,
        similarity: Similarity,
        frames: Frames | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._items = items
        self._reader = reader
        self._formats = formats
        self._similarity = similarity
        self._frames = frames or Frames()
        self._check = check
        self._weights: dict[str, Any] = {"weights": reader.weights.name, "calibrated": reader.weights.calibrated}
        self._window = _WINDOW
        self._turn = threading.Lock()
        videos = sum(item.kind is Kind.VIDEO for item in items)
        self._unopened = videos
        self._known = len(items) - videos

    @property
    def total(self) -> int | None:
        return None if self._unopened else self._known

    def __iter__(self) -> Iterator[_Line]:
        pending: deque[Future[list[_Line]]] = deque()
        with self._lanes() as submit:
            for job in self._jobs():
                pending.append(submit(job))
                while len(pending) > self._ahead:
                    yield from self._waited(pending.popleft())
            while pending:
                yield from self._waited(pending.popleft())

    def _waited(self, future: Future[list[_Line]]) -> list[_Line]:
        self._check()
        return future.result()

    @contextmanager
    def _lanes(self) -> Iterator[Callable[[_Job], Future[list[_Line]]]]:
        """What takes jobs, and gives their lines when they are done."""
        model = self._reader.weights.model
        pictures = len(self._items) if not self._unopened else sys.maxsize
        threads = model.threads
        count = max(1, min(threads + _SPARE if threads > 1 else 1, -(-pictures // _FEW)))
        self._ahead = count
        if count > 1:
            self._window = _LANE_WINDOW
            if not self._unopened:  # no lane waits at the end for the last window of another
                windows = count * -(-pictures // (count * _LANE_WINDOW))
                self._window = -(-pictures // windows)
        idle: SimpleQueue[CharacterReader] = SimpleQueue()
        over = threading.Event()

        def work(job: _Job) -> list[_Line]:
            if over.is_set():
                return []
            reader = idle.get()
            try:
                return self._read(reader, self._loaded(job, over))
            finally:
                idle.put(reader)

        if count == 1:  # in this thread, with as many others as the model takes by itself
            idle.put(self._reader)
            self._ahead = 0

            def at_once(job: _Job) -> Future[list[_Line]]:
                future: Future[list[_Line]] = Future()
                future.set_result(work(job))
                return future

            yield at_once
            return
        reader = self._reader if self._unopened or pictures < _MANY else self._reader.for_many()
        for _ in range(count):
            idle.put(reader.lane(lambda model: _InTurns(model, self._turn)))
        with model.lanes_running(), _little_waiting(), ThreadPoolExecutor(count, "reading", model.start_lane) as pool:
            try:
                yield lambda job: pool.submit(work, job)
            finally:
                over.set()

    def _jobs(self) -> Iterator[_Job]:
        """What is read together: some pictures, as many frames as memory should hold."""
        job: _Job = []
        pixels = 0
        for one in self._sources():
            job.append(one)
            pixels += one.pixels.size // 3 if isinstance(one, _Waiting) else 0
            if len(job) >= self._window or pixels >= _WINDOW_PIXELS:
                yield job
                job, pixels = [], 0
        if job:
            yield job

    def _sources(self) -> Iterator[Item | _Waiting | _Line]:
        for item in self._items:
            self._check()
            if item.kind is Kind.VIDEO:
                yield from self._frames_of(item)
            else:
                yield item

    def _frames_of(self, item: Item) -> Iterator[_Waiting | _Line]:
        try:
            footage = Footage(item.path, lambda share: self._check())
        except LpStudioError as error:
            self._unopened -= 1
            self._known += 1
            yield self._failed(item.source, error.message)
            return
        with footage:
            chosen = self._frames
            count = chosen.count(footage.frame_count)
            self._unopened -= 1
            self._known += max(count, 1) + (footage.fault is not None and chosen.last is None and count > 0)
            if count == 0:
                last = footage.frame_count - 1
                yield self._failed(item.source, f"{item.source}: there is no frame {chosen.first}, only 0 to {last}")
            number = chosen.first
            for frame in footage.frames(chosen.first, chosen.last, chosen.step):
                self._check()
                if isinstance(frame, Frame):
                    height, width = frame.pixels.shape[:2]
                    said = {"source": item.source, "frame": frame.number, "time_s": frame.time_s}
                    bgr = np.ascontiguousarray(frame.pixels[..., ::-1])
                    yield _Waiting(bgr, (1.0, 1.0), {**said, "width": width, "height": height})
                else:
                    yield self._failed(item.source, frame.message, min(number, footage.frame_count))
                number += max(chosen.step, 1)

    def _failed(self, source: str, message: str, frame: int | None = None) -> _Line:
        return line(source, frame=frame, error=message, **self._weights)

    def _loaded(self, job: _Job, over: threading.Event) -> Iterator[_Waiting | _Line]:
        """The pictures of a job decoded, or the lines that say why they cannot be read."""
        for one in job:
            self._check()
            if over.is_set():
                return
            if not isinstance(one, Item):
                yield one
                continue
            try:
                if one.kind is Kind.FAULT:
                    raise LpStudioError(one.fault)
                picture = load_picture(one.path)
                said: _Line = {"source": one.source, "width": picture.width, "height": picture.height}
                yield _Waiting(picture.pixels, picture.scale, said)
            except LpStudioError as error:
                yield self._failed(one.source, error.message)

    def _read(self, reader: CharacterReader, waiting: Iterator[_Waiting | _Line]) -> list[_Line]:
        """The lines of a job. Pictures are let go in portions, for a job may be of large ones."""
        lines: list[_Line] = []
        portion: list[_Waiting | _Line] = []
        pixels = 0
        for one in waiting:
            portion.append(one)
            pixels += one.pixels.size // 3 if isinstance(one, _Waiting) else 0
            if pixels >= _WINDOW_PIXELS:
                with self._turn:
                    lines += self._lines(reader, portion)
                portion, pixels = [], 0
        with self._turn:
            lines += self._lines(reader, portion)
        return lines

    def _lines(self, reader: CharacterReader, waiting: Sequence[_Waiting | _Line]) -> Iterator[_Line]:
        self._check()
        pictures = [one for one in waiting if isinstance(one, _Waiting)]
        found = iter(self._seen(reader, [one.pixels for one in pictures]))
        for one in waiting:
            if not isinstance(one, _Waiting):
                yield one
                continue
            result = next(found)
            if isinstance(result, LpStudioError):
                yield line(**one.said, error=result.message, **self._weights)
            else:
                seen = [scaled(character, one.scale) for character in result]
                yield line(**one.said, plates=plates_of(seen, self._formats, self._similarity), **self._weights)

    def _seen(
        self, reader: CharacterReader, images: Sequence[NDArray[np.uint8]]
    ) -> Sequence[list[SeenCharacter] | LpStudioError]:
        """Read a batch; where that fails (memory, mostly) one by one, so that one picture spoils no other."""
        try:
            return read_seen(reader, images)
        except (RuntimeError, MemoryError) as error:
            if len(images) < 2:
                said = (str(error).strip() or type(error).__name__).splitlines()[0]
                return [LpStudioError(f"the model failed on this picture ({said})") for _ in images]
        return [result for image in images for result in self._seen(reader, [image])]


class _InTurns:
    """The model of a lane that has the turn: while it runs, another lane has it."""

    def __init__(self, model: Model, turn: threading.Lock) -> None:
        self._model = model
        self._turn = turn

    def __call__(self, batch: NDArray[np.float32]) -> Output:
        self._turn.release()
        try:
            return self._model(batch)
        finally:
            self._turn.acquire()


@contextmanager
def _little_waiting() -> Iterator[None]:
    """Held while there are lanes: they wait less for each other at what only one of them can do at a time.

    The search for garbage is such: it would go through all that torch and its like have loaded, again and again.
    """
    interval = sys.getswitchinterval()
    freeze = gc.isenabled() and not gc.get_freeze_count()
    sys.setswitchinterval(_SWITCH_S)
    if freeze:
        gc.freeze()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if freeze:
            gc.unfreeze()


def read_seen(reader: CharacterReader, images: Sequence[NDArray[np.uint8]]) -> list[list[SeenCharacter]]:
    """The characters of each BGR picture with boxes and whole posteriors, in pixels of the picture given."""
    return [
        [
            SeenCharacter(character, raw.box, posterior)
            for raw, (character, posterior) in zip(found, reader.with_posterior(found), strict=True)
        ]
        for found in reader.read_raw(images)
    ]


def scaled(seen: SeenCharacter, scale: tuple[float, float], offset: tuple[float, float] = (0.0, 0.0)) -> SeenCharacter:
    """The same character in a picture ``scale`` times as large, in which this one's origin lies at ``offset``."""
    (sx, sy), (dx, dy) = scale, offset
    if (sx, sy, dx, dy) == (1.0, 1.0, 0.0, 0.0):
        return seen
    one = seen.character
    polygon = tuple((x * sx + dx, y * sy + dy) for x, y in one.polygon)
    x1, y1, x2, y2 = seen.box
    box: Box = (x1 * sx + dx, y1 * sy + dy, x2 * sx + dx, y2 * sy + dy)
    character = Character(polygon, one.char, candidates=one.candidates, confidence=one.confidence)
    return SeenCharacter(character, box, seen.probabilities)
