"""A hand on mouse and keyboard that counts what it does. It drives any window, through events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.hands import Qt, QTest
from tests.bench.qt import QtCore, QtWidgets

KEY_S, AIM_S, CLICK_S = 0.2, 1.1, 0.2  # keystroke-level model: a key, bringing the pointer to a place, a click
WAIT_S = 60.0
_DRAG_STEPS = 6
_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier
_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def wait_until(true: Callable[[], object], what: str, seconds: float = WAIT_S) -> None:
    """Let the program work until something is true. Raises TimeoutError, saying what was waited for."""
    end = time.perf_counter() + seconds
    while not true():
        QtWidgets.QApplication.processEvents()
        if time.perf_counter() > end:
            raise TimeoutError(f"waited for nothing: {what}")
        time.sleep(0.0005)


@dataclass
class Effort:
    """``clicks``: presses of the mouse button (a double click is two, a drag is one); ``keys``: keys pressed, Ctrl and
    Shift counted; ``travel``: px of the screen along straight lines; ``aims``: how often the pointer was brought to
    another place; ``seconds``: by the clock, the program's own time as the hand never waits."""

    clicks: int = 0
    keys: int = 0
    travel: float = 0.0
    aims: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


class Hand:
    """Counts into :attr:`effort`, which may be replaced at any time."""

    def __init__(self, window: Any) -> None:
        self.effort = Effort()
        self._at = window.mapToGlobal(window.rect().center())

    def key(self, key: Any, modifiers: Any = _NONE) -> None:
        """Press a key where the keyboard is."""
        self.effort.keys += 1 + _held(modifiers)
        QTest.keyClick(self._keyboard(), key, modifiers)

    def text(self, text: str) -> None:
        """Type letters and digits, one key each."""
        for char in text:
            self.key(Qt.Key(ord(char)))

    @staticmethod
    def _keyboard() -> Any:
        application = QtWidgets.QApplication
        window = application.activeModalWidget() or application.activeWindow()
        there = application.focusWidget() or (window and (window.focusWidget() or window))
        if there is None:
            raise RuntimeError("no window has the keyboard")
        return there

    def move(self, widget: Any, place: Any) -> None:
        """Bring the pointer to a place of the widget."""
        self._go(widget, place)
        QTest.mouseMove(widget, place)

    def _go(self, widget: Any, place: Any) -> None:
        to = widget.mapToGlobal(place)
        way = QtCore.QLineF(QtCore.QPointF(self._at), QtCore.QPointF(to)).length()
        if way:
            self.effort.travel += way
            self.effort.aims += 1
        self._at = to

    def click(self, widget: Any, place: Any) -> None:
        self.move(widget, place)
        self.effort.clicks += 1
        QTest.mouseClick(widget, _LEFT, _NONE, place)

    def double_click(self, widget: Any, place: Any) -> None:
        """Two clicks, the second as the window system reports it."""
        self.click(widget, place)
        self.effort.clicks += 1
        QTest.mouseDClick(widget, _LEFT, _NONE, place)
        QTest.mouseRelease(widget, _LEFT, _NONE, place)

    def drag(self, widget: Any, start: Any, end: Any, modifiers: Any = _NONE) -> None:
        self.move(widget, start)
        self.effort.clicks += 1
        self.effort.keys += _held(modifiers)
        QTest.mousePress(widget, _LEFT, modifiers, start)
        self._go(widget, end)
        way = end - start
        for step in range(1, _DRAG_STEPS + 1):
            QTest.mouseMove(widget, start + way * step / _DRAG_STEPS)
        QTest.mouseRelease(widget, _LEFT, modifiers, end)


def _held(modifiers: Any) -> int:
    """How many modifier keys are held down."""
    return sum(bool(modifiers & modifier) for modifier in _MODIFIERS)
