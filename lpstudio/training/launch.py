"""Starting a training as a process of its own, which outlives the window that asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lpstudio
from lpstudio.errors import LpStudioError
from lpstudio.training.locks import Owner
from lpstudio.training.offline import ENVIRONMENT
from lpstudio.training.runs import Run

_children: list[subprocess.Popen[bytes]] = []


def start_detached(run: Run, parent: int | None = None) -> int:
    """Start (or resume) a run in its own session and return its pid. Raises LpStudioError when it already runs.

    ``parent``: a pid without which the training stops by itself.
    """
    _reap()
    if run.status().is_live:
        raise LpStudioError("the run is already running", path=run.dir)
    run.forget_commands()
    options: dict[str, object] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    owner_offset = run.events_path.stat().st_size if run.events_path.exists() else 0
    command = [sys.executable, "-m", "lpstudio.worker.training", str(run.dir)]
    if parent is not None:
        command += ["--parent", str(parent)]
    try:
        with run.log_path.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=run.dir,
                env=worker_environment(),
                **options,  # type: ignore[call-overload]
            )
    except OSError as error:
        raise LpStudioError(f"the training could not be started: {error.strerror}", path=run.dir) from error
    _children.append(process)
    owner = Owner.of(process.pid, run.events_path)
    Owner(owner.pid, owner.started, owner_offset).write(run.lock_path)
    return process.pid


def worker_environment() -> dict[str, str]:
    """The environment of a process that holds Ultralytics: offline, installing nothing, this package importable."""
    package = str(Path(lpstudio.__file__).resolve().parent.parent)
    paths = [package, *(p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)]
    return {
        **os.environ,
        **ENVIRONMENT,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUNBUFFERED": "1",
    }


def _reap() -> None:
    """Ask after finished children, so that none of them stays behind as a zombie."""
    _children[:] = [child for child in _children if child.poll() is None]
