"""Training on several GPUs: one process a GPU, all of them finding their settings in the run's folder.

Ultralytics would start them itself, but it removes the run's folder for that and installs a package.
"""

from __future__ import annotations

import os
import subprocess
import sys

from lpstudio.errors import LpStudioError
from lpstudio.training.events import EventLog, last_event
from lpstudio.training.runs import Run

# The launcher ends all processes as soon as one leaves with an error: how one of them stops the others.
_STOPPED = 75
_LOWERED = 76


def train_distributed(run: Run, device: str, log: EventLog) -> None:
    """Start the processes and wait for them; again with half the batch when memory ran out in one of them.

    Raises LpStudioError when they end without having told why.
    """
    while True:
        batch = run.batch
        told = run.events_path.stat().st_size if run.events_path.exists() else 0
        code = _launched(run, len(device.split(",")))
        if run.batch == batch:
            break
        from lpstudio.training.session import tell_lower_batch

        tell_lower_batch(run, log)
    event = last_event(run.events_path, told) or {}
    if event.get("type") not in {"finished", "failed"}:
        raise LpStudioError(f"the training processes ended with code {code}", path=run.log_path)


def _launched(run: Run, count: int) -> int:
    """Start so many processes and wait for their end; returns the launcher's exit code."""
    from ultralytics.utils.dist import find_free_network_port

    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(count)]
    command += ["--master_port", str(find_free_network_port()), "-m", "lpstudio.worker.training", str(run.dir)]
    process = subprocess.Popen(command)
    try:
        return process.wait()
    finally:
        process.terminate()


def train_rank(run: Run) -> int:
    """Train in one of the processes; the first one tells and takes commands, the others tell only what ends them."""
    from lpstudio.training.conductor import Conductor
    from lpstudio.training.devices import resolve_device
    from lpstudio.training.session import BatchLoweredError, tell_failure, train

    first = int(os.environ["RANK"]) == 0
    log = EventLog(run.events_path) if first else None
    conductor = Conductor(run, log) if log is not None else None
    try:
        train(run, resolve_device(run.settings.device), conductor, log)
    except BatchLoweredError:
        return _LOWERED
    except BaseException as error:
        # a loss that is no number, or a crop that cannot be read, may be in the part of any process
        tell_failure(run, log or EventLog(run.events_path), error)
        return 1
    return _STOPPED if conductor is not None and conductor.reason == "stopped" else 0
