"""Everything that is Qt."""

from __future__ import annotations

import sys
from types import ModuleType

import PySide6.QtCore  # noqa: F401  # brings the hook below


def _spare_reading_sources() -> None:
    """Keep PySide from reading the source of every module that is imported, and from keeping it in memory.

    It looks there for modules that might switch its naming features on, which nothing here does. What it finds out by
    reading is told by the name of the module; where it has no such hook nothing is changed.
    """
    for name in ("shibokensupport.feature", "PySide6.support.feature"):
        hook = sys.modules.get(name)
        if hook is not None and hasattr(hook, "_mod_uses_pyside"):
            hook._mod_uses_pyside = _may_use_pyside  # type: ignore[attr-defined]


def _may_use_pyside(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == "lpstudio"


_spare_reading_sources()
