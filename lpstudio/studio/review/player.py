"""The logic of playing footage: which frame is due when, and how times are written and read."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIMECODE = re.compile(r"^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)$")


def format_timecode(seconds: float) -> str:
    """``m:ss.mmm``, with hours in front where there are some."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def parse_timecode(text: str) -> float | None:
    """Seconds of ``ss``, ``m:ss.mmm`` or ``h:mm:ss.mmm``; None when it is none of them."""
    found = _TIMECODE.match(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))


def format_duration(seconds: float) -> str:
    """A time left for people: ``12 s``, ``3 min 05 s``, ``1 h 20 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


@dataclass
class PlayClock:
    """Says which frame is due at a time. Frames that come too late are left out, so footage never lags behind it."""

    fps: float
    count: int
    started_at: float = 0.0
    first: int = 0
    running: bool = False

    def start(self, frame: int, now: float) -> None:
        """Play from ``frame`` on; from the beginning when it is the last one."""
        self.first = 0 if frame >= self.count - 1 else max(0, frame)
        self.started_at = now
        self.running = True

    def stop(self) -> None:
        self.running = False

    def due(self, now: float) -> int:
        """The frame to show at ``now`` (seconds of any steady clock), at most the last one."""
        passed = int((now - self.started_at) * self.fps + 1e-6)
        return min(self.count - 1, self.first + max(0, passed))

    def ended(self, now: float) -> bool:
        """Whether the last frame is due."""
        return self.due(now) >= self.count - 1


def frames_of_range(first: int, last: int, step: int) -> list[int]:
    """Every ``step``-th frame from ``first`` to ``last``, both included where the step meets them."""
    return list(range(first, last + 1, max(1, step)))
