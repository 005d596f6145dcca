"""The window answers: what is built in slices, what finds its blocks, what it says while a project comes in."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lpstudio.studio import theme
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.settings_dialog import SettingsDialog
from lpstudio.studio.slices import Slices
from lpstudio.studio.watchdog import LoggingWatchdog, Watchdog
from lpstudio.studio.workspaces import WORKSPACES
from tests.gui.conftest import write_project

OpenIn = Callable[[MainWindow, Path], None]


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_the_watchdog_finds_a_block_and_what_held_the_thread(qtbot: QtBot) -> None:
    watchdog = Watchdog(period_ms=2)
    watchdog.start()
    qtbot.waitUntil(lambda: watchdog.beats > 5)
    QTimer.singleShot(0, watchdog, lambda: busy(0.4))
    qtbot.waitUntil(lambda: bool(watchdog.blocks) and watchdog.blocks[-1].ms > 390)
    watchdog.stop()
    block = max(watchdog.blocks, key=lambda block: block.ms)
    assert 0 <= block.waited_ms < block.ms
    if Path("/proc/thread-self/schedstat").exists():  # else nobody tells for how long it had no processor
        assert 0.7 * block.ms < block.cpu_ms + block.waited_ms  # it waited for nobody else
    assert block in watchdog.over(16)
    assert any("busy" in stack and "test_smoothness.py" in stack for stack in block.stacks)


def test_the_program_can_log_its_blocks(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    watchdog = LoggingWatchdog()
    watchdog.start()
    qtbot.waitUntil(lambda: watchdog.beats > 2)
    with caplog.at_level(logging.WARNING):
        QTimer.singleShot(0, watchdog, lambda: busy(0.4))
        qtbot.waitUntil(lambda: "did not answer" in caplog.text)
    watchdog.stop()


def test_slices_let_other_events_through_and_go_on_after_a_failure(qtbot: QtBot, allow_log_errors: list[str]) -> None:
    slices, seen = Slices(), []
    ticks = QTimer()
    ticks.timeout.connect(lambda: seen.append("tick"))
    ticks.start(1)

    def steps() -> Iterator[None]:
        for number in range(12):
            busy(0.003)
            seen.append(f"step {number}")
            yield

    slices.add(steps(), lambda: seen.append("done"))
    qtbot.waitUntil(lambda: "done" in seen)
    ticks.stop()
    assert "tick" in seen[seen.index("step 0") : seen.index("step 11")]
    assert slices.is_idle


class Paints(QObject):
    """Counts the paint events of what stands in a window."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.counts = {widget.objectName(): 0 for widget in watched}
        self._last = time.perf_counter()
        for widget in watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.counts[watched.objectName()] += 1
            self._last = time.perf_counter()
        return False

    def rest(self, qtbot: QtBot, seconds: float = 0.5) -> None:
        """Wait until nothing was painted for a while, and count from there."""
        qtbot.waitUntil(lambda: time.perf_counter() - self._last > seconds, timeout=20000)
        self.counts = dict.fromkeys(self.counts, 0)


def test_a_new_theme_paints_each_part_of_the_window_once(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    open_in(empty_studio, small_project)
    empty_studio.show()
    annotate: Any = empty_studio.workspace("annotate")
    qtbot.waitUntil(lambda: annotate.canvas.picture is not None and annotate.crops.view.isVisible())
    paints = Paints(empty_studio.top_bar, empty_studio.rail, empty_studio.status)
    paints.rest(qtbot)  # what an opened project still says in the status line is no paint of the theme
    theme.set_mode("light")
    assert not any(paints.counts.values())  # keys get their turn first
    qtbot.waitUntil(lambda: all(paints.counts.values()) and theme.is_dressed())
    QApplication.processEvents()
    assert set(paints.counts.values()) == {1}
    assert empty_studio.grab().toImage().pixelColor(2, 300) == theme.color("window")


def test_workspaces_are_built_beside_the_work_and_an_early_visitor_finds_them_whole(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    open_in(empty_studio, small_project)
    empty_studio.build_all()
    train = empty_studio.workspace("train")  # not waited for: what is left of it is built now
    assert train is not None
    empty_studio.show_workspace("train")
    assert train.view.form.changed_names == []  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(list(empty_studio.shelf)) == len(WORKSPACES))
    ids = [command.id for command in empty_studio.commands]
    assert len(ids) == len(set(ids))


def test_whoever_goes_to_a_workspace_before_it_stands_sees_the_present_one_until_it_does(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    open_in(empty_studio, small_project)
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(0)
    empty_studio.run_command("go.train")
    assert empty_studio.current_workspace == "annotate"
    assert empty_studio.commands.action("go.train").isChecked()
    qtbot.waitUntil(lambda: empty_studio.current_workspace == "train", timeout=20000)
    assert len(beats) > 8  # events got their turn meanwhile
    shown = empty_studio.stack.currentWidget()
    assert shown is empty_studio.workspace("train")
    empty_studio.run_command("go.review")
    empty_studio.run_command("go.annotate")  # the last wish counts
    assert empty_studio.current_workspace == "annotate"
    qtbot.waitUntil(lambda: empty_studio.shelf.get("review") is not None, timeout=20000)
    assert empty_studio.current_workspace == "annotate"


def of_which_project(window: MainWindow) -> dict[str, Path | None]:
    """The root of the project that each standing workspace works on."""
    sessions = {workspace.id: getattr(workspace, "_session", None) for workspace in window.shelf}
    review: Any = window.shelf.get("review")
    sessions["review"] = review.controller.session
    return {id_: session.project.root if session is not None else None for id_, session in sessions.items()}


def test_a_project_comes_and_goes_bit_by_bit(studio: MainWindow, qtbot: QtBot) -> None:
    assert studio.session is not None
    root = studio.session.project.root
    for entry in WORKSPACES:
        studio.workspace(entry.id)
    seen: list[int] = []  # in how many workspaces the project stood whenever events got their turn
    ticks = QTimer()
    ticks.timeout.connect(lambda: seen.append(list(of_which_project(studio).values()).count(root)))
    ticks.start(0)
    with qtbot.waitSignal(studio.session_changed, timeout=20000):
        studio.run_command("file.close_project")
    assert studio.session is None
    assert set(seen) & {1, 2, 3}
    qtbot.waitUntil(lambda: not studio.ending.is_busy, timeout=20000)
    seen.clear()
    studio.open_project(root)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == len(WORKSPACES), timeout=20000)
    assert set(seen) & {1, 2, 3}


def test_whoever_is_faster_than_a_coming_project_finds_no_other_one(
    empty_studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window, other = empty_studio, write_project(tmp_path / "other")
    for entry in WORKSPACES:
        window.workspace(entry.id)
    window.open_project(small_project)
    qtbot.waitUntil(lambda: window.session is not None)
    window.show_workspace("similarity")  # it was not handed the project yet
    assert of_which_project(window)["similarity"] == small_project
    window.open_project(other)  # and the first is not in all of them
    qtbot.waitUntil(lambda: set(of_which_project(window).values()) == {other}, timeout=20000)
    window.run_command("file.close_project")
    window.open_project(small_project)
    qtbot.waitUntil(lambda: set(of_which_project(window).values()) == {small_project}, timeout=20000)
    assert window.session is not None and window.session.project.root == small_project
    window.run_command("file.close_project")
    qtbot.waitUntil(lambda: set(of_which_project(window).values()) == {None}, timeout=20000)
    assert window.windowTitle() == "LP Studio"
    assert window.stack.currentWidget() is window.empty_state


def test_the_top_row_names_the_project_that_is_being_opened(
    empty_studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    project = empty_studio.top_bar.project
    assert project.text() == "No project"
    empty_studio.open_project(small_project)
    assert project.text() == "Opening plates…"
    qtbot.waitUntil(lambda: project.text() == "plates")
    empty_studio.open_project(tmp_path / "nowhere")
    assert project.text() == "Opening nowhere…"
    qtbot.waitUntil(lambda: project.text() == "plates")


def test_another_theme_reaches_what_is_there_and_what_opens_later(studio: MainWindow, qtbot: QtBot) -> None:
    train, annotate = studio.workspace("train"), studio.workspace("annotate")
    assert train is not None
    assert annotate is not None
    studio.show_workspace("train")
    qtbot.waitUntil(lambda: train.isVisible())
    studio.show_workspace("annotate")
    studio.run_command("view.theme_light")
    studio.run_command("view.settings")
    dialog = studio.findChild(SettingsDialog)
    assert dialog is not None
    light = theme.LIGHT.window.lower()
    assert dialog.grab().toImage().pixelColor(4, dialog.height() - 4).name() == light
    assert studio.grab().toImage().pixelColor(500, 4).name() == light
    other = MainWindow(studio.settings)
    assert other.grab().toImage().pixelColor(500, 4).name() == light
    other.close()
    other.deleteLater()
    qtbot.waitUntil(theme.is_dressed)  # what is hidden comes after, bit by bit
    seen = {}
    for mode in ("light", "dark", "light"):
        studio.run_command(f"view.theme_{mode}")
        qtbot.waitUntil(theme.is_dressed)
        for workspace in (train, annotate):
            studio.show_workspace("train" if workspace is train else "annotate")
            picture = workspace.grab().toImage()
            assert seen.setdefault((mode, workspace), picture) == picture  # nothing of the other theme is left
        tokens = theme.LIGHT if mode == "light" else theme.DARK
        count = annotate.crops.count  # type: ignore[attr-defined]
        assert count.palette().windowText().color().name() == tokens.text.lower()
        assert train.view.start_note.palette().windowText().color().name() == tokens.text_dim.lower()  # type: ignore[attr-defined]
    studio.run_command("view.theme_dark")
    assert dialog.grab().toImage().pixelColor(4, dialog.height() - 4).name() == theme.DARK.window.lower()


def test_another_theme_does_not_hold_the_window(studio: MainWindow, qtbot: QtBot) -> None:
    for entry in WORKSPACES:
        studio.show_workspace(entry.id)
    studio.show_workspace("annotate")
    qtbot.waitUntil(theme.is_dressed)
    began = time.thread_time()
    studio.run_command("view.theme_light")
    at_once = time.thread_time() - began
    began = time.thread_time()
    for widget in QApplication.allWidgets():
        widget.style().polish(widget)
    assert at_once < 0.6 * (time.thread_time() - began)  # what everything at once takes at least
    assert not theme.is_dressed()
    qtbot.waitUntil(theme.is_dressed)
