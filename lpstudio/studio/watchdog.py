"""Finds out when the GUI thread did not come back to its events in time, and what held it.

A timer beats on the GUI thread; the time between two beats is how long nothing that a person did could be answered.
On a busy machine a part of it is waiting for the processor, which the system tells apart (Linux only).
"""

from __future__ import annotations

import faulthandler
import logging
import os
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO

from PySide6.QtCore import QObject, Qt, QTimer

_log = logging.getLogger(__name__)

FRAME_MS = 16.0  # a frame of a 60 Hz screen
SLOW_MS = 50.0
_KEPT_SAMPLES = 64
_SHOWN_FRAMES = 24


@dataclass(frozen=True)
class Block:
    """One stretch without answers.

    ``at_s``: its begin on the clock of ``time.perf_counter``. ``ms``: how long it took by the clock; ``waited_ms``: the
    part of it in which the thread was ready and the processor was with other threads or programs; ``cpu_ms``: the part
    in which the thread computed. What is left it waited for: another thread's Python, the screen, a disk. ``stacks``:
    what the thread did meanwhile, the innermost call first, one text per look.
    """

    at_s: float
    ms: float
    waited_ms: float
    cpu_ms: float
    stacks: tuple[str, ...] = ()

    @property
    def own_ms(self) -> float:
        """What the window itself is to blame for."""
        return self.ms - self.waited_ms


class Watchdog(QObject):
    """Watches the thread it is made in. ``blocks`` holds every stretch of own work over ``frame_ms``, the newest last.

    ``period_ms``: how often it looks; a block may be shorter than it is told by so much. ``sampled``: a thread notes
    what the GUI thread is doing while it is late.
    """

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        period_ms: int = 4,
        frame_ms: float = FRAME_MS,
        sampled: bool = True,
        kept: int = 100_000,
    ) -> None:
        super().__init__(parent)
        self.blocks: deque[Block] = deque(maxlen=kept)
        self.beats = 0
        self._frame_ms = frame_ms
        self._thread_id = threading.get_ident()
        self._waits = _ProcessorWaits()
        self._last = 0.0
        self._last_wait = 0.0
        self._last_cpu = 0.0
        self._samples: list[str] = []
        self._sampler = threading.Thread(target=self._sample, name="watchdog", daemon=True) if sampled else None
        self._stopped = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(period_ms)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to watch."""
        self._last, self._last_wait = time.perf_counter(), self._waits.seconds()
        self._last_cpu = time.thread_time()
        self._timer.start()
        if self._sampler is not None:
            self._sampler.start()

    def stop(self) -> None:
        """Watch no more; cannot be started again."""
        self._timer.stop()
        self._stopped.set()
        if self._sampler is not None and self._sampler.is_alive():
            self._sampler.join()
        self._waits.close()

    def over(self, ms: float) -> list[Block]:
        """The blocks of own work over so many milliseconds."""
        return [block for block in self.blocks if block.own_ms > ms]

    def _beat(self) -> None:
        now = time.perf_counter()
        self.beats += 1
        length = 1e3 * (now - self._last)
        if length > self._frame_ms:
            waits = self._waits.seconds()
            waited, cpu = 1e3 * (waits - self._last_wait), 1e3 * (time.thread_time() - self._last_cpu)
            block = Block(self._last, length, min(waited, length), min(cpu, length), tuple(self._samples))
            self._last_wait = waits
            if block.own_ms > self._frame_ms:
                self.blocks.append(block)
                self.blocked(block)
        elif self.beats % 16 == 0:  # the system's figure grows by waits between blocks as well
            self._last_wait = self._waits.seconds()
        self._samples.clear()
        self._last_cpu = time.thread_time()
        self._last = time.perf_counter()

    def blocked(self, block: Block) -> None:
        """A block has ended; for those who want to hear of it at once."""

    def _sample(self) -> None:
        """In a thread: note the stack of the watched thread while its beat is overdue."""
        with tempfile.TemporaryFile() as file:
            while not self._stopped.wait(0.005):
                if time.perf_counter() - self._last > self._frame_ms / 1e3 and len(self._samples) < _KEPT_SAMPLES:
                    self._samples.append(_stack(file, self._thread_id))


class LoggingWatchdog(Watchdog):
    """Writes every block over ``slow_ms`` into the log, with what the thread was doing."""

    def __init__(self, parent: QObject | None = None, *, slow_ms: float = SLOW_MS) -> None:
        super().__init__(parent, period_ms=8, frame_ms=slow_ms, kept=1000)

    def blocked(self, block: Block) -> None:
        where = block.stacks[len(block.stacks) // 2] if block.stacks else "(not seen)"
        _log.warning("the window did not answer for %.0f ms:\n%s", block.own_ms, where)


def _stack(file: IO[bytes], thread_id: int) -> str:
    """The calls a thread is in, the innermost first, by way of a file.

    Frames must not be taken in hand for this: they keep what is in them alive, and a painter has to end in time.
    """
    file.seek(0)
    file.truncate()
    faulthandler.dump_traceback(file, all_threads=True)
    file.seek(0)
    for part in file.read().decode("utf-8", "replace").split("\n\n"):
        head, _, calls = part.partition("\n")
        if f"0x{thread_id:016x}" in head:
            return "\n".join(call.strip() for call in calls.splitlines()[:_SHOWN_FRAMES])
    return ""


class _ProcessorWaits:
    """How long this thread was ready to run and had no processor, since it began; 0 where the system does not say."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:
            self._file = -1

    def seconds(self) -> float:
        if self._file < 0:
            return 0.0
        try:
            return int(os.pread(self._file, 64, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
