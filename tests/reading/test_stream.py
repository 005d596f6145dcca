"""Reading many sources: one line each, in order, and no fault of one keeps the others from being read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lpstudio.plates.formats import formats_from
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.sources import Kind, find_items
from lpstudio.reading.stream import Frames, ReadingRun
from lpstudio.reading.weights import load_weights
from lpstudio.similarity import Similarity

from .videos import numbered_video


@pytest.fixture(scope="module")
def reader(weights_file: Path) -> CharacterReader:
    return CharacterReader(load_weights(weights_file, "cpu"))


def _run(reader: CharacterReader, sources: list[str], frames: Frames | None = None) -> list[dict]:
    return list(ReadingRun(find_items(sources), reader, formats_from("none"), Similarity(), frames))


def test_a_folder_is_read_with_the_folders_below_it(reader: CharacterReader, pictures: Path) -> None:
    lines = _run(reader, [str(pictures)])
    assert [line["source"] for line in lines] == [str(pictures / "a.png"), str(pictures / "more" / "b.jpg")]
    first = lines[0]
    assert (first["width"], first["height"], first["error"], first["frame"]) == (160, 80, None, None)
    assert (first["weights"], first["calibrated"]) == ("steady", False)
    character = first["plates"][0]["characters"][0]
    assert character["box"] == [0, 0, 160, 80] and character["similar"] is True
    assert [c["char"] for c in character["candidates"][:2]] == ["O", "0"]
    z = np.full(36, -9.0)
    z[14], z[26], z[16] = 2.0, 1.5, -1.0
    assert character["candidates"][0]["probability"] == pytest.approx(np.exp(2) / np.exp(z).sum(), abs=1e-5)


def test_faulty_sources_have_lines_and_the_others_are_read(reader: CharacterReader, pictures: Path) -> None:
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    sources = [
        str(pictures / "gone.png"),
        str(pictures / "broken.jpg"),
        str(pictures / "a.png"),
        str(pictures / "notes.txt"),
    ]
    lines = _run(reader, sources)
    assert [line["source"] for line in lines] == sources
    assert [line["error"] is None for line in lines] == [False, False, True, False]
    assert "gone.png: there is no such file" in lines[0]["error"] and "broken.jpg" in lines[1]["error"]
    assert "neither a picture nor a video" in lines[3]["error"]
    assert lines[0]["plates"] == [] and lines[0]["width"] is None


def test_a_turned_picture_is_read_in_its_upright_pixels(reader: CharacterReader, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 8
    Image.new("RGB", (90, 50)).save(tmp_path / "phone.jpg", exif=exif)
    line = _run(reader, [str(tmp_path / "phone.jpg")])[0]
    assert (line["width"], line["height"]) == (50, 90)
    assert line["plates"][0]["characters"][0]["box"] == [0, 0, 50, 90]


def test_polygons_of_a_very_large_picture_are_in_its_own_pixels(reader: CharacterReader, tmp_path: Path) -> None:
    Image.new("L", (16_000, 6_000), 99).save(tmp_path / "scan.jpg")
    line = _run(reader, [str(tmp_path / "scan.jpg")])[0]
    assert (line["width"], line["height"]) == (16_000, 6_000)
    boxes = np.array([c["box"] for plate in line["plates"] for c in plate["characters"]])
    assert boxes[:, 2].max() == 16_000 and boxes[:, 3].max() == 6_000


def test_every_frame_of_footage_or_every_nth_has_a_line(reader: CharacterReader, tmp_path: Path) -> None:
    video = str(numbered_video(tmp_path / "cars.mp4", 10))
    lines = _run(reader, [video])
    assert [line["frame"] for line in lines] == list(range(10))
    assert lines[5]["time_s"] == pytest.approx(0.2) and (lines[5]["width"], lines[5]["height"]) == (256, 96)
    assert [line["frame"] for line in _run(reader, [video], Frames(2, 8, 3))] == [2, 5, 8]
    assert "no frame 50" in _run(reader, [video], Frames(first=50))[0]["error"]


def test_footage_that_ends_early_says_so_in_its_last_line(reader: CharacterReader, tmp_path: Path) -> None:
    whole = numbered_video(tmp_path / "whole.mp4", 60, container_options={"movflags": "faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    run = ReadingRun(find_items([str(cut)]), reader, formats_from("none"), Similarity(), Frames(step=4))
    lines = list(run)
    assert "ends early" in lines[-1]["error"] and lines[0]["error"] is None
    assert len(lines) == run.total


def test_the_number_of_lines_is_known_once_the_videos_are_open(
    reader: CharacterReader, pictures: Path, tmp_path: Path
) -> None:
    video = numbered_video(tmp_path / "cars.mp4", 6)
    run = ReadingRun(find_items([str(pictures), str(video)]), reader, formats_from("none"), Similarity())
    assert run.total is None
    assert len(list(run)) == run.total == 8


def test_many_pictures_are_read_in_their_order_and_as_each_alone(reader: CharacterReader, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(75):
        size = (int(rng.integers(30, 110)), 160, 3)
        Image.fromarray(rng.integers(0, 255, size, np.uint8)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "40.png").write_bytes(b"no picture")
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        lines = _run(reader, [str(tmp_path)])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert [Path(line["source"]).name for line in lines] == [f"{number:02}.png" for number in range(75)]
    assert lines[40]["error"] and all(line["plates"] for line in lines[:40])
    for number in (0, 33, 41, 74):
        alone = _run(reader, [lines[number]["source"]])[0]["plates"][0]
        together = lines[number]["plates"][0]
        assert alone["text"] == together["text"]
        assert np.allclose(alone["box"], together["box"], atol=0.01)
        assert alone["probability"] == pytest.approx(together["probability"], abs=1e-4)


def test_a_run_can_be_stopped_between_any_two_steps(reader: CharacterReader, pictures: Path) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    def check() -> None:
        raise Enough

    with pytest.raises(Enough):
        list(ReadingRun(find_items([str(pictures)]), reader, formats_from("none"), Similarity(), check=check))


def test_a_split_of_a_data_yaml_is_read_and_a_wrong_one_named(reader: CharacterReader, tmp_path: Path) -> None:
    (tmp_path / "images" / "val").mkdir(parents=True)
    Image.new("RGB", (60, 30)).save(tmp_path / "images" / "val" / "x.png")
    (tmp_path / "data.yaml").write_text("train: images/val\nval: images/val\nnames: [A, B]\n")
    items = find_items([str(tmp_path / "data.yaml")])
    assert [(item.source, item.kind) for item in items] == [(str(tmp_path / "images" / "val" / "x.png"), Kind.PICTURE)]
    wrong = find_items([str(tmp_path / "data.yaml")], "test")[0]
    assert wrong.kind is Kind.FAULT and "no split 'test'" in wrong.fault and "train, val" in wrong.fault
    (tmp_path / "empty").mkdir()
    assert "no pictures or videos" in find_items([str(tmp_path / "empty")])[0].fault


def test_a_crop_is_seen_at_the_trained_size_and_a_frame_at_its_own_too(weights_file: Path) -> None:
    reader = CharacterReader(load_weights(weights_file, "cpu"))
    frame = np.zeros((720, 1280, 3), np.uint8)
    fixed = CharacterReader(reader.weights, side=200)
    assert fixed.side == 224
    # The weights of this test see boxes of one size on the model's square: on a larger square they are more.
    assert len(reader.read([frame])[0]) > 2 * len(fixed.read([frame])[0])
    crop = np.zeros((80, 160, 3), np.uint8)
    assert len(reader.read([crop])[0]) == len(fixed.read([crop])[0]) < 4
