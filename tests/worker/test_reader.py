"""The reader process: keeps its weights, streams readings, can be cancelled, survives faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.reading.models import save_weights
from tests.reading.videos import numbered_video

from .client import Worker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    save_weights(folder / "steady.pt", {"O": 2.0, "0": 1.5}, reach=7)
    (folder / "crops").mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 255, (80, 160, 3), np.uint8)
        Image.fromarray(noise).save(folder / "crops" / f"{number}.png")
    numbered_video(folder / "cars.mp4", 40)
    return folder


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Worker]:
    process = Worker("lpstudio.worker.reader")
    process.ask("load", weights=str(folder / "steady.pt"), device="cpu")
    yield process
    assert process.close() == 0


def test_loading_says_what_the_weights_are(worker: Worker, folder: Path) -> None:
    loaded = worker.ask("load", weights=str(folder / "steady.pt"), device="cpu")
    assert (loaded["weights"], loaded["device"], loaded["imgsz"]) == ("steady", "cpu", 224)
    assert loaded["alphabet"][:3] == ["A", "B", "C"] and loaded["calibrated"] is False


def test_a_folder_is_read_line_by_line_with_progress(worker: Worker, folder: Path) -> None:
    request = worker.send("read", sources=[str(folder / "crops")], formats="none", weights=str(folder / "steady.pt"))
    seen = []
    while (message := worker.next())["type"] not in ("done", "error"):
        seen.append(message)
    assert message["type"] == "done" and {m["id"] for m in seen} == {request}
    lines = [m["payload"] for m in seen if m["type"] == "result"]
    assert [Path(line["source"]).name for line in lines] == ["0.png", "1.png", "2.png"]
    assert lines[0]["schema"] == 1 and lines[0]["plates"][0]["characters"][0]["similar"] is True
    assert [(m["done"], m["total"]) for m in seen if m["type"] == "progress"][-1] == (3, 3)


def test_groups_and_formats_of_the_request_count(worker: Worker, folder: Path) -> None:
    crop = str(folder / "crops" / "0.png")
    groups = {"base": 0.6, "groups": [{"name": "none", "chars": "X Y"}], "cells": []}
    line = worker.ask("read", sources=[crop], formats="D", similarity=groups)
    character = line["plates"][0]["characters"][0]
    assert character["similar"] is False and character["candidates"][0]["char"] == "O"


def test_a_rectangle_of_a_frame_is_read_in_pixels_of_the_frame(worker: Worker, folder: Path) -> None:
    line = worker.ask("read_pixels", path=str(folder / "cars.mp4"), frame=33, rectangle=[100.2, 20, 200, 70])
    assert (line["frame"], line["width"], line["height"]) == (33, 256, 96)
    assert line["time_s"] == pytest.approx(33 / 25)
    boxes = np.array([c["box"] for plate in line["plates"] for c in plate["characters"]])
    assert boxes[:, 0].min() == 100 and boxes[:, 1].min() == 20
    assert boxes[:, 2].max() == 200 and boxes[:, 3].max() == 70
    points = np.array([p for plate in line["plates"] for c in plate["characters"] for p in c["polygon"]])
    assert points.min(0).tolist() == [100, 20]


def test_a_whole_picture_is_read_without_a_rectangle(worker: Worker, folder: Path) -> None:
    line = worker.ask("read_pixels", path=str(folder / "crops" / "1.png"))
    assert (line["frame"], line["time_s"], line["width"]) == (None, None, 160) and line["plates"]


def test_chosen_frames_of_a_video_are_read(worker: Worker, folder: Path) -> None:
    results, last = worker.until_end(
        worker.send("read", sources=[str(folder / "cars.mp4")], frames={"first": 4, "last": 20, "step": 8})
    )
    assert last["type"] == "done" and [line["frame"] for line in results] == [4, 12, 20]


def test_faulty_sources_are_told_in_lines_and_faulty_weights_as_errors(worker: Worker, folder: Path) -> None:
    gone = str(folder / "gone.jpg")
    assert "no such file" in worker.ask("read", sources=[gone])["error"]
    assert "gone.pt" in worker.refused("load", weights=str(folder / "gone.pt"))
    (folder / "torn.pt").write_bytes(b"torn")
    assert "torn.pt" in worker.refused("read", sources=[gone], weights=str(folder / "torn.pt"))
    assert "plate format" in worker.refused("read", sources=[gone], formats="Z9")
    assert "outside" in worker.refused("read_pixels", path=str(folder / "crops" / "0.png"), rectangle=[500, 0, 600, 9])
    assert worker.ask("read_pixels", path=str(folder / "crops" / "0.png"))["weights"] == "steady"


def test_a_long_reading_is_cancelled_in_the_middle(worker: Worker, folder: Path) -> None:
    request = worker.send("read", sources=[str(folder / "cars.mp4")] * 20)
    while worker.next()["type"] != "result":
        pass
    worker.cancel(request)
    results, last = worker.until_end(request)
    assert last == {"v": 1, "id": request, "type": "cancelled"} and len(results) < 700
    assert worker.ask("read_pixels", path=str(folder / "crops" / "0.png"))["error"] is None


def test_weights_that_changed_on_disk_are_loaded_anew(worker: Worker, folder: Path) -> None:
    path = save_weights(folder / "changing.pt", {"A": 3.0, "B": 0.0}, reach=7)
    crop = str(folder / "crops" / "0.png")
    first = worker.ask("read_pixels", path=crop, weights=str(path), device="cpu")
    save_weights(path, {"B": 3.0, "A": 0.0}, reach=7)
    second = worker.ask("read_pixels", path=crop, weights=str(path), device="cpu")
    texts = [line["plates"][0]["characters"][0]["candidates"][0]["char"] for line in (first, second)]
    assert texts == ["A", "B"]
