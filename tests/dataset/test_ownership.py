"""One studio at a time has a project; a dead one's claim ends with it, a living one's is asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lpstudio.dataset.ownership import Ownership, studio_at_work
from lpstudio.dataset.project import READ_ONLY_ASKED, Project
from lpstudio.dataset.types import CropContent
from lpstudio.errors import LpStudioError

from .conftest import MakeDataset

A = "images/train/a.png"
HOLDER = """
import sys
from pathlib import Path
from lpstudio.dataset.ownership import Ownership
claim = Ownership(Path(sys.argv[1]))
print(claim.claim(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def root(make_dataset: MakeDataset) -> Path:
    return make_dataset({"train/a": "0 0.1 0.2 0.2 0.2 0.2 0.8\n"})


def test_the_first_has_it_the_second_learns_who_and_gets_it_when_it_is_let_go(root: Path) -> None:
    first, second = Ownership(root), Ownership(root)
    assert first.claim() is None
    assert first.claim() is None
    found = second.claim()
    assert found == first.me
    assert f"process {os.getpid()} on this machine" in found.shown
    assert studio_at_work(root)
    second.ask()
    assert first.wanted_by() == second.me
    first.release()
    assert second.claim() is None
    assert second.wanted_by() is None
    assert not first.is_ours()
    second.release()
    assert not studio_at_work(root)


def test_looking_at_a_dataset_leaves_nothing_in_it(root: Path) -> None:
    claim = Ownership(root)
    assert claim.claim() is None
    assert claim.is_ours()
    claim.release()
    assert not (root / ".lpstudio").exists()


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_studio_keeps_nobody_out(root: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "None\n"
    mine = Ownership(root)
    other = mine.claim()
    assert other is not None
    assert other.pid == holder.pid
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert mine.claim() is None
    mine.release()


def test_one_that_does_not_answer_is_overruled_and_finds_out_before_its_next_write(root: Path) -> None:
    first, second = Ownership(root), Ownership(root)
    assert first.claim() is None
    second.seize()
    assert second.is_ours()
    assert not first.is_ours()
    first.release()
    assert second.is_ours()
    second.release()


def test_a_project_of_another_studio_can_be_looked_at_only(root: Path) -> None:
    with Project.open(root) as working:
        working.set_text(A, "ABC")
        with Project.open(root, read_only=True) as looking:
            assert looking.read_only_because == READ_ONLY_ASKED
            assert (looking.text(A), len(looking.load(A).characters)) == ("ABC", 1)
            for action in (
                lambda: looking.save(A, CropContent()),
                lambda: looking.set_text(A, "X"),
                lambda: looking.save_settings(),
            ):
                with pytest.raises(LpStudioError, match="another studio works on this project"):
                    action()
        working.make_read_only(READ_ONLY_ASKED)
        with pytest.raises(LpStudioError, match="another studio"):
            working.save(A, CropContent())
        assert working.text(A) == "ABC"


def test_the_command_line_leaves_a_living_studios_journal_alone(root: Path) -> None:
    from lpstudio.dataset.journal_records import Unwritten

    claim = Ownership(root)
    assert claim.claim() is None
    studio = Project.open(root, owned=True)
    studio.ownership = claim
    studio.journal.append([Unwritten(A, 1, CropContent())], [])
    with Project.open(root) as other:
        assert other.replayed.written == []
        assert len(other.load(A).characters) == 1
    studio.close()
    with Project.open(root) as later:
        assert later.replayed.written == [A]
