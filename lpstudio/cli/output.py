"""Where a command's result goes: a file, or stdout for ``-``."""

from __future__ import annotations

import sys
from pathlib import Path

from lpstudio.errors import LpStudioError


def write_text(target: str, text: str) -> None:
    """Write ``text`` into the file ``target``, or to stdout for ``-``. Raises LpStudioError where it cannot."""
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LpStudioError(f"not written: {error.strerror or error}", path=target) from error
