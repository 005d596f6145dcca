"""The process that starts queued trainings: ``python -m lpstudio.worker.queue PROJECT_ROOT``.

It lives as long as something waits, without any window, and needs neither torch nor Qt. Exit code 0: nothing waits any
more, or another process does this work already.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from lpstudio.errors import LpStudioError
from lpstudio.training.launch import start_detached
from lpstudio.training.locks import FileLock
from lpstudio.training.queue import QueueState, TrainingQueue, device_of, share_a_device
from lpstudio.training.runs import Run, RunStatus, list_runs

_POLL_S = 0.5
_LEAVING_S = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Start what waits; see the module."""
    parser = argparse.ArgumentParser(prog="lpstudio.worker.queue", description=__doc__)
    parser.add_argument("project", type=Path)
    root = parser.parse_args(arguments).project.resolve()
    queue = TrainingQueue(root)
    own = FileLock(queue.runs / "queue-runner.lock")
    deadline = time.monotonic() + _LEAVING_S
    while not own.acquire():
        if queue.is_served or time.monotonic() > deadline:
            return 0
        time.sleep(0.02)  # the one before found nothing to do a moment ago and is about to end
    try:
        queue.take_over(os.getpid())
        while True:
            if queue.read().held or not step(queue):
                if queue.leave():
                    return 0
            else:
                time.sleep(_POLL_S)
    finally:
        own.release()


def step(queue: TrainingQueue) -> bool:
    """Start whatever can be started now; False when nothing waits."""
    state = queue.read()
    if not state.waiting:
        return False
    # A run that waits for its device itself is at work too: it was started by somebody.
    taken = [device_of(run) for run in list_runs(queue.runs.parent) if run.status().is_live]
    for name in state.waiting:
        problem = ""
        try:
            run = Run.open(queue.runs / name)
            device = device_of(run)
            if run.status().is_live or run.status() == RunStatus.FINISHED:
                queue.change(lambda now, name=name: now.without(name))  # type: ignore[misc]
                continue
            if any(share_a_device(device, other) for other in taken):
                taken.append(device)  # nobody overtakes it
                continue
            if not _still_wanted(queue, name):
                continue
            start_detached(run)
            taken.append(device)
            print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} started {name}", flush=True)
        except LpStudioError as error:
            problem = error.message
            print(problem, file=sys.stderr, flush=True)
        queue.change(lambda now, name=name, problem=problem: _over(now, name, problem))  # type: ignore[misc]
    return True


def _still_wanted(queue: TrainingQueue, name: str) -> bool:
    """Whether a run still waits: somebody may have taken it out, or held the queue, a moment ago."""
    state = queue.read()
    return name in state.waiting and not state.held


def _over(state: QueueState, name: str, problem: str) -> QueueState:
    """The run waits no more."""
    after = state.without(name)
    return QueueState(after.waiting, after.held, {**after.problems, name: problem}) if problem else after


if __name__ == "__main__":
    sys.exit(main())
