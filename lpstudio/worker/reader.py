"""The reader process: keeps weights loaded and reads pictures, folders, splits and footage.

Run as ``python -m lpstudio.worker.reader``; the protocol is that of :mod:`lpstudio.worker.protocol`. ``?`` marks fields
that may be left out.

============  =================================================  =====================================================
type          request fields                                     results
============  =================================================  =====================================================
load          weights? (path; null: the starter weights),        one: weights (name), path, device, alphabet [names],
              device? ("cpu", "cuda:0", "mps"; null: the best)   calibrated, temperature, imgsz
read          sources [paths], formats?, similarity?, imgsz?,    one a picture or frame, as each is read: the line of
              twice?, conf?, split?, frames? {first?, last?,     ``lpstudio read --json``
              step?}, weights?, device?
read_pixels   path, frame?, rectangle? [x1, y1, x2, y2],         one: the same line, in pixels of the whole picture or
              formats?, similarity?, imgsz?, twice?, conf?,      frame
              weights?, device?
typed         path, text, weights?, device?                      one: count (characters that the model sees),
                                                                 characters [{polygon, confidence, candidates}] of the
                                                                 text in reading order (none where it sees fewer),
                                                                 doubt and at as in the tools process
============  =================================================  =====================================================

``formats``: "ph" (as when left out), "none", or a syntax such as "LLL DDDD"; several are separated by commas.
``similarity``: groups as ``Similarity.to_dict()`` gives them; the default groups when left out.
``imgsz``: the side the model sees; what the weights were trained at when left out. ``conf``: least confidence.
``twice``: look at every picture a second time, larger; false when left out.
``sources`` may be pictures, folders, videos and a ``data.yaml`` (then ``split``, "val" when left out). ``frames``
chooses from videos: first 0, last the end (included), step 1. ``weights`` and ``device`` in read and read_pixels load
first when they are others than those in use.

A source that cannot be read gives a line with ``error`` set, and the rest goes on; only weights that cannot be loaded
fail the request. ``progress`` counts pictures and frames; ``total`` is null as long as it is unknown.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpstudio.errors import LpStudioError
from lpstudio.plates.formats import DEFAULT_FORMATS, FormatSet, formats_from
from lpstudio.reading.footage import Footage
from lpstudio.similarity import Similarity
from lpstudio.training.offline import stay_offline
from lpstudio.worker.protocol import Handler, Reply, Request, configure_logging, serve

if TYPE_CHECKING:
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.weights import Weights


class Reader:
    """The requests of the reader process. torch is loaded with the first weights, not before."""

    def __init__(self) -> None:
        self._weights: Weights | None = None
        self._asked: tuple[str | None, str | None, float] | None = None
        self._footage: Footage | None = None

    def handlers(self) -> dict[str, Handler]:
        return {"load": self.load, "read": self.read, "read_pixels": self.read_pixels, "typed": self.typed}

    def load(self, request: Request, reply: Reply) -> None:
        weights = self._load(request, reply, anew=True)
        reply.result(
            {
                "weights": weights.name,
                "path": str(weights.path),
                "device": str(weights.device),
                "alphabet": list(weights.alphabet.names),
                "calibrated": weights.calibrated,
                "temperature": weights.temperature,
                "imgsz": weights.side,
            }
        )

    def read(self, request: Request, reply: Reply) -> None:
        from lpstudio.reading.sources import find_items

        items = find_items(request.texts("sources"), request.text("split", "val"))
        formats, similarity = _formats(request), _similarity(request)
        frames = request.fields.get("frames") or {}
        if not isinstance(frames, dict):
            raise LpStudioError("'frames' in the request read must be an object")
        chosen = Request(request.id, "read", frames)
        reply.progress(0, None, "loading weights")
        reader = self._reader(request, reply)

        from lpstudio.reading.stream import Frames, ReadingRun

        which = Frames(chosen.integer("first", 0), chosen.integer("last", None), chosen.integer("step", 1))
        run = ReadingRun(items, reader, formats, similarity, which, reply.check)
        for done, one in enumerate(run, 1):
            reply.result(one)
            reply.progress(done, run.total, one["source"])

    def read_pixels(self, request: Request, reply: Reply) -> None:
        path, number = request.text("path"), request.integer("frame", None)
        rectangle = request.numbers("rectangle", 4, None)
        formats, similarity = _formats(request), _similarity(request)
        pixels, scale, (width, height), time_s = self._pixels(path, number, reply)
        reader = self._reader(request, reply)

        from lpstudio.reading.job import read_seen, scaled
        from lpstudio.reading.pictures import whole_rectangle
        from lpstudio.reading.plate import line, plates_of

        left, top = 0, 0
        if rectangle is not None:
            x1, y1, x2, y2 = rectangle
            inside = (x1 / scale[0], y1 / scale[1], x2 / scale[0], y2 / scale[1])
            left, top, right, bottom = whole_rectangle(inside, pixels.shape[1], pixels.shape[0])
            pixels = np.ascontiguousarray(pixels[top:bottom, left:right])
        reply.check()
        offset = (left * scale[0], top * scale[1])
        seen = [scaled(one, scale, offset) for one in read_seen(reader, [pixels])[0]]
        reply.result(
            line(
                path,
                frame=number,
                time_s=time_s,
                width=width,
                height=height,
                weights=reader.weights.name,
                calibrated=reader.weights.calibrated,
                plates=plates_of(seen, formats, similarity),
            )
        )

    def typed(self, request: Request, reply: Reply) -> None:
        path, text = request.text("path"), request.text("text")
        weights = self._load(request, reply, anew=False)

        from lpstudio.reading.pictures import load_picture
        from lpstudio.reading.typed_model import propose_seen

        reply.check()
        picture = load_picture(Path(path))
        seen = propose_seen(weights, picture.pixels, text)
        across, down = picture.scale
        reply.result(
            {
                "count": seen.count,
                "characters": [
                    {
                        "polygon": [[round(x * across, 3), round(y * down, 3)] for x, y in one.polygon],
                        "confidence": one.confidence,
                        "candidates": [{"char": c.char, "probability": c.probability} for c in one.candidates],
                    }
                    for one in seen.characters
                ],
                "doubt": seen.doubt,
                "at": list(seen.at),
            }
        )

    def close(self) -> None:
        if self._footage is not None:
            self._footage.close()

    def _pixels(
        self, path: str, number: int | None, reply: Reply
    ) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], tuple[float, float], tuple[int, int], float | None]:
        """BGR pixels, their scale, the size of the whole and the time of a picture or frame."""
        if number is None:
            from lpstudio.reading.pictures import load_picture

            picture = load_picture(Path(path))
            return picture.pixels, picture.scale, (picture.width, picture.height), None
        if self._footage is None or self._footage.path != Path(path):
            self.close()
            self._footage = None
            self._footage = Footage(path, lambda share: reply.progress(share, 1.0, "counting frames"))
        frame = self._footage.frame(number, reply.check)
        height, width = frame.pixels.shape[:2]
        return np.ascontiguousarray(frame.pixels[..., ::-1]), (1.0, 1.0), (width, height), frame.time_s

    def _reader(self, request: Request, reply: Reply) -> CharacterReader:
        weights = self._load(request, reply, anew=False)

        from lpstudio.reading import CONFIDENCE
        from lpstudio.reading.reader import CharacterReader

        confidence = float(request.number("conf", CONFIDENCE))
        if not 0.0 <= confidence <= 1.0:
            raise LpStudioError(f"the least confidence must lie from 0 to 1, not {confidence}")
        side, twice = request.integer("imgsz", None), request.truth("twice", False)
        return CharacterReader(weights, side, confidence, twice=twice)

    def _load(self, request: Request, reply: Reply, anew: bool) -> Weights:
        """The weights that a request names, loaded unless they are in use already and their file is the same."""
        named = anew or "weights" in request.fields or "device" in request.fields
        if not named and self._weights is not None:
            return self._weights

        from lpstudio.reading.weights import find_weights, load_weights

        given, device = request.text("weights", None), request.text("device", None)
        path = find_weights(Path(given) if given else None, packs=True)
        asked = (str(path), device, path.stat().st_mtime)
        if self._weights is None or asked != self._asked:
            reply.check()
            self._weights = load_weights(path, device)  # when that fails, the old ones stay in use
            self._asked = asked
        return self._weights


def _formats(request: Request) -> FormatSet:
    return formats_from(request.text("formats", DEFAULT_FORMATS))


def _similarity(request: Request) -> Similarity:
    data = request.fields.get("similarity")
    if data is None:
        return Similarity()
    try:
        return Similarity.from_dict(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LpStudioError(f"the similarity groups of the request are of no use ({error})") from None


def main() -> int:
    """Serve requests until stdin ends."""
    stay_offline()
    os.environ.setdefault("YOLO_VERBOSE", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the processor to a training
    configure_logging()
    reader = Reader()
    try:
        return serve(reader.handlers(), "reader")
    finally:
        reader.close()


if __name__ == "__main__":
    sys.exit(main())
