"""The protocol of the workers: one line an object, every request ended once, cancel by id."""

from __future__ import annotations

import io
import json
import os
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpstudio.errors import LpStudioError
from lpstudio.worker.protocol import Handler, Reply, Request, decode, encode, serve

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda k: k not in ("v", "type")), JSON, max_size=4))
def test_every_message_is_one_line_and_comes_back_the_same(fields: dict[str, Any]) -> None:
    line = encode({"type": "read", **fields})
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode(line) == {"v": 1, "type": "read", **fields}


def test_file_names_that_are_no_unicode_survive() -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    assert decode(encode({"type": "read", "path": name}))["path"] == name


def test_numbers_that_are_no_json_never_reach_the_line() -> None:
    with pytest.raises(ValueError):
        encode({"type": "result", "probability": float("nan")})


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b'{"v":1}', b'{"v":2,"type":"read"}', b"\xff\xfe{}"])
def test_lines_of_no_or_another_protocol_are_refused(line: bytes) -> None:
    with pytest.raises(LpStudioError):
        decode(line)


def _run(lines: list[str], handlers: dict[str, Handler]) -> list[dict[str, Any]]:
    answers = io.BytesIO()
    serve(handlers, "test", requests=io.BytesIO("\n".join(lines).encode() + b"\n"), answers=answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


class _HeldOpen(io.RawIOBase):
    """A request stream that gives its lines, then stays open until told otherwise."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [line.encode() + b"\n" for line in lines]
        self.ended = threading.Event()

    def __iter__(self) -> _HeldOpen:
        return self

    def __next__(self) -> bytes:
        if self.lines:
            return self.lines.pop(0)
        self.ended.wait(10)
        raise StopIteration


def _served(lines: list[str], handlers: dict[str, Handler], ends: int) -> list[dict[str, Any]]:
    """Serve until ``ends`` requests have ended, then close the stream."""
    requests = _HeldOpen(lines)

    class Answers(io.BytesIO):
        def write(self, data: Any) -> int:
            nonlocal ends
            if json.loads(data)["type"] in ("done", "error", "cancelled"):
                ends -= 1
                if ends == 0:
                    requests.ended.set()
            return super().write(data)

    answers = Answers()
    serve(handlers, "test", requests=requests, answers=answers)  # type: ignore[arg-type]
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def _echo(request: Request, reply: Reply) -> None:
    reply.progress(1, 2, "half")
    reply.result({"said": request.text("words")})


def _fail(request: Request, reply: Reply) -> None:
    raise LpStudioError("the weights are torn", path="w.pt", remedy="Copy them again")


def _burst(request: Request, reply: Reply) -> None:
    raise ZeroDivisionError("division by zero")


HANDLERS: dict[str, Handler] = {"echo": _echo, "fail": _fail, "burst": _burst}


def test_a_worker_says_what_it_can_do_and_ends_every_request_once() -> None:
    lines = [json.dumps({"v": 1, "id": n, "type": "echo", "words": str(n)}) for n in (1, "two")]
    got = _served(lines, HANDLERS, 2)
    assert got[0] == {"v": 1, "id": None, "type": "ready", "worker": "test", "types": ["burst", "echo", "fail"]}
    assert [(m["id"], m["type"]) for m in got[1:]] == [
        (1, "progress"), (1, "result"), (1, "done"), ("two", "progress"), ("two", "result"), ("two", "done"),
    ]  # fmt: skip
    assert got[2]["payload"] == {"said": "1"}


def test_failures_are_told_with_their_file_and_the_next_request_is_served() -> None:
    lines = [
        json.dumps({"v": 1, "id": n, "type": kind, "words": "x"})
        for n, kind in enumerate(("fail", "burst", "what", "echo"))
    ]
    got = {m["id"]: m for m in _served(lines, HANDLERS, 4) if m["type"] in ("error", "done")}
    assert got[0]["path"] == "w.pt" and got[0]["message"] == "w.pt: the weights are torn. Copy them again"
    assert "division by zero" in got[1]["message"] and got[1]["path"] is None
    assert "'what' is not known" in got[2]["message"]
    assert got[3]["type"] == "done"


def test_a_broken_request_line_is_answered_and_passed_over() -> None:
    good = json.dumps({"v": 1, "id": 5, "type": "echo", "words": "x"})
    got = _served(["{broken", json.dumps({"v": 1, "type": "echo"}), good], HANDLERS, 3)
    assert sorted(m["type"] for m in got if m["id"] is None) == ["error", "error", "ready"]
    assert got[-1] == {"v": 1, "id": 5, "type": "done"}


def test_missing_and_wrong_fields_are_named() -> None:
    for fields, said in (
        ({}, "needs a text named 'words'"),
        ({"words": 3}, "'words' in the request echo must be a text"),
    ):
        got = _served([json.dumps({"v": 1, "id": 1, "type": "echo", **fields})], HANDLERS, 1)
        assert said in got[-1]["message"]


def test_running_and_waiting_requests_can_be_cancelled_by_id() -> None:
    started = threading.Event()

    def endless(request: Request, reply: Reply) -> None:
        started.set()
        while True:
            reply.check()

    class Requests(_HeldOpen):
        def __next__(self) -> bytes:
            if len(self.lines) == 2:
                started.wait(10)
            return super().__next__()

    lines = [
        json.dumps({"v": 1, "id": 1, "type": "endless"}),
        json.dumps({"v": 1, "id": 2, "type": "echo", "words": "never"}),
        json.dumps({"v": 1, "id": 3, "type": "echo", "words": "served"}),
        json.dumps({"v": 1, "id": 2, "type": "cancel"}),
        json.dumps({"v": 1, "id": 1, "type": "cancel"}),
    ]
    requests = Requests(lines)

    class Answers(io.BytesIO):
        def write(self, data: Any) -> int:
            if b'"id":3' in data and b'"done"' in data:
                requests.ended.set()
            return super().write(data)

    answers = Answers()
    serve({"endless": endless, **HANDLERS}, "test", requests=requests, answers=answers)  # type: ignore[arg-type]
    got = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [(m["id"], m["type"]) for m in got if m["id"] in (1, 2)] == [(1, "cancelled"), (2, "cancelled")]
    assert got[-1] == {"v": 1, "id": 3, "type": "done"}


def test_the_end_of_the_requests_ends_the_worker_in_the_middle_of_work() -> None:
    def endless(request: Request, reply: Reply) -> None:
        while True:
            reply.check()

    got = _run([json.dumps({"v": 1, "id": 1, "type": "endless"})], {"endless": endless})
    assert got[-1] == {"v": 1, "id": 1, "type": "cancelled"}
