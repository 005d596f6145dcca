"""Which runs of the project were evaluated, and what their readings count up to; read off the GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lpstudio.studio.jobs import Jobs, plain_message

if TYPE_CHECKING:
    from lpstudio.evaluation.confusions import Tally


@dataclass(frozen=True)
class Source:
    """An evaluated run: its name, where the evaluation lies, and when it was made (seconds since 1970)."""

    name: str
    folder: Path
    at: float


@dataclass(frozen=True)
class Evidence:
    """What was read of a run's val crops, counted."""

    source: Source
    tally: Tally
    crops: int


def find_sources(root: Path) -> list[Source]:
    """The evaluated runs of a project, the newest evaluation first."""
    from lpstudio.evaluation.stored import folder_of, read_summary

    found = []
    runs = root / "runs"
    for run in sorted(runs.iterdir()) if runs.is_dir() else []:
        summary = read_summary(folder_of(run))
        if summary is not None:
            found.append(Source(run.name, folder_of(run), summary.at))
    return sorted(found, key=lambda source: -source.at)


def read_evidence(source: Source) -> Evidence | None:
    """Count what was read; None when the evaluation is there no more."""
    from lpstudio.evaluation.confusions import Mixed, tally
    from lpstudio.evaluation.stored import crop_of, open_evaluation

    kept = open_evaluation(source.folder)
    if kept is None:
        return None
    summary, _head, lines = kept

    def mixed() -> Iterator[Mixed]:
        for line in lines:
            time.sleep(0)  # the window's thread comes first
            crop = crop_of(line)
            yield from (Mixed(crop.plate, one.true, one.read) for one in crop.readings)

    try:
        return Evidence(source, tally(mixed()), summary.crops)
    except (KeyError, TypeError, ValueError):
        return None


class EvidenceReader(QObject):
    """Asks for sources and for the evidence of one; the last question is the one that is answered."""

    sources_found = Signal(list)
    ready = Signal(object)  # Evidence | None
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._listing = self._reading = 0

    def list_sources(self, root: Path) -> None:
        self._jobs.forget(self._listing)
        self._listing = self._run(lambda: find_sources(root), self.sources_found.emit)

    def read(self, source: Source) -> None:
        self._jobs.forget(self._reading)
        self._reading = self._run(lambda: read_evidence(source), self.ready.emit)

    def _run(self, work: Callable[[], object], done: Callable[[object], object]) -> int:
        return self._jobs.run(work, done, lambda error: self.failed.emit(plain_message(error)))

    def forget(self) -> None:
        """Nobody waits for an answer any more."""
        self._jobs.forget(self._listing)
        self._jobs.forget(self._reading)

    def stop(self) -> None:
        self._jobs.close()
