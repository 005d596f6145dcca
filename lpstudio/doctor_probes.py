"""Small programs that ``lpstudio doctor`` runs as processes of their own: ``python -m lpstudio.doctor_probes NAME``.

Each loads what may be broken, and prints one JSON object. A library that crashes or hangs takes only its probe with it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any


def probe_torch() -> dict[str, Any]:
    """The version of torch and the devices it can compute on, with their memory in bytes."""
    import psutil
    import torch

    devices: list[dict[str, Any]] = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(index)
        devices.append(
            {"device": f"cuda:{index}", "name": torch.cuda.get_device_name(index), "memory": total, "free": free}
        )
    memory = psutil.virtual_memory()
    if torch.backends.mps.is_available():
        devices.append({"device": "mps", "name": "Apple GPU", "memory": memory.total, "free": memory.available})
    name = f"{torch.get_num_threads()} threads"
    devices.append({"device": "cpu", "name": name, "memory": memory.total, "free": memory.available})
    total = float(torch.ones(3).sum())  # one real computation
    if total != 3.0:
        raise RuntimeError(f"torch adds wrongly: 1 + 1 + 1 gave {total}")
    return {"version": torch.__version__, "devices": devices}


def probe_window() -> dict[str, Any]:
    """Open a Qt window for a moment; tells the platform it was opened on."""
    from PySide6 import __version__
    from PySide6.QtWidgets import QApplication, QWidget

    application = QApplication(["lpstudio-doctor"])
    window = QWidget()
    window.resize(120, 60)
    window.show()
    application.processEvents()
    shown = window.isVisible()
    window.close()
    return {"version": __version__, "platform": application.platformName(), "shown": shown}


def _probe_import(module: str) -> Callable[[], dict[str, Any]]:
    def probe() -> dict[str, Any]:
        return {"version": str(getattr(importlib.import_module(module), "__version__", ""))}

    return probe


PROBES: dict[str, Callable[[], dict[str, Any]]] = {
    "torch": probe_torch,
    "window": probe_window,
    **{module: _probe_import(module) for module in ("numpy", "cv2", "av", "torchvision", "ultralytics")},
}


def main() -> None:
    """Run the probe named on the command line."""
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    try:
        answer = PROBES[sys.argv[1]]()
    except Exception as error:  # whatever a broken library raises is the answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)  # not even a crash while libraries shut down


if __name__ == "__main__":
    main()
