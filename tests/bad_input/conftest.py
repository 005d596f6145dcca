"""What the tests of bad input share: the command line in this process, and the window of the GUI tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.cli.app import run_command_line
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.workspace import Notice
from tests.dataset.conftest import lock_folder, make_dataset, small_disk
from tests.gui.conftest import (
    allow_log_errors,
    application,
    empty_studio,
    no_leaks,
    no_unexpected_errors,
    open_in,
    own_settings,
    small_project,
    studio,
)
from tests.gui.review_support import shared_weights

__all__ = [
    "allow_log_errors", "application", "empty_studio", "lock_folder", "make_dataset", "no_leaks",
    "no_unexpected_errors", "open_in", "own_settings", "small_disk", "small_project", "studio",
]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line it failed with."""
        lines = [line for line in self.err.splitlines() if line.startswith("lpstudio: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        assert "unexpected" not in self.err
        return lines[0]


Call = Callable[..., Answer]
Told = Callable[..., Notice]


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files on the window, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, copy = QPoint(640, 400), Qt.DropAction.CopyAction
    left, held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(place, copy, data, left, held))
    QApplication.sendEvent(window, QDropEvent(QPointF(place), copy, data, left, held))


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """call("check", folder) runs a command and gives what it said."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        code = run_command_line([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture
def told(qtbot: QtBot) -> Told:
    """told(window, words) waits for a notice with these words in it, looks at how it reads, and takes it away."""

    def wait(window: MainWindow, words: str, milliseconds: int = 10_000) -> Notice:
        bar = window.notice_bar
        qtbot.waitUntil(lambda: any(words in notice.text for notice in bar.notices), timeout=milliseconds)
        notice = next(notice for notice in bar.notices if words in notice.text)
        assert "Traceback" not in notice.text and "\n" not in notice.text
        bar.clear()
        return notice

    return wait


@pytest.fixture(scope="session")
def reading_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that find characters on every crop."""
    return shared_weights(tmp_path_factory.getbasetemp())
