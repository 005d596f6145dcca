"""A person's session as a list of acts: generators that send real events to the window and say how long they wait.

An act yields a number (seconds that a person takes) or a function (wait until it returns true). What it sends runs on
the GUI thread, so the time that the window takes for it counts in the watchdog.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QSpinBox, QWidget

from lpstudio.studio.main_window import MainWindow
from tests.bench.window import workspace_of

Act = Generator[float | Callable[[], bool], None, None]
NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key
LOOK = 0.12  # seconds between two keys of a quick person
PATIENCE_S = 90.0


def key(window: MainWindow, code: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Press and release a key in whatever has the focus."""
    target: Any = QApplication.focusWidget() or window
    QTest.keyClick(target, code, modifier)


def write(window: MainWindow, text: str) -> Act:
    """Type a text as a person does."""
    for char in text:
        QTest.keyClicks(QApplication.focusWidget() or window, char)
        yield 0.06


def wheel(widget: QWidget, notches: int) -> None:
    """Turn the wheel over the middle of a widget."""
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, -120 * notches), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drop(window: MainWindow, path: Path) -> None:
    """Drop a file on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(600, 400), Qt.DropAction.CopyAction, data, LEFT, NONE))
    QApplication.sendEvent(window, QDropEvent(QPointF(600, 400), Qt.DropAction.CopyAction, data, LEFT, NONE))


class Script:
    """The acts of a session on one window."""

    def __init__(self, window: MainWindow, dataset: Path, video: Path | None, weights: Path | None) -> None:
        self.window, self.dataset, self.video, self.weights = window, dataset, video, weights
        self._rounds = 0

    def workspace(self, name: str) -> Any:
        return workspace_of(self.window, name)

    def acts(self) -> list[tuple[str, Callable[[], Act]]]:
        """What is done over and over, in order, by name."""
        return [
            ("walk through crops", self.walk),
            ("draw", self.draw),
            ("drag and undo", self.drag),
            ("scroll the list", self.scroll),
            ("search", self.search),
            ("palette", self.palette),
            ("Similarity", self.similarity),
            ("Train", self.train),
            ("Review", self.review),
            ("help and settings", self.help),
            ("resize and theme", self.looks),
        ]

    def open(self) -> Act:
        """Open the project; wait for the first picture."""
        window = self.window
        yield 1.0
        window.open_project(self.dataset)
        yield lambda: window.session is not None and window.session.is_scanned
        yield lambda: self.workspace("annotate").canvas.picture is not None
        yield 1.0

    def close(self) -> Act:
        """Close the project as a person does."""
        window = self.window
        window.run_command("file.close_project")
        yield lambda: window.session is None
        yield 0.5

    def walk(self) -> Act:
        """Forward by key, some fast, back again, to the end of the list and to the start."""
        window, annotate = self.window, self.workspace("annotate")
        window.run_command("go.annotate")
        yield 0.5
        annotate.canvas.setFocus()
        for _ in range(20):
            key(window, Key.Key_PageDown)
            yield LOOK
        for _ in range(15):
            key(window, Key.Key_PageDown)
            yield 0.03
        for _ in range(10):
            key(window, Key.Key_Right)
            yield 0.08
        for code in (Key.Key_End, Key.Key_Home):
            annotate.crops.view.setFocus()
            key(window, code)
            yield 0.6

    def draw(self) -> Act:
        """A polygon click by click, its letter, back to selecting."""
        window, canvas = self.window, self.workspace("annotate").canvas
        canvas.setFocus()
        key(window, Key.Key_PageDown)
        yield 0.4
        key(window, Key.Key_E, CONTROL)
        yield 0.2
        for x, y in ((100, 20), (124, 20), (126, 40), (120, 60), (104, 58)):
            place = canvas.to_widget(float(x), float(y)).toPoint()
            QTest.mouseMove(canvas, place)
            yield 0.03
            QTest.mouseClick(canvas, LEFT, pos=place)
            yield 0.12
        key(window, Key.Key_Return)
        yield 0.2
        key(window, Key.Key_K)
        yield 0.2
        key(window, Key.Key_Escape)
        yield 0.1
        key(window, Key.Key_Escape)
        yield 0.2

    def drag(self) -> Act:
        """Drag a character with the mouse, take it back, redo, nudge, take everything back."""
        window, canvas = self.window, self.workspace("annotate").canvas
        canvas.setFocus()
        if not canvas.shapes:
            return
        points = canvas.shapes[0].points
        start = canvas.to_widget(float(points[:, 0].mean()), float(points[:, 1].mean())).toPoint()
        QTest.mouseClick(canvas, LEFT, pos=start)
        yield 0.2
        QTest.mousePress(canvas, LEFT, pos=start)
        for step in range(1, 41):
            QTest.mouseMove(canvas, start + QPoint(step, step // 2))
            yield 0.016
        QTest.mouseRelease(canvas, LEFT, pos=start + QPoint(40, 20))
        yield 0.3
        for code, modifier in ((Key.Key_Z, CONTROL), (Key.Key_Y, CONTROL), (Key.Key_Z, CONTROL)):
            key(window, code, modifier)
            yield 0.25
        for _ in range(3):
            wheel(canvas, -1)
            yield 0.05
        key(window, Key.Key_0, CONTROL)
        yield 0.4

    def scroll(self) -> Act:
        """Turn the wheel over the list, drag its bar."""
        view = self.workspace("annotate").crops.view
        for _ in range(20):
            wheel(view.viewport(), 3)
            yield 0.03
        bar = view.verticalScrollBar()
        for part in (0.25, 0.5, 0.75, 1.0, 0.0):
            bar.setValue(round(bar.maximum() * part))
            yield 0.25

    def search(self) -> Act:
        """A name, a condition on the characters, everything again."""
        window, annotate = self.window, self.workspace("annotate")
        key(window, Key.Key_F, CONTROL)
        yield from write(window, "name:0001")
        yield 0.6
        key(window, Key.Key_A, CONTROL)
        yield from write(window, "char:O|0")
        yield lambda: "Reading" not in annotate.crops.count.text()
        yield 0.6
        key(window, Key.Key_F, CONTROL | SHIFT)
        yield 0.4
        annotate.canvas.setFocus()

    def palette(self) -> Act:
        """Find a command by its letters, leave it, run another."""
        window = self.window
        key(window, Key.Key_P, CONTROL | SHIFT)
        yield 0.4
        yield from write(window, "group")
        yield 0.2
        for _ in range(4):
            key(window, Key.Key_Down)
            yield 0.06
        key(window, Key.Key_Escape)
        yield 0.3

    def similarity(self) -> Act:
        """Walk over the matrix."""
        window = self.window
        key(window, Key.Key_2, CONTROL)
        yield 0.8
        matrix = self.workspace("similarity").matrix
        matrix.setFocus()
        for code in (Key.Key_Right, Key.Key_Down) * 8:
            key(window, code)
            yield 0.05
        for step in range(20):
            QTest.mouseMove(matrix, QPoint(80 + 9 * step, 80 + 7 * step))
            yield 0.016
        QTest.mouseClick(matrix, LEFT, pos=QPoint(200, 180))
        yield 0.4

    def train(self) -> Act:
        """Look at the settings and at the runs with their curves."""
        window = self.window
        key(window, Key.Key_3, CONTROL)
        yield 1.5
        train = self.workspace("train")
        view = train.view
        for field in [child for child in view.form.findChildren(QSpinBox) if child.isVisible()][:2]:
            field.setFocus()
            key(window, Key.Key_Up)
            yield 0.3
            key(window, Key.Key_Down)
            yield 0.3
        bar = view.side.tabBar()
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(1).center())
        yield 1.0
        for code in (Key.Key_Down, Key.Key_Down, Key.Key_Up):
            view.run_list.setFocus()
            key(window, code)
            yield 0.4
        for plot in list(view.page.grid.plots.values())[:3]:
            for step in range(10):
                QTest.mouseMove(plot, QPoint(40 + 12 * step, 40))
                yield 0.02
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(0).center())
        yield 0.4

    def review(self) -> Act:
        """Open footage, step and play, read a little the first time, add a crop."""
        window = self.window
        key(window, Key.Key_4, CONTROL)
        yield 0.8
        if self.video is None:
            return
        review = self.workspace("review")
        drop(window, self.video)
        yield lambda: review.controller.player.info is not None
        yield 0.5
        review.canvas.setFocus()
        for _ in range(10):
            key(window, Key.Key_Period)
            yield 0.1
        window.run_command("review.play")
        yield 2.0
        window.run_command("review.play")
        yield 0.5
        if self._rounds == 0:
            if self.weights is not None:
                drop(window, self.weights)
                yield 1.0
                window.run_command("review.read_frame")
                yield lambda: not review.controller.desk.active
                yield 1.0
            before = len(window.session.index) if window.session is not None else 0
            window.run_command("review.add")
            yield lambda: window.session is None or len(window.session.index) > before
            yield 0.5
        for _ in range(5):
            key(window, Key.Key_PageDown)
            yield 0.1

    def help(self) -> Act:
        """The sheet of keys, the help, the settings."""
        window = self.window
        key(window, Key.Key_1, CONTROL)
        yield 0.4
        for command in ("help.shortcuts", "help.open", "view.settings", "view.activity"):
            window.run_command(command)
            yield 0.8
            for dialog in window.findChildren(QDialog):
                if dialog.isVisible():
                    dialog.close()
            key(window, Key.Key_Escape)
            yield 0.3

    def looks(self) -> Act:
        """Drag the window's edge; the other theme and back."""
        window = self.window
        width, height = window.width(), window.height()
        for step in range(1, 13):
            window.resize(width - 12 * step, height - 8 * step)
            yield 0.03
        for command in ("view.theme_light", "view.theme_dark"):
            window.run_command(command)
            yield 0.6
        window.resize(width, height)
        yield 0.3
        self._rounds += 1


class Player(QObject):
    """Plays acts one after the other in the running event loop; ``act`` names the present one.

    ``done(0)`` at the end, ``done(1)`` when an act fails or what it waits for does not happen; ``trouble`` says which.
    """

    def __init__(self, acts: Generator[tuple[str, Act], None, None], done: Callable[[int], object]) -> None:
        super().__init__()
        self._acts, self._done = acts, done
        self._steps: Act | None = None
        self._until: Callable[[], bool] | None = None
        self._since = 0.0
        self.act = self.trouble = ""
        self.timeline: list[tuple[float, str]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)

    def start(self) -> None:
        self._timer.start(0)

    def _go_on(self) -> None:
        try:
            self._step()
        except Exception as error:  # whatever it is: nothing would play on, and the session never end
            self.trouble = f"{type(error).__name__}: {error}"
            self._done(1)

    def _step(self) -> None:
        if self._until is not None and not self._until():
            if time.perf_counter() - self._since > PATIENCE_S:
                raise TimeoutError("what was waited for did not happen")
            self._timer.start(20)
            return
        self._until = None
        try:
            wanted = next(self._steps) if self._steps is not None else None
        except StopIteration:
            wanted = self._steps = None
        if wanted is None:
            following = next(self._acts, None)
            if following is None:
                self._done(0)
                return
            self.act, self._steps = following
            self.timeline.append((time.perf_counter(), self.act))
            self._timer.start(0)
        elif callable(wanted):
            self._until, self._since = wanted, time.perf_counter()
            self._timer.start(20)
        else:
            self._timer.start(round(1000 * wanted))
