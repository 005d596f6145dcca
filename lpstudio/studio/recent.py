"""The projects opened last, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

LIMIT = 10
KEY = "projects/recent"


def recent_projects(settings: QSettings) -> list[Path]:
    """The projects opened last; also those that are not there any more (a drive may come back)."""
    value: Any = settings.value(KEY, [])  # Qt gives a list of one back as a text
    texts = [value] if isinstance(value, str) else list(value or [])
    return [Path(str(text)) for text in texts if text][:LIMIT]


def note_opened(settings: QSettings, project: Path) -> None:
    """Put a project at the top of the list."""
    others = [path for path in recent_projects(settings) if path != project]
    settings.setValue(KEY, [str(path) for path in [project, *others][:LIMIT]])


def forget(settings: QSettings, project: Path) -> None:
    """Take a project off the list; nothing on disk is touched."""
    settings.setValue(KEY, [str(path) for path in recent_projects(settings) if path != project])


def shown_path(path: Path) -> str:
    """A path as people know it: the home folder as ``~``."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)
