"""Which device a training uses."""

from __future__ import annotations

import torch

from lpstudio.errors import UsageError


def resolve_device(wanted: str) -> str:
    """``auto`` becomes the first GPU, Apple's, or ``cpu``. Raises UsageError for a device that is not there."""
    name = wanted.strip().lower().removeprefix("cuda:")
    if name in {"auto", ""}:
        if torch.cuda.is_available():
            return "0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if name == "cpu" or (name == "mps" and torch.backends.mps.is_available()):
        return name
    if name == "cuda":
        name = "0"
    numbers = name.split(",")
    if all(number.strip().isdigit() for number in numbers):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if all(int(number) < count for number in numbers):
            return ",".join(str(int(number)) for number in numbers)
    raise UsageError(
        f"this machine has no device {wanted!r}", remedy="Use auto, cpu, or a device of `lpstudio doctor`."
    )
