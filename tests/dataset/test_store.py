"""The database and its text twin: either brings the project back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpstudio.dataset.project import Project
from lpstudio.dataset.records import (
    CropRecord,
    KeptCharacter,
    character_id,
    parse_records,
    record_from_line,
    record_to_line,
)
from lpstudio.dataset.store import Store
from lpstudio.dataset.types import Character, CropContent, CropState, Origin
from lpstudio.errors import LpStudioError

from .conftest import MakeDataset

A, B = "images/train/a.png", "images/train/b.png"
Square = Callable[..., Character]


@pytest.fixture
def root(make_dataset: MakeDataset) -> Path:
    return make_dataset({"train/a": "", "train/b": ""})


def lines(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (root / "crops.jsonl").read_text().splitlines()]


def test_states_texts_unreadable_characters_and_origins_survive_the_loss_of_the_database(
    root: Path, square: Square
) -> None:
    origin = Origin("a.mp4", 5, 0.2, (1.0, 2.0, 3.0, 4.0))
    with Project.open(root) as project:
        project.save(A, CropContent((square("A"), square("8", 30, unreadable=True))), CropState.VERIFIED)
        project.set_text(A, "AB1")
        project.store.set_origin(A, origin)
        project.set_state(B, CropState.IGNORED)
    shutil.rmtree(root / ".lpstudio")
    with Project.open(root) as project:
        index = project.scan()
        assert [index.state_of(i) for i in range(2)] == ["verified", "ignored"]
        assert project.text(A) == "AB1"
        assert project.origin(A) == origin
        assert [c.unreadable for c in project.load(A).characters] == [False, True]
        project.set_text(B, "N3W")  # a new database is made, with all of it
    assert {line["key"]: line.get("state") for line in lines(root)} == {A: "verified", B: "ignored"}


def test_the_text_file_is_sorted_one_line_a_crop_and_stays_the_same_when_nothing_changed(root: Path) -> None:
    with Project.open(root) as project:
        project.set_text(B, "B")
        project.set_text(A, "A")
        project.flush()
        first = (root / "crops.jsonl").read_bytes()
        stamp = (root / "crops.jsonl").stat().st_mtime_ns
        project.flush()
    assert [line["key"] for line in lines(root)] == [A, B]
    assert (root / "crops.jsonl").stat().st_mtime_ns == stamp
    assert (root / "crops.jsonl").read_bytes() == first


def test_drafts_are_not_written_to_the_text_file(root: Path, square: Square) -> None:
    (root / "labels/train/a.txt").unlink()
    with Project.open(root) as project:
        assert project.set_draft(A, (square("A"),))
        project.set_text(B, "X")
    assert [line["key"] for line in lines(root)] == [B]


def change(root: Path, key: str, **values: object) -> None:
    """Edit a line of the text file as a pull would."""
    found = {str(line["key"]): line for line in lines(root)}
    found.setdefault(key, {"key": key, "changed": 0.0}).update(values)
    text = "".join(json.dumps(found[name]) + "\n" for name in sorted(found))
    (root / "crops.jsonl").write_text(text)


def test_of_what_was_pulled_in_the_newer_counts_crop_by_crop(root: Path) -> None:
    with Project.open(root) as project:
        project.set_state(A, CropState.VERIFIED)
        project.set_text(A, "MINE")
        project.set_text(B, "MINE")
    times = {str(line["key"]): float(str(line["changed"])) for line in lines(root)}
    change(root, A, text="THEIRS", changed=times[A] + 60)
    change(root, B, text="OLDER", changed=times[B] - 60)
    change(root, "images/train/new.png", state="ignored", changed=5.0)
    with Project.open(root) as project:
        assert project.text(A) == "THEIRS"
        assert project.text(B) == "MINE"
        assert project.store.record("images/train/new.png") is not None
        project.set_text(B, "AGAIN")
    assert {line["key"]: line.get("text") for line in lines(root)} == {
        A: "THEIRS",
        B: "AGAIN",
        "images/train/new.png": None,
    }


def test_a_pull_while_the_project_is_open_is_not_overwritten(root: Path) -> None:
    with Project.open(root) as project:
        project.set_text(A, "MINE")
        project.flush()
        change(root, B, text="THEIRS", changed=1.0)
        project.set_text(A, "MINE2")
    assert {line["key"]: line["text"] for line in lines(root)} == {A: "MINE2", B: "THEIRS"}


def test_a_state_taken_back_is_not_brought_back_by_an_older_copy(root: Path) -> None:
    with Project.open(root) as project:
        project.set_state(A, CropState.VERIFIED)
    old = (root / "crops.jsonl").read_bytes()
    with Project.open(root) as project:
        project.set_state(A, CropState.LABELLED)
    (root / "crops.jsonl").write_bytes(old)
    with Project.open(root) as project:
        assert project.state(A) is CropState.LABELLED


def test_both_sides_of_a_merge_conflict_are_read_and_a_broken_line_is_kept_aside(root: Path) -> None:
    (root / "crops.jsonl").write_text(
        "<<<<<<< HEAD\n"
        f'{{"key": "{A}", "text": "OURS", "changed": 10}}\n'
        "=======\n"
        f'{{"key": "{A}", "text": "THEIRS", "changed": 20}}\n'
        ">>>>>>> other\n"
        '{"key": "half a li\n'
    )
    with Project.open(root) as project:
        assert project.text(A) == "THEIRS"
        assert "crops.jsonl:6: this line is not understood" in project.warnings[0]
        project.set_text(B, "X")
    assert (root / ".lpstudio/crops-unread.jsonl").read_text() == '{"key": "half a li\n'


def test_a_damaged_database_is_put_aside_and_the_text_file_brings_back_what_it_knows(root: Path) -> None:
    with Project.open(root) as project:
        project.set_text(A, "KEPT")
    database = root / ".lpstudio/studio.db"
    database.write_bytes(b"this is no database" * 500)
    with Project.open(root) as project:
        assert project.text(A) == "KEPT"
        assert "put aside as studio-damaged-1.db" in project.warnings[0]
    assert (root / ".lpstudio/studio-damaged-1.db").read_bytes().startswith(b"this is no")


def test_a_database_of_a_newer_version_is_not_touched(root: Path) -> None:
    with Project.open(root) as project:
        project.set_text(A, "X")
    with sqlite3.connect(root / ".lpstudio/studio.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LpStudioError, match="written by a newer LP Studio"):
        Project.open(root)


def test_without_leave_to_make_a_store_none_is_made(root: Path) -> None:
    with Project.open(root, create_store=False) as project:
        project.set_text(A, "X")
        assert project.text(A) == "X"
    assert not (root / ".lpstudio").exists()
    assert not (root / "crops.jsonl").exists()


def test_two_projects_open_on_one_folder_see_each_others_states(root: Path) -> None:
    with Project.open(root) as first, Project.open(root) as second:
        first.set_state(A, CropState.VERIFIED)
        second.set_text(A, "TWO")
        assert first.text(A) == "TWO"
    with Project.open(root) as project:
        assert (project.state(A), project.text(A)) == (CropState.VERIFIED, "TWO")


def test_review_decisions_are_kept_by_character(root: Path, square: Square) -> None:
    character = square("O")
    name = character_id(character)
    with Project.open(root) as project:
        project.store.decide(A, name, "accepted")
        project.store.decide(A, character_id(square("O", 50)), "corrected")
        project.store.decide(A, character_id(square("O", 50)), None)
    with Project.open(root) as project:
        assert project.store.decisions(A) == {name: "accepted"}
        assert project.store.decisions(B) == {}


def test_the_database_keeps_itself_out_of_version_control(root: Path) -> None:
    with Project.open(root) as project:
        project.set_text(A, "X")
    assert (root / ".lpstudio/.gitignore").read_text() == "*\n"


def test_names_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    key = b"images/train/\xff\xe9.png".decode("utf-8", "surrogateescape")
    store = Store(tmp_path)
    store.set_text(key, "X")
    store.close()
    shutil.rmtree(tmp_path / ".lpstudio")
    store = Store(tmp_path)
    record = store.record(key)
    assert record is not None
    assert record.text == "X"
    store.set_state(key, CropState.IGNORED)
    assert store.states() == [(key, CropState.IGNORED, False)]
    store.close()


polygons = st.lists(st.tuples(st.floats(-100, 20_000), st.floats(-100, 20_000)), min_size=3, max_size=6).map(tuple)
kept = st.builds(
    KeptCharacter, st.integers(0, 50), st.builds(Character, polygons, st.sampled_from(["", "A", "0"]), st.booleans())
)
origins = st.builds(
    Origin,
    st.text(max_size=20),
    st.none() | st.integers(0, 10**6),
    st.none() | st.floats(0, 1e6),
    st.none() | st.tuples(*[st.floats(0, 1e5)] * 4),
)
records = st.builds(
    CropRecord,
    st.text(min_size=1, max_size=30),
    st.none() | st.sampled_from([s for s in CropState if s is not CropState.DRAFT]),
    st.none() | st.text(max_size=12),
    st.lists(kept, max_size=3).map(tuple),
    st.none() | origins,
    st.floats(0, 4e9).map(lambda value: round(value, 3)),
)


@given(records)
@settings(max_examples=200, deadline=None)
def test_every_record_comes_back_from_its_line(record: CropRecord) -> None:
    line = record_to_line(record)
    assert "\n" not in line
    back = record_from_line(line)
    assert (back.key, back.state, back.text, back.origin, back.changed) == (
        record.key,
        record.state,
        record.text,
        record.origin,
        record.changed,
    )
    for old, new in zip(record.kept, back.kept, strict=True):
        assert (old.at, old.character.char, old.character.unreadable) == (
            new.at,
            new.character.char,
            new.character.unreadable,
        )
        for (x1, y1), (x2, y2) in zip(old.character.polygon, new.character.polygon, strict=True):
            assert abs(x1 - x2) < 0.001
            assert abs(y1 - y2) < 0.001


@given(st.text(max_size=200) | st.from_regex(r'\{"key": .{0,60}\}', fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader_of_records(text: str) -> None:
    parse_records(text)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "1",
        '{"state": "verified"}',
        '{"key": "a", "state": "perhaps"}',
        '{"key": "a", "changed": "x"}',
        '{"key": "a", "changed": NaN}',
        '{"key": "a", "unreadable": [{"polygon": [[1, 2]]}]}',
        '{"key": "a", "origin": {"rectangle": [1, 2]}}',
        '{"key": "a", "origin": 5}',
    ],
)
def test_a_line_that_is_no_record_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        record_from_line(line)
