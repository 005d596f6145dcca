"""Evaluating runs in a process of its own, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lpstudio.studio.workers import WorkerClient


@dataclass(frozen=True)
class Order:
    """One evaluation that was asked for. ``device``: as in the training settings, empty for the best there is."""

    name: str
    run: Path
    project: Path
    device: str = ""


class EvaluationJob(QObject):
    """Works orders off. Every one ends with ``evaluated``, ``failed`` or, when a person stops it, neither."""

    changed = Signal()  # another order is at work, waits or is over; or the work came further
    evaluated = Signal(str)  # name of the run
    failed = Signal(str, str)  # name, one sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = WorkerClient("lpstudio.worker.evaluation", self, title="evaluation")
        self._waiting: list[Order] = []
        self._request = 0
        self.current: Order | None = None
        self.done = 0
        self.total: int | None = None
        self.what = ""

    def add(self, order: Order) -> None:
        """Evaluate a run, after those that were asked for before; a run that waits already is not added again."""
        if any(order.run == other.run for other in self.orders):
            return
        self._waiting.append(order)
        self._next()

    @property
    def orders(self) -> list[Order]:
        """The one at work, then those that wait."""
        return ([self.current] if self.current is not None else []) + self._waiting

    def is_asked(self, name: str) -> bool:
        """Whether a run is being evaluated or waits for it."""
        return any(order.name == name for order in self.orders)

    @property
    def fraction(self) -> float | None:
        """How far the present one is, 0 to 1; None while unknown."""
        return self.done / self.total if self.total else None

    @property
    def text(self) -> str:
        """What is being done, in words."""
        if self.current is None:
            return ""
        counted = f" {self.done} of {self.total} crops" if self.total else ""
        waiting = f", {len(self._waiting)} more wait" if self._waiting else ""
        return f"evaluating {self.current.name}: {self.what or 'starting'}{counted}{waiting}"

    def _next(self) -> None:
        if self.current is not None or not self._waiting:
            self.changed.emit()
            return
        order = self.current = self._waiting.pop(0)
        self.done, self.total, self.what = 0, None, ""
        payload = {"project": str(order.project), "run": str(order.run), "device": order.device or None}
        self._request = self._client.request(
            "evaluate",
            payload,
            on_done=lambda: self._ended(""),
            on_error=self._ended,
            on_progress=self._progress,
        )
        self.changed.emit()

    def _progress(self, done: float, total: float | None, text: str) -> None:
        self.done, self.total, self.what = int(done), None if total is None else int(total), text
        self.changed.emit()

    def _ended(self, failure: str) -> None:
        order, self.current = self.current, None
        self._next()
        if self.current is None:
            self._client.release()
        if order is not None:
            if failure:
                self.failed.emit(order.name, failure)
            else:
                self.evaluated.emit(order.name)

    def cancel(self) -> None:
        """Stop the one at work and forget those that wait; what earlier evaluations wrote stays."""
        self._waiting.clear()
        if self.current is not None:
            self._client.cancel(self._request)
            self.current = None
            self._client.release(at_once=True)  # files are replaced whole: nothing half-written stays
        self.changed.emit()

    def stop(self) -> None:
        """The window closes."""
        self._waiting.clear()
        self.current = None
        self._client.stop()
