"""The SQLite file of a project: opened, made, put aside when damaged; one writer at a time, readers that never wait."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lpstudio.dataset.file_systems import is_network
from lpstudio.errors import LpStudioError

VERSION = 1
FOLDER = ".lpstudio"  # what a project keeps beside its data.yaml and not in version control
_TABLES = ("crops", "drafts", "decisions", "meta", "readings", "dismissed")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS crops (
  key TEXT PRIMARY KEY, state TEXT, text TEXT, kept TEXT, origin TEXT, changed REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drafts (
  key TEXT PRIMARY KEY, characters TEXT NOT NULL, changed REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (
  key TEXT NOT NULL, character TEXT NOT NULL, decision TEXT NOT NULL, decided REAL NOT NULL,
  PRIMARY KEY (key, character)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS readings (
  key TEXT PRIMARY KEY, weights TEXT NOT NULL, characters TEXT NOT NULL, score REAL, margin REAL, made REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dismissed (
  key TEXT NOT NULL, finding TEXT NOT NULL, made REAL NOT NULL, PRIMARY KEY (key, finding)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unwritten (
  key TEXT PRIMARY KEY, generation INTEGER NOT NULL, ticket INTEGER NOT NULL, data TEXT NOT NULL, made REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  number INTEGER PRIMARY KEY, generation INTEGER NOT NULL, key TEXT NOT NULL, op TEXT NOT NULL, title TEXT NOT NULL,
  data TEXT NOT NULL, made REAL NOT NULL
);
"""


class Database:
    """The database file ``path``, or a database in memory until something is written.

    ``create=False`` never makes a file; ``read_only`` takes an existing file into memory. What happens in memory is
    lost at the end. ``warnings`` says when a damaged file was put aside. Any thread may call every method.
    """

    def __init__(self, path: Path, *, create: bool, read_only: bool) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.in_file = False
        self.wal = False  # whether the file's disk takes a write-ahead log
        self._create = create and not read_only
        self._lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._writer = _memory()
        try:
            if path.is_file() and read_only:
                self._take_in()
            elif path.is_file():
                self._open()
        except (sqlite3.Error, OSError) as error:
            raise self.error(error) from error

    def _open(self) -> None:
        try:
            writer = self._connect()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            # A damaged database is put aside, never overwritten.
            aside = _put_aside(self.path)
            self.warnings.append(f"{self.path}: the database was damaged and put aside as {aside.name}")
            writer = self._connect()
        self._use(writer)

    def _use(self, writer: sqlite3.Connection) -> None:
        self._writer.close()
        self._writer = writer
        self.wal = writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        # A connection of its own: whoever asks is not held up by a save that waits for the disk.
        reader = sqlite3.connect(self.path, timeout=10, check_same_thread=False, isolation_level=None)
        reader.execute("PRAGMA query_only = ON")
        with self._read_lock:
            self._reader = reader
        self.in_file = True

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False, isolation_level=None)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise LpStudioError(
                    "the project was written by a newer LP Studio", path=self.path, remedy="Update LP Studio"
                )
            _choose_journal(connection, network=is_network(self.path.parent))
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _take_in(self) -> None:
        """Copy a file that cannot be written into memory."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            file = sqlite3.connect(address, uri=True)
            file.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            # WAL asks for files beside the database, which cannot be made here; what stands in the file itself counts.
            file = sqlite3.connect(f"{address}&immutable=1", uri=True)
        with contextlib.closing(file):
            file.backup(self._writer)
        self._writer.executescript(_SCHEMA)

    def _move_to_file(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        ignore = self.path.parent / ".gitignore"
        if self.path.parent.name == FOLDER and not ignore.exists():
            # The text file beside data.yaml is what belongs into version control.
            ignore.write_text("*\n", encoding="ascii")
        writer = self._connect()
        try:
            writer.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                rows = self._writer.execute(f"SELECT * FROM {table}").fetchall()
                if rows:
                    marks = ",".join("?" * len(rows[0]))
                    writer.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
            writer.execute("COMMIT")
        except BaseException:
            writer.close()
            raise
        self._use(writer)

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises LpStudioError."""
        try:
            if self._reader is not None:
                with self._read_lock:
                    return self._reader.execute(query, values).fetchall()
            with self._lock:
                return self._writer.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self.error(error) from error

    @contextlib.contextmanager
    def writing(self, *, make_file: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: when it ends well all of it is on disk, else nothing. Raises LpStudioError."""
        with self._lock:
            try:
                if make_file and self._create and not self.in_file:
                    self._move_to_file()
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._writer.execute("ROLLBACK")
                    raise
            except (sqlite3.Error, OSError) as error:
                raise self.error(error) from error

    def copy(self) -> bytes:
        """The whole database as it is now, as the bytes of a file. Raises LpStudioError."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            with self._lock:
                self._writer.backup(copy)
            data = bytearray(copy.serialize())
            data[18:20] = b"\x01\x01"  # without a WAL, so that it can be opened where it cannot be written
            return bytes(data)
        except sqlite3.Error as error:
            raise self.error(error) from error
        finally:
            copy.close()

    def close(self) -> None:
        with self._lock, self._read_lock:
            if self._reader is not None:
                self._reader.close()
            self._writer.close()

    def error(self, error: Exception) -> LpStudioError:
        """An error of the database in plain words."""
        text = str(error)
        remedies = {
            "readonly": "Give yourself write permission to the folder",
            "Permission": "Give yourself write permission to the folder",
            "unable to open": "Give yourself write permission to the folder",
            "locked": "Another program holds it; try again",
            "full": "Free some space and try again",
            "No space": "Free some space and try again",
            "disk I/O": "Free some space, or check the disk, and try again",
        }
        remedy = next((remedy for mark, remedy in remedies.items() if mark in text), "")
        return LpStudioError(f"the project's database cannot be used: {text}", path=self.path, remedy=remedy)


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.executescript(_SCHEMA)
    return connection


def key_to_db(key: str) -> str | bytes:
    """SQLite takes no lone surrogates, which file names that are no UTF-8 have: such keys are kept as bytes."""
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogateescape")
    return key


def key_from_db(key: str | bytes) -> str:
    """The inverse of :func:`key_to_db`."""
    return key if isinstance(key, str) else key.decode("utf-8", "surrogateescape")


def _put_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    for ending in ("-wal", "-shm", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + ending))
    return aside


def _choose_journal(connection: sqlite3.Connection, *, network: bool) -> None:
    """WAL where the file system can do it (it needs shared memory, which network drives lack), else a plain journal."""
    try:
        if not network and connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
            # Only the first transaction shows whether the shared memory really works.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            return
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
            raise
    connection.execute("PRAGMA journal_mode = DELETE")
