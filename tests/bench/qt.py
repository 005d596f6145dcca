"""Qt by whichever binding the measured program brings, so that the same hands drive LP Studio and the other tools."""

from __future__ import annotations

from typing import Any

try:
    from PySide6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PyQt6 import QtCore, QtGui, QtWidgets  # type: ignore[no-redef]

__all__ = ["QtCore", "QtGui", "QtWidgets"]


def __getattr__(name: str) -> Any:
    """QtTest only where it is asked for: it is no part of a program whose memory is measured."""
    if name != "QtTest":
        raise AttributeError(name)
    try:
        from PySide6 import QtTest
    except ImportError:
        from PyQt6 import QtTest  # type: ignore[no-redef]
    return QtTest
