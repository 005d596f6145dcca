"""A seeded corpus of damaged and hostile annotation files, made from sound ones."""

from __future__ import annotations

import json
import random
import re
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, "", "NaN", "\ud800", "../../../etc/passwd", "/etc/passwd", "C:\\Windows\\x.png", "a\x00b.png", "?",
    "x" * 5000, -1, 0, 1e308, -1e308, 10**30, 0.5, float("nan"), float("inf"), [], {}, [[]], [{}], [None] * 50,
    {"counts": "zzz", "size": [9, 9]}, {"counts": [1, -1], "size": [60, 120]},
    {"counts": [7200], "size": [10**9, 10**9]}, [[0, 0]] * 20_000, "0 0 0 0",
)  # fmt: skip
_TOKENS = (
    b"NaN", b"Infinity", b"1e999", b"-1", b"null", b"[", b"{", b"]" * 9, b"<a>", b"</image>", b"&lol;",
    b"<!DOCTYPE a [", b"../../x", b"/etc/passwd", b"\x00", b"\xff\xfe", b"\xf0\x9f", b'"', b"'", b"[" * 3000,
    b"<a>" * 300, b"9" * 5000,
    b"0 nan nan nan nan nan nan\n", b"0 " + b"0.5 " * 30_000 + b"\n", b"\r\n", b"-inf", b"\\ud800",
)  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with one to four kinds of damage."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice((_cut, _flip, _insert, _swap, _double, _values, _values))(data, rng)
    return data


def _cut(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.5 else data[:at] + data[at + rng.randrange(1, 60) :]


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 12) if changed else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_TOKENS) + data[at:]


def _swap(data: bytes, rng: random.Random) -> bytes:
    a, b, c = sorted(rng.randrange(len(data) + 1) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _double(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] * rng.randrange(1, 4) + data[b:]


def _values(data: bytes, rng: random.Random) -> bytes:
    """Odd values in sound places: of a JSON's nodes, an XML's attributes and texts, a line's numbers."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        found = list(re.finditer(rb'"[^"<>]*"|>[^<>]+<|(?<=[ \n])[0-9.]+', data))
        if not found:
            return data
        hit = rng.choice(found)
        value = str(rng.choice(_VALUES)).encode("utf-8", "replace")[:400]
        first, last = hit.group()[:1], hit.group()[-1:]
        quoted = first + value + last if first in b'">' else value
        return data[: hit.start()] + quoted + data[hit.end() :]
    places: list[tuple[Any, Any]] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            todo.append(node[key])
    if places:
        node, key = rng.choice(places)
        node[key] = rng.choice(_VALUES)
    return json.dumps(tree).encode("utf-8", "surrogatepass")
