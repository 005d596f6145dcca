"""What can be done with a run: begin, pause, resume, stop, export, throw away; all of it off the GUI thread."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QObject, Signal

from lpstudio.errors import LpStudioError
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.train.following import FollowedRun
from lpstudio.training.launch import start_detached
from lpstudio.training.queue import QueueState, TrainingQueue
from lpstudio.training.runs import Run, RunStatus, create_run, export_best

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.training.settings import TrainSettings

# what a run was told, as a person reads it until the run has done it
ASKED = {
    "pause": "pauses after this batch…",
    "resume": "resumes…",
    "stop_after_epoch": "stops after this epoch…",
    "stop": "stops…",
}


def begin(project: Project, settings: TrainSettings) -> Run:
    """Freeze the crops that take part now into a new run and start it. Raises LpStudioError."""
    from lpstudio.dataset.training_set import collect

    run = create_run(project, settings, collect(project, verified_only=settings.verified_only))
    start_detached(run)
    return run


def queue_variants(project: Project, variants: Sequence[TrainSettings]) -> list[str]:
    """Freeze the crops that take part now into a run for each variant and queue them. Raises LpStudioError.

    Returns the names of the runs. All of them get the same crops.
    """
    from lpstudio.dataset.training_set import collect

    verified_only = variants[0].verified_only
    training_set = collect(project, verified_only=verified_only)
    names = [create_run(project, settings, training_set).name for settings in variants]
    queue = TrainingQueue(project.root)
    queue.add(names)
    queue.serve()
    return names


class RunActions(QObject):
    """Does it in a thread and tells how it went."""

    begun = Signal(str)  # name of the new run
    queued = Signal(list)  # names
    exported = Signal(str, object)  # name, Path
    moved_to_trash = Signal(str)
    failed = Signal(str)
    changed = Signal()  # a run was told something or started again

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._asked: dict[str, tuple[str, RunStatus]] = {}
        self.is_beginning = False

    def begin(self, project: Project, settings: TrainSettings) -> None:
        """Start a training; ``begun`` or ``failed`` follows."""
        self.is_beginning = True
        self.changed.emit()

        def done(run: Run) -> None:
            self.is_beginning = False
            self.begun.emit(run.name)

        def failed(error: BaseException) -> None:
            self.is_beginning = False
            self._fail(error)

        self._jobs.run(lambda: begin(project, settings), done, failed)

    def load(self, module: str, then: Callable[[], object]) -> None:
        """Import what is needed next, which spares the GUI thread, then go on."""
        self._jobs.run(lambda: importlib.import_module(module), lambda _module: then(), self._fail)

    def queue(self, project: Project, variants: Sequence[TrainSettings]) -> None:
        """Queue trainings; ``queued`` or ``failed`` follows."""
        self._jobs.run(lambda: queue_variants(project, variants), self.queued.emit, self._fail)

    def change_queue(self, root: Path, change: Callable[[QueueState], QueueState], *, serve: bool = False) -> None:
        """Change what waits; with ``serve`` somebody starts it from now on."""

        def work() -> None:
            queue = TrainingQueue(root)
            after = queue.change(change)
            if serve and after.waiting and not after.held:
                queue.serve()

        self._jobs.run(work, lambda _result: self.changed.emit(), self._fail)

    def tell(self, followed: FollowedRun, command: str) -> None:
        """Give a running training a command (pause, resume, stop_after_epoch, stop)."""
        self._asked[followed.name] = (command, followed.status)
        self._do(followed.name, lambda: followed.run.send(command))

    def resume(self, followed: FollowedRun) -> None:
        """Let a paused training go on, or start a stopped, failed or dead one again."""
        if followed.status == RunStatus.PAUSED:
            self.tell(followed, "resume")
            return
        self._asked[followed.name] = ("resume", followed.status)
        self._do(followed.name, lambda: start_detached(followed.run))

    def _do(self, name: str, work: Callable[[], object]) -> None:
        def failed(error: BaseException) -> None:
            self._asked.pop(name, None)
            self._fail(error)

        self.changed.emit()
        self._jobs.run(work, lambda _result: self.changed.emit(), failed)

    def asked(self, followed: FollowedRun) -> str:
        """What the run was told and has not done yet, in words."""
        command, before = self._asked.get(followed.name, ("", followed.status))
        if not command:
            return ""
        if followed.status != before and not (followed.is_live and command.startswith("stop")):
            del self._asked[followed.name]
            return ""
        return ASKED[command]

    def export(self, followed: FollowedRun, folder: Path) -> None:
        """Copy the best weights to a folder as ``RUN_best.pt``."""
        self._jobs.run(
            lambda: export_best(followed.run, folder),
            lambda path: self.exported.emit(followed.name, path),
            self._fail,
        )

    def throw_away(self, followed: FollowedRun) -> None:
        """Move a run's folder to the trash."""

        def work() -> None:
            if followed.run.status().is_live:
                raise LpStudioError("the run is still running", path=followed.run.dir, remedy="Stop it first.")
            if not QFile.moveToTrash(str(followed.run.dir)):
                raise LpStudioError(
                    "the run cannot be moved to the trash",
                    path=followed.run.dir,
                    remedy="Delete the folder by hand if it is not wanted.",
                )

        self._jobs.run(work, lambda _result: self.moved_to_trash.emit(followed.name), self._fail)

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(plain_message(error))
        self.changed.emit()

    def stop(self) -> None:
        """Wait until nothing is under way."""
        self._jobs.close()
