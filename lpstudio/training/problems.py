"""What can go wrong in a training, in plain words."""

from __future__ import annotations

import re
from pathlib import Path

from lpstudio.errors import LpStudioError
from lpstudio.training.runs import Run
from lpstudio.training.state import as_write_error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or this machine, had too little memory."""
    text = str(error)
    known = ("CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_INTERNAL_ERROR", "unable to find an engine")
    return (
        isinstance(error, MemoryError)
        or "out of memory" in text.lower()
        or "can't allocate memory" in text
        or (isinstance(error, RuntimeError) and any(words in text for words in known))
    )


def plain_error(error: BaseException, run: Run) -> LpStudioError:
    """What went wrong in a training, in one sentence for a person."""
    if isinstance(error, LpStudioError):
        return error
    text = str(error)
    if is_out_of_memory(error):
        return LpStudioError(
            "out of memory", path=run.dir, remedy="Make the batch, the image size or the model smaller, and resume."
        )
    unreadable = re.findall(r"UnreadableCropError: (.+)", f"{type(error).__name__}: {text}")
    if unreadable:
        return LpStudioError(
            unreadable[-1].strip(), remedy="Mend or ignore this crop, then start a new run, or put it back and resume."
        )
    if isinstance(error, OSError):
        return as_write_error(error, Path(error.filename or run.dir))
    first = (text.strip() or type(error).__name__).splitlines()[0]
    return LpStudioError(f"the training failed: {first}", path=run.log_path, remedy="This file says more.")
