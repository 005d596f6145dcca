"""Where the program keeps its own files: settings, log, journals, the demo project. Knows nothing of Qt."""

from __future__ import annotations

import os
from pathlib import Path

SETTINGS_VARIABLE = "LPSTUDIO_SETTINGS"
_NAME = "lpstudio"


def _moved() -> Path | None:
    """The folder of the environment variable LPSTUDIO_SETTINGS, which takes everything with it."""
    named = os.environ.get(SETTINGS_VARIABLE)
    return Path(named) if named else None


def settings_folder() -> Path:
    """The folder of ``studio.ini``."""
    import platformdirs

    return _moved() or platformdirs.user_config_path(_NAME, appauthor=False)


def log_file() -> Path:
    """The studio's log, a rotating file."""
    import platformdirs

    return (_moved() or platformdirs.user_log_path(_NAME, appauthor=False)) / "studio.log"


def demo_folder() -> Path:
    """Where the demo puts its project when no folder is named."""
    import platformdirs

    return (_moved() or platformdirs.user_data_path(_NAME, appauthor=False)) / "demo"


def journals_folder() -> Path:
    """Where edits are kept that a project's own disk does not take."""
    import platformdirs

    return (_moved() or platformdirs.user_state_path(_NAME, appauthor=False)) / "journals"
