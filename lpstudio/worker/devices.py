"""Says in one JSON line which devices torch can train on: ``python -m lpstudio.worker.devices``.

``{"v": 1, "devices": [{"id": "0", "name": "NVIDIA …", "memory_mb": 16384}, …, {"id": "cpu", …}]}``; ``id`` is what the
setting ``device`` takes. It is a process of its own because the window never imports torch.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import Any


def devices() -> list[dict[str, Any]]:
    """Every CUDA GPU, then MPS, then the CPU; memory in MB, None where it is not known."""
    import psutil
    import torch

    found: list[dict[str, Any]] = []
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(number)
            found.append({"id": str(number), "name": properties.name, "memory_mb": properties.total_memory >> 20})
    if torch.backends.mps.is_available():
        found.append({"id": "mps", "name": "Apple GPU", "memory_mb": None})
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    name = f"{platform.machine()}, {cores} {'core' if cores == 1 else 'cores'}"
    found.append({"id": "cpu", "name": name, "memory_mb": psutil.virtual_memory().total >> 20})
    return found


def main() -> int:
    """Print the line. Whatever torch prints while it looks goes to stderr."""
    output, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"v": 1, "devices": devices()}), file=output, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
