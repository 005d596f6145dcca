"""Training processes that begin in a moment: a server that has loaded torch forks them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import SimpleNamespace

import pytest

from lpstudio.training.runs import Run


def context() -> ForkServerContext:
    """Makes processes that have the heavy libraries from the start."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["lpstudio.training.session", "lpstudio.worker.training", "torchvision"])
    return server


def start(run: Run, locks: Path, most_bytes: int = 0, options: Sequence[str] = ()) -> ForkServerProcess:
    """Start the training process of a run; ``locks``: where devices are held.

    With ``most_bytes`` it can write no file larger than that: a disk that is full. ``options``: of its command line.
    """
    process = context().Process(target=_work, args=(str(run.dir), str(locks), most_bytes, options))
    process.start()
    return process


def _work(folder: str, locks: str, most_bytes: int, options: Sequence[str]) -> None:
    """What ``python -m lpstudio.worker.training`` does, with the heavy libraries there already."""
    import sys

    import torch

    os.setsid()
    os.environ.update({"LPSTUDIO_LOCKS": locks, "OMP_NUM_THREADS": "1"})
    log = os.open(Path(folder) / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    torch.set_num_threads(1)
    if most_bytes:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    from lpstudio.worker.training import main

    sys.exit(main([folder, *options]))


class Started:
    """Stands where a freshly started interpreter would: the same work, in a process that is forked in a moment."""

    def __init__(self, command: list[str], *, env: dict[str, str], **_: object) -> None:
        folder, *options = command[command.index("lpstudio.worker.training") + 1 :]
        self._process = start(Run.open(Path(folder)), Path(env["LPSTUDIO_LOCKS"]), options=options)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, or None while it is at work."""
        return self._process.exitcode

    @classmethod
    def run(cls, command: list[str], *, env: dict[str, str], **_: object) -> None:
        """Wait for its end."""
        cls(command, env=env)._process.join()


def fast_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have trainings start in a moment for the length of a test."""
    started = SimpleNamespace(Popen=Started, run=Started.run, DEVNULL=None)
    for module in ("launch", "starter"):
        monkeypatch.setattr(f"lpstudio.training.{module}.subprocess", started)
