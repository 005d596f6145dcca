"""The tools process: exact frames, crops and odd pictures through files, without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from PIL import Image

from tests.reading.videos import number_in, numbered_picture, numbered_video

from .client import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    process = Worker("lpstudio.worker.tools")
    yield process
    assert process.close() == 0


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(numbered_video(tmp_path_factory.mktemp("video") / "cars.mp4", 90))


def _pixels(answer: dict) -> np.ndarray:
    raw = np.fromfile(answer["file"], np.uint8, count=answer["bytes"])
    return raw.reshape(answer["height"], answer["width"], 3)


def test_the_worker_says_what_it_can_do(worker: Worker) -> None:
    assert worker.ready["worker"] == "tools" and "video_frame" in worker.ready["types"]


def test_a_video_opens_with_its_figures(worker: Worker, video: str) -> None:
    opened = worker.ask("video_open", path=video)
    assert (opened["frames"], opened["width"], opened["height"]) == (90, 256, 96)
    assert opened["fps"] == pytest.approx(25) and opened["duration_s"] == pytest.approx(3.6)
    assert opened["codec"] == "h264" and opened["fault"] is None and opened["variable_rate"] is False


def test_frames_come_exactly_through_the_ring_of_files(worker: Worker, video: str) -> None:
    answers = [worker.ask("video_frame", path=video, frame=n) for n in (89, 0, 31, 30, 57)]
    assert [number_in(_pixels(a)) for a in answers] == [89, 0, 31, 30, 57]
    assert len({a["file"] for a in answers}) == 5
    assert answers[3]["time_s"] == pytest.approx(1.2)
    for number in range(30):
        answers.append(worker.ask("video_frame", path=video, frame=number))
    assert len({a["file"] for a in answers}) == 8


def test_a_smaller_picture_of_a_frame_keeps_the_true_size(worker: Worker, video: str) -> None:
    small = worker.ask("video_frame", path=video, frame=3, max_side=128)
    assert (small["width"], small["height"], small["source_width"], small["source_height"]) == (128, 48, 256, 96)
    assert _pixels(small).shape == (48, 128, 3)
    large = worker.ask("video_frame", path=video, frame=3)
    assert (large["width"], large["bytes"]) == (256, 256 * 96 * 3)


def test_a_time_finds_its_frame(worker: Worker, video: str) -> None:
    assert worker.ask("video_find", path=video, time_s=1.22) == {"frame": 30, "time_s": pytest.approx(1.2)}


def test_a_rectangle_of_a_frame_becomes_a_png_in_whole_pixels(worker: Worker, video: str) -> None:
    crop = worker.ask("crop_png", path=video, frame=42, rectangle=[250.5, 60, 20.4, -5])
    assert crop["rectangle"] == [20, 0, 251, 60] and crop["frame"] == 42
    png = cv2.imread(crop["file"])
    assert png.shape == (60, 231, 3)
    wanted = numbered_picture(42)[0:60, 20:251, ::-1].astype(int)
    assert np.abs(png - wanted).mean() < 6


def test_a_crop_of_an_upright_picture_has_its_pixels_unchanged(worker: Worker, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (30, 50, 3), np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels, 1))).save(tmp_path / "a.png", exif=exif)
    crop = worker.ask("crop_png", path=str(tmp_path / "a.png"), rectangle=[10, 5, 40, 25])
    assert np.array_equal(cv2.imread(crop["file"])[..., ::-1], pixels[5:25, 10:40])


def test_sixteen_bit_pictures_can_be_shown(worker: Worker, tmp_path: Path) -> None:
    deep = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (20, 1))
    cv2.imwrite(str(tmp_path / "deep.tif"), deep)
    answer = worker.ask("image_rgb", path=str(tmp_path / "deep.tif"))
    assert (answer["source_width"], answer["source_height"]) == (64, 20)
    assert _pixels(answer)[0, -1].tolist() == [255, 255, 255]


def test_the_outline_of_a_glyph_under_a_click_is_found(worker: Worker, tmp_path: Path) -> None:
    picture = np.full((60, 80, 3), 200, np.uint8)
    cv2.rectangle(picture, (30, 15), (44, 44), (20, 20, 20), -1)
    cv2.imwrite(str(tmp_path / "glyph.png"), picture)
    polygon = np.array(worker.ask("outline", path=str(tmp_path / "glyph.png"), point=[37, 30])["polygon"])
    assert np.allclose(polygon.min(0), [30, 15], atol=0.8) and np.allclose(polygon.max(0), [45, 45], atol=0.8)
    assert "stands out" in worker.refused("outline", path=str(tmp_path / "glyph.png"), point=[5, 5], radius=4)


def test_a_box_around_a_ring_and_a_click_into_its_hole_find_the_whole_ring(worker: Worker, tmp_path: Path) -> None:
    picture = np.full((60, 160, 3), 200, np.uint8)
    cv2.ellipse(picture, (60, 30), (12, 18), 0, 0, 360, (20, 20, 20), 5)
    path = str(tmp_path / "ring.png")
    cv2.imwrite(path, picture)
    clicked = np.array(worker.ask("outline", path=path, point=[60, 30])["polygon"])
    boxed = np.array(worker.ask("outline", path=path, rectangle=[78, 55, 42, 5])["polygon"])
    for polygon in (clicked, boxed):
        assert np.allclose(polygon.min(0), [46, 10], atol=1.2) and np.allclose(polygon.max(0), [75, 51], atol=1.2)
    assert "too small" in worker.refused("outline", path=path, rectangle=[10, 10, 11, 11])
    assert "stands out" in worker.refused("outline", path=path, rectangle=[100, 10, 140, 50])


def test_faults_name_the_file_and_the_worker_goes_on(worker: Worker, video: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    assert "broken.mp4" in worker.refused("video_open", path=str(broken))
    assert "gone.mp4" in worker.refused("video_frame", path=str(tmp_path / "gone.mp4"), frame=0)
    assert "no frame 90, only 0 to 89" in worker.refused("video_frame", path=video, frame=90)
    assert "outside the picture" in worker.refused("crop_png", path=video, frame=0, rectangle=[300, 0, 400, 50])
    assert "'frame'" in worker.refused("video_frame", path=video)
    assert worker.ask("video_frame", path=video, frame=5)["frame"] == 5


def test_waiting_frames_are_cancelled_without_being_decoded(worker: Worker, video: str) -> None:
    first = worker.send("video_frame", path=video, frame=80)
    waiting = [worker.send("video_frame", path=video, frame=n) for n in (10, 70, 20)]
    for request in waiting:
        worker.cancel(request)
    ends: dict[int, str] = {}
    while len(ends) < 4:
        message = worker.next()
        if message["type"] in ("done", "cancelled", "error"):
            ends[message["id"]] = message["type"]
    assert ends[first] == "done" and ends[waiting[-1]] == "cancelled"


def test_a_file_that_changed_is_seen_anew_when_opened_again(worker: Worker, tmp_path: Path) -> None:
    path = tmp_path / "live.mp4"
    numbered_video(path, 20)
    assert worker.ask("video_open", path=str(path))["frames"] == 20
    assert worker.ask("video_close", path=str(path)) == {}
    path.unlink()
    numbered_video(path, 35)
    assert worker.ask("video_open", path=str(path))["frames"] == 35


def test_the_tools_never_load_torch(video: str) -> None:
    worker = Worker("lpstudio.worker.tools")
    worker.ask("video_frame", path=video, frame=1, max_side=64)
    maps = Path(f"/proc/{worker.process.pid}/maps")
    if maps.exists():
        assert "libtorch" not in maps.read_text()
    worker.close()


def test_nothing_stays_in_shared_memory_not_even_of_a_killed_worker(video: str) -> None:
    worker = Worker("lpstudio.worker.tools")
    folder = Path(worker.ask("video_frame", path=video, frame=1)["file"]).parent
    worker.process.kill()
    worker.process.wait()
    assert folder.exists() and not psutil.pid_exists(worker.process.pid)
    after = Worker("lpstudio.worker.tools")
    other = Path(after.ask("video_frame", path=video, frame=1)["file"]).parent
    assert not folder.exists()
    after.close()
    assert not other.exists()


def test_only_protocol_lines_are_on_standard_output(video: str) -> None:
    worker = Worker("lpstudio.worker.tools")  # its reading thread parses every line as JSON
    worker.send_raw("garbage")
    assert worker.next()["type"] == "error"
    worker.send_raw(json.dumps({"v": 99, "id": 1, "type": "video_open"}))
    assert "version 99" in worker.next()["message"]
    worker.close()


def test_the_characters_of_a_known_text_are_found(worker: Worker, tmp_path: Path) -> None:
    from PIL import ImageDraw

    picture = Image.new("RGB", (240, 80), (205, 205, 200))
    for position in range(7):
        x = 15 + position * 32
        ImageDraw.Draw(picture).rectangle((x, 21, x + 18, 59), outline=(30, 30, 40), width=4)
    picture.save(tmp_path / "plate.png")
    answer = worker.ask("typed", path=str(tmp_path / "plate.png"), text="ABC1234")
    lefts = [min(x for x, _ in polygon) for polygon in answer["polygons"]]
    assert lefts == pytest.approx([15 + 32 * k for k in range(7)], abs=1.5)
    assert answer["doubt"] == "" and answer["at"] == []
