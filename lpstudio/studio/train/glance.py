"""A glance at a project's runs when it is opened, so that a training at work is shown before anyone enters Train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from lpstudio.studio.jobs import Jobs


def has_live_run(root: Path) -> bool:
    """Whether a training of this project is at work. Reads files; loads what it needs only where there are runs."""
    if not (root / "runs").is_dir():
        return False
    from lpstudio.training.runs import list_runs

    return any(run.status().is_live for run in list_runs(root))


class TrainingGlance(QObject):
    """Calls ``found`` on the GUI thread when a project that was just opened has a training at work."""

    def __init__(self, found: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found = found
        self._jobs = Jobs(self, threads=1)
        self._job = 0

    def look(self, root: Path) -> None:
        """Look in a thread; a look at another project overtakes this one."""
        self._jobs.forget(self._job)
        self._job = self._jobs.run(lambda: has_live_run(root), lambda live: self._found() if live else None)

    def stop(self) -> None:
        """Wait for a look under way, and forget what it found."""
        self._jobs.close()
