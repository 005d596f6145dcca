"""The child processes of the window: JSON lines over a QProcess, started on first use, restarted after a crash."""

from __future__ import annotations

import json
import logging
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal
from shiboken6 import isValid

from lpstudio.worker.protocol import VERSION, encode

_log = logging.getLogger(__name__)

LOG_LINES = 500

OnResult = Callable[[dict[str, Any]], object]
OnProgress = Callable[[float, float | None, str], object]
OnDone = Callable[[], object]
OnError = Callable[[str], object]


@dataclass
class _Request:
    on_result: OnResult | None
    on_done: OnDone | None
    on_error: OnError | None
    on_progress: OnProgress | None
    kind: str = ""


def worker_environment() -> QProcessEnvironment:
    """The environment of a child: no Qt plugins of ours, no network for Ultralytics, unbuffered UTF-8 output."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.remove("QT_QPA_PLATFORM_PLUGIN_PATH")
    environment.insert("YOLO_OFFLINE", "true")
    environment.insert("YOLO_AUTOINSTALL", "false")
    environment.insert("YOLO_VERBOSE", "false")
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONIOENCODING", "utf-8")
    return environment


class WorkerClient(QObject):
    """One child process and the requests that run in it.

    Every request ends exactly once: with ``on_done``, or with ``on_error`` and a plain sentence. After a crash the
    pending requests get errors and the next request starts the process anew.
    """

    started = Signal()
    crashed = Signal(str)
    busy_changed = Signal(bool)
    result_seen = Signal(str, dict)  # kind of the request, payload; for the status line

    def __init__(self, module: str, parent: QObject | None = None, *, title: str = "", program: str = "") -> None:
        """``module`` is run with ``python -m``; ``title`` is what a person calls it ("reader")."""
        super().__init__(parent)
        self.title = title or module.rpartition(".")[2]
        self._module = module
        self._program = program or sys.executable
        self._process: QProcess | None = None
        self._leaving: list[QProcess] = []  # asked to end
        self._requests: dict[int, _Request] = {}
        self._next_id = 1
        self._output = b""
        self._error_output = b""
        self._log_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._stopping = False

    # -- asking ----------------------------------------------------------------------------------------------------

    def request(
        self,
        kind: str,
        payload: dict[str, Any] | None = None,
        on_result: OnResult | None = None,
        on_done: OnDone | None = None,
        on_error: OnError | None = None,
        on_progress: OnProgress | None = None,
    ) -> int:
        """Send one request (fields as in :mod:`lpstudio.worker.protocol`) and return its id.

        ``on_result`` gets the payload of every result, ``on_progress`` (done, total or None, text); then exactly one of
        ``on_done()`` and ``on_error(sentence)`` is called, unless the request is cancelled first.
        """
        number = self._next_id
        self._next_id += 1
        was_busy = self.busy
        self._requests[number] = _Request(on_result, on_done, on_error, on_progress, kind)
        self._ensure_running()
        self._send({**(payload or {}), "id": number, "type": kind})
        if not was_busy and self.busy:
            self.busy_changed.emit(True)
        return number

    def cancel(self, number: int) -> None:
        """Forget a request: nothing of it is delivered any more, and the child is asked to stop working on it."""
        if self._requests.pop(number, None) is None:
            return
        if self.running:
            self._send({"id": number, "type": "cancel"})
        if not self.busy:
            self.busy_changed.emit(False)

    @property
    def busy(self) -> bool:
        return bool(self._requests)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return int(self._process.processId()) if self._process is not None else 0

    @property
    def log_lines(self) -> list[str]:
        """The last lines the child wrote to stderr, also those of a child that crashed."""
        return list(self._log_lines)

    # -- the process -----------------------------------------------------------------------------------------------

    def _ensure_running(self) -> None:
        if self.running:
            return
        self._drop_process()
        self._output = self._error_output = b""
        process = QProcess(self)
        process.setProcessEnvironment(worker_environment())
        process.setProgram(self._program)
        process.setArguments(["-m", self._module])
        process.readyReadStandardOutput.connect(self._read_output)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        self._process = process
        self._stopping = False
        process.start()
        self.started.emit()

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is not None:
            self._process.write(encode(message))

    def _read_output(self) -> None:
        if self._process is None:
            return
        self._output += bytes(self._process.readAllStandardOutput().data())
        *lines, self._output = self._output.split(b"\n")
        for line in lines:
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._log_lines.append(line.decode("utf-8", "replace"))  # something printed in the child
            return
        if not isinstance(message, dict):
            return
        if message.get("v") != VERSION:
            self._log_lines.append(f"a line of another protocol version: {line[:200]!r}")
            return
        number = message.get("id")
        request = self._requests.get(number) if isinstance(number, int) else None
        kind = message.get("type")
        if request is None or not isinstance(number, int):
            return  # cancelled before, or a line of nobody's
        if kind == "result":
            self.result_seen.emit(request.kind, message.get("payload") or {})
            if request.on_result is not None:
                request.on_result(message.get("payload") or {})
        elif kind == "progress":
            if request.on_progress is not None:
                request.on_progress(message.get("done") or 0.0, message.get("total"), str(message.get("text") or ""))
        elif kind == "error":
            self._end(number)
            if request.on_error is not None:
                request.on_error(str(message.get("message") or "the work failed without saying why"))
        elif kind in ("done", "cancelled"):
            self._end(number)
            if request.on_done is not None:
                request.on_done()

    def _end(self, number: int) -> None:
        self._requests.pop(number, None)
        if not self.busy:
            self.busy_changed.emit(False)

    def _read_errors(self) -> None:
        if self._process is None:
            return
        self._error_output += bytes(self._process.readAllStandardError().data())
        *lines, self._error_output = self._error_output.split(b"\n")
        self._log_lines.extend(line.decode("utf-8", "replace") for line in lines)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._give_up(f"the {self.title} could not be started: {self._process.errorString()}")

    def _finished(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        if self._error_output:
            self._log_lines.append(self._error_output.decode("utf-8", "replace"))
            self._error_output = b""
        if self._stopping:
            return
        if status == QProcess.ExitStatus.CrashExit:
            how = "was ended by the system or crashed"
        elif exit_code:
            how = f"ended with code {exit_code}"
        else:
            how = "ended"
        last = next((line for line in reversed(self._log_lines) if line.strip()), "")
        detail = f" ({last.strip()})" if last and status != QProcess.ExitStatus.CrashExit else ""
        self._give_up(f"the {self.title} {how}{detail}; it starts again with the next request")

    def _give_up(self, message: str) -> None:
        pending = list(self._requests.values())
        self._requests.clear()
        if pending:
            _log.warning("%s", message)
            self.busy_changed.emit(False)
        for request in pending:
            if request.on_error is not None:
                request.on_error(message)
        self.crashed.emit(message)

    def _drop_process(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None

    def release(self, *, at_once: bool = False) -> None:
        """Let the child end by itself, now that nothing is asked of it any more; does not wait.

        With ``at_once`` it is ended in the middle of what it does. The next request starts another one.
        """
        process = self._process
        if process is None or self.busy:
            return
        self._process = None
        process.readyReadStandardOutput.disconnect(self._read_output)
        process.readyReadStandardError.disconnect(self._read_errors)
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._failed)
        self._leaving = [other for other in self._leaving if isValid(other)]
        self._leaving.append(process)
        process.finished.connect(process.deleteLater)
        if at_once:
            process.kill()
        else:
            process.closeWriteChannel()

    def stop(self, timeout_ms: int = 2000) -> None:
        """End the child: its input is closed, then it is told, then killed. Pending requests are dropped silently."""
        self._requests.clear()
        for leaving in self._leaving:
            if isValid(leaving):
                leaving.kill()
                leaving.waitForFinished(timeout_ms)
        self._leaving.clear()
        process = self._process
        if process is None:
            return
        self._stopping = True
        if process.state() != QProcess.ProcessState.NotRunning:
            process.closeWriteChannel()
            if not process.waitForFinished(timeout_ms // 4):
                process.terminate()
                if not process.waitForFinished(timeout_ms // 2):
                    process.kill()
                    process.waitForFinished(timeout_ms)
        self._drop_process()


class WorkerPool(QObject):
    """The workers of one window: ``reader`` holds torch, ``tools`` holds only cv2 and av and answers at once.

    ``plates`` previews synthetic plates, ``factory`` makes whole datasets of them, for minutes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = WorkerClient("lpstudio.worker.reader", self, title="reader")
        self.tools = WorkerClient("lpstudio.worker.tools", self, title="tools worker")
        self.plates = WorkerClient("lpstudio.worker.synthesis", self, title="plate preview")
        self.factory = WorkerClient("lpstudio.worker.synthesis", self, title="plate maker")

    def stop(self) -> None:
        """End all children."""
        self.reader.stop()
        self.tools.stop()
        self.plates.stop()
        self.factory.stop()
