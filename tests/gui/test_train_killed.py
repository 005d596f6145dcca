"""The window is killed at random moments; the training goes on, and every window opened after finds it whole."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import psutil
import pytest

from lpstudio.studio.places import SETTINGS_VARIABLE
from lpstudio.studio.train.following import look
from lpstudio.training.runs import RunStatus, list_runs
from tests.training.projects import write_project

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="windows are forked from a process that has imported all"),
]
KILLS = 22
WITHIN_S = 60.0  # until a window says something, on a busy machine

SETTINGS = """
[training]
epochs = 5000
imgsz = 32
batch = 8
weights = "scratch"
device = "cpu"
workers = 0
"""


class Windows:
    """Opens windows in processes of their own, hears what they show, and kills them."""

    def __init__(self, project: Path, environment: dict[str, str]) -> None:
        script = Path(__file__).with_name("train_windows.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(project)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._heard: Queue[dict[str, Any]] = Queue()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # two windows wrote at once while one was killed
                self._heard.put(json.loads(line))

    def open(self, what: str = "look") -> int:
        """Open a window; returns its pid at once, while it is still being built."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())
        self._process.stdin.flush()
        return int(self.hear("forked")["forked"])

    def hear(self, key: str, pid: int = 0) -> dict[str, Any]:
        """The next thing that was said with this key, by one window if its pid is given."""
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            with contextlib.suppress(Empty):
                said = self._heard.get(timeout=1.0)
                if key in said and (not pid or said.get("pid") == pid):
                    return said
            assert self._process.poll() is None, "the process that opens windows has ended"
        raise AssertionError(f"no window said {key!r} within {WITHIN_S:.0f} s")

    def kill(self, pid: int) -> None:
        """kill -9 the window, then whatever it left in its process group (a training is in none of a window's)."""
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait(10)
        self._thread.join(10)
        self._process.stdout.close()


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[tuple[Windows, Path]]:
    project = write_project(tmp_path / "tiny", train=4, val=2)
    (project / "lpstudio.toml").write_text(SETTINGS)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LPSTUDIO_LOCKS": str(tmp_path / "locks"),
        SETTINGS_VARIABLE: str(tmp_path / "settings"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    opened = Windows(project, environment)
    yield opened, project
    opened.close()
    for run in list_runs(project):
        owner = run.owner()
        if owner is not None and owner.is_alive():
            process = psutil.Process(owner.pid)
            process.kill()
            with contextlib.suppress(psutil.Error):
                process.wait(20)


def whole(epochs: list[int] | tuple[int, ...]) -> bool:
    """No hole, no doubled epoch."""
    return list(epochs) == list(range(1, len(epochs) + 1))


def test_a_training_outlives_windows_that_are_killed_at_any_moment(windows: tuple[Windows, Path]) -> None:
    opened, project = windows
    chance = random.Random(20)
    first = opened.open("start")
    begun = opened.hear("name", first)
    while begun["status"] != RunStatus.RUNNING or not begun["epochs"]:
        begun = opened.hear("name", first)
    name, pid = begun["name"], list_runs(project)[0].owner()
    assert pid is not None
    opened.kill(first)

    seen, opening_s = len(begun["epochs"]), 0.5
    found_again = 0
    for number in range(1, KILLS):
        began = time.monotonic()
        window = opened.open()
        if number % 2:  # while the window is being built, the project read, the curves drawn
            time.sleep(chance.uniform(0.0, opening_s))
        else:  # some time after it shows the run
            shown = opened.hear("name", window)
            opening_s = time.monotonic() - began
            while len(shown["epochs"]) < seen or shown["points"] != len(shown["epochs"]):
                shown = opened.hear("name", window)  # a long file is shown bit by bit
            assert shown["name"] == name
            assert shown["status"] == RunStatus.RUNNING
            assert whole(shown["epochs"])
            seen = len(shown["epochs"])
            found_again += 1
            time.sleep(chance.uniform(0.0, 0.3))
        opened.kill(window)
        (followed,) = look(project, {}).runs
        assert followed.status == RunStatus.RUNNING
        assert followed.run.owner() == pid  # the very same process
        assert whole(followed.history.epochs)
        assert len(followed.history.epochs) >= seen
    assert found_again >= KILLS // 2 - 1
    assert seen > len(begun["epochs"])  # and it has gone on all the while
