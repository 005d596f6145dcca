"""Opening, making and closing projects: the slow parts run in threads, the window hears by signals."""

from __future__ import annotations

import importlib
import logging
import sys
import time
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

DEMO_CROPS = 60  # labelled ones
_LET_GO_S = 6.0  # how long another studio may take to let a project go
_WANTED_NEXT = ("lpstudio.studio.session", "lpstudio.dataset.writer", "lpstudio.studio.annotate.workspace")


@dataclass(frozen=True)
class NewProject:
    """What the form for a new project asks. ``out`` None: the project is made where the pictures lie."""

    source: Path
    out: Path | None = None
    texts: Path | None = None
    val_share: float = 0.2
    seed: int = 42


def open_claimed(path: Path, *, take_over: bool = False) -> Project:
    """Open a project as this studio's own, or read only when another studio has it. Raises LpStudioError.

    ``take_over``: wait until the other one lets go, and take the project when it does not answer. Takes seconds.
    """
    from lpstudio.dataset.data_yaml import find_data_yaml
    from lpstudio.dataset.ownership import Ownership
    from lpstudio.dataset.project import Project

    claim = Ownership(find_data_yaml(path).parent.resolve())
    other = claim.claim()
    if other is not None and take_over:
        claim.ask()
        until = time.monotonic() + _LET_GO_S
        while (other := claim.claim()) is not None and time.monotonic() < until:
            time.sleep(0.05)
        if other is not None:
            claim.seize()
            other = None
    try:
        project = Project.open(path, read_only=other is not None, owned=True)
    except BaseException:
        claim.release()
        raise
    if other is None:
        project.ownership = claim
    else:
        project.other_owner = other
    return project


class ProjectDoor(QObject):
    """Brings projects in. One at a time: a second call overtakes the first."""

    opening = Signal(str)  # what is being done, for the status line
    opened = Signal(object)  # Project
    failed = Signal(str)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._wanted = 0
        self._process: QProcess | None = None

    def open(self, path: Path, *, take_over: bool = False) -> None:
        """Open a project folder or a data.yaml; read only while another studio works on it.

        ``take_over``: ask that other studio to let it go, and open it for work.
        """

        def work() -> Project:
            return open_claimed(path, take_over=take_over)

        self._start(work, f"taking over {path.parent.name}" if take_over else f"opening {path.name or path}")

    def create(self, wanted: NewProject) -> None:
        """Make a project from a folder of crops, then open it."""

        def work() -> Project:
            from lpstudio.dataset.create import new_project

            new_project(
                wanted.source, out=wanted.out, texts_csv=wanted.texts, val_share=wanted.val_share, seed=wanted.seed
            ).close()
            return open_claimed(wanted.out or wanted.source)

        self._start(work, f"making a project from {wanted.source.name}")

    def _start(self, work: Callable[[], Project], text: str) -> None:
        self._wanted += 1
        number = self._wanted
        self.opening.emit(text)

        def work_and_preload() -> Project:
            project = work()
            try:
                for module in _WANTED_NEXT:  # loading them here keeps the GUI thread free
                    importlib.import_module(module)
                from lpstudio.dataset.check import project_formats

                project_formats(project)  # read from disk once, else when the first crop is shown
            except BaseException:
                project.close()
                raise
            return project

        self._jobs.run(
            work_and_preload,
            lambda project: self._done(number, project),
            lambda error: self._failed(number, error),
        )

    def _done(self, number: int, project: Project) -> None:
        if number != self._wanted:
            self._jobs.run(project.close)  # overtaken by another one
            return
        self.idle.emit()
        self.opened.emit(project)

    def _failed(self, number: int, error: BaseException) -> None:
        if number != self._wanted:
            return
        self.idle.emit()
        message = plain_message(error)
        _log.warning("a project could not be opened: %s", message, exc_info=error)
        self.failed.emit(message)

    def demo(self) -> None:
        """Make the synthetic demo project with drafts of new plates, once, and open it."""
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
        process.setArguments(["-m", "lpstudio.demo_plates", str(folder), str(DEMO_CROPS)])
        process.finished.connect(lambda code, _status: self._demo_made(code, folder))
        process.errorOccurred.connect(self._demo_failed_to_start)
        self._process = process
        self.opening.emit(f"making {DEMO_CROPS} synthetic plates, and reading some new ones")
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
