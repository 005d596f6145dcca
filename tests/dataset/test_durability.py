"""Killed programs, full disks, folders without permission: nothing that was reported as saved is lost or torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lpstudio.dataset.labels import parse_label_text
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.errors import LpStudioError

from .conftest import SIZE, MakeDataset

A, B = "images/train/a.png", "images/train/b.png"

# Saves crop after crop with a growing number and reports each as soon as the save has returned.
SAVER = """
import sys
from pathlib import Path
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
project = Project.open(Path(sys.argv[1]))
keys = sys.argv[2:]
number = 0
while True:
    number += 1
    key = keys[number % len(keys)]
    polygon = tuple((10 + (i * 37 % 80), 5 + (number * 7 + i) % 40) for i in range(200))
    characters = tuple(Character(polygon, "ABCDEFGHIJ"[int(digit)]) for digit in str(number))
    hidden = Character(((1, 1), (9, 1), (9, number % 50)), "Z", unreadable=True)
    project.save(key, CropContent((*characters, hidden)), CropState.VERIFIED)
    project.set_text(key, f"N{number}")
    print(key, number, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("run_s", [0.4, 0.73, 1.1])
def test_kill_9_while_saving_tears_nothing_and_loses_nothing_reported(make_dataset: MakeDataset, run_s: float) -> None:
    root = make_dataset({"train/a": None, "train/b": None})
    process = subprocess.Popen([sys.executable, "-c", SAVER, str(root), A, B], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    reported = [process.stdout.readline()]
    time.sleep(run_s)
    process.send_signal(signal.SIGKILL)
    reported += process.stdout.readlines()
    process.wait()
    last = dict(line.split() for line in reported if line.endswith("\n"))
    assert len(reported) > 5
    with Project.open(root) as project:
        project.scan()
        for key, number in last.items():
            text = project.label_path(key).read_text()
            assert text.endswith("\n")
            content = parse_label_text(text, project.alphabet, SIZE)
            assert not content.unread
            assert all(len(character.polygon) == 200 for character in content.characters)
            found = int("".join(str("ABCDEFGHIJ".index(character.char)) for character in content.characters))
            # What was on its way when the program died may have come through as well, whole.
            assert found in (int(number), int(number) + 2)
            assert project.state(key) is CropState.VERIFIED
            assert project.text(key) in (f"N{number}", f"N{int(number) + 2}")
            assert sum(character.unreadable for character in project.load(key).characters) == 1


HALF_DRAWN = """
import os, sys
from pathlib import Path
from lpstudio.dataset import labels
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent
write = labels.write_labels
def write_and_die(*arguments):
    write(*arguments)
    os._exit(9)
labels.write_labels = write_and_die
project = Project.open(Path(sys.argv[1]))
project.save(sys.argv[2], CropContent((Character(((1, 1), (9, 1), (9, 9)), "A"),)))
"""


def test_a_crop_half_drawn_when_the_program_died_does_not_pass_for_a_finished_one(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": None})
    assert subprocess.run([sys.executable, "-c", HALF_DRAWN, str(root), A]).returncode == 9
    with Project.open(root) as project:
        assert project.label_path(A).exists()
        assert project.state(A) is CropState.IN_PROGRESS


def test_a_full_disk_while_saving_keeps_labels_state_and_draft(
    small_disk: Path, square: Callable[..., Character]
) -> None:
    from PIL import Image

    from .conftest import YAML

    for folder in ("images/train", "images/val", "labels/train"):
        (small_disk / folder).mkdir(parents=True)
    (small_disk / "data.yaml").write_text(YAML)
    for key in (A, B):
        Image.new("RGB", SIZE).save(small_disk / key)
    with Project.open(small_disk) as project:
        project.save(A, CropContent((square("A"),)), CropState.VERIFIED)
        project.set_draft(B, (square("D"),))
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(b"x" * 512)
        big = CropContent(tuple(square("B", x / 10) for x in range(400)))
        for key in (A, B):
            with pytest.raises(LpStudioError, match="Free some space"):
                project.save(key, big)
        assert project.load(A) == CropContent((square("A"),))
        assert project.state(A) is CropState.VERIFIED
        assert project.load(B) == CropContent((square("D"),))
        assert project.state(B) is CropState.DRAFT
        ballast.unlink()
        assert project.save(B, CropContent((square("B"),))) is CropState.IN_PROGRESS
        project.set_text(B, "B")
    assert (small_disk / "crops.jsonl").exists()


def test_a_folder_without_write_permission_can_be_looked_at_and_says_so(
    make_dataset: MakeDataset, lock_folder: Callable[[Path], None], square: Callable[..., Character]
) -> None:
    root = make_dataset({"train/a": "0 0.1 0.2 0.2 0.2 0.2 0.8\n", "train/b": None})
    with Project.open(root) as project:
        project.set_state(A, CropState.VERIFIED)
        project.set_text(A, "ABC")
    lock_folder(root)
    with Project.open(root) as project:
        assert project.read_only
        assert "this folder cannot be written" in project.warnings[0]
        index = project.scan()
        assert [index.state_of(i) for i in range(2)] == [CropState.VERIFIED, CropState.UNLABELLED]
        assert len(project.load(A).characters) == 1
        assert project.text(A) == "ABC"
        for action in (
            lambda: project.save(A, CropContent((square("X"),))),
            lambda: project.set_state(A, CropState.IGNORED),
            lambda: project.set_text(A, "X"),
            lambda: project.set_draft(B, ()),
            lambda: project.save_settings(),
            lambda: project.add_images([root / A]),
            lambda: project.store.set_text(A, "X"),
        ):
            with pytest.raises(LpStudioError, match="cannot be written"):
                action()


def test_a_folder_without_permission_and_without_a_store_shows_what_the_text_file_says(
    make_dataset: MakeDataset, lock_folder: Callable[[Path], None]
) -> None:
    root = make_dataset({"train/a": ""})
    (root / "crops.jsonl").write_text(f'{{"key": "{A}", "state": "verified", "text": "T", "changed": 1}}\n')
    lock_folder(root)
    with Project.open(root) as project:
        assert (project.state(A), project.text(A)) == (CropState.VERIFIED, "T")
