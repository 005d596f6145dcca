"""Keeps Ultralytics off the network and from running what weights contain. Must be called before it is imported."""

from __future__ import annotations

import os

ENVIRONMENT = {
    "YOLO_OFFLINE": "true",  # no update checks, no usage events
    "YOLO_AUTOINSTALL": "false",  # no pip install behind one's back
    "ULTRALYTICS_SAFE_LOAD": "true",  # weights are pickles: only known model classes are built from them
}


def stay_offline() -> None:
    """Set the environment of this process and its children."""
    os.environ.update(ENVIRONMENT)
