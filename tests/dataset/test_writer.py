"""The background writer: quick for the caller, in order, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.dataset.writer import LabelWriter
from lpstudio.errors import LpStudioError

from .conftest import MakeDataset

A, B = "images/train/a.png", "images/train/b.png"
Square = Callable[..., Character]


@pytest.fixture
def project(make_dataset: MakeDataset) -> Iterator[Project]:
    with Project.open(make_dataset({"train/a": None, "train/b": None})) as project:
        project.scan()
        yield project


def content(square: Square, chars: str) -> CropContent:
    return CropContent(tuple(square(char, 5.0 + 9 * at) for at, char in enumerate(chars)))


def test_the_last_of_many_saves_is_on_disk_and_its_ticket_is_told(project: Project, square: Square) -> None:
    saved: list[tuple[str, int]] = []
    writer = LabelWriter(project, on_saved=lambda key, ticket: saved.append((key, ticket)))
    tickets = [writer.submit(A, content(square, "ABCDEFGHI"[: n % 9])) for n in range(300)]
    last_b = writer.submit(B, content(square, "B"))
    assert writer.flush(10)
    assert writer.pending() == 0
    assert tickets == sorted(set(tickets))
    assert saved[-1] == (B, last_b)
    assert [ticket for key, ticket in saved if key == A][-1] == tickets[-1]
    assert len(saved) < 300  # of saves that wait for each other only the last is written
    assert len(project.load(A).characters) == 299 % 9
    assert writer.close()


def test_submitting_does_not_wait_for_the_disk(
    project: Project, square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is held back until after all submissions: they return all the same."""
    go_on = threading.Event()
    save = project.save

    def held_back(*arguments: object, **named: object) -> object:
        assert go_on.wait(30)
        return save(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(project, "save", held_back)
    writer = LabelWriter(project)
    for _ in range(200):
        writer.submit(A, content(square, "ABCDEFG"))
    assert writer.pending() > 0
    go_on.set()
    assert writer.close()
    assert [c.char for c in project.load(A).characters] == list("ABCDEFG")


def test_states_stay_in_order_with_the_saves(project: Project, square: Square) -> None:
    writer = LabelWriter(project)
    for _ in range(20):
        writer.submit(A, content(square, "A"))
        writer.submit_state(A, CropState.VERIFIED)
        writer.submit(B, content(square, "B"), CropState.VERIFIED)
        writer.submit(B, content(square, "BC"))
    assert writer.flush(10)
    assert project.state(A) is CropState.VERIFIED
    assert project.state(B) is CropState.VERIFIED
    writer.submit_state(B, CropState.IGNORED)
    writer.submit(A, CropContent(), CropState.UNLABELLED)
    assert writer.flush(10)
    assert project.state(B) is CropState.IGNORED
    assert project.state(A) is CropState.UNLABELLED
    writer.submit(A, CropContent(), CropState.UNLABELLED)
    writer.submit(A, content(square, "Z"))
    assert writer.close()
    assert project.state(A) is CropState.IN_PROGRESS


def test_a_failed_save_is_told_kept_and_written_when_it_can_be(project: Project, square: Square) -> None:
    failed: list[tuple[str, int, str]] = []
    saved: list[str] = []
    told = threading.Event()

    def on_failed(key: str, ticket: int, error: LpStudioError) -> None:
        failed.append((key, ticket, error.message))
        told.set()

    writer = LabelWriter(project, lambda key, ticket: saved.append(key), on_failed)
    obstacle = project.label_path(A)
    obstacle.mkdir()
    ticket = writer.submit(A, content(square, "AB"), CropState.VERIFIED)
    writer.submit(B, content(square, "C"))
    assert told.wait(10)
    assert writer.flush(10) is False
    assert failed[0][:2] == (A, ticket)
    assert "a.txt: not saved" in failed[0][2]
    assert saved == [B]  # the rest goes on
    assert writer.pending_keys() == {A}
    assert list(writer.failed()) == [A]
    assert writer.unsaved_content(A) == content(square, "AB")
    obstacle.rmdir()
    writer.retry()
    assert writer.flush(10)
    assert writer.pending() == 0
    assert [c.char for c in project.load(A).characters] == ["A", "B"]
    assert project.state(A) is CropState.VERIFIED
    assert writer.close()


def test_a_newer_save_takes_the_place_of_a_failed_one_but_keeps_its_state(project: Project, square: Square) -> None:
    writer = LabelWriter(project)
    project.label_path(A).mkdir()
    writer.submit(A, content(square, "A"), CropState.VERIFIED)
    assert not writer.flush(10)
    project.label_path(A).rmdir()
    writer.submit(A, content(square, "AB"))
    assert writer.close()
    assert len(project.load(A).characters) == 2
    assert project.state(A) is CropState.VERIFIED


def test_a_callback_that_fails_stops_nothing(project: Project, square: Square) -> None:
    def on_saved(key: str, ticket: int) -> None:
        raise RuntimeError("the window is gone")

    writer = LabelWriter(project, on_saved)
    writer.submit(A, content(square, "A"))
    assert writer.flush(10)
    writer.submit(B, content(square, "B"))
    assert writer.close()
    assert project.load(B) == content(square, "B")


def test_a_closed_writer_refuses_and_may_be_closed_again(project: Project, square: Square) -> None:
    writer = LabelWriter(project)
    assert writer.close()
    assert writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        writer.submit(A, content(square, "A"))


def test_a_program_that_ends_without_closing_the_writer_still_saves(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": None})
    code = (
        "import sys; from pathlib import Path\n"
        "from lpstudio.dataset.project import Project\n"
        "from lpstudio.dataset.writer import LabelWriter\n"
        "from lpstudio.dataset.types import Character, CropContent\n"
        "writer = LabelWriter(Project.open(Path(sys.argv[1])))\n"
        "for n in range(50):\n"
        f"    writer.submit({A!r}, CropContent((Character(((1, 1), (9, 1), (9, 9)), 'A'),) * (n + 1)))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, timeout=60)
    assert (root / "labels/train/a.txt").read_text().count("\n") == 50


def test_real_crops_can_be_saved_one_after_the_other(real_crops: Path) -> None:
    with Project.open(real_crops) as project:
        index = project.scan()
        writer = LabelWriter(project)
        keys = [key for i, key in enumerate(index.keys[:40]) if index.has_label_file(i)]
        before = {key: project.label_path(key).read_bytes() for key in keys}
        for key in before:
            writer.submit(key, project.load(key))
        assert writer.close()
        assert {key: project.label_path(key).read_bytes() for key in before} == before
