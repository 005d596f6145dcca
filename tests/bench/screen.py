"""A screen of 1920×1080 to measure on: an X server of the bench's own, where there is Xvfb."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = "1920x1080x24"
_PATIENCE_S = 30
_VARIABLES = ("DISPLAY", "QT_QPA_PLATFORM")


@contextmanager
def screen(offscreen: bool = False) -> Iterator[str]:
    """Set ``DISPLAY`` and ``QT_QPA_PLATFORM`` for all that is started meanwhile; says what is measured on.

    ``offscreen``: no X server. Without Xvfb: the platform and the display there are, else none.
    """
    before = {name: os.environ.get(name) for name in _VARIABLES}
    program = shutil.which("Xvfb")
    try:
        if offscreen or program is None:
            if offscreen:
                os.environ["QT_QPA_PLATFORM"] = "offscreen"
            os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if os.environ.get("DISPLAY") else "offscreen")
            yield f"Qt platform {os.environ['QT_QPA_PLATFORM']}" + ("" if program else ", no Xvfb here")
        else:
            with _server(program) as display:
                os.environ.update({"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"})
                yield "Xvfb 1920×1080, Qt platform xcb"
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _server(program: str) -> Iterator[str]:
    """An X server of the bench's own on a free display."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp"],
        pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(_PATIENCE_S)
