"""The process that trains a run: ``python -m lpstudio.worker.training RUN_DIR [--parent PID]``.

It waits for its device, trains, and tells through ``events.jsonl`` alone; commands come through ``commands.jsonl``.
Exit code 0: finished or stopped; 1: failed; 2: the call is wrong.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lpstudio.errors import LpStudioError
from lpstudio.training.events import EventLog
from lpstudio.training.locks import FileLock, Owner, device_locks
from lpstudio.training.offline import stay_offline
from lpstudio.training.runs import Run

if TYPE_CHECKING:
    from lpstudio.training.conductor import Conductor

_QUEUE_POLL_S = 0.25
_LEAVING_S = 20.0  # a process that has told its end needs a moment to be gone


def main(arguments: list[str] | None = None) -> int:
    """Train the run in a folder; see the module."""
    parser = argparse.ArgumentParser(prog="lpstudio.worker.training", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--parent", type=int, default=None, help="stop when this process is gone")
    options = parser.parse_args(arguments)
    stay_offline()
    try:
        run = Run.open(options.run)
    except LpStudioError as error:
        print(error.message, file=sys.stderr)
        return 2
    if os.environ.get("LOCAL_RANK"):
        from lpstudio.training.distributed import train_rank

        return train_rank(run)
    own = FileLock(run.dir / "running.lock")
    if not _acquired(own):
        print(f"{run.dir}: the run is already running", file=sys.stderr)
        return 2
    Owner.of(os.getpid(), run.events_path).write(run.lock_path)
    log = EventLog(run.events_path)
    try:
        return _work(run, log, options.parent)
    finally:
        log.close()
        own.release()


def _work(run: Run, log: EventLog, parent: int | None) -> int:
    """Train under the device's locks; whatever happens, the last event says how it ended."""
    logging.basicConfig(level=logging.INFO)
    locks: list[FileLock] = []
    try:
        from lpstudio.training.conductor import Conductor
        from lpstudio.training.devices import resolve_device
        from lpstudio.training.session import train

        conductor = Conductor(run, log, parent)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: conductor.stop())
        device = resolve_device(run.settings.device)
        locks = device_locks(device)
        if not _wait_for(locks, device, conductor, log):
            conductor.tell_end("stopped")
            return 0
        if "," in device:
            from lpstudio.training.distributed import train_distributed

            train_distributed(run, device, log)
        else:
            train(run, device, conductor, log)
        return 0
    except BaseException as error:  # the run must never end without a word
        from lpstudio.training.session import tell_failure

        tell_failure(run, log, error)
        return 1
    finally:
        for lock in locks:
            lock.release()


def _acquired(own: FileLock) -> bool:
    """Take the run's own lock; who resumes at once finds the last process still putting its things away."""
    until = time.monotonic() + _LEAVING_S
    while not own.acquire():
        if time.monotonic() > until:
            return False
        time.sleep(_QUEUE_POLL_S)
    return True


def _wait_for(locks: list[FileLock], device: str, conductor: Conductor, log: EventLog) -> bool:
    """Wait until no other training holds a device; False when the person stopped meanwhile."""
    from lpstudio.training.conductor import RunStoppedError

    said = False
    for lock in locks:
        while not lock.acquire():
            if not said:
                log.write("queued", device=device)
                said = True
            try:
                conductor.obey()
            except RunStoppedError:
                return False
            time.sleep(_QUEUE_POLL_S)
    return True


if __name__ == "__main__":
    sys.exit(main())
