"""A plain client for the worker processes, as another program would write one."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any


class Worker:
    """A running worker process; ``lines`` are its answers."""

    def __init__(self, module: str) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self.lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.last_id = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.ready = self.next()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self, timeout: float = 120) -> dict[str, Any]:
        message = self.lines.get(timeout=timeout)
        assert message is not None, "the worker ended"
        return message

    def send(self, kind: str, **fields: Any) -> int:
        self.last_id += 1
        self.send_raw(json.dumps({"v": 1, "id": self.last_id, "type": kind, **fields}))
        return self.last_id

    def cancel(self, request_id: int) -> None:
        self.send_raw(json.dumps({"v": 1, "id": request_id, "type": "cancel"}))

    def send_raw(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def until_end(self, request_id: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The results of one request and its last line; answers to others must not come in between."""
        results = []
        while True:
            message = self.next()
            assert message["id"] == request_id, message
            if message["type"] == "result":
                results.append(message["payload"])
            elif message["type"] != "progress":
                return results, message

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The one result of a request that succeeds."""
        results, last = self.until_end(self.send(kind, **fields))
        assert last["type"] == "done", last
        return results[0]

    def refused(self, kind: str, **fields: Any) -> str:
        results, last = self.until_end(self.send(kind, **fields))
        assert last["type"] == "error" and not results, last
        return str(last["message"])

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(30)
