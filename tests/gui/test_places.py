"""The window's settings: kept without the window waiting for the disk, and shared with other studios."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QLockFile, QSettings, QSize
from pytestqt.qtbot import QtBot

from lpstudio.studio import places, recent
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings

# Sets each key and value it is told, waits until that is on disk, and says what it knows then; "" closes.
OTHER_STUDIO = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from lpstudio.studio import places
places.WRITTEN_AFTER_MS = 20
application = QCoreApplication([])
settings = places.open_settings()
path = Path(settings.fileName())
print("{}", flush=True)
for line in sys.stdin:
    key, value = json.loads(line)
    if key:
        settings.setValue(key, value)
        wanted = value if isinstance(value, list) else [value]
        while not path.is_file() or not all(each in path.read_text() for each in wanted):
            application.processEvents()
            time.sleep(0.002)
        application.processEvents()
    else:
        settings.sync()
    print(json.dumps({each: settings.value(each) for each in settings.allKeys()}, default=str), flush=True)
"""


class OtherStudio:
    """Another process with the same settings."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", OTHER_STUDIO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def set(self, key: str, value: object) -> dict[str, Any]:
        """Change a setting there; returns all that it knows when that is written."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([key, value]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> dict[str, Any]:
        """Write as a window does that closes; returns all that it knows then."""
        return self.set("", None)

    def end(self) -> None:
        self._process.communicate(timeout=20)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))


@pytest.fixture
def other_studio() -> Iterator[OtherStudio]:
    other = OtherStudio()
    yield other
    other.end()


class SlowDisk:
    """A disk on which no file is safe before ``go_on``; ``waiting`` writers wait for it, ``files`` were begun."""

    def __init__(self) -> None:
        self._goes_on = threading.Event()
        self._fsync = os.fsync
        self.waiting = 0
        self.files = 0

    def fsync(self, handle: int) -> None:
        self.waiting += 1
        self.files += stat.S_ISREG(os.fstat(handle).st_mode)
        self._goes_on.wait(20)
        self._fsync(handle)
        self.waiting -= 1

    def go_on(self) -> None:
        self._goes_on.set()


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    disk = SlowDisk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    yield disk
    disk.go_on()


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


def test_what_another_studio_writes_stays_and_is_known_here(qtbot: QtBot, other_studio: OtherStudio) -> None:
    settings = open_settings()
    on_disk = written(Path(settings.fileName()))

    def change(key: str, value: object, seen: str) -> None:
        settings.setValue(key, value)
        qtbot.waitUntil(lambda: on_disk(seen), timeout=10_000)

    change("view/theme", "first", "theme=first")
    other_studio.set("projects/last", "/theirs/1")  # it started before there was any file
    change("window/geometry", QByteArray(b"ours-1"), "ours-1")
    assert on_disk("last=/theirs/1") and on_disk("theme=first")
    assert settings.value("projects/last") == "/theirs/1"

    for number in range(2, 5):
        other_studio.set("projects/last", f"/theirs/{number}")
        other_studio.set("view/theme", f"theirs-{number}")  # what was ours is changed there, later
        change("crop/ours", f"ours-{number}", f"ours=ours-{number}")
        assert on_disk(f"last=/theirs/{number}") and on_disk(f"theme=theirs-{number}") and on_disk("ours-1")
        assert settings.value("view/theme") == f"theirs-{number}"

    other_studio.set("view/theme", "latest")
    settings.setValue("crop/ours", "as it closes")
    settings.sync()
    assert on_disk("theme=latest") and on_disk("as it closes")
    assert other_studio.close()["crop/ours"] == "as it closes"
    assert on_disk("theme=latest") and on_disk("as it closes") and on_disk("last=/theirs/4")


def test_what_another_studio_writes_in_the_very_moment_stays(qtbot: QtBot) -> None:
    settings = open_settings()
    path = Path(settings.fileName())
    others = QLockFile(f"{path}.replacing")  # as it holds it while it writes
    assert others.tryLock(0)
    settings.setValue("view/theme", "ours")
    qtbot.waitUntil(lambda: len(list(path.parent.glob(".lpstudio-*"))) == 1, timeout=10_000)  # waits for its turn
    path.write_text("[projects]\nlast=/theirs\n")
    others.unlock()
    qtbot.waitUntil(lambda: written(path)("theme=ours"), timeout=10_000)
    assert written(path)("last=/theirs") and settings.value("projects/last") == "/theirs"

    assert others.tryLock(0)

    def end_writing() -> None:
        path.write_text(path.read_text().replace("theme=ours", "theme=theirs"))
        others.unlock()

    settings.setValue("crop/here", "p1")
    threading.Timer(0.1, end_writing).start()
    settings.sync()  # as the window does when it closes
    assert written(path)("theme=theirs") and written(path)("here=p1")


def test_projects_that_two_studios_open_are_all_remembered(qtbot: QtBot, other_studio: OtherStudio) -> None:
    settings = open_settings()
    on_disk = written(Path(settings.fileName()))
    other_studio.set("projects/recent", ["/theirs"])
    recent.note_opened(settings, Path("/ours"))
    qtbot.waitUntil(lambda: on_disk("/ours"), timeout=10_000)
    assert [path.name for path in recent.recent_projects(settings)] == ["ours", "theirs"]
    recent.forget(settings, Path("/theirs"))
    other_studio.set("projects/recent", ["/more", "/ours", "/theirs"])
    settings.sync()
    assert [path.name for path in recent.recent_projects(settings)] == ["ours", "more"]
    assert [Path(text).name for text in other_studio.set("view/theme", "dark")["projects/recent"]] == ["ours", "more"]


def test_the_newest_of_several_changes_is_last_on_a_slow_disk(qtbot: QtBot, slow_disk: SlowDisk) -> None:
    settings = open_settings()
    on_disk = written(Path(settings.fileName()))
    settings.setValue("view/theme", "first")
    qtbot.waitUntil(lambda: slow_disk.waiting > 0, timeout=10_000)
    for theme in ("second", "third"):
        settings.setValue("view/theme", theme)
        wait_for_the_timer(qtbot)
    slow_disk.go_on()
    seen: list[str] = []

    def third_is_there() -> bool:
        seen.extend(theme for theme in ("first", "second", "third") if on_disk(f"theme={theme}"))
        return on_disk("theme=third")

    qtbot.waitUntil(third_is_there, timeout=10_000)
    settings.sync()
    assert on_disk("theme=third") and seen == sorted(seen)
    assert slow_disk.files == 2  # the second change had no write of its own


def wait_for_the_timer(qtbot: QtBot) -> None:
    """Wait until a change was due to be written."""
    due = time.monotonic() + 3 * places.WRITTEN_AFTER_MS / 1_000
    qtbot.waitUntil(lambda: time.monotonic() > due)


def test_what_is_kept_as_the_window_closes_is_not_overtaken_by_an_earlier_write(
    qtbot: QtBot, slow_disk: SlowDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(places, "LONGEST_WRITE_MS", 100)
    settings = open_settings()
    path = Path(settings.fileName())
    settings.setValue("window/geometry", "earlier")
    qtbot.waitUntil(lambda: slow_disk.waiting > 0, timeout=10_000)
    settings.setValue("window/geometry", "last")
    with caplog.at_level(logging.WARNING):
        settings.sync()  # as the window does when it closes
    assert "settings" in caplog.text
    assert written(path)("geometry=last")
    slow_disk.go_on()
    qtbot.waitUntil(lambda: not list(path.parent.glob(".lpstudio-*")), timeout=10_000)
    assert written(path)("geometry=last")


def test_the_window_answers_while_it_closes_on_a_slow_disk(
    qtbot: QtBot, studio: MainWindow, slow_disk: SlowDisk, tmp_path: Path
) -> None:
    settings = studio.settings
    settings.setValue("crop/here", "p1")
    qtbot.waitUntil(lambda: slow_disk.waiting > 0, timeout=10_000)
    studio.resize(studio.width() + 7, studio.height())
    geometry = bytes(studio.saveGeometry().data())
    begun = time.monotonic()
    studio.close()
    assert time.monotonic() - begun < 1.0
    assert studio.isVisible()
    slow_disk.go_on()
    qtbot.waitUntil(lambda: not studio.isVisible(), timeout=20_000)
    copy = shutil.copy(settings.fileName(), tmp_path)  # of the file itself Qt still holds what it had
    kept = QSettings(str(copy), QSettings.Format.IniFormat)
    assert bytes(kept.value("window/geometry").data()) == geometry
    assert kept.value("crop/here") == "p1"


def test_a_key_that_only_qt_can_write_stays_and_holds_nothing_up(qtbot: QtBot) -> None:
    places.settings_folder().mkdir(parents=True)
    path = places.settings_folder() / "studio.ini"
    path.write_text("[window]\nsize=@Size(640 480)\nold=@Rect(1 2 3 4)\n")
    settings = open_settings()
    on_disk = written(path)
    for theme in ("light", "dark"):
        settings.setValue("view/theme", theme)
        qtbot.waitUntil(lambda theme=theme: on_disk(f"theme={theme}"), timeout=10_000)
        assert on_disk("size=@Size(640 480)") and on_disk("old=@Rect(1 2 3 4)")
    assert settings.value("window/size") == QSize(640, 480)
