"""Who is at work: locks the system gives back when their process dies, processes known by pid and start time."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.file_lock import try_lock

_SAME_START_S = 5.0


class FileLock:
    """An exclusive lock on a file, held by this process until :meth:`release` or its death."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; does not wait."""
        if self._handle is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if not try_lock(handle):
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def device_locks(device: str) -> list[FileLock]:
    """The locks a training on ``device`` must hold: ``cpu``, ``mps``, ``0`` or ``0,1`` (one for each GPU, in order)."""
    import platformdirs

    named = os.environ.get("LPSTUDIO_LOCKS")
    folder = Path(named) if named else Path(platformdirs.user_cache_dir("lpstudio", appauthor=False)) / "locks"
    names = [device] if not device[:1].isdigit() else [f"cuda{number}" for number in sorted(device.split(","), key=int)]
    return [FileLock(folder / f"device-{name}.lock") for name in names]


@dataclass(frozen=True)
class Owner:
    """The process that trains a run. ``events_offset``: size of events.jsonl when it was started."""

    pid: int
    started: float
    events_offset: int

    @classmethod
    def of(cls, pid: int, events_path: Path) -> Owner:
        """Describe a running process."""
        import psutil

        try:
            started = psutil.Process(pid).create_time()
        except psutil.Error:
            started = time.time()
        return cls(pid, started, events_path.stat().st_size if events_path.exists() else 0)

    def write(self, path: Path) -> None:
        write_bytes_atomic(
            path,
            json.dumps({"pid": self.pid, "started": self.started, "events_offset": self.events_offset}).encode(),
        )

    @classmethod
    def read(cls, path: Path) -> Owner | None:
        """What stands in a lock file; None when there is none or it is torn."""
        try:
            data = json.loads(path.read_bytes())
            return cls(int(data["pid"]), float(data["started"]), int(data["events_offset"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_alive(self) -> bool:
        """Whether that very process still runs; another one with the same pid does not count."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(process.create_time() - self.started) < _SAME_START_S
        except psutil.Error:
            return False
