"""Where the files shipped with the program are: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resources_dir() -> Path:
    """The folder of shipped resources (icons, fonts, plate formats, weights, help pages)."""
    installed = _PACKAGE / "_resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"


def resource(*parts: str) -> Path:
    """The path of one shipped resource; it need not exist."""
    return resources_dir().joinpath(*parts)
