"""Python's search for cyclic garbage, on the GUI thread alone and never long.

Left to itself the search runs in whatever thread happens to allocate. A Qt object that it frees outside the GUI thread
takes the process down, and one search through all that the window is made of holds every thread for 40 ms.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 500
QUIET_MS = 1_000  # after a project was closed, or the person turned to another program, until all is searched
MANY_NEW = 2_000  # objects that came and stayed since the last search: worth another
TOO_MANY = 15_000  # a search through so many would be felt; only an import or a project makes them, and they stay
LONG_AGO = 10  # searches of the youngest, until those that survived one are searched again


class GarbageCollection(QObject):
    """While it is installed no thread but the one it lives in searches for garbage."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.collect_what_is_due)
        self._all = QTimer(self)
        self._all.setSingleShot(True)
        self._all.setInterval(QUIET_MS)
        self._all.timeout.connect(self._collect_all)
        self._nobody_waits: Callable[[], bool] = lambda: False

    def install(self) -> None:
        """Take the search over from Python."""
        gc.disable()
        self._timer.start()

    def uninstall(self) -> None:
        """Give it back, as the end of the process comes."""
        self._timer.stop()
        self._all.stop()
        gc.enable()

    def collect_what_is_due(self) -> None:
        """Search what is young: that is short, however much the window and the project are made of."""
        new, searched, _ = gc.get_count()
        if new >= TOO_MANY:
            self.keep()
        elif new >= MANY_NEW:
            gc.collect(1 if searched >= LONG_AGO else 0)

    def keep(self, *_: object) -> None:
        """What is there now was built for good: no search goes through it again."""
        gc.freeze()

    def collect_all_soon(self, nobody_waits: Callable[[], bool]) -> None:
        """Search everything in a moment, also what was built for good, which takes some 30 ms: if nobody waits then."""
        self._nobody_waits = nobody_waits
        self._all.start()

    def not_now(self) -> None:
        """Somebody waits: what was to be searched soon is left to the next occasion."""
        self._all.stop()

    def _collect_all(self) -> None:
        if not self._nobody_waits():
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()
