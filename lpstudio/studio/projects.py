"""Opening, making and closing projects: the slow parts run in threads, the window hears by signals."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, Signal

from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.places import demo_folder
from lpstudio.studio.workers import worker_environment

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

_log = logging.getLogger(__name__)

DEMO_CROPS = 60
_WANTED_NEXT = ("lpstudio.studio.session", "lpstudio.dataset.writer", "lpstudio.studio.annotate.workspace")


@dataclass(frozen=True)
class NewProject:
    """What the form for a new project asks. ``out`` None: the project is made where the pictures lie."""

    source: Path
    out: Path | None = None
    texts: Path | None = None
    val_share: float = 0.2
    seed: int = 42


class ProjectDoor(QObject):
    """Brings projects in. One at a time: a second call overtakes the first."""

    opening = Signal(str)  # what is being done, for the status line
    opened = Signal(object)  # Project
    failed = Signal(str)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._current = 0
        self._process: QProcess | None = None

    def open(self, path: Path) -> None:
        """Open a project folder or a data.yaml."""

        def work() -> Project:
            from lpstudio.dataset.project import Project

            return Project.open(path)

        self._start(work, f"opening {path.name or path}")

    def create(self, wanted: NewProject) -> None:
        """Make a project from a folder of crops, then open it."""

        def work() -> Project:
            from lpstudio.dataset.create import new_project

            return new_project(
                wanted.source, out=wanted.out, texts_csv=wanted.texts, val_share=wanted.val_share, seed=wanted.seed
            )

        self._start(work, f"making a project from {wanted.source.name}")

    def _start(self, work: Callable[[], Project], text: str) -> None:
        self._jobs.forget(self._current)
        self.opening.emit(text)

        def work_and_preload() -> Project:
            project = work()
            for module in _WANTED_NEXT:  # loading them here keeps the GUI thread free
                importlib.import_module(module)
            return project

        self._current = self._jobs.run(work_and_preload, self._done, self._failed)

    def _done(self, project: Project) -> None:
        self.idle.emit()
        self.opened.emit(project)

    def _failed(self, error: BaseException) -> None:
        self.idle.emit()
        message = plain_message(error)
        _log.warning("a project could not be opened: %s", message, exc_info=error)
        self.failed.emit(message)

    def demo(self) -> None:
        """Make the synthetic demo project, once, and open it."""
        folder = demo_folder()
        if (folder / "data.yaml").is_file():
            self.open(folder)
            return
        if self._process is not None:
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        process = QProcess(self)
        process.setProcessEnvironment(worker_environment())
        process.setProgram(sys.executable)
        process.setArguments(["-m", "lpstudio", "synth", str(folder), "--count", str(DEMO_CROPS), "--seed", "1"])
        process.finished.connect(lambda code, _status: self._demo_made(code, folder))
        process.errorOccurred.connect(self._demo_failed_to_start)
        self._process = process
        self.opening.emit(f"making {DEMO_CROPS} synthetic plates")
        process.start()

    def _demo_failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._demo_made(-1, demo_folder())

    def _demo_made(self, code: int, folder: Path) -> None:
        process, self._process = self._process, None
        self.idle.emit()
        if process is None:
            return
        if code == 0:
            self.open(folder)
        else:
            said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
            self.failed.emit(f"the demo could not be made: {said[-1] if said else process.errorString()}")
        process.deleteLater()

    def close(self) -> None:
        """Stop what runs."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.waitForFinished(2000)
            process.deleteLater()
        self._jobs.close()
