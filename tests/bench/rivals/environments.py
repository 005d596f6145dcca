"""An environment of its own for each of the other tools: made when first asked for, in a cache outside the repository.

``LPSTUDIO_BENCH_CACHE`` names another folder for them. Versions are pinned, those of their dependencies too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CACHE_VARIABLE = "LPSTUDIO_BENCH_CACHE"
PINS = Path(__file__).parent
_INSTALL_S = 1800
_READY = ".ready"


@dataclass(frozen=True)
class Rival:
    """A tool: its short name, the one that people know, its version, and the least Python that it runs on."""

    id: str
    name: str
    version: str
    python: tuple[int, int] = (3, 12)

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


RIVALS = (Rival("labelme", "labelme", "7.9.1"), Rival("x-anylabeling", "X-AnyLabeling", "4.2.1"))


class NotHereError(Exception):
    """The tool cannot be had on this machine; the message says why."""


def cache_folder() -> Path:
    """Where the environments are."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lpstudio-bench"


@cache
def interpreter(rival: Rival) -> Path:
    """The Python of the tool's environment, which is made if it is not there. Raises NotHereError."""
    pins = PINS / f"{rival.id}.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"{rival.id}-{digest}"
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / _READY).is_file() and inside.is_file():
        return inside
    python = _python(rival.python)
    print(f"installing {rival.title} into {folder} (once)…", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _must([str(python), "-m", "venv", str(folder)], "no environment could be made")
    _must(
        [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)], "pip failed"
    )
    (folder / _READY).touch()
    return inside


def _must(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S)
    except subprocess.TimeoutExpired:
        raise NotHereError(f"{what}: not done after {_INSTALL_S // 60} minutes") from None
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise NotHereError(f"{what}: {(errors or lines or ['no word why'])[-1][:200]}")


def _python(least: tuple[int, int]) -> Path:
    """Any Python that is new enough. Raises NotHereError."""
    if sys.version_info[:2] >= least:
        return Path(sys.executable)
    names = [f"python{least[0]}.{minor}" for minor in range(least[1], least[1] + 3)]
    found = [Path(there) for name in names if (there := shutil.which(name))]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    uv = Path.home() / ".local/share/uv/python"
    for folder in (kept, uv):
        found += sorted(folder.glob("*/bin/python3"))
    for path in found:
        told = subprocess.run(
            [str(path), "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        version = tuple(int(part) for part in told.stdout.split()) if told.returncode == 0 else ()
        if version >= least:
            return path
    raise NotHereError(f"it needs Python {least[0]}.{least[1]} or newer, and there is none")
