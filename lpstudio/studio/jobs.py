"""Work off the GUI thread: a function runs in a pool, its result comes back as a call on the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QThreadPool, Signal

from lpstudio.errors import LpStudioError

_log = logging.getLogger(__name__)


def plain_message(error: BaseException) -> str:
    """What a person is told of an error: our own message, or what the system says."""
    if isinstance(error, LpStudioError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    return f"{type(error).__name__}: {error}"


class Jobs(QObject):
    """A small pool of threads. When there is a queue, the newest job runs first unless ``in_order`` is said."""

    _finished = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, threads: int = 2, *, in_order: bool = False) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._pool.setExpiryTimeout(5000)
        self._numbers = count(1)
        self._waiting: dict[int, tuple[Callable[[Any], object] | None, Callable[[BaseException], object] | None]] = {}
        self._closed = False
        self._in_order = in_order
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Any],
        on_done: Callable[[Any], object] | None = None,
        on_error: Callable[[BaseException], object] | None = None,
    ) -> int:
        """Run ``work`` in a thread; then ``on_done(result)`` or ``on_error(error)`` on the GUI thread.

        Returns a number for :meth:`forget`. An error that nobody takes is logged.
        """
        number = next(self._numbers)
        if self._closed:
            return number
        self._waiting[number] = (on_done, on_error)
        finished = self._finished

        def task() -> None:
            result: Any = None
            failure: BaseException | None = None
            try:
                result = work()
            except BaseException as error:  # whatever it is, the window is told and lives on
                failure = error
            try:
                finished.emit(number, result, failure)
            except RuntimeError:  # the window is gone already
                _log.debug("job %d ended after its window", number)

        self._pool.start(task, 0 if self._in_order else number)
        return number

    def forget(self, number: int) -> None:
        """Do not deliver this job's result any more (it may still run to its end)."""
        self._waiting.pop(number, None)

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def _deliver(self, number: int, result: object, failure: BaseException | None) -> None:
        callbacks = self._waiting.pop(number, None)
        if callbacks is None:
            return
        on_done, on_error = callbacks
        if failure is None:
            if on_done is not None:
                on_done(result)
        elif on_error is not None:
            on_error(failure)
        else:
            _log.error("background work failed", exc_info=failure)

    def wait(self, timeout_ms: int) -> bool:
        """Wait until no job runs any more and deliver what they brought. False when some still run."""
        ended = self._pool.waitForDone(timeout_ms)
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)
        return ended

    def close(self, timeout_ms: int = 5000) -> bool:
        """Take no more work, drop what has not begun, wait for the rest. False when something still runs."""
        self._closed = True
        self._waiting.clear()
        self._pool.clear()
        return self._pool.waitForDone(timeout_ms)
