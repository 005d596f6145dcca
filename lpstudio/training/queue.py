"""Trainings that wait for their turn: an order on disk, and the process that starts them one after the other.

``runs/queue.json`` holds the names of runs in the order in which they are to begin; they are made, and their crops
frozen, when they are queued. A process of its own (:mod:`lpstudio.worker.queue`) starts the first of each device as
soon as no other training is at work there, and ends with the last; the window only edits the order. Changes are made
under ``runs/queue.lock``, so that window and process never overwrite each other's.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError
from lpstudio.training.launch import worker_environment
from lpstudio.training.locks import FileLock, Owner
from lpstudio.training.runs import Run

VERSION = 1
ANY_DEVICE = "auto"
_PATIENCE_S = 5.0
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class QueueState:
    """What waits. ``held``: nothing is started until somebody lets it go on.

    ``problems``: runs that could not be started, with the reason; they wait no more.
    """

    waiting: tuple[str, ...] = ()
    held: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)

    def moved(self, name: str, by: int) -> QueueState:
        """With a run some places later (or earlier, below 0)."""
        if name not in self.waiting:
            return self
        order = list(self.waiting)
        at = order.index(name)
        order.insert(min(max(at + by, 0), len(order) - 1), order.pop(at))
        return replace(self, waiting=tuple(order))

    def without(self, *names: str) -> QueueState:
        return replace(self, waiting=tuple(name for name in self.waiting if name not in names))

    def with_runs(self, names: Sequence[str]) -> QueueState:
        """With further runs at the end; those that wait already stay where they are."""
        new = [name for name in dict.fromkeys(names) if name not in self.waiting]
        problems = {name: text for name, text in self.problems.items() if name not in new}
        return replace(self, waiting=(*self.waiting, *new), problems=problems)


class TrainingQueue:
    """The queue of one project. Every change raises LpStudioError when it cannot be written."""

    def __init__(self, project_root: Path) -> None:
        self.runs = Path(project_root) / "runs"
        self._path = self.runs / "queue.json"
        self._lock_path = self.runs / "queue.lock"
        self._owner_path = self.runs / "queue-runner.json"

    def read(self) -> QueueState:
        """What waits now; nothing when the file is not there or torn."""
        try:
            data = json.loads(self._path.read_bytes())
            return QueueState(
                tuple(str(name) for name in data["waiting"]),
                bool(data.get("held")),
                {str(name): str(text) for name, text in (data.get("problems") or {}).items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return QueueState()

    def change(self, change: Callable[[QueueState], QueueState]) -> QueueState:
        """Change what waits, alone; returns what waits then."""
        with self.locked():
            before = self.read()
            after = change(before)
            if after != before:
                data = {"v": VERSION, "waiting": after.waiting, "held": after.held, "problems": dict(after.problems)}
                write_bytes_atomic(self._path, json.dumps(data, ensure_ascii=False, indent=1).encode())
            return after

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing the queue. Raises LpStudioError when it is held for seconds."""
        lock = FileLock(self._lock_path)
        deadline = time.monotonic() + _PATIENCE_S
        try:
            while not lock.acquire():
                if time.monotonic() > deadline:
                    raise LpStudioError("the queue of trainings is being changed by somebody else", path=self._path)
                time.sleep(0.01)
        except OSError as error:
            raise LpStudioError(
                f"the queue of trainings cannot be changed ({error.strerror})", path=self._path
            ) from None
        try:
            yield
        finally:
            lock.release()

    def add(self, names: Sequence[str]) -> QueueState:
        """Queue runs of this project at the end."""
        return self.change(lambda state: state.with_runs(names))

    # -- the process -----------------------------------------------------------------------------------------------

    @property
    def is_served(self) -> bool:
        """Whether the process that starts the trainings lives."""
        owner = Owner.read(self._owner_path)
        return owner is not None and owner.is_alive()

    def take_over(self, pid: int) -> None:
        """This process serves the queue from now on."""
        Owner.of(pid, self._path).write(self._owner_path)

    def leave(self) -> bool:
        """Serve no more, if there is nothing to do; False when something came meanwhile."""
        with self.locked():
            state = self.read()
            if state.waiting and not state.held:
                return False
            self._owner_path.unlink(missing_ok=True)
            return True

    def serve(self) -> None:
        """Let a process of its own start what waits, unless one does. Raises LpStudioError."""
        _children[:] = [child for child in _children if child.poll() is None]
        if self.is_served:
            return
        options: dict[str, object] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            options["start_new_session"] = True
        try:
            with (self.runs / "queue.log").open("ab") as log:
                child = subprocess.Popen(
                    [sys.executable, "-m", "lpstudio.worker.queue", str(self.runs.parent)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.runs,
                    env=worker_environment(),
                    **options,  # type: ignore[call-overload]
                )
        except OSError as error:
            raise LpStudioError(f"the queue could not be started: {error.strerror}", path=self.runs) from error
        _children.append(child)


def share_a_device(first: str, second: str) -> bool:
    """Whether two trainings may want the same device; "auto" is whichever there is."""
    return ANY_DEVICE in (first, second) or bool(set(first.split(",")) & set(second.split(",")))


def device_of(run: Run) -> str:
    """What the run's settings say of its device; "auto" when they cannot be read."""
    try:
        return run.settings.device or ANY_DEVICE
    except LpStudioError:
        return ANY_DEVICE
