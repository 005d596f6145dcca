"""The tools process: footage, pictures and outlines, with PyAV and OpenCV but no torch, so that nobody waits for it.

Run as ``python -m lpstudio.worker.tools``; the protocol is that of :mod:`lpstudio.worker.protocol`. Every request here
gets exactly one result before its ``done``. Coordinates are pixels after EXIF or video rotation, y down; rectangles are
``[x1, y1, x2, y2]``. ``?`` marks fields that may be left out.

============  ==========================================  ============================================================
type          request fields                              payload of the result
============  ==========================================  ============================================================
video_open    path                                        path, frames, fps, width, height, duration_s, codec,
                                                          variable_rate (bool), fault (text or null: ends early, …)
video_frame   path, frame, max_side?                      file, width, height, bytes, frame, time_s,
                                                          source_width, source_height
video_find    path, time_s                                frame, time_s (the frame shown at that time)
video_close   path                                        (empty)
image_rgb     path, max_side?                             file, width, height, bytes, source_width, source_height
crop_png      path, frame?, rectangle?                    file, width, height, rectangle (whole pixels, clipped),
                                                          frame, time_s (null for pictures)
outline       path, frame?, and one of                    polygon [[x, y], …]
              point [x, y] (with radius?), rectangle
              (with char?, slope? of its row and
              others? [[char, [[x, y], …]], …])
typed         path, text                                  polygons [[[x, y], …], …] of the text's characters in reading
                                                          order; doubt (why there seem to be more or fewer, or empty),
                                                          at [place in the text, …] where
============  ==========================================  ============================================================

``video_open`` also sends ``progress`` (done and total 1.0) while it indexes a long file; the other video requests open
the file themselves when nobody did. Frame numbers count from 0 in the order of showing, and are exact.

``file`` of video_frame and image_rgb holds ``height`` rows of ``width`` RGB pixels, 3 bytes each, without padding
(``bytes`` = 3 · width · height; the file may be longer). It lies in shared memory where the system has it, in a ring of
``RING`` files: read or copy it before asking for that many more pictures. ``max_side`` makes the picture smaller, never
larger, so that its longer side has at most that many pixels.

``file`` of crop_png is the client's to delete; what is left goes when the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError
from lpstudio.reading.footage import Footage, Frame
from lpstudio.reading.pictures import load_picture, whole_rectangle
from lpstudio.worker.protocol import Handler, Reply, Request, configure_logging, serve

RING = 8
_OPEN_VIDEOS = 3
_PREFIX = "lpstudio-tools-"


class Exchange:
    """A folder of this process for what is handed over, in shared memory where the system has it."""

    def __init__(self) -> None:
        shared = Path("/dev/shm")
        usable = shared.is_dir() and os.access(shared, os.W_OK)
        self._shared = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=shared if usable else None))
        self._plain = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self._turn = 0
        self._crops = 0
        atexit.register(self.close)
        for folder in {self._shared.parent, self._plain.parent}:
            _sweep(folder)

    def put_picture(self, pixels: NDArray[np.uint8]) -> dict[str, Any]:
        """Hand over RGB pixels through the next file of the ring."""
        self._turn = (self._turn + 1) % RING
        path = self._shared / f"picture-{self._turn}.rgb"
        pixels = np.ascontiguousarray(pixels)
        try:
            # Written over in place, never shortened: a client may still have the file mapped.
            with path.open("r+b" if path.exists() else "wb") as file:
                file.write(pixels.data)
        except OSError as error:
            raise LpStudioError(f"a picture cannot be handed over ({error.strerror})", path=path) from None
        height, width = pixels.shape[:2]
        return {"file": str(path), "width": width, "height": height, "bytes": int(pixels.size)}

    def put_file(self, data: bytes, suffix: str) -> str:
        """Hand over a file that is the client's from now on."""
        self._crops += 1
        path = self._plain / f"crop-{self._crops}{suffix}"
        path.write_bytes(data)
        return str(path)

    def close(self) -> None:
        for folder in (self._shared, self._plain):
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes of this kind left behind."""
    import psutil

    with contextlib.suppress(OSError):
        for left in folder.glob(f"{_PREFIX}*"):
            pid = left.name[len(_PREFIX) :].partition("-")[0]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(left, ignore_errors=True)


class Tools:
    """The requests of the tools process; keeps the videos used last open."""

    def __init__(self) -> None:
        self._exchange = Exchange()
        self._videos: OrderedDict[str, Footage] = OrderedDict()

    def handlers(self) -> dict[str, Handler]:
        return {
            "video_open": self.video_open,
            "video_frame": self.video_frame,
            "video_find": self.video_find,
            "video_close": self.video_close,
            "image_rgb": self.image_rgb,
            "crop_png": self.crop_png,
            "outline": self.outline,
            "typed": self.typed,
        }

    def video_open(self, request: Request, reply: Reply) -> None:
        path = request.text("path")
        self._close(path)
        footage = self._footage(path, reply)
        reply.result(
            {
                "path": path,
                "frames": footage.frame_count,
                "fps": round(footage.fps, 6),
                "width": footage.width,
                "height": footage.height,
                "duration_s": footage.duration_s,
                "codec": footage.codec,
                "variable_rate": footage.variable_rate,
                "fault": footage.fault,
            }
        )

    def video_frame(self, request: Request, reply: Reply) -> None:
        frame = self._frame(request.text("path"), request.integer("frame"), reply)
        reply.result(
            {
                **self._exchange.put_picture(_shrunk(frame.pixels, request.integer("max_side", None))),
                "frame": frame.number,
                "time_s": frame.time_s,
                "source_width": frame.pixels.shape[1],
                "source_height": frame.pixels.shape[0],
            }
        )

    def video_find(self, request: Request, reply: Reply) -> None:
        footage = self._footage(request.text("path"), reply)
        number = footage.frame_at(float(request.number("time_s")))
        reply.result({"frame": number, "time_s": footage.time_of(number)})

    def video_close(self, request: Request, reply: Reply) -> None:
        self._close(request.text("path"))
        reply.result({})

    def image_rgb(self, request: Request, reply: Reply) -> None:
        picture = load_picture(Path(request.text("path")))
        reply.check()
        pixels = _shrunk(picture.pixels, request.integer("max_side", None))
        reply.result(
            {
                **self._exchange.put_picture(pixels[..., ::-1]),
                "source_width": picture.width,
                "source_height": picture.height,
            }
        )

    def crop_png(self, request: Request, reply: Reply) -> None:
        import cv2

        bgr, frame = self._pixels(request, reply)
        height, width = bgr.shape[:2]
        left, top, right, bottom = whole_rectangle(request.numbers("rectangle", 4, None), width, height)
        encoded, data = cv2.imencode(".png", bgr[top:bottom, left:right])
        if not encoded:
            raise LpStudioError("the crop cannot be written as PNG", path=request.text("path"))
        reply.result(
            {
                "file": self._exchange.put_file(data.tobytes(), ".png"),
                "width": right - left,
                "height": bottom - top,
                "rectangle": [left, top, right, bottom],
                "frame": frame.number if frame else None,
                "time_s": frame.time_s if frame else None,
            }
        )

    def outline(self, request: Request, reply: Reply) -> None:
        from lpstudio.reading.letter_forms import fills, known_outline
        from lpstudio.reading.outline import outline_around, outline_in_box

        char, slope = request.text("char", ""), float(request.number("slope", 0.0))
        box = request.numbers("rectangle", 4, None)
        point = request.numbers("point", 2) if box is None else (0.0, 0.0)
        bgr, _ = self._pixels(request, reply)
        reply.check()
        if box is not None and char:
            polygon = known_outline(bgr, box, char, slope, _others(request))
        elif box is not None:
            polygon = outline_in_box(bgr, box)
            if not fills(polygon, box):
                raise LpStudioError("what stands out in the box is much smaller than it")
        else:
            polygon = outline_around(bgr, point, request.number("radius", None))
        reply.result({"polygon": [[x, y] for x, y in polygon]})

    def typed(self, request: Request, reply: Reply) -> None:
        from lpstudio.reading.typed import propose

        text = request.text("text")
        bgr, _ = self._pixels(request, reply)
        reply.check()
        proposal = propose(bgr, text)
        reply.result(
            {
                "polygons": [[[x, y] for x, y in polygon] for polygon in proposal.polygons],
                "doubt": proposal.doubt,
                "at": list(proposal.at),
            }
        )

    def close(self) -> None:
        for path in list(self._videos):
            self._close(path)
        self._exchange.close()

    def _pixels(self, request: Request, reply: Reply) -> tuple[NDArray[np.uint8], Frame | None]:
        """The whole picture or frame that a request names, BGR."""
        path, number = request.text("path"), request.integer("frame", None)
        if number is not None:
            frame = self._frame(path, number, reply)
            return frame.pixels[..., ::-1], frame
        picture = load_picture(Path(path))
        if (picture.width, picture.height) != picture.pixels.shape[1::-1]:
            raise LpStudioError("this picture is too large to cut from", path=path, remedy="Make it smaller first")
        return picture.pixels, None

    def _frame(self, path: str, number: int, reply: Reply) -> Frame:
        frame = self._footage(path, reply).frame(number, reply.check)
        reply.check()
        return frame

    def _footage(self, path: str, reply: Reply) -> Footage:
        if path not in self._videos:

            def on_index(share: float) -> None:
                reply.progress(share, 1.0, "counting frames")

            self._videos[path] = Footage(path, on_index)
            while len(self._videos) > _OPEN_VIDEOS:
                self._close(next(iter(self._videos)))
        self._videos.move_to_end(path)
        return self._videos[path]

    def _close(self, path: str) -> None:
        footage = self._videos.pop(path, None)
        if footage is not None:
            footage.close()


def _others(request: Request) -> list[tuple[str, Polygon]]:
    """The other characters of the plate, as far as they are understood."""
    found = []
    for one in request.fields.get("others") or []:
        try:
            char, points = one
            polygon = tuple((float(x), float(y)) for x, y in points)
        except (TypeError, ValueError):
            continue
        if isinstance(char, str) and len(polygon) >= 3:
            found.append((char, polygon))
    return found


def _shrunk(pixels: NDArray[np.uint8], max_side: int | None) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if not max_side or max(height, width) <= max_side:
        return pixels
    import cv2

    share = max(max_side, 1) / max(height, width)
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def main() -> int:
    """Serve requests until stdin ends."""
    configure_logging()
    tools = Tools()
    try:
        return serve(tools.handlers(), "tools")
    finally:
        tools.close()


if __name__ == "__main__":
    sys.exit(main())
