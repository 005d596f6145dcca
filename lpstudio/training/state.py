"""The state a run is resumed from: written whole after every epoch, beside the weights.

Ultralytics' checkpoints cannot serve: they hold the EMA in half precision, no random state, and lose what resuming
needs when they are finished. This one holds nothing but tensors and plain values.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lpstudio.dataset.atomic import write_error
from lpstudio.errors import LpStudioError

VERSION = 1


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state; the old one stays whole when it fails. Raises LpStudioError."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            torch.save({"v": VERSION, **state}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch turns a full disk into a RuntimeError
        temporary.unlink(missing_ok=True)
        raise as_write_error(error, path) from error


def load_state(path: Path) -> dict[str, Any] | None:
    """The state of the last whole epoch, on the CPU, or None. Raises LpStudioError when it is broken."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise LpStudioError(
            "the run's state is broken, it cannot go on", path=path, remedy="Start a new run from its best weights."
        ) from error
    if not isinstance(state, dict) or state.get("v") != VERSION:
        raise LpStudioError("the run's state was written by another version", path=path, remedy="Start a new run.")
    return state


def random_state() -> dict[str, Any]:
    """The state of every random number generator in use."""
    name, keys, position, has_gauss, cached = np.random.get_state()
    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_random_state(state: dict[str, Any]) -> None:
    """The inverse of :func:`random_state`."""
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available() and len(state.get("cuda", ())) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def as_write_error(error: OSError | RuntimeError, path: Path) -> LpStudioError:
    """A failed write in plain words, also when torch has wrapped the system's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            return write_error(cause, path)
        cause = cause.__cause__ or cause.__context__
    import shutil

    if shutil.disk_usage(path.parent).free < 1 << 20:
        return LpStudioError("not saved: the disk is full", path=path, remedy="Free some space and resume the run.")
    return LpStudioError(f"not saved: {str(error).splitlines()[0]}", path=path)
