"""Bringing a backup back: what would change, and changing it, after a backup of how things stand."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpstudio.dataset.atomic import remove_file, write_bytes_atomic
from lpstudio.dataset.backup import BACKUPS, Backup, Progress, back_up, label_files, read_backup, read_database
from lpstudio.dataset.database import FOLDER, key_from_db
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

log = logging.getLogger(__name__)

TABLES = ("crops", "drafts", "decisions")
RESTORING = Path(FOLDER) / "restoring"  # the backup that is being brought back, while it is


@dataclass(frozen=True, slots=True)
class Difference:
    """What a restore would do, by crop: label files that get another content, come back, or go away; other records."""

    changed: tuple[str, ...]
    back: tuple[str, ...]
    gone: tuple[str, ...]
    records: tuple[str, ...]  # states, texts, unreadable characters or drafts
    without_picture: tuple[str, ...] = ()  # in the backup, but their picture is gone: their label file comes back too

    @property
    def crops(self) -> tuple[str, ...]:
        """All crops that a restore touches, sorted."""
        return tuple(sorted({*self.changed, *self.back, *self.gone, *self.records}))


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that was done, and the backup of how things stood before."""

    difference: Difference
    before: Backup


def compare(project: Project, path: Path) -> Difference:
    """What restoring a backup would change. Reads every label file. Raises LpStudioError."""
    there = dict(label_files(project))
    changed, back, kept, without = [], [], set(), []
    for key, data in read_backup(path):
        kept.add(key)
        if not _is_inside(project, key):
            continue
        now = _bytes(project.label_path(key))
        if now is None:
            back.append(key)
            if not project.image_path(key).exists():
                without.append(key)
        elif now != data:
            changed.append(key)
    gone = [key for key in there if key not in kept]
    with contextlib.closing(read_database(path)) as database:
        records = _different_records(project, database)
    return Difference(
        tuple(sorted(changed)), tuple(sorted(back)), tuple(sorted(gone)), tuple(sorted(records)), tuple(without)
    )


def restore(project: Project, path: Path, progress: Callable[[int, int], object] | None = None) -> Restored:
    """Bring labels, states, texts and drafts back to how a backup has them. Raises LpStudioError.

    First a backup of how things stand now is made; restoring that one undoes this. Label files are replaced one by one,
    each whole; should the program die in between, the next opening finishes it (:func:`finish_interrupted`).
    """
    if project.read_only:
        raise LpStudioError(f"nothing was restored: {project.read_only_because}", path=project.root)
    before = _secure(project, progress)
    difference = compare(project, path)
    note = project.root / RESTORING
    write_bytes_atomic(note, os.fsencode(path.absolute()))
    try:
        _bring_back(project, path, difference, progress)
    finally:  # after an error a person decides what to do; only a program that died leaves the note
        remove_file(note)
    log.info("restored %s: %d crops", path.name, len(difference.crops))
    return Restored(difference, before)


def _bring_back(
    project: Project, path: Path, difference: Difference, progress: Callable[[int, int], object] | None
) -> None:
    with contextlib.closing(read_database(path)) as database:
        wanted = {*difference.changed, *difference.back}
        done, total = 0, len(wanted) + len(difference.gone)
        for key, data in read_backup(path):
            if key in wanted:
                write_bytes_atomic(project.label_path(key), data)
                done += 1
                if progress is not None:
                    progress(done, total)
        for key in difference.gone:
            remove_file(project.label_path(key))
        project.store.take_tables(database, TABLES)
    project.flush()


def finish_interrupted(project: Project) -> str:
    """Finish a restore that a program began and did not end; what came of it in a sentence, empty without one.

    How things stand is backed up once more before, so nothing that was changed since is lost. Never raises.
    """
    note = project.root / RESTORING
    named = _bytes(note)
    if named is None:
        return ""
    path = Path(os.fsdecode(named))
    if not path.is_absolute() or not path.is_file():  # the project was moved: its backups moved with it
        path = project.root / BACKUPS / path.name
    try:
        if not path.is_file():
            remove_file(note)
            return f"A restore was interrupted, and its backup {path.name} is gone: look through your labels"
        done = restore(project, path)
    except LpStudioError as error:
        return f"The restore of {path.name} was interrupted and cannot be finished: {error.message}"
    return f"The interrupted restore of {path.name} was finished; {done.before.path.name} holds how things stood before"


def _secure(project: Project, progress: Progress | None) -> Backup:
    before = back_up(project, "before restore", progress=progress)
    if before is None:
        raise LpStudioError("nothing was restored: no backup of how things stand could be made", path=project.root)
    return before


def _is_inside(project: Project, key: str) -> bool:
    """Whether a name from a backup leads where a label file of this project may lie."""
    if Path(key).is_absolute():
        return project.index.position(key) is not None
    return ".." not in Path(key).parts


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _different_records(project: Project, database: sqlite3.Connection) -> set[str]:
    different: set[str] = set()
    for query in (
        "SELECT key, state, text, kept, origin FROM crops",
        "SELECT key, characters FROM drafts",
    ):
        mine = {row[0]: row[1:] for row in project.store.database.rows(query)}
        theirs = {row[0]: row[1:] for row in database.execute(query)}
        for key in {*mine, *theirs}:
            empty = (None,) * 4
            if mine.get(key, empty) != theirs.get(key, empty):
                different.add(key_from_db(key))
    return different
