"""Reading many pictures and videos: one line of JSON each picture or frame, whatever happens to any of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lpstudio.errors import LpStudioError
from lpstudio.plates.formats import FormatSet
from lpstudio.reading.footage import Footage, Frame
from lpstudio.reading.job import WINDOW_PIXELS, Job, JobReader, Line, Waiting
from lpstudio.reading.lanes import open_lanes
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.sources import Item, Kind
from lpstudio.similarity import Similarity


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


class ReadingRun:
    """Iterate over it for the lines, in the order of the items. ``total``: how many lines, None while unknown.

    ``check()`` is called between any two steps of the work, in several threads; what it raises ends the run.
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
        self._reader = JobReader(reader, formats, similarity, check)
        self._frames = frames or Frames()
        self._check = check
        videos = sum(item.kind is Kind.VIDEO for item in items)
        self._unopened = videos
        self._known = len(items) - videos

    @property
    def total(self) -> int | None:
        return None if self._unopened else self._known

    def __iter__(self) -> Iterator[Line]:
        pending: deque[Callable[[], list[Line]]] = deque()
        with open_lanes(self._reader, self.total) as lanes:
            for job in self._jobs(lanes.window):
                pending.append(lanes.submit(job))
                while len(pending) > lanes.ahead:
                    self._check()
                    yield from pending.popleft()()
            while pending:
                self._check()
                yield from pending.popleft()()

    def _jobs(self, window: int) -> Iterator[Job]:
        """What is read together: some pictures, as many frames as memory should hold."""
        job: Job = []
        pixels = 0
        for one in self._sources():
            job.append(one)
            pixels += one.pixels.size // 3 if isinstance(one, Waiting) else 0
            if len(job) >= window or pixels >= WINDOW_PIXELS:
                yield job
                job, pixels = [], 0
        if job:
            yield job

    def _sources(self) -> Iterator[Item | Waiting | Line]:
        for item in self._items:
            self._check()
            if item.kind is Kind.VIDEO:
                yield from self._frames_of(item)
            else:
                yield item

    def _frames_of(self, item: Item) -> Iterator[Waiting | Line]:
        try:
            footage = Footage(item.path, lambda share: self._check())
        except LpStudioError as error:
            self._unopened -= 1
            self._known += 1
            yield self._reader.failed(item.source, error.message)
            return
        with footage:
            chosen = self._frames
            count = chosen.count(footage.frame_count)
            self._unopened -= 1
            self._known += max(count, 1) + (footage.fault is not None and chosen.last is None and count > 0)
            if count == 0:
                last = footage.frame_count - 1
                yield self._reader.failed(
                    item.source, f"{item.source}: there is no frame {chosen.first}, only 0 to {last}"
                )
            number = chosen.first
            for frame in footage.frames(chosen.first, chosen.last, chosen.step):
                self._check()
                if isinstance(frame, Frame):
                    height, width = frame.pixels.shape[:2]
                    said = {"source": item.source, "frame": frame.number, "time_s": frame.time_s}
                    bgr = np.ascontiguousarray(frame.pixels[..., ::-1])
                    yield Waiting(bgr, (1.0, 1.0), {**said, "width": width, "height": height})
                else:
                    yield self._reader.failed(item.source, frame.message, min(number, footage.frame_count))
                number += max(chosen.step, 1)
