"""Fixtures for all tests."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
# Pictures and models of tests are small and several processes test at once: threads would stand in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PATIENCE_MS = 30_000
REPOSITORY = Path(__file__).resolve().parent.parent
OWN_PLACE = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Every process that tests has its own settings and locks: none waits for another, a person's stay untouched."""
    place = tempfile.TemporaryDirectory(prefix="lpstudio-tests-", ignore_cleanup_errors=True)
    config.stash[OWN_PLACE] = place
    # Ultralytics reads its variable when it is imported, and writes whatever a test changes in its settings.
    for variable in ("LPSTUDIO_SETTINGS", "LPSTUDIO_LOCKS", "YOLO_CONFIG_DIR"):
        os.environ[variable] = str(Path(place.name) / variable.lower())
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        # Tests start some hundred interpreters: where no bytecode is kept, most of their time would go into compiling.
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(place.name) / "bytecode")


def pytest_collection_finish() -> None:
    """All libraries are there by now: no search for garbage, nor for timers left behind, goes through them again."""
    gc.collect()
    gc.freeze()
    gc.disable()  # of its own it would run in any thread, and a Qt object freed there takes the process down


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """What the test left is searched by the thread that made it; what outlives it, modules mostly, is not again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing of it stays behind."""
    config.stash[OWN_PLACE].cleanup()


def real_crops_folder() -> Path | None:
    """The folder of real CCTV crops, where this machine has them."""
    named = os.environ.get("LPSTUDIO_REAL_CROPS")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data" / "br_cctv"
    return folder if (folder / "data.yaml").is_file() else None


@pytest.fixture
def real_crops(tmp_path: Path) -> Path:
    """A writable copy of the real CCTV crops; the test is skipped where there are none."""
    folder = real_crops_folder()
    if folder is None:
        pytest.skip("no real crops on this machine (set LPSTUDIO_REAL_CROPS)")
    copy = tmp_path / "real_crops"
    shutil.copytree(folder, copy)
    return copy


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """pytest-qt's robot with more patience: waiting ends when what is awaited happens, and busy machines take long."""
    qtbot.waitUntil = functools.partial(qtbot.waitUntil, timeout=PATIENCE_MS)  # type: ignore[method-assign]
    qtbot.waitSignal = functools.partial(qtbot.waitSignal, timeout=PATIENCE_MS)  # type: ignore[method-assign]
    return qtbot
