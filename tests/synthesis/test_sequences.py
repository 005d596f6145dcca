"""Sequences: a video that anything plays, and the truth of every frame."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from lpstudio.errors import UsageError
from lpstudio.reading.footage import Footage
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.sequences import LEAST_FRAMES, MOST_FRAMES, write_sequences


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sequences") / "one"
    write_sequences(folder, 4, 3, wishes=Wishes(difficulty=0.2))
    return folder


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "plates.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def truth(folder: Path, video: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / video).with_suffix(".jsonl").read_text().splitlines()]


def test_every_video_is_h264_and_has_one_line_of_truth_a_frame(made: Path) -> None:
    for row in rows(made):
        lines = truth(made, row["file"])
        footage = Footage(str(made / row["file"]))
        try:
            assert footage.codec == "h264"
            assert footage.frame_count == len(lines) == int(row["frames"])
            assert LEAST_FRAMES <= len(lines) <= MOST_FRAMES
            for number, line in enumerate(lines):
                assert (line["frame"], line["source"], line["text"]) == (number, row["file"], row["text"])
                assert (line["width"], line["height"]) == (footage.width, footage.height)
                assert "".join(one["char"] for one in line["characters"]) == row["text"]
                points = np.array([point for one in line["characters"] for point in one["polygon"]])
                assert points.min() > 0 and (points.max(axis=0) < (footage.width, footage.height)).all()
        finally:
            footage.close()


def test_the_plate_moves_and_the_polygons_move_with_it(made: Path) -> None:
    """Around each polygon there is an edge: characters and polygons do not drift apart over a sequence."""
    for row in rows(made):
        lines = truth(made, row["file"])
        first, last = (np.array(line["characters"][0]["polygon"]) for line in (lines[0], lines[-1]))
        assert np.abs(first.mean(axis=0) - last.mean(axis=0)).max() > 1.0
        footage = Footage(str(made / row["file"]))
        try:
            for number in (0, len(lines) - 1):
                pixels = footage.frame(number).pixels.astype(float).mean(axis=2)
                steep = np.hypot(*np.gradient(pixels))
                on_edges = np.mean([_sampled(steep, np.array(one["polygon"])) for one in lines[number]["characters"]])
                assert on_edges > 1.4 * np.mean(steep)
        finally:
            footage.close()


def _sampled(values: np.ndarray, polygon: np.ndarray) -> float:
    """The mean of a picture along a polygon's edges."""
    ends = np.roll(polygon, -1, axis=0)
    points = np.vstack([polygon + (ends - polygon) * share for share in np.linspace(0, 1, 8)])
    columns, rows_ = np.floor(points).astype(int).T
    return float(values[rows_, columns].mean())


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_processes(made: Path, tmp_path: Path) -> None:
    write_sequences(tmp_path / "again", 2, 3, jobs=2, wishes=Wishes(difficulty=0.2))
    for name in ("sequence_0001.mp4", "sequence_0002.mp4", "sequence_0002.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes()


def test_an_existing_folder_is_never_overwritten(made: Path) -> None:
    with pytest.raises(UsageError, match="not an empty folder"):
        write_sequences(made, 1, 1)
