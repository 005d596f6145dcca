"""The settings of the window; where they and the studio's other files lie is in :mod:`lpstudio.places`."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from lpstudio.places import SETTINGS_VARIABLE, demo_folder, log_file, settings_folder

__all__ = ["SETTINGS_VARIABLE", "demo_folder", "log_file", "open_settings", "settings_folder"]


def open_settings() -> QSettings:
    """The settings of the window: an ini file a person can read."""
    folder = settings_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return QSettings(str(folder / "studio.ini"), QSettings.Format.IniFormat)
