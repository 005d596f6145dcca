"""``events.jsonl``: what a training tells to whoever follows it, appended line by line and read incrementally.

Each line: ``{"v": 1, "t": seconds since 1970, "type": …}`` and the fields of its type. The file only ever grows, also
when a run is resumed.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

VERSION = 1
_CHUNK = 4 << 20
_RESERVE = 64 << 10


class EventLog:
    """Appends events. Small space is held in reserve, so that even a full disk can be reported.

    Not safe for several writers; a run has one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve = path.with_name(path.name + ".reserve")
        self._end_torn_line()
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(b"\0" * _RESERVE)

    def write(self, kind: str, **fields: Any) -> None:
        """Append one event. Raises OSError when even the reserve did not help."""
        line = json.dumps({"v": VERSION, "t": round(time.time(), 3), "type": kind, **_finite(fields)}) + "\n"
        try:
            self._append(line)
        except OSError:
            self._reserve.unlink(missing_ok=True)
            self._end_torn_line()
            self._append(line)

    def close(self) -> None:
        """Give the reserved space back."""
        with contextlib.suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    def _append(self, line: str) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            data = line.encode()
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)

    def _end_torn_line(self) -> None:
        """A line that a killed writer left unfinished must not swallow the next one."""
        with contextlib.suppress(OSError), self._path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell() == 0:
                return
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                self._append("\n")


def read_events(
    path: Path, after: int = 0, kinds: Collection[str] | None = None, max_bytes: int = _CHUNK
) -> tuple[list[dict[str, Any]], int]:
    """The events behind byte offset ``after`` and the offset to go on from; (``[]``, ``after``) when there are none.

    ``kinds`` limits to some types without parsing the others. At most ``max_bytes`` are read at a time. Half-written
    last lines are left for the next call; torn lines are passed over.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(after)
            data = stream.read(max_bytes)
    except FileNotFoundError:
        return [], after
    end = data.rfind(b"\n") + 1
    events = []
    for line in data[:end].splitlines():
        if kinds is not None and not any(f'"type": "{kind}"'.encode() in line[:80] for kind in kinds):
            continue
        event = _parsed(line)
        if event is not None:
            events.append(event)
    return events, after + end


def last_event(path: Path, after: int = 0) -> dict[str, Any] | None:
    """The newest whole event behind byte offset ``after``; reads only the file's end."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            for window in (4096, 65536, size):
                start = max(after, size - window)
                stream.seek(start)
                data = stream.read(size - start)
                lines = data[: data.rfind(b"\n") + 1].splitlines()
                for line in reversed(lines if start == after else lines[1:]):
                    event = _parsed(line)
                    if event is not None:
                        return event
                if start == after:
                    return None
    except FileNotFoundError:
        pass
    return None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "type" in event else None


def _finite(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
