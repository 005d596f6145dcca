"""What is read together: some pictures, from files to lines of JSON on one thread, whatever happens to any of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Character
from lpstudio.errors import LpStudioError
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import Box
from lpstudio.reading.pictures import load_picture
from lpstudio.reading.plate import SeenCharacter, line, plates_of
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.sources import Item, Kind
from lpstudio.similarity import Similarity

WINDOW_PIXELS = 15_000_000  # large pictures are read fewer at a time, so that memory stays bounded


@dataclass(frozen=True)
class Waiting:
    """A picture that waits for its batch, with what its line says besides the plates."""

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]
    said: dict[str, Any]


Line = dict[str, Any]
Job = list["Item | Waiting | Line"]  # pictures to load, frames, and lines that say why there is nothing to read


class JobReader:
    """Reads jobs, one after the other. ``check()`` is called between any two steps; what it raises ends the job.

    ``turn`` is held for all but loading (a reader among several in one process shares it with them). Once ``over`` is
    set, a job ends soon and its lines do not count.
    """

    def __init__(
        self,
        characters: CharacterReader,
        formats: FormatSet,
        similarity: Similarity,
        check: Callable[[], None] = lambda: None,
        turn: AbstractContextManager[Any] | None = None,
        over: threading.Event | None = None,
    ) -> None:
        self.characters = characters
        self.formats = formats
        self.similarity = similarity
        self.check = check
        self._turn = turn or nullcontext()
        self._over = over or threading.Event()
        self._weights: dict[str, Any] = {
            "weights": characters.weights.name,
            "calibrated": characters.weights.calibrated,
        }

    def failed(self, source: str, message: str, frame: int | None = None) -> Line:
        """The line of a picture or frame that cannot be read."""
        return line(source, frame=frame, error=message, **self._weights)

    def lines(self, job: Job) -> list[Line]:
        """The lines of a job. Pictures are let go in portions, for a job may be of large ones."""
        lines: list[Line] = []
        portion: list[Waiting | Line] = []
        pixels = 0
        for one in self._loaded(job):
            portion.append(one)
            pixels += one.pixels.size // 3 if isinstance(one, Waiting) else 0
            if pixels >= WINDOW_PIXELS:
                with self._turn:
                    lines += self._lines(portion)
                portion, pixels = [], 0
        if not self._over.is_set():
            with self._turn:
                lines += self._lines(portion)
        return lines

    def _loaded(self, job: Job) -> Iterator[Waiting | Line]:
        """The pictures of a job decoded, or the lines that say why they cannot be read."""
        for one in job:
            self.check()
            if self._over.is_set():
                return
            if not isinstance(one, Item):
                yield one
                continue
            try:
                if one.kind is Kind.FAULT:
                    raise LpStudioError(one.fault)
                picture = load_picture(one.path)
                said: Line = {"source": one.source, "width": picture.width, "height": picture.height}
                yield Waiting(picture.pixels, picture.scale, said)
            except LpStudioError as error:
                yield self.failed(one.source, error.message)

    def _lines(self, waiting: Sequence[Waiting | Line]) -> Iterator[Line]:
        self.check()
        pictures = [one for one in waiting if isinstance(one, Waiting)]
        found = iter(self._seen([one.pixels for one in pictures]))
        for one in waiting:
            if not isinstance(one, Waiting):
                yield one
                continue
            result = next(found)
            if isinstance(result, LpStudioError):
                yield line(**one.said, error=result.message, **self._weights)
            else:
                seen = [scaled(character, one.scale) for character in result]
                yield line(**one.said, plates=plates_of(seen, self.formats, self.similarity), **self._weights)

    def _seen(self, images: Sequence[NDArray[np.uint8]]) -> Sequence[list[SeenCharacter] | LpStudioError]:
        """Read a batch; where that fails (memory, mostly) one by one, so that one picture spoils no other."""
        try:
            return read_seen(self.characters, images)
        except (RuntimeError, MemoryError) as error:
            if len(images) < 2:
                said = (str(error).strip() or type(error).__name__).splitlines()[0]
                return [LpStudioError(f"the model failed on this picture ({said})") for _ in images]
        return [result for image in images for result in self._seen([image])]


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
