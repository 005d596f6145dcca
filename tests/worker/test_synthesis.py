"""The plate maker: sheets and datasets on request, and nothing left of what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from .client import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    process = Worker("lpstudio.worker.synthesis")
    yield process
    assert process.close() == 0


def test_it_knows_the_formats_of_a_country(worker: Worker) -> None:
    about = worker.ask("synth_about")
    assert about["name"] == "Philippine plates"
    assert {"id": "ph-2014-car", "title": "2014 car"} in about["formats"]


def test_a_sheet_fills_the_room_and_changes_with_the_wishes(worker: Worker) -> None:
    pictures = []
    for wishes in ({"difficulty": 0.0}, {"difficulty": 1.0}, {"difficulty": 0.0, "outlines": True}):
        answer = worker.ask("synth_sheet", seed=1, width=660, height=280, **wishes)
        assert 640 <= answer["width"] <= 661 and answer["height"] <= 290 and answer["crops"] == 6
        raw = np.fromfile(answer["file"], np.uint8, count=answer["bytes"])
        pictures.append(raw.reshape(answer["height"], answer["width"], 3))
    assert not np.array_equal(pictures[0], pictures[1]) and not np.array_equal(pictures[0], pictures[2])


def test_it_makes_the_dataset_that_the_command_makes(worker: Worker, tmp_path: Path) -> None:
    from lpstudio.synthesis.conditions import Wishes
    from lpstudio.synthesis.dataset import write_dataset

    made = worker.ask("synth_make", out=str(tmp_path / "a"), count=6, seed=3, difficulty=0.2)
    assert made["train"] + made["val"] == 6
    write_dataset(tmp_path / "b", 6, 3, wishes=Wishes(difficulty=0.2))
    names = sorted(path.relative_to(tmp_path / "b") for path in (tmp_path / "b").rglob("*") if path.is_file())
    assert names and all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_what_is_taken_back_leaves_nothing_behind(worker: Worker, tmp_path: Path) -> None:
    number = worker.send("synth_make", out=str(tmp_path / "taken"), count=5000, seed=3)
    assert worker.next()["type"] == "progress"
    worker.cancel(number)
    assert worker.until_end(number)[1]["type"] == "cancelled"
    assert not (tmp_path / "taken").exists()


def test_a_folder_with_files_is_refused_and_left_alone(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    assert "not an empty folder" in worker.refused("synth_make", out=str(tmp_path), count=6, seed=3)
    assert (tmp_path / "mine.txt").read_text() == "keep me"
