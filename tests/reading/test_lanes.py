"""Large folders are read by processes of their own: the same lines in the same order, and none is ever left over."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from lpstudio.plates.formats import formats_from
from lpstudio.reading import lanes
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.runtime_torch import TorchModel
from lpstudio.reading.sources import find_items
from lpstudio.reading.stream import ReadingRun
from lpstudio.reading.weights import load_weights
from lpstudio.similarity import Similarity

COUNT = 70
pytestmark = pytest.mark.slow  # each process loads torch


@pytest.fixture(scope="module")
def reader(weights_file: Path) -> CharacterReader:
    return CharacterReader(load_weights(weights_file, "cpu"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crops of many shapes, and one file that is none."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        pixels = rng.integers(0, 255, (int(rng.integers(30, 110)), 160, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    (folder / "40.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(TorchModel, "worth_processes", COUNT)
    monkeypatch.setattr(lanes, "MANY", COUNT)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)  # two in processes, one here
    yield
    torch.set_num_threads(threads)


def run(reader: CharacterReader, folder: Path, check: Callable[[], None] = lambda: None) -> ReadingRun:
    return ReadingRun(find_items([str(folder)]), reader, formats_from("none"), Similarity(), check=check)


def in_lane() -> bool:
    """Whether the lane of this process asks, with a picture of its first job."""
    return threading.current_thread() is not threading.main_thread()


@pytest.fixture
def wait_for(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[int], None]]:
    """Waits until so many processes take jobs."""

    def waits(processes: int) -> None:
        deadline = time.monotonic() + 120
        while caplog.text.count("reads, too") < processes:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    with caplog.at_level(logging.DEBUG, "lpstudio.reading.lanes"):
        yield waits


def test_processes_read_what_one_lane_reads(
    reader: CharacterReader, folder: Path, wait_for: Callable[[int], None]
) -> None:
    lines = list(run(reader, folder, lambda: wait_for(2) if in_lane() else None))
    assert [Path(line["source"]).stem for line in lines] == [f"{number:02}" for number in range(COUNT)]
    torch.set_num_threads(1)
    alone = list(run(reader, folder))
    assert lines[40]["error"] == alone[40]["error"] and "40.png" in lines[40]["error"]
    for one, other in zip(lines, alone, strict=True):
        assert [plate["text"] for plate in one["plates"]] == [plate["text"] for plate in other["plates"]]
        for here, there in zip(one["plates"], other["plates"], strict=True):
            assert np.allclose(here["box"], there["box"], atol=0.01)
    assert not multiprocessing.active_children()


def test_what_killed_processes_had_to_read_is_read_all_the_same(
    reader: CharacterReader, folder: Path, caplog: pytest.LogCaptureFixture, wait_for: Callable[[int], None]
) -> None:
    def kill_all_when_one_reads() -> None:
        if in_lane() and not killed:
            wait_for(1)
            time.sleep(0.05)
            killed.extend(multiprocessing.active_children())
            for process in killed:
                process.kill()

    killed: list[Any] = []
    lines = list(run(reader, folder, kill_all_when_one_reads))
    assert killed
    assert [Path(line["source"]).stem for line in lines] == [f"{number:02}" for number in range(COUNT)]
    assert [line["error"] is None for line in lines] == [number != 40 for number in range(COUNT)]
    assert "read without it" in caplog.text


def test_where_processes_cannot_begin_all_is_read_without_them(
    reader: CharacterReader, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class OfNoOtherProcess(Similarity):  # a class inside a function cannot be sent
        pass

    lines = list(ReadingRun(find_items([str(folder)]), reader, formats_from("none"), OfNoOtherProcess()))
    assert [line["error"] is None for line in lines] == [number != 40 for number in range(COUNT)]
    assert caplog.text.count("did not start") == 2
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("begun", [False, True])
def test_a_run_that_is_stopped_leaves_no_process(
    reader: CharacterReader, folder: Path, wait_for: Callable[[int], None], begun: bool
) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    def check() -> None:
        if in_lane():
            if begun:
                wait_for(2)
            raise Enough

    with pytest.raises(Enough):
        list(run(reader, folder, check))
    assert not multiprocessing.active_children()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("begun", [False, True])
def test_processes_end_with_one_that_was_killed(folder: Path, weights_file: Path, tmp_path: Path, begun: bool) -> None:
    script = tmp_path / "reads.py"
    script.write_text(
        "import logging, sys, time\n"
        "from pathlib import Path\n"
        "from tests.reading.test_lanes import COUNT, CharacterReader, TorchModel, lanes, load_weights, run, torch\n"
        "if __name__ == '__main__':\n"
        "    TorchModel.worth_processes = lanes.MANY = COUNT\n"
        "    torch.set_num_threads(3)\n"
        "    lanes.log.addHandler(logging.StreamHandler(sys.stdout))\n"
        "    lanes.log.setLevel(logging.DEBUG)\n"
        "    for line in run(CharacterReader(load_weights(Path(sys.argv[1]), 'cpu')), Path(sys.argv[2])):\n"
        "        time.sleep(60)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    call = [sys.executable, str(script), str(weights_file), str(folder)]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            children: list[psutil.Process] = []
            deadline = time.monotonic() + 120
            while len(children) < 2 and time.monotonic() < deadline:
                time.sleep(0.1)
                below = psutil.Process(process.pid).children()
                children = [child for child in below if "spawn_main" in " ".join(child.cmdline())]
            there = 0
            while begun and there < 2:
                said = process.stdout.readline()
                assert said
                there += "reads, too" in said
        finally:
            process.send_signal(signal.SIGKILL)
    assert len(children) == 2
    deadline = time.monotonic() + 120  # one that loads torch looks up when it has
    while not all(_has_ended(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE  # nobody asked how it ended
    except psutil.NoSuchProcess:
        return True
