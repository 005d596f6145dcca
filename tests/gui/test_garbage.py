"""What the window leaves behind is freed by the GUI thread, however busy the others are."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from lpstudio.studio.garbage import GarbageCollection


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
    collection.collect_all_soon()
    qtbot.waitUntil(lambda: freed_by != [])
    assert freed_by == [threading.get_ident()]
