"""The edit journal: every finished gesture is in it, on disk, before anything else is written.

It has two tables. ``unwritten`` says for every crop what its label file and record must still become; the next opening
does what a crash left undone. ``journal`` keeps the steps of the session, so that undo works over a crash.

It lives in the project's database. Where that is no place for it (a network drive, a full disk, a drive that is gone)
it lives in a database of its own in the person's folder on this machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lpstudio.dataset.database import Database, key_from_db, key_to_db
from lpstudio.dataset.file_systems import is_network
from lpstudio.dataset.journal_records import Encoder, Recalled, Standing, StepNote, Unwritten, recall
from lpstudio.errors import LpStudioError
from lpstudio.places import journals_folder

__all__ = ["EditJournal", "Interrupted", "Standing", "StepNote", "Unwritten"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The history of a session that did not end: how many steps on which crops."""

    generation: int
    steps: int
    keys: tuple[str, ...]
    last: float  # seconds since 1970, UTC


class EditJournal:
    """The journal of one project. Any thread may call every method.

    A *generation* is one session of one studio; they count up. Writing begins one.
    """

    def __init__(self, root: Path, database: Database) -> None:
        self._root = root
        self._project = database
        self._local: Database | None = None
        self.local_path = local_journal_path(root)
        self._lock = threading.RLock()
        self._encoder = Encoder()
        self._generation = 0
        self._number = 0
        # WAL, and a quick and sure fsync, are what the journal needs of a disk.
        self._only_local = is_network(root) or (database.in_file and not database.wal)
        self.kept_locally = False

    # -- writing -------------------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of this session; the first call counts it up."""
        with self._lock:
            if not self._generation:
                highest = [self._highest(database) for database in self._places()]
                self._generation = 1 + max(generation for generation, _ in highest)
                self._number = max(number for _, number in highest)
            return self._generation

    def append(
        self, unwritten: Sequence[Unwritten], steps: Sequence[tuple[str, StepNote]], *, present: bool = True
    ) -> None:
        """Put what is unwritten (all of it, by crop) and steps of crops into the journal.

        All is on disk when this returns, or nothing and LpStudioError. ``present``: whether the project's own folder
        is there; where it is not, this machine keeps the journal.
        """
        with self._lock:
            self._generation = self.generation
            failure: LpStudioError | None = None
            if present and not self._only_local:
                try:
                    self._write(self._project, unwritten, steps)
                    self.kept_locally = False
                    return
                except LpStudioError as error:
                    failure = error
            try:
                self._write(self._own(), unwritten, steps)
            except LpStudioError as error:
                log.warning("the journal on this machine: %s", error.message)
                raise failure or error from error
            self.kept_locally = True

    def _write(self, database: Database, unwritten: Sequence[Unwritten], steps: Sequence[tuple[str, StepNote]]) -> None:
        mark, number = self._encoder.mark(), self._number
        now, generation, place = time.time(), self._generation, str(database.path)
        try:
            with database.writing() as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO unwritten (key, generation, ticket, data, made) VALUES (?,?,?,?,?)",
                    [
                        (key_to_db(what.key), generation, what.ticket, self._encoder.unwritten(what), now)
                        for what in unwritten
                    ],
                )
                for key, step in steps:
                    self._number += 1  # one count in both places, so that the order is known
                    data = self._encoder.step(key, step, place)
                    connection.execute(
                        "INSERT INTO journal (number, generation, key, op, title, data, made) VALUES (?,?,?,?,?,?,?)",
                        (self._number, generation, key_to_db(key), step.op, step.title, data, now),
                    )
        except BaseException:
            self._encoder.go_back(mark)
            self._number = number
            raise

    def written(self, key: str, ticket: int) -> None:
        """What was unwritten of a crop, up to this ticket, is in its place. Raises LpStudioError."""
        with self._lock:
            for database in self._places():
                with database.writing(make_file=False) as connection:
                    connection.execute(
                        "DELETE FROM unwritten WHERE key = ? AND (generation < ? OR ticket <= ?)",
                        (key_to_db(key), self.generation, ticket),
                    )

    def drop(self, keys: Sequence[str]) -> None:
        """Nothing is to be written for these crops any more. Raises LpStudioError."""
        with self._lock:
            for database in self._places():
                with database.writing(make_file=False) as connection:
                    connection.executemany("DELETE FROM unwritten WHERE key = ?", [(key_to_db(key),) for key in keys])

    # -- after a crash -------------------------------------------------------------------------------------------------

    def unwritten(self) -> list[Unwritten]:
        """What a session before this one could not write any more, the newest of each crop. Raises LpStudioError."""
        found: dict[str, tuple[tuple[int, int], Unwritten]] = {}
        for database in self._places():
            for key, generation, ticket, data in database.rows("SELECT key, generation, ticket, data FROM unwritten"):
                name = key_from_db(key)
                try:
                    what = Encoder.read_unwritten(name, ticket, data)
                except ValueError as error:
                    log.warning("an entry of the journal is not understood: %s: %s", name, error)
                    continue
                if name not in found or (generation, ticket) > found[name][0]:
                    found[name] = ((generation, ticket), what)
        return [what for _, what in found.values()]

    def interrupted(self) -> Interrupted | None:
        """The history of the last session, if it ended without closing; None otherwise. Raises LpStudioError."""
        query = (
            "SELECT generation, key, count(*), max(made) FROM journal WHERE generation <> ? GROUP BY generation, key"
        )
        found: dict[int, list[tuple[str, int, float]]] = {}
        for database in self._places():
            for generation, key, steps, last in database.rows(query, (self._generation,)):
                found.setdefault(generation, []).append((key_from_db(key), steps, last))
        if not found:
            return None
        latest = max(found)
        rows = sorted(found[latest], key=lambda row: row[2], reverse=True)
        return Interrupted(
            latest, sum(row[1] for row in rows), tuple(dict.fromkeys(row[0] for row in rows)), rows[0][2]
        )

    def history(self, generation: int) -> dict[str, Recalled]:
        """The steps of a session by crop, as they can be undone and done again. Raises LpStudioError."""
        query = "SELECT number, key, op, title, data FROM journal WHERE generation = ?"
        rows = [row for database in self._places() for row in database.rows(query, (generation,))]
        by_key: dict[str, list[tuple[str, str, str]]] = {}
        for _, key, op, title, data in sorted(rows, key=lambda row: row[0]):
            by_key.setdefault(key_from_db(key), []).append((op, title, data))
        recalled = {key: recall(steps) for key, steps in by_key.items()}
        return {key: history for key, history in recalled.items() if history.done or history.undone}

    def adopt(self, generation: int) -> None:
        """The history of an earlier session goes on in this one. Raises LpStudioError."""
        with self._lock:
            now = self.generation
            for database in self._places():
                with database.writing(make_file=False) as connection:
                    connection.execute("UPDATE journal SET generation = ? WHERE generation = ?", (now, generation))
            self._encoder.forget()

    def forget_before(self) -> None:
        """Drop the history of earlier sessions. Raises LpStudioError."""
        self._delete("DELETE FROM journal WHERE generation <> ?")

    def end(self) -> None:
        """The session ends as it should: its history, and that of earlier ones, is over. Raises LpStudioError."""
        self._delete("DELETE FROM journal WHERE generation <= ?", self._generation or (1 << 62))

    def _delete(self, statement: str, generation: int | None = None) -> None:
        with self._lock:
            for database in self._places():
                if database.rows("SELECT 1 FROM journal LIMIT 1"):
                    with database.writing(make_file=False) as connection:
                        connection.execute(statement, (self._generation if generation is None else generation,))

    def close(self) -> None:
        """Close the journal on this machine, and remove it when nothing is in it any more."""
        with self._lock:
            if self._local is None:
                return
            empty = False
            with contextlib.suppress(LpStudioError):
                empty = not any(
                    self._local.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in ("unwritten", "journal")
                )
            self._local.close()
            self._local = None
            if empty:
                for ending in ("", "-wal", "-shm", "-journal"):
                    with contextlib.suppress(OSError):
                        self.local_path.with_name(self.local_path.name + ending).unlink(missing_ok=True)

    # -- where it lies -------------------------------------------------------------------------------------------------

    def _own(self) -> Database:
        """The journal on this machine. Raises LpStudioError."""
        if self._local is None:
            self._local = Database(self.local_path, create=True, read_only=False)
        return self._local

    def _places(self) -> list[Database]:
        """The databases that have a journal, the project's first."""
        if self._local is None and self.local_path.is_file():
            with contextlib.suppress(LpStudioError):
                self._own()
        return [self._project] if self._local is None else [self._project, self._local]

    @staticmethod
    def _highest(database: Database) -> tuple[int, int]:
        """The highest generation and the highest number of a step."""
        with contextlib.suppress(LpStudioError):
            rows = database.rows(
                "SELECT max((SELECT coalesce(max(generation), 0) FROM journal),"
                " (SELECT coalesce(max(generation), 0) FROM unwritten)), (SELECT coalesce(max(number), 0) FROM journal)"
            )
            return int(rows[0][0]), int(rows[0][1])
        return 0, 0


def local_journal_path(root: Path) -> Path:
    """Where this machine keeps the journal of a project whose own disk is no place for it."""
    place = str(root).encode("utf-8", "surrogateescape")
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in root.name)[:40]
    return journals_folder() / f"{name}-{hashlib.blake2b(place, digest_size=8).hexdigest()}.db"
