"""What ``lpstudio doctor`` finds out: versions, devices, the screen, missing system libraries, places to write.

Everything that may crash or hang is loaded by a process of its own (``lpstudio.doctor_probes``), so a broken torch is a
line of the report and not the end of it.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from lpstudio import __version__
from lpstudio.places import demo_folder, settings_folder
from lpstudio.resources import resource, resources_dir

PROBE_SECONDS = 90.0


class Verdict(StrEnum):
    """How a finding is judged; only BROKEN makes the doctor end with exit code 1."""

    OK = "ok"
    NOTE = "note"  # worth knowing; everything needed works
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``details`` is for programs, the rest for people."""

    group: str
    name: str
    verdict: Verdict
    text: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """All findings, in the order in which they are shown."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.verdict != Verdict.BROKEN for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {"schema": 1, "ok": self.ok, "findings": [asdict(finding) for finding in self.findings]}


# Shared libraries that Qt's xcb platform and cv2 load on Linux: (file, package on Debian/Ubuntu, package on Fedora).
LINUX_LIBRARIES: tuple[tuple[str, str, str], ...] = (
    ("libEGL.so.1", "libegl1", "libglvnd-egl"),
    ("libGL.so.1", "libgl1", "libglvnd-glx"),
    ("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    ("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    ("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    ("libfreetype.so.6", "libfreetype6", "freetype"),
    ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    ("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    ("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    ("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    ("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    ("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    ("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    ("libxcb-xinerama.so.0", "libxcb-xinerama0", "libxcb"),
    ("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
)


def has_screen() -> bool:
    """Whether a window could be seen: a display on Linux; always so on Windows and macOS."""
    if sys.platform.startswith(("win", "darwin")):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_probe(name: str, seconds: float = PROBE_SECONDS, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The answer of one probe process; ``error`` is in it when the probe failed, died or took too long."""
    command = [sys.executable, "-m", "lpstudio.doctor_probes", name]
    package_parent = str(Path(__file__).resolve().parent.parent)
    paths = [package_parent, *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {seconds:.0f} s"}
    except OSError as error:
        return {"error": str(error)}
    try:
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return {"error": f"it ended with code {done.returncode}: {last}"}


def _library_finding(module: str, package: str, answer: dict[str, Any]) -> Finding:
    try:
        installed = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        remedy = f"Install it: {Path(sys.executable).name} -m pip install {package}"
        return Finding("versions", package, Verdict.BROKEN, "is not installed", remedy)
    if "error" in answer:
        text = f"{installed} is installed, but does not load: {answer['error']}"
        remedy = _remedy_for(answer["error"]) or f"Install it again: python -m pip install --force-reinstall {package}"
        return Finding("versions", package, Verdict.BROKEN, text, remedy, {"version": installed, "module": module})
    return Finding("versions", package, Verdict.OK, installed, details={"version": installed, "module": module})


def _remedy_for(error: str) -> str:
    """What to install when an import error names a shared library."""
    for library, debian, fedora in LINUX_LIBRARIES:
        if library in error:
            return f"Install it: apt install {debian} (Debian, Ubuntu) or dnf install {fedora} (Fedora)"
    return ""


def _gigabytes(count: float) -> str:
    return f"{count / 2**30:.1f} GB"


def _devices(answer: dict[str, Any]) -> list[Finding]:
    found = []
    for device in answer.get("devices", ()):
        text = f"{device['name']}, {_gigabytes(device['memory'])} memory, {_gigabytes(device['free'])} free"
        found.append(Finding("devices", device["device"], Verdict.OK, text, details=device))
    if found and len(found) == 1:
        text = "none that torch can use: training runs on the CPU"
        found.append(Finding("devices", "GPU", Verdict.NOTE, text))
    return found


def _window(answer: dict[str, Any], screen: bool) -> Finding:
    named = os.environ.get("QT_QPA_PLATFORM", "")
    if "error" in answer:
        wanted = f" on the platform {named}" if named else ""
        remedy = _remedy_for(answer["error"]) or "Look at the missing system libraries below"
        return Finding("screen", "window", Verdict.BROKEN, f"cannot be opened{wanted}: {answer['error']}", remedy)
    on = answer["platform"]
    if not screen:
        text = f"there is no screen; Qt itself works (platform {on}). The command line needs no screen"
        return Finding("screen", "window", Verdict.NOTE, text, details=answer)
    return Finding("screen", "window", Verdict.OK, f"can be opened (platform {on})", details=answer)


def missing_libraries(load: Callable[[str], object] = ctypes.CDLL) -> list[tuple[str, str, str]]:
    """The rows of LINUX_LIBRARIES whose file the system cannot load; empty on Windows and macOS."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for row in LINUX_LIBRARIES:
        try:
            load(row[0])
        except OSError:
            missing.append(row)
    return missing


def _system_libraries(missing: Sequence[tuple[str, str, str]], window: Finding) -> list[Finding]:
    if not sys.platform.startswith("linux"):
        return []
    if not missing:
        return [Finding("screen", "system libraries", Verdict.OK, "all that Qt and OpenCV ask for are there")]
    verdict = Verdict.BROKEN if window.verdict == Verdict.BROKEN else Verdict.NOTE
    debian = " ".join(dict.fromkeys(row[1] for row in missing))
    fedora = " ".join(dict.fromkeys(row[2] for row in missing))
    text = f"missing: {', '.join(row[0] for row in missing)}"
    if verdict == Verdict.NOTE:
        text += " (needed for a window on X11)"
    remedy = f"Install them: apt install {debian} (Debian, Ubuntu) or dnf install {fedora} (Fedora)"
    return [Finding("screen", "system libraries", verdict, text, remedy, {"missing": [row[0] for row in missing]})]


def _writable(name: str, folder: Path, verdict: Verdict) -> Finding:
    """Whether a file can be made in a folder, or in the nearest parent that exists."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    try:
        with tempfile.TemporaryFile(dir=nearest, prefix=".lpstudio-"):
            pass
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror or error}"
        return Finding("places", name, verdict, text, "Change its permissions, or work from another folder")
    return Finding("places", name, Verdict.OK, f"{folder} can be written")


def _resources() -> list[Finding]:
    folder = resources_dir()
    wanted = ("fonts", "plates", "help")
    lacking = [name for name in wanted if not any((folder / name).glob("*"))]
    if lacking:
        text = f"{folder} lacks {', '.join(lacking)}"
        found = [Finding("places", "resources", Verdict.BROKEN, text, "Install lpstudio again")]
    else:
        found = [Finding("places", "resources", Verdict.OK, str(folder))]
    weights = sorted(path.name for path in resource("weights").glob("starter-*.pt"))
    if weights:
        found.append(Finding("places", "starter weights", Verdict.OK, ", ".join(weights)))
    else:
        text = "none are shipped: training begins from scratch or from a file, and reading needs --weights"
        found.append(Finding("places", "starter weights", Verdict.NOTE, text))
    return found


def examine(folder: Path, seconds: float = PROBE_SECONDS) -> Report:
    """Find out everything; ``folder`` is where the person works. Takes some seconds, mostly for loading torch."""
    libraries = (
        ("numpy", "numpy"), ("torch", "torch"), ("torchvision", "torchvision"), ("ultralytics", "ultralytics"),
        ("cv2", "opencv-python"), ("window", "PySide6"), ("av", "av"),
    )  # fmt: skip
    screen = has_screen()
    off_screen = {} if screen or "QT_QPA_PLATFORM" in os.environ else {"QT_QPA_PLATFORM": "offscreen"}

    def probe(name: str) -> dict[str, Any]:
        return run_probe(name, seconds, off_screen if name == "window" else None)

    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 2))) as pool:
        answers = dict(
            zip([name for name, _ in libraries], pool.map(probe, [name for name, _ in libraries]), strict=True)
        )

    python = f"{platform.python_version()} on {platform.system()} {platform.release()} ({platform.machine()})"
    findings = [
        Finding("versions", "python", Verdict.OK, python, details={"executable": sys.executable}),
        Finding("versions", "lpstudio", Verdict.OK, f"{__version__} in {Path(__file__).resolve().parent}"),
    ]
    findings += [_library_finding(module, package, answers[module]) for module, package in libraries]
    findings += _devices(answers["torch"])
    window = _window(answers["window"], screen)
    findings += [window, *_system_libraries(missing_libraries(), window)]
    findings += [
        _writable("this folder", folder, Verdict.NOTE),
        _writable("settings", settings_folder(), Verdict.BROKEN),
        _writable("demo project", demo_folder().parent, Verdict.NOTE),
        _writable("temporary files", Path(tempfile.gettempdir()), Verdict.BROKEN),
    ]
    return Report((*findings, *_resources()))
