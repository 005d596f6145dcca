"""What the window leaves behind is freed by the GUI thread, however busy the others are."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.studio import garbage
from lpstudio.studio.app import look_after_garbage
from lpstudio.studio.garbage import GarbageCollection
from lpstudio.studio.main_window import MainWindow


class Leftover(QObject):
    """A Qt object that only the search for cycles can free; says which thread did."""

    def __init__(self, freed_by: list[int]) -> None:
        super().__init__()
        self._itself = self
        self._freed_by = freed_by

    def __del__(self) -> None:
        self._freed_by.append(threading.get_ident())


@pytest.fixture
def collection() -> Iterator[GarbageCollection]:
    gc.enable()
    collection = GarbageCollection()
    collection.install()
    yield collection
    collection.uninstall()
    gc.disable()


def test_a_qt_object_in_a_cycle_is_freed_by_the_gui_thread_while_others_make_objects(
    qtbot: QtBot, collection: GarbageCollection
) -> None:
    freed_by: list[int] = []
    Leftover(freed_by)
    made: list[list[int]] = []
    busy = threading.Thread(target=lambda: made.extend([number] for number in range(10_000)))
    busy.start()
    busy.join()
    assert freed_by == []
    qtbot.waitUntil(lambda: freed_by != [])
    assert freed_by == [threading.get_ident()]


def test_after_a_project_was_closed_also_what_was_built_for_good_is_searched(
    qtbot: QtBot, collection: GarbageCollection
) -> None:
    freed_by: list[int] = []
    kept = Leftover(freed_by)
    collection.keep()
    del kept
    gc.collect()
    assert freed_by == []
    collection.collect_all_soon(lambda: True)
    qtbot.waitUntil(lambda: freed_by != [])
    assert freed_by == [threading.get_ident()]


def wait_until_quiet(qtbot: QtBot) -> None:
    """Wait until all would have been searched."""
    due = time.monotonic() + 3 * garbage.QUIET_MS / 1_000
    qtbot.waitUntil(lambda: time.monotonic() > due)


def test_all_is_searched_only_if_nobody_waits_when_the_time_has_come(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, application: QApplication
) -> None:
    monkeypatch.setattr(garbage, "QUIET_MS", 50)
    collection = GarbageCollection()
    freed_by: list[int] = []
    kept = Leftover(freed_by)
    collection.keep()
    del kept
    away = True
    collection.collect_all_soon(lambda: away)
    away = False  # and back at once
    wait_until_quiet(qtbot)
    assert freed_by == []
    away = True
    collection.collect_all_soon(lambda: away)
    qtbot.waitUntil(lambda: freed_by != [])


def test_nothing_is_searched_while_the_next_project_is_opened_and_worked_on(
    qtbot: QtBot,
    studio: MainWindow,
    small_project: Path,
    open_in: Callable[[MainWindow, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "QUIET_MS", 300)
    gc.enable()
    collection = look_after_garbage(studio)
    try:
        freed_by: list[int] = []
        kept = Leftover(freed_by)
        collection.keep()
        del kept

        with qtbot.waitSignal(studio.session_changed):
            studio.run_command("file.close_project")
        open_in(studio, small_project)
        wait_until_quiet(qtbot)
        assert freed_by == []

        with qtbot.waitSignal(studio.session_changed):
            studio.run_command("file.close_project")
        studio.open_project(small_project / "missing")  # that fails: it stays closed
        qtbot.waitUntil(lambda: freed_by != [])
    finally:
        collection.uninstall()
        gc.disable()
