"""The edit journal: what is in it survives, wherever the project's disk went, and nobody else's work is overwritten."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lpstudio.dataset import database as database_module
from lpstudio.dataset import journal as journal_module
from lpstudio.dataset.journal import Standing, StepNote
from lpstudio.dataset.journal_records import DO, MERGE, REDO, UNDO, Unwritten
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState, UnreadLine
from lpstudio.dataset.writer import LabelWriter
from lpstudio.errors import LpStudioError

from .conftest import YAML, MakeDataset

A, B = "images/train/a.png", "images/train/b.png"
SQUARE = "0 0.1 0.2 0.18 0.2 0.18 0.8 0.1 0.8\n"
Square = Callable[..., Character]


@pytest.fixture
def root(make_dataset: MakeDataset) -> Path:
    return make_dataset({"train/a": SQUARE, "train/b": None})


@pytest.fixture
def no_label_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """While the list is not empty no label file is written: the disk is as slow as it can be."""
    held = [True]
    save = Project.save

    def held_back(self: Project, *arguments: object, **named: object) -> object:
        while held:
            time.sleep(0.002)
        return save(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Project, "save", held_back)
    yield held
    held.clear()


def crash(writer: LabelWriter, project: Project, held: list[bool]) -> None:
    """Leave everything as a killed process would: nothing more of it reaches a file."""
    journal = project.journal
    rows = journal.unwritten()
    held.clear()
    writer.close()
    journal.append(rows, [])  # the end of the process would have left them there
    project.journal.close()
    project.store.close(flush=False)


def content(square: Square, chars: str) -> CropContent:
    return CropContent(tuple(square(char, 5.0 + 9 * at) for at, char in enumerate(chars)))


def chars(project: Project, key: str) -> str:
    return "".join(character.char for character in project.load(key).characters)


def unwritten(key: str, wanted: CropContent, expected: str | None = None, **more: object) -> Unwritten:
    return Unwritten(key, 1, wanted, CropState.VERIFIED, expected=expected, **more)  # type: ignore[arg-type]


def leave(root: Path, *left: Unwritten, steps: list[tuple[str, StepNote]] | None = None, present: bool = True) -> None:
    """A session that put these into the journal and died."""
    project = Project.open(root)
    project.journal.append(left, steps or [], present=present)
    project.journal.close()
    project.store.close(flush=False)


def test_a_gesture_is_safe_before_its_label_file_is_written(
    root: Path, square: Square, no_label_files: list[bool]
) -> None:
    project = Project.open(root)
    safe: dict[str, float] = {}
    writer = LabelWriter(project, on_durable=lambda key, ticket: safe.setdefault(key, time.perf_counter()))
    writer.submit(B, content(square, "Z"))  # the first one ever makes the database
    while B not in safe:
        time.sleep(0.001)
    took: list[tuple[float, float]] = []
    for _ in range(8):  # the machine may be busy: the best one shows how long the way itself is
        safe.pop(A, None)
        begun = time.perf_counter()
        writer.submit(A, content(square, "XY"), CropState.VERIFIED, "XY")
        handed_over = time.perf_counter() - begun
        while A not in safe:
            time.sleep(0.001)
        took.append((handed_over, safe[A] - begun))
    assert min(first for first, _ in took) < 0.005  # whoever draws does not wait
    assert min(second for _, second in took) < 0.1
    assert project.label_path(A).read_text() == SQUARE
    assert {what.key: len(what.content.characters) for what in project.journal.unwritten() if what.content} == {
        A: 2,
        B: 1,
    }
    no_label_files.clear()
    assert writer.close()
    assert project.journal.unwritten() == []
    assert (chars(project, A), project.text(A)) == ("XY", "XY")
    project.close()


def test_the_next_opening_writes_what_the_journal_holds_and_sweeps_up(root: Path, square: Square) -> None:
    hidden = square("Q", 60.0, unreadable=True)
    wanted = CropContent((*content(square, "XY").characters, hidden))
    with Project.open(root) as project:
        digest = project.digest(A)
    leave(root, unwritten(A, wanted, digest, text="XY"), unwritten(B, content(square, "B"), ""))
    torn = root / "labels/train/.lpstudio-4194304-abc.tmp"  # no process has such a number
    torn.write_text("0 0.1")
    (root / ".lpstudio" / torn.name).write_text("half")
    living = root / f"labels/train/.lpstudio-{os.getpid()}-abc.tmp"
    living.write_text("")
    with Project.open(root) as project:
        assert sorted(project.replayed.written) == [A, B]
        assert (chars(project, A), project.text(A), project.state(A)) == ("XYQ", "XY", CropState.VERIFIED)
        assert chars(project, B) == "B"
        assert project.journal.unwritten() == []
    assert not torn.exists()
    assert not (root / ".lpstudio" / torn.name).exists()
    assert living.exists()
    assert "XY" in (root / "crops.jsonl").read_text()  # it had been behind


def test_what_another_program_wrote_since_is_not_overwritten_at_the_next_opening(root: Path, square: Square) -> None:
    with Project.open(root) as project:
        digest = project.digest(A)
    leave(root, unwritten(A, content(square, "XY"), digest))
    theirs = SQUARE.replace("0 0.1", "7 0.1", 1)
    project_label = root / "labels/train/a.txt"
    project_label.write_text(theirs)
    os.utime(project_label, (1, 1))  # clocks jump: the file's time says nothing
    with Project.open(root) as project:
        assert [what.key for what in project.replayed.changed] == [A]
        assert project_label.read_text() == theirs
    with Project.open(root) as project:  # and it is asked again until somebody chooses
        assert [what.key for what in project.replayed.changed] == [A]


@pytest.mark.parametrize("how", [DO, MERGE])
def test_an_own_write_that_the_crash_cut_off_from_its_journal_is_no_other_program(
    root: Path, square: Square, how: str
) -> None:
    """The first of two edits was in the file when the program died, the second in the journal only."""
    with Project.open(root) as project:
        digest, before = project.digest(A), Standing(project.load(A), CropState.LABELLED, "")
        first = Standing(content(square, "X"), CropState.LABELLED, "")
        second = Standing(content(square, "XY"), CropState.LABELLED, "")
        project.save(A, first.content)
    steps = [(A, StepNote(DO, "First", before, first)), (A, StepNote(how, "Second", first, second))]
    leave(root, unwritten(A, second.content, digest), steps=steps)
    with Project.open(root) as project:
        assert project.replayed.written == [A]
        assert chars(project, A) == "XY"


def test_the_history_of_an_interrupted_session_comes_back(root: Path, square: Square) -> None:
    odd = UnreadLine(3, "no label \udcff", "not understood")
    standings = [
        Standing(CropContent(content(square, "ABCDE"[:n]).characters, (odd,)), CropState.IN_PROGRESS, "AB"[:n])
        for n in range(6)
    ]
    notes = [StepNote(DO, f"Step {n}", standings[n], standings[n + 1]) for n in range(4)]
    notes.append(StepNote(MERGE, "Steps", standings[4], standings[5]))
    notes.append(StepNote(UNDO, "Steps", standings[5], standings[3]))
    leave(root, unwritten(A, standings[3].content), steps=[(A, note) for note in notes])
    with Project.open(root) as project:
        found = project.interrupted
        assert found is not None
        assert (found.steps, found.keys) == (6, (A,))
        past = project.journal.history(found.generation)[A]
        assert [step.title for step in past.done] == ["Step 0", "Step 1", "Step 2"]
        assert [step.title for step in past.undone] == ["Steps"]
        assert past.done[0].before.content == standings[0].content
        assert past.now == standings[3]
        assert (past.undone[0].before, past.undone[0].after) == (standings[3], standings[5])
        project.journal.adopt(found.generation)
        project.journal.append([], [(A, StepNote(REDO, "Steps", standings[3], standings[5]))])
        again = project.journal.history(project.journal.generation)[A]
        assert (len(again.done), len(again.undone), again.now) == (4, 0, standings[5])


def test_a_step_over_what_came_from_elsewhere_can_be_undone_too(root: Path, square: Square) -> None:
    one, two, three = (Standing(content(square, text), CropState.LABELLED, "") for text in ("A", "B", "C"))
    leave(root, steps=[(A, StepNote(DO, "Mine", one, two)), (A, StepNote(DO, "Again", three, one))])
    with Project.open(root) as project:
        assert project.interrupted is not None
        past = project.journal.history(project.interrupted.generation)[A]
        assert [step.title for step in past.done] == ["Mine", "Change elsewhere", "Again"]
        assert all(a.after == b.before for a, b in zip(past.done, past.done[1:], strict=False))


def test_a_damaged_entry_costs_no_other_one(root: Path, square: Square) -> None:
    good = StepNote(DO, "Good", Standing(), Standing(content(square, "A")))
    leave(root, unwritten(A, content(square, "A")), unwritten(B, content(square, "B")), steps=[(B, good)])
    project = Project.open(root, create_store=False)
    with project.store.database.writing() as connection:
        connection.execute("UPDATE unwritten SET data = '{\"characters\": 7}' WHERE key = ?", (A,))
        connection.execute("INSERT INTO journal SELECT 99, generation, 'x', op, title, '[', made FROM journal")
    project.store.close(flush=False)
    with Project.open(root) as project:
        assert project.replayed.written == [B]
        assert project.interrupted is not None
        assert list(project.journal.history(project.interrupted.generation)) == [B]


def test_a_vanished_folder_keeps_edits_on_this_machine_and_gets_them_when_it_is_back(
    root: Path, square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lpstudio.dataset.writer.RETRY_S", 0.05)
    project = Project.open(root)
    safe: list[str] = []
    failed: list[str] = []
    writer = LabelWriter(
        project,
        on_durable=lambda key, ticket: safe.append(key),
        on_failed=lambda key, ticket, error: failed.append(error.message),
    )
    away = root.with_name("away")
    root.rename(away)
    root.mkdir()  # where a drive was, its empty place stays
    writer.submit(A, content(square, "XY"), text="XY")
    deadline = time.monotonic() + 10
    while not (safe and failed) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert safe == [A]
    assert "folder is gone" in failed[0]
    assert "Connect the drive" in failed[0]
    assert list(root.iterdir()) == []  # nothing is made in the empty place
    assert project.journal.kept_locally
    assert project.journal.local_path.is_file()
    root.rmdir()
    away.rename(root)
    deadline = time.monotonic() + 10
    while writer.pending() and time.monotonic() < deadline:
        time.sleep(0.002)
    assert (chars(project, A), project.text(A)) == ("XY", "XY")  # by itself
    assert len(failed) == 1  # told once, not with every try
    writer.close()
    project.journal.end()
    project.close()
    assert not project.journal.local_path.exists()


def test_a_program_killed_while_the_drive_is_gone_gives_the_edits_back_later(root: Path, square: Square) -> None:
    leave(root, unwritten(A, content(square, "XY"), None, text="XY"), present=False)
    leave(root)
    with Project.open(root) as project:
        assert (chars(project, A), project.text(A)) == ("XY", "XY")
    with Project.open(root) as project:
        assert project.replayed.written == []


def test_of_two_places_the_later_edit_counts(root: Path, square: Square) -> None:
    project = Project.open(root)
    project.journal.append([unwritten(A, content(square, "X"))], [])
    later = Unwritten(A, 2, content(square, "XYZ"), CropState.VERIFIED)
    step = StepNote(DO, "Later", Standing(content(square, "X")), Standing(content(square, "XYZ")))
    project.journal.append([later], [(A, step)], present=False)
    project.journal.close()
    project.store.close(flush=False)
    with Project.open(root) as project:
        assert chars(project, A) == "XYZ"
        assert project.interrupted is not None
        assert len(project.journal.history(project.interrupted.generation)[A].done) == 1


def test_a_network_drive_gets_no_wal_and_its_journal_lies_on_this_machine(
    root: Path, square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "is_network", lambda folder: root in Path(folder).parents)
    monkeypatch.setattr(journal_module, "is_network", lambda folder: Path(folder) == root)
    leave(root, unwritten(A, content(square, "XY")))
    project = Project.open(root, create_store=False)
    assert not project.store.database.wal
    assert project.journal.local_path.is_file()
    assert not list((root / ".lpstudio").glob("*-wal")) if (root / ".lpstudio").exists() else True
    project.close()
    with Project.open(root) as project:
        assert chars(project, A) == "XY"


def test_a_full_disk_keeps_edits_on_this_machine_and_gets_them_when_there_is_room(
    small_disk: Path, square: Square, tmp_path: Path
) -> None:
    from PIL import Image

    for folder in ("images/train", "images/val", "labels/train"):
        (small_disk / folder).mkdir(parents=True)
    (small_disk / "data.yaml").write_text(YAML)
    Image.new("RGB", (100, 50)).save(small_disk / A)
    project = Project.open(small_disk)
    project.save(A, content(square, "A"))
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 512)
    safe: list[str] = []
    failed: list[str] = []
    writer = LabelWriter(
        project,
        on_durable=lambda key, ticket: safe.append(key),
        on_failed=lambda key, ticket, error: failed.append(error.message),
    )
    many = CropContent(tuple(square("B", at / 10) for at in range(400)))
    writer.submit(A, many)
    deadline = time.monotonic() + 20
    while not (safe and failed) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert safe == [A]
    assert "Free some space" in failed[0]
    assert chars(project, A) == "A"
    ballast.unlink()
    assert writer.flush(20)
    assert len(project.load(A).characters) == 400
    writer.close()
    project.close()


def test_a_disk_that_is_full_for_the_journal_too_never_calls_an_edit_safe(
    root: Path, square: Square, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The person's own folder is a file here: nothing can be made in it."""
    (tmp_path / "settings").write_text("in the way")
    project = Project.open(root)
    failed: list[str] = []
    safe: list[str] = []
    writer = LabelWriter(
        project,
        on_durable=lambda key, ticket: safe.append(key),
        on_failed=lambda key, ticket, error: failed.append(key),
    )
    away = root.with_name("away")
    root.rename(away)
    writer.submit(A, content(square, "XY"))
    deadline = time.monotonic() + 10
    while not failed and time.monotonic() < deadline:
        time.sleep(0.002)
    assert failed == [A]
    assert safe == []
    assert writer.unsaved_content(A) == content(square, "XY")
    away.rename(root)
    assert writer.close()
    assert chars(project, A) == "XY"
    project.close()


def test_a_label_file_that_another_program_changed_waits_for_a_choice(root: Path, square: Square) -> None:
    project = Project.open(root)
    failed: list[LpStudioError] = []
    writer = LabelWriter(project, on_failed=lambda key, ticket, error: failed.append(error))
    loaded, digest = project.look(A)
    assert writer.note_loaded(A, digest, writer.moment(A))
    theirs = SQUARE + SQUARE.replace("0 0.1", "3 0.1", 1)
    project.label_path(A).write_text(theirs)
    os.utime(project.label_path(A), (time.time() - 1e6, time.time() - 1e6))  # older than what was read
    writer.submit(A, content(square, "XY"))
    assert not writer.flush(10)
    assert "another program changed the label file" in failed[0].message
    assert project.label_path(A).read_text() == theirs
    writer.submit(A, content(square, "XYZ"))  # going on with the work changes nothing of that
    assert not writer.flush(10)
    assert project.label_path(A).read_text() == theirs
    assert writer.unsaved_content(A) == content(square, "XYZ")
    writer.settle(A, project.digest(A))
    writer.submit(A, content(square, "XYZ"))
    assert writer.flush(10)
    assert chars(project, A) == "XYZ"
    assert len(loaded.characters) == 1
    assert writer.close()
    project.close()


def test_saves_of_one_crop_in_a_row_never_take_each_other_for_another_program(root: Path, square: Square) -> None:
    project = Project.open(root)
    failed: list[str] = []
    writer = LabelWriter(project, on_failed=lambda key, ticket, error: failed.append(error.message))
    _, digest = project.look(A)
    writer.note_loaded(A, digest, writer.moment(A))
    for number in range(150):
        writer.submit(A, content(square, "ABCDEFGH"[: number % 8]), text=f"T{number}")
        if number % 7 == 0:
            writer.submit_state(A, CropState.VERIFIED)
        if number % 11 == 0:
            writer.flush(5)
    assert writer.close()
    assert failed == []
    assert (chars(project, A), project.text(A)) == ("ABCDE", "T149")
    assert project.state(A) is CropState.VERIFIED
    project.close()


def test_a_reading_that_a_write_overtook_does_not_count(root: Path, square: Square) -> None:
    project = Project.open(root)
    writer = LabelWriter(project)
    moment = writer.moment(A)
    _, digest = project.look(A)
    writer.submit(A, content(square, "X"))
    assert not writer.note_loaded(A, digest, moment)
    assert writer.flush(10)
    assert not writer.note_loaded(A, digest, moment)
    writer.submit(A, content(square, "XY"))
    assert writer.close()
    assert chars(project, A) == "XY"
    project.close()


def test_links_are_written_through(root: Path, square: Square, tmp_path: Path) -> None:
    store = tmp_path / "elsewhere"
    store.mkdir()
    label = root / "labels/train/a.txt"
    label.rename(store / "truth.txt")
    label.symlink_to(store / "truth.txt")
    picture = root / A
    picture.rename(store / "picture.png")
    picture.symlink_to(store / "picture.png")
    with Project.open(root) as project:
        project.save(A, content(square, "XY"))
        assert label.is_symlink()
        assert (store / "truth.txt").read_text().count("\n") == 2
        project.save(A, CropContent(), CropState.UNLABELLED)  # taken back: no label file, but the link stays
        assert not (store / "truth.txt").exists()
        assert project.state(A) is CropState.UNLABELLED
        project.save(A, content(square, "Z"))
        assert label.is_symlink()
        assert (store / "truth.txt").is_file()
    label.unlink()
    label.symlink_to(label)
    with Project.open(root) as project, pytest.raises(LpStudioError, match="link that leads to itself"):
        project.save(A, content(square, "X"))


def test_odd_and_very_long_names_are_kept_or_refused_in_plain_words(make_dataset: MakeDataset, square: Square) -> None:
    names = ["Größe 🚗 ñ", "e\u0301", "x" * 250, os.fsdecode(b"b\xff")]
    root = make_dataset({f"train/{name}": None for name in names}, folder="Übung ☂ 1")
    with Project.open(root) as project:
        keys = [f"images/train/{name}.png" for name in names]
        assert sorted(project.scan().keys) == sorted(keys)
    leave(root, *(unwritten(key, content(square, "XY"), "", text="XY") for key in keys))
    with Project.open(root) as project:
        assert sorted(project.replayed.written) == sorted(keys)
        assert all((chars(project, key), project.text(key)) == ("XY", "XY") for key in keys)
        deep = "images/" + "d" * 200 + "/" * 1 + "/".join(["e" * 200] * 24) + "/a.png"
        assert len(str(project.image_path(deep))) > 4096
        with pytest.raises(LpStudioError, match=r"too long|File name too long"):
            project.save(deep, content(square, "X"))
