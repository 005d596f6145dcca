"""Long work on the GUI thread in slices of a few milliseconds: keys and pictures get their turn in between."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

BUDGET_S = 0.004  # of one turn; a single step may take longer
REST_MS = 4  # between two turns, so that events of every kind get through

Steps = Iterator[None]


class Slices(QObject):
    """Takes generators and runs them to their ends, one after the other, as many steps a turn as fit the budget."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[tuple[Steps, Callable[[], object] | None]] = deque()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    def add(self, steps: Steps, done: Callable[[], object] | None = None) -> None:
        """Run these steps soon, then call ``done``. A generator that was run to its end elsewhere is only told done."""
        self._waiting.append((steps, done))
        if not self._timer.isActive():
            self._timer.start(0)

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def stop(self) -> None:
        """Drop what waits."""
        self._timer.stop()
        self._waiting.clear()

    def _turn(self) -> None:
        end = time.perf_counter() + BUDGET_S
        while self._waiting and time.perf_counter() < end:
            steps, done = self._waiting[0]
            try:
                next(steps)
            except StopIteration:
                self._waiting.popleft()
                if done is not None:
                    done()
            except BaseException:
                self._waiting.popleft()
                self._go_on()
                raise
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._timer.isActive():
            self._timer.start(REST_MS)


def paint_in_a_turn_of_its_own(window: QWidget) -> None:
    """Let what is done to a window now be painted a moment later: keys get their turn between work and paint.

    What stands in the window waits, not the window: Qt would paint all of it twice when a window is let go on.
    """
    for part in window.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if part.isVisible() and not part.isWindow():
            part.setUpdatesEnabled(False)
            QTimer.singleShot(REST_MS, part, partial(part.setUpdatesEnabled, True))


def run_out(steps: Steps) -> None:
    """Run all steps now."""
    for _ in steps:
        pass
