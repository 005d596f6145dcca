"""How the window talks with its worker processes: one JSON object a line, over stdin and stdout.

A request is flat::

    {"v": 1, "id": 7, "type": "read", "sources": ["a.jpg"], …}

``id`` is any number or text the client chooses; every answer carries it. A request gets any number of

    {"v": 1, "id": 7, "type": "result", "payload": {…}}
    {"v": 1, "id": 7, "type": "progress", "done": 3, "total": 12, "text": "b.jpg"}     (total null while unknown)

and then exactly one of

    {"v": 1, "id": 7, "type": "done"}
    {"v": 1, "id": 7, "type": "error", "message": "one line for a person", "path": "file or null"}
    {"v": 1, "id": 7, "type": "cancelled"}

``{"v": 1, "id": 7, "type": "cancel"}`` cancels request 7, waiting or running; it has no answer of its own, and none at
all when 7 is unknown or over. Once it can take requests, a worker says

    {"v": 1, "id": null, "type": "ready", "worker": "tools", "types": ["video_open", …]}

Requests are worked off one after the other, in their order. The end of stdin ends the worker, in the middle of work
too.
Standard output carries these lines and nothing else: whatever a library prints goes to stderr.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from lpstudio.errors import LpStudioError

VERSION = 1
RequestId = int | str

log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - a cancel is no error
    """The client took the running request back."""


def encode(message: Mapping[str, Any]) -> bytes:
    """One protocol line, its end of line included. Numbers that JSON cannot write are refused (ValueError)."""
    text = json.dumps({"v": VERSION, **message}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode(line: bytes | str) -> dict[str, Any]:
    """The message of one line. Raises LpStudioError when it is none, or of another protocol version."""
    try:
        message = json.loads(line.decode("utf-8", "surrogatepass") if isinstance(line, bytes) else line)
    except ValueError as error:
        raise LpStudioError(f"not a protocol line: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise LpStudioError("a protocol line must be an object with a type")
    if message.get("v") != VERSION:
        raise LpStudioError(f"protocol version {message.get('v')!r} is not known here, only {VERSION}")
    return message


@dataclass(frozen=True)
class Request:
    """One request as it came in; the typed getters raise LpStudioError that names the field."""

    id: RequestId
    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def _get(self, name: str, kinds: Any, what: str, default: Any) -> Any:
        value = self.fields.get(name)
        if value is None:
            if default is ...:
                raise LpStudioError(f"the request {self.type} needs {what} named {name!r}")
            return default
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise LpStudioError(f"{name!r} in the request {self.type} must be {what}, not {value!r}")
        return value

    def text(self, name: str, default: Any = ...) -> Any:
        return self._get(name, str, "a text", default)

    def integer(self, name: str, default: Any = ...) -> Any:
        return self._get(name, int, "a whole number", default)

    def number(self, name: str, default: Any = ...) -> Any:
        return self._get(name, (int, float), "a number", default)

    def truth(self, name: str, default: Any = ...) -> Any:
        return self._get(name, bool, "true or false", default)

    def texts(self, name: str, default: Any = ...) -> Any:
        values = self._get(name, list, "a list of texts", default)
        if isinstance(values, list) and not all(isinstance(value, str) for value in values):
            raise LpStudioError(f"{name!r} in the request {self.type} must be a list of texts")
        return values

    def numbers(self, name: str, count: int, default: Any = ...) -> Any:
        """``count`` numbers, as a tuple of floats."""
        values = self._get(name, list, f"a list of {count} numbers", default)
        if not isinstance(values, list):
            return values
        if len(values) != count or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
            raise LpStudioError(f"{name!r} in the request {self.type} must be a list of {count} numbers")
        return tuple(float(value) for value in values)


class Reply:
    """The way back to the client for one running request."""

    def __init__(self, request_id: RequestId, send: Callable[[Mapping[str, Any]], None], flag: threading.Event) -> None:
        self._id = request_id
        self._send = send
        self._flag = flag

    def result(self, payload: Mapping[str, Any]) -> None:
        """Send one result. Raises Cancelled when nobody waits for it any more."""
        self.check()
        self._send({"id": self._id, "type": "result", "payload": payload})

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far the work is; ``total`` None while unknown. Raises Cancelled."""
        self.check()
        self._send({"id": self._id, "type": "progress", "done": done, "total": total, "text": text})

    @property
    def cancelled(self) -> bool:
        return self._flag.is_set()

    def check(self) -> None:
        """Raise Cancelled when the client took the request back; call it inside every long loop."""
        if self._flag.is_set():
            raise Cancelled


Handler = Callable[[Request, Reply], None]


class _Inbox:
    """Reads requests in a thread, so that a cancel reaches a request that is being worked on."""

    def __init__(self, stream: BinaryIO, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._stream = stream
        self._send = send
        self._lock = threading.Lock()
        self._flags: dict[RequestId, threading.Event] = {}
        self.waiting: queue.Queue[tuple[Request, threading.Event] | None] = queue.Queue()
        threading.Thread(target=self._run, name="requests", daemon=True).start()

    def _run(self) -> None:
        try:
            for line in self._stream:
                if line.strip():
                    self._take(line)
        except (OSError, ValueError) as error:
            log.warning("requests can no longer be read: %s", error)
        with self._lock:
            for flag in self._flags.values():
                flag.set()
        self.waiting.put(None)

    def _take(self, line: bytes) -> None:
        request_id: Any = None
        try:
            message = decode(line)
            request_id = message.get("id")
            if not isinstance(request_id, (int, str)):
                raise LpStudioError("a request needs an id")
            kind = message["type"]
            with self._lock:
                if kind == "cancel":
                    if request_id in self._flags:
                        self._flags[request_id].set()
                    return
                if request_id in self._flags:
                    raise LpStudioError(f"a request with the id {request_id!r} is still running")
                flag = self._flags[request_id] = threading.Event()
            fields = {key: value for key, value in message.items() if key not in ("v", "id", "type")}
            self.waiting.put((Request(request_id, kind, fields), flag))
        except LpStudioError as error:
            self._send(error_message(request_id, error))

    def forget(self, request_id: RequestId) -> None:
        with self._lock:
            self._flags.pop(request_id, None)


def error_message(request_id: RequestId | None, error: BaseException) -> dict[str, Any]:
    """The line that tells a failure; an unexpected exception is named by its kind and logged with its trace."""
    if isinstance(error, LpStudioError):
        return {
            "id": request_id,
            "type": "error",
            "message": error.message,
            "path": str(error.path) if error.path else None,
        }
    log.error("unexpected failure", exc_info=error)
    said = str(error).strip().splitlines()
    message = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    path = getattr(error, "filename", None) if isinstance(error, OSError) else None
    return {"id": request_id, "type": "error", "message": message, "path": str(path) if path else None}


def run_request(request: Request, handlers: Mapping[str, Handler], reply: Reply) -> dict[str, Any]:
    """Work one request off; returns its last line (done, error or cancelled)."""
    try:
        reply.check()
        handler = handlers.get(request.type)
        if handler is None:
            raise LpStudioError(
                f"the request {request.type!r} is not known here", remedy=f"Known: {', '.join(handlers)}"
            )
        handler(request, reply)
        return {"id": request.id, "type": "done"}
    except Cancelled:
        return {"id": request.id, "type": "cancelled"}
    except Exception as error:
        return error_message(request.id, error)


def claim_stdout() -> BinaryIO:
    """Take standard output for protocol lines; from now on everything else printed, by C code too, goes to stderr."""
    sys.stdout.flush()
    lines = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = _ToStderr()
    return lines


class _ToStderr:
    """A standard output that follows ``sys.stderr``, whatever that is at the moment."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return 2


def serve(
    handlers: Mapping[str, Handler], name: str, *, requests: BinaryIO | None = None, answers: BinaryIO | None = None
) -> int:
    """Answer requests until their stream ends; returns the exit code of the process.

    ``requests`` and ``answers`` are standard input and output unless given.
    """
    out = claim_stdout() if answers is None else answers
    lock = threading.Lock()

    def send(message: Mapping[str, Any]) -> None:
        line = encode(message)
        with lock:
            out.write(line)
            out.flush()

    try:
        inbox = _Inbox(sys.stdin.buffer if requests is None else requests, send)
        send({"id": None, "type": "ready", "worker": name, "types": sorted(handlers)})
        while (item := inbox.waiting.get()) is not None:
            request, flag = item
            last = run_request(request, handlers, Reply(request.id, send, flag))
            inbox.forget(request.id)
            send(last)
    except BrokenPipeError:
        return 0
    return 0


def configure_logging(stream: TextIO | None = None) -> None:
    """Log to stderr, in the way of all worker processes."""
    logging.basicConfig(stream=stream or sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


def paths_of(texts: Sequence[str]) -> list[Path]:
    """Paths as they come over the protocol."""
    return [Path(text) for text in texts]
