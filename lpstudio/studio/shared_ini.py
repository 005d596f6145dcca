"""An ini file that several processes write: what another one wrote is read before anything is written over it."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QLockFile, QSettings

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.studio.ini import ini_text, same

Stamp = tuple[int, int, int] | None  # None: there is no file

_LOOK_AGAIN_S = 0.02


class Contents(NamedTuple):
    """What is in the file, by ``section/name``, and its stamp then."""

    stamp: Stamp
    values: dict[str, Any]


class _ChangedError(Exception):
    """Another process wrote the file."""


class _UnwantedError(Exception):
    """Something newer was written meanwhile."""


class SharedIni:
    """The file at ``path``. :meth:`write` belongs in a thread; what else looks at the file goes into :meth:`alone`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _stamp(path)
        self._replacing = threading.Lock()  # held for a moment, never while a disk makes the contents safe

    @contextmanager
    def alone(self, timeout_ms: int) -> Iterator[None]:
        """Nobody else replaces the file meanwhile: no thread, nor another process unless it takes longer than that."""
        lock = self._lock()
        with self._replacing:
            lock.tryLock(timeout_ms)
            try:
                yield
            finally:
                lock.unlock()

    def is_changed(self) -> bool:
        """Whether another process wrote the file since it was last known here; where it is gone nothing is missed."""
        return _stamp(self._path) not in (None, self._known)

    def know(self, stamp: Stamp) -> None:
        """What is in the file of this stamp is known here."""
        self._known = stamp

    def know_now(self) -> None:
        """What is in the file now is known here, as this process just wrote it."""
        self.know(_stamp(self._path))

    def read(self) -> Contents:
        """What is in the file. Raises OSError."""
        with self._path.open("rb") as file:
            stamp = _stamp_of(os.fstat(file.fileno()))
            data = file.read()
        with tempfile.TemporaryDirectory() as folder:  # under its own name Qt would mix in what is changed here
            copy = Path(folder) / self._path.name
            copy.write_bytes(data)
            settings = QSettings(str(copy), QSettings.Format.IniFormat)
            return Contents(stamp, {key: settings.value(key) for key in settings.allKeys()})

    def write(self, values: Mapping[str, Any], is_wanted: Callable[[], bool]) -> Contents | None:
        """Replace what is in the file. Where another process wrote it meanwhile it stays, and its contents come back.

        It also stays, silently, when ``is_wanted`` says no in the moment of replacing. Raises LpStudioError, OSError,
        and TypeError for values that only Qt can write.
        """
        data = ini_text(values).encode()
        try:
            write_bytes_atomic(self._path, data, replacing=self._turn(is_wanted))
        except _ChangedError:
            return self.read()
        except _UnwantedError:
            pass
        return None

    @contextmanager
    def _turn(self, is_wanted: Callable[[], bool]) -> Iterator[None]:
        """The moment in which :meth:`write` replaces the file; a process that waits for it keeps no thread waiting."""
        lock = self._lock()
        while True:
            with self._replacing:
                if not is_wanted():
                    raise _UnwantedError
                if lock.tryLock(0) or lock.error() is not QLockFile.LockError.LockFailedError:
                    try:
                        if self.is_changed():
                            raise _ChangedError
                        yield
                        self.know_now()
                    finally:
                        lock.unlock()
                    return
            time.sleep(_LOOK_AGAIN_S)

    def _lock(self) -> QLockFile:
        """Held by the process that replaces the file; not Qt's own lock, as Qt may be what writes meanwhile."""
        return QLockFile(f"{self._path}.replacing")


def merged(
    before: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], lists: Collection[str] = ()
) -> dict[str, Any]:
    """What two made of ``before``: what we changed is ours, the rest theirs; to the ``lists`` both may have added."""
    both = dict(theirs)
    for key in before.keys() | ours.keys():
        if same(before.get(key), ours.get(key)):
            continue
        if key not in ours:
            both.pop(key, None)
        elif key in lists:
            added = [one for one in _list(theirs.get(key)) if one not in _list(before.get(key))]
            both[key] = [*_list(ours[key]), *(one for one in added if one not in _list(ours[key]))]
        else:
            both[key] = ours[key]
    return both


def _list(value: Any) -> list[Any]:
    """Qt gives a list of one back as a text, and an empty one as nothing."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _stamp(path: Path) -> Stamp:
    try:
        return _stamp_of(path.stat())
    except OSError:
        return None


def _stamp_of(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino
