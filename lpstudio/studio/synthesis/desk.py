"""What makes synthetic plates for the window: one dataset at a time, in the plate maker's process."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from lpstudio.studio.commands import Command
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

TASK = "synthetic"
MAKE, STOP, OPEN = "synthetic.make", "synthetic.stop", "synthetic.open"
_CROPS_A_PROCESS = 400  # for fewer another process is not worth its start


@dataclass(frozen=True)
class Order:
    """What is to be made. ``wishes``: fields of the plate maker's requests, see :mod:`lpstudio.worker.synthesis`."""

    out: Path
    count: int
    seed: int
    val_share: float
    wishes: dict[str, Any] = field(default_factory=dict)


class PlateDesk(QObject):
    """Makes datasets and says how far it is: in the status line, and to whoever listens."""

    progressed = Signal(int, int, float)  # done, all, seconds left (below 0 while unknown)
    finished = Signal(str)  # what went wrong, empty for nothing: stopped, or made (then ``made`` is set)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._request = 0
        self._order: Order | None = None
        self._started = 0.0
        self.made: Path | None = None  # what was made last

    @property
    def order(self) -> Order | None:
        """What is being made, or None."""
        return self._order

    def make(self, order: Order) -> None:
        """Begin. Nothing happens while another one is being made."""
        if self._order is not None:
            return
        self._order, self.made, self._started = order, None, time.monotonic()
        cores = max(1, (os.cpu_count() or 1) - 1)
        fields = {
            "out": str(order.out),
            "count": order.count,
            "seed": order.seed,
            "val": order.val_share,
            "jobs": max(1, min(cores, order.count // _CROPS_A_PROCESS)),
            **order.wishes,
        }
        self._tell(0, order.count)
        self._request = self._window.workers.factory.request(
            "synth_make", fields, None, self._done, self._failed, self._progress
        )
        self._window.commands.refresh()

    def stop(self) -> None:
        """Take it back; what was written goes away."""
        if self._order is not None:
            self._window.workers.factory.cancel(self._request)
            self._end("")

    def open_made(self) -> None:
        """Open what was made last as a project."""
        if self.made is not None:
            self._window.open_project(self.made)

    def _progress(self, done: float, total: float | None, _text: str) -> None:
        self._tell(int(done), int(total or 0))

    def _tell(self, done: int, total: int) -> None:
        share = done / total if total else 0.0
        passed = time.monotonic() - self._started
        left = passed / share - passed if share > 0.02 else -1.0
        text = f"making synthetic plates: {done:,} of {total:,}"
        self._window.set_task(TASK, text, share, STOP)
        self.progressed.emit(done, total, left)

    def _done(self) -> None:
        order = self._order
        if order is None:
            return
        self.made = order.out
        self._end("")
        text = f"{order.count:,} synthetic crops are in {order.out}"
        self._window.notify(Notice(text, Severity.INFO, OPEN, "Open as project"))

    def _failed(self, message: str) -> None:
        self._end(message)
        self._window.notify(Notice(f"The synthetic plates were not made: {message}", Severity.ERROR, MAKE, "Again…"))

    def _end(self, fault: str) -> None:
        self._order = None
        self._window.end_task(TASK)
        self._window.commands.refresh()
        self.finished.emit(fault)


def register(window: MainWindow) -> PlateDesk:
    """Register the commands of synthetic plates."""
    desk = PlateDesk(window)
    add = window.commands.register

    def show() -> None:
        from lpstudio.studio.synthesis.dialog import PlateDialog

        PlateDialog.show_for(window, desk)

    add(
        Command(
            MAKE,
            "Make s&ynthetic plates…",
            "File",
            ("Ctrl+Alt+N",),
            "images",
            "Draw plates with exact outlines, to train on or to try things with",
        ),
        show,
    )
    add(
        Command(STOP, "Stop making synthetic plates", "File", (), "circle-stop"),
        desk.stop,
        available=lambda: desk.order is not None,
    )
    add(
        Command(OPEN, "Open the synthetic plates made last", "File", (), "folder-open"),
        desk.open_made,
        available=lambda: desk.made is not None,
    )
    return desk
