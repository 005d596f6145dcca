"""Footage: a video file whose frames are counted, timed and fetched exactly (PyAV; neither torch nor OpenCV).

Frames are numbered from 0 in the order of showing. The numbers come from the time stamps of all packets, read once
without decoding, so that B-frames, changing frame rates and sparse key frames do not matter: frame n is always the same
picture, whichever way it is reached.
"""

from __future__ import annotations

import bisect
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

_SUFFIXES = "3gp asf avi dav flv h264 h265 hevc m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv"
VIDEO_SUFFIXES = frozenset(f".{suffix}" for suffix in _SUFFIXES.split())
_AHEAD = 40  # frames worth decoding on the way before a seek is cheaper
_KEPT_BYTES = 96 * 2**20  # decoded pictures kept, so that steps backwards need not start at a key frame each


def is_video_path(path: Path) -> bool:
    """Whether a file's name says that it is a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True)
class Frame:
    """One picture of footage: ``pixels`` RGB uint8 (height, width, 3), upright; ``time_s`` since the first frame."""

    number: int
    time_s: float
    pixels: NDArray[np.uint8]


class Footage:
    """An open video. Not for use from several threads at once; close it, or use it in a ``with``.

    ``on_index(share)`` is called now and then while the packets are counted (0 to 1); what it raises ends the opening.
    Raises LpStudioError when the file is missing, is no video, or holds no picture that can be decoded.
    ``fault`` says in words when the file ends earlier than its header promises; the frames there are can be read.
    """

    def __init__(self, path: Path | str, on_index: Callable[[float], None] | None = None) -> None:
        import av

        self.path = Path(path)
        self.fault: str | None = None
        self._stamps: list[int] = []  # time stamp of every frame, in order; their place where there are none
        self._numbers: dict[int, int] = {}  # stamp to number; empty: frames are counted while decoding
        self._keys: list[int] = []  # time stamps of key frames
        self._times: list[float] = []
        self._decoder: Iterator[Any] = iter(())
        self._next: int | None = None  # the number the running decoder gives next; None: unknown
        self._last: Frame | None = None
        self._recent: OrderedDict[int, Any] = OrderedDict()
        self._on_step: Callable[[], None] | None = None
        self._rotation = 0
        if not self.path.is_file():
            raise LpStudioError("there is no such video", path=self.path)
        try:
            self._open()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _unreadable(self.path, error) from None
        try:
            self._index(on_index or (lambda share: None))
            self._open_first()
        except (av.FFmpegError, OSError) as error:
            self._container.close()
            raise _unreadable(self.path, error) from None
        except BaseException:
            self._container.close()
            raise

    # -- what it is

    @property
    def frame_count(self) -> int:
        """How many frames can be asked for."""
        return len(self._times)

    @property
    def fps(self) -> float:
        """Frames a second, the mean where the rate changes."""
        if len(self._times) > 1 and self._times[-1] > 0:
            return (len(self._times) - 1) / self._times[-1]
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate else 25.0

    @property
    def variable_rate(self) -> bool:
        """Whether frames are shown for clearly different times."""
        if len(self._times) < 3:
            return False
        steps = np.diff(self._times)
        return bool(steps.max() - steps.min() > max(0.25 * float(np.median(steps)), 0.0021))

    @property
    def duration_s(self) -> float:
        return self._times[-1] + 1.0 / self.fps if self._times else 0.0

    @property
    def codec(self) -> str:
        return str(self._stream.codec_context.name)

    def time_of(self, number: int) -> float:
        """Seconds from the first frame to frame ``number``."""
        return self._times[self._checked(number)]

    def frame_at(self, time_s: float) -> int:
        """The number of the frame that is being shown ``time_s`` seconds after the first."""
        return max(0, min(len(self._times) - 1, bisect.bisect_right(self._times, time_s + 1e-6) - 1))

    # -- frames

    def frame(self, number: int, on_step: Callable[[], None] | None = None) -> Frame:
        """Exactly frame ``number``. Raises LpStudioError when it does not exist or cannot be decoded.

        ``on_step()`` is called for every frame decoded on the way; what it raises ends the search.
        """
        import av

        self._checked(number)
        if self._last is not None and self._last.number == number:
            return self._last
        self._on_step = on_step
        try:
            decoded = self._recent.get(number) or self._decode(number)
        except (av.FFmpegError, OSError) as error:
            self._next = None
            raise LpStudioError(f"frame {number} cannot be decoded ({_short(error)})", path=self.path) from None
        if decoded is None:
            self._next = None
            raise LpStudioError(f"frame {number} cannot be decoded", path=self.path, remedy=self.fault or "")
        self._last = Frame(number, self._times[number], self._upright(decoded))
        return self._last

    def frames(self, first: int = 0, last: int | None = None, step: int = 1) -> Iterator[Frame | LpStudioError]:
        """Frames from ``first`` to ``last`` (included; None: the end), every ``step``-th.

        A frame that cannot be decoded comes as the error that says so, and the next ones go on. Where the file
        ends earlier than it should, the last value is the error that says that.
        """
        end = self.frame_count - 1 if last is None else min(last, self.frame_count - 1)
        for number in range(max(first, 0), end + 1, max(step, 1)):
            try:
                yield self.frame(number)
            except LpStudioError as error:
                yield error
        if self.fault and (last is None or last >= self.frame_count):
            yield LpStudioError(self.fault, path=self.path)

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> Footage:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- within

    def _checked(self, number: int) -> int:
        if not 0 <= number < self.frame_count:
            raise LpStudioError(f"there is no frame {number}, only 0 to {self.frame_count - 1}", path=self.path)
        return number

    def _open(self) -> None:
        import av

        self._container: Any = av.open(str(self.path), metadata_errors="replace")
        if not self._container.streams.video:
            self._container.close()
            raise LpStudioError("this file holds no video", path=self.path)
        self._stream: Any = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        for stream in self._container.streams:
            if stream is not self._stream:
                stream.discard = "all"

    def _index(self, on_index: Callable[[float], None]) -> None:
        """Collect the time stamp of every frame that is shown, and of the key frames, without decoding."""
        import av

        stamps: list[int] = []
        keys: list[int] = []
        clear = True
        size = max(self.path.stat().st_size, 1)
        told = 0
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0 or packet.is_discard:
                    continue
                if packet.pts is None:
                    clear = False
                    break
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
                position = packet.pos or 0
                if len(stamps) % 64 == 0 and position - told > size // 200:
                    told = position
                    on_index(min(1.0, position / size))
        except (av.FFmpegError, OSError) as error:
            self.fault = f"the video ends early: {_short(error)}"
        stamps.sort()
        if clear and len(set(stamps)) == len(stamps):
            self._numbers = {stamp: number for number, stamp in enumerate(stamps)}
        else:
            stamps = self._count_by_decoding(on_index)
            keys = []
        if not stamps:
            raise LpStudioError("no picture can be read from this video", path=self.path)
        self._stamps = stamps
        self._keys = sorted(keys)
        base = Fraction(self._stream.time_base or Fraction(1, 1000))
        if self._numbers:
            self._times = [float((stamp - stamps[0]) * base) for stamp in stamps]
        else:
            rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
            self._times = [number / float(rate) for number in range(len(stamps))]
        self._check_end()

    def _count_by_decoding(self, on_index: Callable[[float], None]) -> list[int]:
        """The slow way for files whose packets carry no usable time stamps: frame numbers stand for them."""
        import av

        self._rewind()
        count = 0
        try:
            for _ in self._container.decode(self._stream):
                count += 1
                if count % 100 == 0:
                    on_index(min(1.0, count / self._stream.frames) if self._stream.frames else 0.0)
        except (av.FFmpegError, OSError) as error:
            self.fault = f"the video ends early: {_short(error)}"
        return list(range(count))

    def _check_end(self) -> None:
        """Say so when clearly less is there than the header promises."""
        promised = self._stream.frames or 0
        found = len(self._stamps)
        if promised > found + 2:
            self.fault = f"the video ends early: {found} of {promised} frames are there"
        elif not promised and self._container.duration and self.fault is None:
            expected = self._container.duration / 1_000_000
            if self._stream.duration is None and expected - self.duration_s > max(1.0, 0.1 * expected):
                self.fault = f"the video ends early: {self.duration_s:.1f} of {expected:.1f} s are there"

    def _open_first(self) -> None:
        """Decode the first frame: proves that something can be shown, and tells size and rotation.

        Packets before the first picture that can be decoded (a recording cut in the middle of a group) do not count.
        """
        self._rewind()
        self._start(None if self._numbers else 0)
        first = next((f for f in self._decoder if not self._numbers or f.pts in self._numbers), None)
        if first is None:
            raise LpStudioError("no picture can be decoded from this video", path=self.path)
        if self._numbers:
            before = self._numbers[first.pts]
            self._stamps, self._times = self._stamps[before:], [t - self._times[before] for t in self._times[before:]]
            self._numbers = {stamp: number for number, stamp in enumerate(self._stamps)}
        self._next = 1
        self._rotation = round((getattr(first, "rotation", 0) or 0) / 90) % 4
        pixels = self._upright(first)
        self.height, self.width = pixels.shape[:2]
        self._last = Frame(0, self._times[0], pixels)

    def _upright(self, decoded: Any) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = decoded.to_ndarray(format="rgb24")
        if self._rotation:  # the display matrix counts counter-clockwise, as rot90 does
            pixels = np.ascontiguousarray(np.rot90(pixels, self._rotation))
        return pixels

    def _rewind(self) -> None:
        """Back to the first packet; a bare stream without a container cannot seek and is opened anew."""
        import av

        start = self._stream.start_time
        try:
            self._container.seek(min(start, 0) if start is not None else 0, stream=self._stream, backward=True)
        except av.FFmpegError:
            self._container.close()
            self._open()

    def _decode(self, number: int) -> Any:
        """The decoded frame ``number`` or None; leaves the decoder standing behind it."""
        if self._next is not None and self._next <= number <= self._next + _AHEAD:
            found = self._run_to(number)
            if found is not None:
                return found
        if not self._numbers:
            self._rewind()
            self._start(0)
            return self._run_to(number)
        wanted = self._stamps[number]
        at = bisect.bisect_right(self._keys, wanted) - 1
        tries = [self._keys[k] for k in range(at, max(at - 3, -1), -1)]
        for key in tries:
            self._container.seek(key, stream=self._stream, backward=True)
            self._start(None)
            found = self._run_to(number)
            if found is not None:
                return found
        self._rewind()
        self._start(None)
        return self._run_to(number)

    def _keep(self, number: int, decoded: Any) -> None:
        self._recent[number] = decoded
        self._recent.move_to_end(number)
        room = max(2, _KEPT_BYTES // max(1, decoded.width * decoded.height * 3 // 2))
        while len(self._recent) > room:
            self._recent.popitem(last=False)

    def _start(self, number: int | None) -> None:
        self._decoder = self._decoded()
        self._next = number

    def _decoded(self) -> Iterator[Any]:
        """Frames from where the container stands; bad packets are passed over, as a player does."""
        import av

        fails = 0
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except av.EOFError:
                return
            except av.InvalidDataError as error:
                fails += 1
                if fails == 1:
                    log.warning("%s: a damaged part of the video was passed over (%s)", self.path, _short(error))

    def _run_to(self, number: int) -> Any:
        """Decode forward until frame ``number``; None when it does not come (too late, or the end)."""
        for decoded in self._decoder:
            if self._on_step is not None:
                self._on_step()
            if self._numbers:
                here = self._numbers.get(decoded.pts, -1) if decoded.pts is not None else -1
                if here < 0:
                    continue
            else:
                here = self._next or 0
            self._next = here + 1
            self._keep(here, decoded)
            if here == number:
                return decoded
            if here > number:
                break
        self._next = None
        return None


def _short(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().rstrip(".")


def _unreadable(path: Path, error: BaseException) -> LpStudioError:
    return LpStudioError(
        f"this video cannot be opened ({_short(error)})",
        path=path,
        remedy="It is damaged, cut off, or no video at all",
    )
