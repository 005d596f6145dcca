"""Daily backups inside ``.lpstudio/backups``: labels and database, compressed, bounded in number and size.

A backup is one ``.tar.gz`` that any program can open: ``backup.json`` says what it is, ``studio.db`` holds states,
texts and drafts, ``labels/`` the label files under their crops' keys.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import logging
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lpstudio.dataset.atomic import sync_folder, temporary_prefix, write_error
from lpstudio.dataset.database import FOLDER
from lpstudio.dataset.labels import MAX_BYTES
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

log = logging.getLogger(__name__)

BACKUPS = Path(FOLDER) / "backups"
MOST = 20  # backups kept
MOST_BYTES = 1 << 30  # of all of them together; the two newest stay whatever their size
ENDING = ".tar.gz"
_HEAD, _DATABASE, _LABELS = "backup.json", "studio.db", "labels/"
_REST_EVERY, _REST_S = 50, 0.002  # files between two pauses: whoever draws meanwhile has the machine

Progress = Callable[[int, int], object]  # files done, files in all


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup. ``made``: local time; ``why``: "daily", "before restore" or "by hand"; ``labels``: how many files."""

    path: Path
    made: datetime
    why: str
    labels: int
    bytes: int
    fingerprint: str


class _Paced:
    """Counts files and lets others have the machine now and then."""

    def __init__(self, total: int, progress: Progress | None, stopped: Callable[[], bool]) -> None:
        self._total, self._progress, self._stopped = total, progress, stopped
        self._done = 0

    def step(self) -> None:
        self._done += 1
        if self._done % _REST_EVERY == 0:
            if self._stopped():
                raise InterruptedError("stopped")
            if self._progress is not None:
                self._progress(self._done, self._total)
            time.sleep(_REST_S)


def list_backups(project: Project) -> list[Backup]:
    """The backups of a project, newest first. Reads only the beginning of each."""
    folder = project.root / BACKUPS
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.endswith(ENDING) and not path.name.startswith("."):
                with contextlib.suppress(LpStudioError):
                    found.append(_read_head(path))
    return sorted(found, key=lambda backup: (backup.made, backup.path.name), reverse=True)


def back_up_daily(project: Project, stopped: Callable[[], bool] = lambda: False) -> Backup | None:
    """Make today's backup, if there is none yet and anything changed since the last. Raises LpStudioError.

    ``stopped()``: asked now and then; True gives up.
    """
    today = datetime.now().date()
    there = list_backups(project)
    if any(backup.made.date() == today and backup.why == "daily" for backup in there):
        return None
    return back_up(project, "daily", unless=there[0].fingerprint if there else None, stopped=stopped)


def back_up(
    project: Project,
    why: str = "by hand",
    *,
    unless: str | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Backup | None:
    """Back up labels and database as they are on disk. None when stopped, or nothing differs from ``unless``.

    ``unless``: the fingerprint of another backup. Raises LpStudioError; a backup is there whole or not at all.
    """
    keys = [(key, path) for key, path in label_files(project) if path.is_file()]
    made = datetime.now()
    name = made.strftime("%Y-%m-%d") if why == "daily" else f"{made:%Y-%m-%dT%H%M%S}-{why.replace(' ', '-')}"
    folder = project.root / BACKUPS
    target = folder / f"{name}{ENDING}"
    handle = -1
    temporary: Path | None = None
    try:
        fingerprint = _fingerprint(project, keys, stopped)
        if unless is not None and fingerprint == unless:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary_name = tempfile.mkstemp(prefix=temporary_prefix(), suffix=".tmp", dir=folder)
        temporary = Path(temporary_name)
        paced = _Paced(len(keys), progress, stopped)
        head = {"v": 1, "made": made.isoformat(), "why": why, "labels": len(keys), "fingerprint": fingerprint}
        with os.fdopen(handle, "wb") as raw:
            handle = -1
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, filename="") as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                _add(tar, _HEAD, json.dumps(head).encode("utf-8"))
                _add(tar, _DATABASE, project.store.database.copy())
                for key, path in keys:
                    with contextlib.suppress(FileNotFoundError):
                        _add(tar, f"{_LABELS}{key}", path.read_bytes())
                    paced.step()
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(_free(target))
        sync_folder(folder)
    except InterruptedError:
        return None
    except OSError as error:
        raise write_error(error, target) from error
    finally:
        if handle >= 0:
            os.close(handle)
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
    prune(project)
    return next((backup for backup in list_backups(project) if backup.path.name.startswith(name)), None)


def prune(project: Project) -> list[Path]:
    """Remove the oldest backups beyond the bounds; returns what was removed. The two newest stay."""
    removed: list[Path] = []
    total = 0
    for at, backup in enumerate(list_backups(project)):
        total += backup.bytes
        if at >= 2 and (at >= MOST or total > MOST_BYTES):
            with contextlib.suppress(OSError):
                backup.path.unlink()
                removed.append(backup.path)
    return removed


def label_files(project: Project) -> Iterator[tuple[str, Path]]:
    """(key, label file) of every crop, whether or not the file is there."""
    index = project.fresh_index()
    for position, key in enumerate(index.keys):
        if index.has_label_file(position):
            yield key, project.label_path(key)


def read_backup(path: Path) -> Iterator[tuple[str, bytes]]:
    """The label files of a backup as (key, what it says). Raises LpStudioError when it cannot be read."""
    for name, data in _members(path):
        if name.startswith(_LABELS):
            yield name.removeprefix(_LABELS), data


def read_database(path: Path) -> sqlite3.Connection:
    """The database of a backup, in memory. Raises LpStudioError."""
    data = next((data for name, data in _members(path) if name == _DATABASE), None)
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        if data:
            connection.deserialize(data)
            connection.execute("SELECT count(*) FROM crops")
        return connection
    except sqlite3.Error as error:
        connection.close()
        raise LpStudioError("the backup's database cannot be read", path=path) from error


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, mode="r|gz") as tar:
            for member in tar:
                if not member.isfile() or (member.size > MAX_BYTES and member.name != _DATABASE):
                    continue
                file = tar.extractfile(member)
                if file is not None:
                    yield member.name, file.read()
    except (OSError, tarfile.TarError, EOFError, UnicodeError) as error:
        raise LpStudioError(f"the backup cannot be read: {error}", path=path, remedy="Take another one") from error


def _read_head(path: Path) -> Backup:
    for name, data in _members(path):
        try:
            if name != _HEAD:
                break
            head = json.loads(data)
            made = datetime.fromisoformat(head["made"])
            return Backup(
                path, made, str(head["why"]), int(head["labels"]), path.stat().st_size, str(head["fingerprint"])
            )
        except (ValueError, KeyError, TypeError) as error:
            raise LpStudioError("this is no backup of LP Studio", path=path) from error
    raise LpStudioError("this is no backup of LP Studio", path=path)


def _fingerprint(project: Project, keys: list[tuple[str, Path]], stopped: Callable[[], bool]) -> str:
    """Differs when a label file or what is known of a crop differs; reads no label file."""
    digest = hashlib.blake2b(digest_size=16)
    paced = _Paced(len(keys), None, stopped)
    for key, path in keys:
        with contextlib.suppress(OSError):
            status = path.stat()
            digest.update(f"{key}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        paced.step()
    for record in project.store.all_records():
        digest.update(f"{record.key}\0{record.changed}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mtime = int(time.time())
    tar.addfile(member, io.BytesIO(data))


def _free(path: Path) -> Path:
    """The path, numbered when it is taken."""
    stem = path.name.removesuffix(ENDING)
    number = 1
    while path.exists():
        number += 1
        path = path.with_name(f"{stem}-{number}{ENDING}")
    return path
