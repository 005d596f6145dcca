"""How many threads reading may keep busy, whatever the libraries that come with it decide for themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "OMP_NUM_THREADS"


def usable_threads() -> int:
    """``OMP_NUM_THREADS`` where it is set, as for torch; else how many logical processors this process may use.

    Where it is not set torch decides for itself: with hyper-threading it may take one for each physical core.
    """
    wanted = os.environ.get(_VARIABLE, "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads_kept() -> Iterator[None]:
    """Held where Ultralytics may be imported for the first time, so that reading keeps its threads.

    Ultralytics sets ``OMP_NUM_THREADS`` to 1 when it is imported, which is meant for trainings: a torch imported after
    it, and every process started later, would work on one processor. So torch comes first, and the variable goes
    again. What the user set stays as it is, and so does a process in which Ultralytics was imported by others before.
    """
    if "ultralytics" in sys.modules or os.environ.get(_VARIABLE):
        yield
        return
    import torch  # noqa: F401

    try:
        yield
    finally:
        os.environ.pop(_VARIABLE, None)
