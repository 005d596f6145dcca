"""The window's settings: kept without the window waiting for the disk."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.studio import places
from lpstudio.studio.places import open_settings


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WRITTEN_AFTER_MS", 50)


def written(path: Path) -> Callable[[str], bool]:
    return lambda text: path.is_file() and text in path.read_text()


def test_changed_settings_are_on_disk_soon_and_each_later_change_too(qtbot: QtBot) -> None:
    settings = open_settings()
    path = Path(settings.fileName())
    on_disk = written(path)
    settings.setValue("view/theme", "light")
    settings.setValue("start/reopen", True)
    assert not on_disk("theme=light")
    qtbot.waitUntil(lambda: on_disk("theme=light") and on_disk("reopen=true"), timeout=10_000)
    for theme in ("dark", "system"):
        settings.setValue("view/theme", theme)
        qtbot.waitUntil(lambda theme=theme: on_disk(f"theme={theme}"), timeout=10_000)
    settings.setValue("view/theme", "light")
    settings.sync()  # as the window does when it closes
    assert on_disk("theme=light")


@pytest.mark.skipif(sys.platform != "linux", reason="which thread waits for the disk is seen in /proc")
def test_no_change_is_written_by_the_gui_thread(qtbot: QtBot) -> None:
    settings = open_settings()
    on_disk = written(Path(settings.fileName()))
    before = written_bytes()
    settings.setValue("view/theme", "x" * 300_000)
    qtbot.waitUntil(lambda: on_disk("x" * 300_000), timeout=10_000)
    assert written_bytes() - before < 100_000


def written_bytes() -> int:
    """What this thread has written since it began."""
    counts = Path(f"/proc/self/task/{threading.get_native_id()}/io").read_text()
    return next(int(line.split()[1]) for line in counts.splitlines() if line.startswith("wchar"))


def test_what_is_kept_as_the_window_closes_is_not_overtaken_by_an_earlier_write(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def on_slow_disk(path: Path, data: bytes) -> None:
        begun.set()
        time.sleep(0.3)
        write_bytes_atomic(path, data)
        ended.set()

    monkeypatch.setattr(places, "write_bytes_atomic", on_slow_disk)
    settings = open_settings()
    settings.setValue("window/geometry", "earlier")
    qtbot.waitUntil(begun.is_set, timeout=10_000)
    settings.setValue("window/geometry", "last")
    settings.sync()  # as the window does when it closes
    qtbot.waitUntil(ended.is_set, timeout=10_000)
    assert written(Path(settings.fileName()))("geometry=last")
