"""Imports and exports in a process of their own: one at a time, with progress; a cancel leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lpstudio.studio.session import ProjectSession
from lpstudio.studio.workers import WorkerClient

_FORCE_AFTER = 10_000  # ms after a cancel until the process is ended in the middle of what it does


class ExchangeWork(QObject):
    """What is asked of the process. ``busy`` from the start of a piece of work until nothing of it runs any more."""

    started = Signal(str)  # what is done, for the status line
    progressed = Signal(int, int)
    ended = Signal()
    project_changed = Signal()  # an import, or its undoing, wrote into the open project

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._client: WorkerClient | None = None
        self._request: int | None = None
        self._cancelled: Callable[[str], object] | None = None
        self._writes = False
        self._force = QTimer(self)
        self._force.setSingleShot(True)
        self._force.setInterval(_FORCE_AFTER)
        self._force.timeout.connect(self._end_by_force)

    def run(
        self,
        kind: str,
        fields: dict[str, Any],
        words: str,
        done: Callable[[dict[str, Any]], object],
        failed: Callable[[str], object],
        session: ProjectSession | None = None,
    ) -> None:
        """Ask for one piece of work; then ``done(payload)`` or ``failed(sentence)``.

        ``session``: the open project it reads or writes: what waits to be written of it is written first.
        """
        if self.busy:
            failed("Something is imported or exported already")
            return
        self.busy, self._cancelled = True, failed
        self._writes = session is not None and kind in ("import", "undo_import")
        self.started.emit(words)
        if session is None:
            self._ask(kind, fields, done, failed)
            return

        def written(all_of_it: bool) -> None:
            if not self.busy:
                return
            if all_of_it:
                self._ask(kind, fields, done, failed)
            else:
                self._over()
                failed("The project has changes that cannot be saved; save them first")

        session.when_written(written)

    def _ask(
        self,
        kind: str,
        fields: dict[str, Any],
        done: Callable[[dict[str, Any]], object],
        failed: Callable[[str], object],
    ) -> None:
        self._client = self._client or WorkerClient("lpstudio.worker.project", self, title="import and export")
        answers: list[dict[str, Any]] = []

        def finished() -> None:
            self._over()
            if answers:
                done(answers[-1])
            else:
                failed("The work ended without an answer")

        def broke(message: str) -> None:
            self._over()
            failed(message)

        self._request = self._client.request(
            kind,
            fields,
            on_result=answers.append,
            on_done=finished,
            on_error=broke,
            on_progress=lambda count, total, _text: self.progressed.emit(int(count), int(total or 0)),
        )

    def cancel(self) -> None:
        """Stop. An import is taken back as far as it came; only then ``busy`` ends."""
        if not self.busy:
            return
        client, request = self._client, self._request
        if client is None or request is None:
            self._say_cancelled("Cancelled")
            return
        client.cancel(request)
        # Requests are worked off in order: the answer to this one comes when all is taken back.
        said = "Cancelled: nothing was changed"
        self._request = client.request("ping", {}, None, lambda: self._say_cancelled(said), self._say_cancelled)
        self._force.start()

    def _end_by_force(self) -> None:
        if self._client is not None and self._request is not None:
            self._client.cancel(self._request)
            self._client.release(at_once=True)
        text = "Ended by force in the middle of it"
        self._say_cancelled(f"{text}; Undo import takes back what came over" if self._writes else text)

    def _say_cancelled(self, text: str) -> None:
        failed = self._cancelled
        self._over()
        if failed is not None:
            failed(text)

    def _over(self) -> None:
        self._force.stop()
        self._request, self._cancelled, self.busy = None, None, False
        if self._writes:
            self._writes = False
            self.project_changed.emit()
        self.ended.emit()
        if self._client is not None:
            self._client.release()  # a fresh process for the next file

    def close(self) -> None:
        """The window closes."""
        self._force.stop()
        self.busy = False
        if self._client is not None:
            self._client.stop()


def default_out(project: Path, format_name: str) -> Path:
    """A free place beside a project for an export."""
    wanted = project.parent / f"{project.name}-{format_name}"
    number = 1
    while (out := wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")).exists():
        number += 1
    return out
