"""Every benchmark runs in a process of its own, so that none warms or loads another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
MARK = "BENCH "


def platform() -> str:
    """The Qt platform that is measured on: a real X server where DISPLAY names one, else off the screen."""
    return os.environ.get("QT_QPA_PLATFORM") or ("xcb" if os.environ.get("DISPLAY") else "offscreen")


def environment(folder: Path) -> dict[str, str]:
    """The environment of a measured process: fresh settings in ``folder``, no screen scaling."""
    from lpstudio.studio.places import SETTINGS_VARIABLE

    return {
        **os.environ,
        "QT_QPA_PLATFORM": platform(),
        "QT_SCALE_FACTOR": "1",
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        SETTINGS_VARIABLE: str(folder / "settings"),
    }


def run(module: str, folder: Path, *arguments: str, timeout_s: float = 600) -> tuple[dict[str, Any], float]:
    """Run ``python -m module arguments``; what it told with :func:`tell`, and the clock just before it was started.

    The clock is the system's monotonic one, in seconds: the child reads the same. Raises RuntimeError with the
    child's last words when it told nothing.
    """
    command = [sys.executable, "-m", module, *arguments]
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(folder), capture_output=True, text=True, timeout=timeout_s
    )
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(MARK):
            told: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return told, began
    last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
    raise RuntimeError(f"{module} ended with code {done.returncode} and told nothing:\n{last}")


def tell(values: dict[str, Any]) -> None:
    """Hand values to the parent."""
    print(MARK + json.dumps(values), flush=True)
