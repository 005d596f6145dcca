"""The events file: whatever happens to the writer, whoever follows reads on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lpstudio.training import events
from lpstudio.training.commands import CommandReader
from lpstudio.training.events import EventLog, last_event, read_events


def test_events_are_read_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert read_events(path) == ([], 0)
    log = EventLog(path)
    log.write("start", epochs=3)
    first, offset = read_events(path)
    assert [(event["v"], event["type"], event["epochs"]) for event in first] == [(1, "start", 3)]
    log.write("batch", batch=1)
    log.write("epoch", epoch=1)
    later, end = read_events(path, offset)
    assert [event["type"] for event in later] == ["batch", "epoch"]
    assert read_events(path, end) == ([], end)
    only, _ = read_events(path, 0, {"epoch"})
    assert [event["type"] for event in only] == ["epoch"]


def test_a_half_written_line_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).write("start")
    with path.open("a") as stream:
        stream.write('{"v": 1, "type": "epo')
    found, offset = read_events(path)
    assert len(found) == 1
    assert last_event(path) == found[0]
    with path.open("a") as stream:
        stream.write('ch"}\n')
    assert [event["type"] for event in read_events(path, offset)[0]] == ["epoch"]


def test_a_line_torn_by_a_killed_writer_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"v": 1, "type": "start"}\n{"v": 1, "ty')
    EventLog(path).write("finished", reason="stopped")
    assert [event["type"] for event in read_events(path)[0]] == ["start", "finished"]


def test_the_last_event_is_found_behind_long_files_and_only_after_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.write("failed", message="x")
    offset = path.stat().st_size
    assert last_event(path, offset) is None
    log.write("log", text="y" * 10_000)
    event = last_event(path, offset)
    assert event is not None and event["type"] == "log"


def test_many_events_are_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for number in range(50):
        log.write("batch", batch=number)
    seen, offset = [], 0
    while True:
        found, next_offset = read_events(path, offset, max_bytes=500)
        if next_offset == offset:
            break
        seen += [event["batch"] for event in found]
        offset = next_offset
    assert seen == list(range(50))


def test_values_that_are_no_numbers_become_null(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).write("epoch", val={"box_loss": math.nan}, list=[math.inf, 1.0])
    event = read_events(path)[0][0]
    assert event["val"] == {"box_loss": None}
    assert event["list"] == [None, 1.0]


def test_a_full_disk_can_still_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    reserve = tmp_path / "events.jsonl.reserve"
    assert reserve.stat().st_size > 10_000
    write = events.os.write

    def full(handle: int, data: bytes) -> int:
        if reserve.exists():
            raise OSError(28, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(events.os, "write", full)
    log.write("failed", message="the disk is full")
    assert read_events(path)[0][0]["message"] == "the disk is full"


def test_commands_are_taken_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    reader = CommandReader(path)
    assert reader.poll() == []
    path.write_text('{"command": "pause"}\nnonsense\n{"command": "resume"}\n{"comm')
    assert reader.poll() == ["pause", "resume"]
    assert reader.poll() == []
    with path.open("a") as stream:
        stream.write('and": "stop"}\n')
    assert reader.poll() == ["stop"]
