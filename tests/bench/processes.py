"""Every benchmark runs in a process of its own, so that none warms or loads another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from tests.bench import THREADS

REPOSITORY = Path(__file__).resolve().parents[2]
MARK = "BENCH "
WORDS = 15  # lines of a child's last words that are shown


def platform() -> str:
    """The Qt platform that is measured on: a real X server where DISPLAY names one, else off the screen."""
    return os.environ.get("QT_QPA_PLATFORM") or ("xcb" if os.environ.get("DISPLAY") else "offscreen")


def environment(folder: Path) -> dict[str, str]:
    """The environment of a measured process: fresh settings in ``folder``, no screen scaling."""
    from lpstudio.studio.places import SETTINGS_VARIABLE

    return {
        **_inherited(),
        "QT_QPA_PLATFORM": platform(),
        "QT_SCALE_FACTOR": "1",
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        SETTINGS_VARIABLE: str(folder / "settings"),
    }


def _inherited() -> dict[str, str]:
    """The environment, with as many threads as whoever called the bench wants."""
    given = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    return {**given, "OMP_NUM_THREADS": THREADS} if THREADS else given


def run(module: str, folder: Path, *arguments: str, timeout_s: float = 600) -> tuple[dict[str, Any], float]:
    """Run ``python -m module arguments``; what it told with :func:`tell`, and the clock just before it was started.

    The clock is the system's monotonic one, in seconds: the child reads the same. Raises RuntimeError with the
    child's last words when it told nothing.
    """
    return _run([sys.executable, "-m", module, *arguments], environment(folder), timeout_s)


def run_rival(
    python: Path, rival: str, folder: Path, *arguments: str, timeout_s: float = 600
) -> tuple[dict[str, Any], float]:
    """The same for ``tests.bench.rivals.drive`` in another tool's environment, with a home of its own in ``folder``."""
    home = folder / f"home_{rival}"
    home.mkdir(parents=True, exist_ok=True)
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache")}
    kept = {name: value for name, value in _inherited().items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    surroundings = {**kept, "QT_QPA_PLATFORM": platform(), "QT_SCALE_FACTOR": "1", "LC_ALL": "C.UTF-8", **own}
    return _run([str(python), "-m", "tests.bench.rivals.drive", rival, *arguments], surroundings, timeout_s)


def _run(command: list[str], surroundings: dict[str, str], timeout_s: float) -> tuple[dict[str, Any], float]:
    name = " ".join(command[2:4])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:  # a pipe may be held by what it started
        began = time.monotonic()
        try:
            code = subprocess.run(
                command, cwd=REPOSITORY, env=surroundings, stdout=out, stderr=err, timeout=timeout_s, check=False
            ).returncode
            ended = f"ended with code {code} and told nothing"
        except subprocess.TimeoutExpired:
            code, ended = None, f"was not done after {timeout_s:.0f} s"
        told, said = _written(out), _written(err)
    for line in reversed(told.splitlines() if code is not None else []):
        if line.startswith(MARK):
            values: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return values, began
    last = "\n".join((told + said).strip().splitlines()[-WORDS:])
    raise RuntimeError(f"{name} {ended}:\n{last}" if last else f"{name} {ended}")


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def tell(values: dict[str, Any]) -> None:
    """Hand values to the parent."""
    print(MARK + json.dumps(values), flush=True)
