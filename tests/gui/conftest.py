"""Fixtures for tests of the window.

``small_project``     a folder with a data.yaml: four crops in train (p0 to p3), two in val (p4, p5), 240 × 80 pixels,
                      seven characters each; p0, p1 and p4 have label files, the others have none.
``project_text``      the seven characters of a crop by the stem of its file: ``project_text("p0")``.
``application``       the QApplication in the studio's style (dark).
``studio``            the window on ``small_project``, shown, scanned, in Annotate; closed after the test.
``open_in``           ``open_in(window, project)`` opens another project and waits until its crops are listed.
``empty_studio``      the window without a project.
``allow_log_errors``  request it when the test provokes an error that is meant to be logged.

Every test gets settings, log and demo in its own temporary folder. A test fails when it leaves a window, a running
timer or thread, or a child process behind, or when something is logged as an error that it did not ask for.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.studio import theme
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import SETTINGS_VARIABLE, open_settings

OpenIn = Callable[[MainWindow, Path], None]
TEXTS = {"p0": "ABC1234", "p1": "OQD0088", "p2": "XYZ5678", "p3": "ILS1522", "p4": "GCB8801", "p5": "UVP2345"}
LABELLED = ("p0", "p1", "p4")
CROP_SIZE = (240, 80)
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def character_box(position: int) -> tuple[int, int, int, int]:
    """x1, y1, x2, y2 of a character on the synthetic crops, in pixels."""
    left = 12 + position * 32
    return left, 18, left + 24, 62


def write_project(folder: Path) -> Path:
    """Write the small synthetic project into ``folder`` and return it."""
    from PIL import Image, ImageDraw

    for stem, text in TEXTS.items():
        split = "val" if stem in ("p4", "p5") else "train"
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", CROP_SIZE, (205, 205, 200))
        pencil = ImageDraw.Draw(picture)
        lines = []
        for position, char in enumerate(text):
            x1, y1, x2, y2 = character_box(position)
            pencil.rectangle((x1 + 3, y1 + 3, x2 - 3, y2 - 3), outline=(30, 30, 40), width=4)
            corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
            values = " ".join(f"{x / CROP_SIZE[0]:.6f} {y / CROP_SIZE[1]:.6f}" for x, y in corners)
            lines.append(f"{NAMES.index(char)} {values}")
        picture.save(folder / "images" / split / f"{stem}.png")
        if stem in LABELLED:
            (folder / "labels" / split / f"{stem}.txt").write_text("\n".join(lines) + "\n")
    names = "\n".join(f"  {number}: '{name}'" for number, name in enumerate(NAMES))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}\n")
    return folder


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "plates")


@pytest.fixture
def project_text() -> Callable[[str], str]:
    return TEXTS.__getitem__


@pytest.fixture
def application(qapp: QApplication) -> QApplication:
    if qapp.property("lpstudio_styled") is None:
        theme.install(qapp, "dark")
        qapp.setProperty("lpstudio_styled", True)
    elif theme.mode() != "dark":
        theme.set_mode("dark")
    return qapp


@pytest.fixture
def empty_studio(application: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(open_settings())
    window.show()
    qtbot.waitExposed(window)
    yield window
    close_window(window)


@pytest.fixture
def studio(empty_studio: MainWindow, small_project: Path, open_in: OpenIn) -> MainWindow:
    open_in(empty_studio, small_project)
    return empty_studio


@pytest.fixture
def open_in(qtbot: QtBot) -> OpenIn:
    """``open_in(window, project)`` opens a project and waits until its crops are listed."""

    def opener(window: MainWindow, project: Path) -> None:
        with qtbot.waitSignal(window.session_changed, timeout=20000):
            window.open_project(project)
        qtbot.waitUntil(lambda: window.session is not None and window.session.is_scanned, timeout=20000)

    return opener


def close_window(window: MainWindow) -> None:
    """Close a window for good; what cannot be saved any more is let go."""
    window.close()
    deadline = time.monotonic() + 20.0
    while window.isVisible() and time.monotonic() < deadline:
        if window.session is not None and not window.ending.is_busy:
            window.abandon_project()
            window.close()
        QCoreApplication.processEvents()
        time.sleep(0.002)
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, log and demo of the program go to the test's own folder."""
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "settings"))


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self.expected = False

    def emit(self, record: logging.LogRecord) -> None:
        trace = f"\n{logging.Formatter().formatException(record.exc_info)}" if record.exc_info else ""
        self.texts.append(f"{record.name}: {record.getMessage()}{trace}")


@pytest.fixture(autouse=True)
def no_model_while_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without starter weights, as far as typed plates go: a test that wants the model lets it in."""
    monkeypatch.setattr("lpstudio.studio.annotate.plate_typing.starter_weights", list)


@pytest.fixture(autouse=True)
def no_unexpected_errors() -> Iterator[_Errors]:
    """What is logged as an error fails the test, unless the test asked for ``allow_log_errors``."""
    handler = _Errors()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    if handler.texts and not handler.expected:
        pytest.fail("errors in the log:\n" + "\n".join(handler.texts))


@pytest.fixture
def allow_log_errors(no_unexpected_errors: _Errors) -> list[str]:
    """The errors logged so far; they do not fail this test."""
    no_unexpected_errors.expected = True
    return no_unexpected_errors.texts


def _running() -> dict[int, str]:
    """Timers and QThreads of Python that run, by identity."""
    from shiboken6 import isValid

    kinds = {QTimer, QThread}
    for kind in (QTimer, QThread):
        kinds.update(kind.__subclasses__())
    found = {}
    for thing in [thing for thing in gc.get_objects() if type(thing) in kinds]:
        if not isValid(thing):
            continue
        if isinstance(thing, QTimer) and thing.isActive():
            found[id(thing)] = f"timer of {thing.parent()!r}"
        elif isinstance(thing, QThread) and thing.isRunning() and thing is not QThread.currentThread():
            found[id(thing)] = f"thread {thing!r}"
    return found


def _leaks(windows: set[int], timers: dict[int, str], threads: set[int | None], children: set[int]) -> list[str]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    leaks = [
        f"window {widget!r} {widget.windowTitle()!r}"
        for widget in QApplication.topLevelWidgets()
        if id(widget) not in windows and widget.isVisible()
    ]
    leaks += [what for key, what in _running().items() if key not in timers]
    leaks += [
        f"thread {thread.name}"
        for thread in threading.enumerate()
        if thread.ident not in threads and not thread.name.startswith("Dummy")
    ]
    for child in psutil.Process().children(recursive=True):
        if child.pid not in children and child.status() != psutil.STATUS_ZOMBIE:
            leaks.append(f"process {child.pid} {' '.join(child.cmdline()[:4])}")
    return leaks


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """A test leaves no window, running timer, thread or child process behind."""
    windows = {id(widget) for widget in QApplication.topLevelWidgets()}
    timers = _running()
    threads = {thread.ident for thread in threading.enumerate()}
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + 2.0
    while leaks := _leaks(windows, timers, threads, children):
        if time.monotonic() > deadline:
            pytest.fail("left behind: " + "; ".join(leaks))
        qapp.processEvents()
        time.sleep(0.02)
