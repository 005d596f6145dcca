"""What is known of crops beside pictures and label files: ``.lpstudio/studio.db`` and its twin ``crops.jsonl``.

The database is the working copy; ``crops.jsonl`` is readable, made for version control, and brings states, texts,
unreadable characters and origins back when the database is gone or when somebody else's changes were pulled in.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lpstudio.dataset import records
from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.records import CropRecord, KeptCharacter
from lpstudio.dataset.types import Character, CropState, Origin
from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

DATABASE = Path(".lpstudio") / "studio.db"
TEXT_FILE = "crops.jsonl"
_VERSION = 1
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
"""
_COLUMNS = "key, state, text, kept, origin, changed"


class Store:
    """The database of one project. Every method may be called from any thread.

    The file is made with the first thing that is written, so that looking at a dataset leaves nothing behind.
    ``warnings`` says what of ``crops.jsonl`` was not understood.
    """

    def __init__(self, root: Path, *, create: bool = True, read_only: bool = False) -> None:
        """Open the store of the project folder ``root``. Raises LpStudioError when the database cannot be opened.

        ``create=False`` never makes a database file: what is written then lasts until the store is closed.
        """
        self.path = root / DATABASE
        self.text_path = root / TEXT_FILE
        self.read_only = read_only
        self.warnings: list[str] = []
        self._create = create and not read_only
        self._lock = threading.RLock()
        self._closed = False
        self._in_file = self.path.is_file()
        self._connection = self._open_file() if self._in_file else self._open_memory()
        self._unsaved_text = False
        try:
            self.merge_text_file()
        except LpStudioError as error:
            self.warnings.append(error.message)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def _open_memory(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(_SCHEMA)
        return connection

    def _open_file(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if self.read_only or not _is_damaged(error):
                raise self._error(error) from error
        # A damaged database is put aside, never overwritten; crops.jsonl brings back what it says.
        aside = _put_aside(self.path)
        self.warnings.append(f"the database was damaged and put aside as {aside.name}; {TEXT_FILE} was read instead")
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            raise self._error(error) from error

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            # immutable: no lock and no journal file, which a folder that cannot be written would refuse.
            uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False, isolation_level=None)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise LpStudioError(
                    "the project was written by a newer LP Studio", path=self.path, remedy="Update LP Studio"
                )
            _choose_journal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _move_to_file(self) -> None:
        """Give the database in memory a file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _write_ignore_file(self.path.parent)
            connection = self._connect()
            self._connection.execute("PRAGMA user_version = 1")
            with contextlib.closing(self._connection) as memory:
                for table in ("crops", "drafts", "decisions", "meta"):
                    rows = memory.execute(f"SELECT * FROM {table}").fetchall()
                    if rows:
                        marks = ",".join("?" * len(rows[0]))
                        connection.execute("BEGIN IMMEDIATE")
                        connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
                        connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error
        self._connection, self._in_file = connection, True

    def close(self) -> None:
        """Write ``crops.jsonl`` where something changed, and close the database."""
        with self._lock:
            if self._closed:
                return
            try:
                self.flush()
            finally:
                self._closed = True
                self._connection.close()

    def _error(self, error: Exception) -> LpStudioError:
        text = str(error)
        if "readonly" in text or isinstance(error, PermissionError):
            remedy = "Give yourself write permission to the folder"
        elif "locked" in text:
            remedy = "Another program holds it; try again"
        elif "full" in text:
            remedy = "Free some space and try again"
        else:
            remedy = ""
        return LpStudioError(f"the project's database cannot be used: {text}", path=self.path, remedy=remedy)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; all of it lasts or nothing."""
        with self._lock:
            if self.read_only:
                raise LpStudioError(
                    "the folder cannot be written",
                    path=self.path.parent.parent,
                    remedy="Give yourself permission to it",
                )
            if not self._in_file and self._create:
                self._move_to_file()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._error(error) from error
            self._unsaved_text = True

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise self._error(error) from error

    # --- crops -------------------------------------------------------------------------------------------------------

    def record(self, key: str) -> CropRecord | None:
        """What is known of a crop, or None."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM crops WHERE key = ?", (_to_db(key),))
        return _record(rows[0]) if rows else None

    def all_records(self) -> list[CropRecord]:
        """Everything, sorted by key."""
        return sorted((_record(row) for row in self._rows(f"SELECT {_COLUMNS} FROM crops")), key=lambda r: r.key)

    def states(self) -> list[tuple[str, CropState | None, bool]]:
        """(key, stored state, whether there is a draft) of every known crop."""
        rows = self._rows(
            "SELECT crops.key, state, drafts.key IS NOT NULL FROM crops LEFT JOIN drafts ON drafts.key = crops.key"
        )
        return [(_from_db(key), _STATES.get(state), bool(draft)) for key, state, draft in rows]

    def change(self, key: str, edit: Callable[[CropRecord], CropRecord]) -> CropRecord:
        """Replace the record of a crop by what ``edit`` makes of it; lasts when this returns."""
        with self._writing() as connection:
            return self._change(connection, key, edit)

    def _change(self, connection: sqlite3.Connection, key: str, edit: Callable[[CropRecord], CropRecord]) -> CropRecord:
        row = connection.execute(f"SELECT {_COLUMNS} FROM crops WHERE key = ?", (_to_db(key),)).fetchone()
        old = _record(row) if row else CropRecord(key)
        new = replace(edit(old), key=key, changed=max(time.time(), old.changed))
        connection.execute(f"INSERT OR REPLACE INTO crops ({_COLUMNS}) VALUES (?,?,?,?,?,?)", _row(new))
        return new

    def set_state(self, key: str, state: CropState | None, *, drop_draft: bool = False) -> None:
        with self._writing() as connection:
            self._change(connection, key, lambda record: record.with_state(state))
            if drop_draft:
                connection.execute("DELETE FROM drafts WHERE key = ?", (_to_db(key),))

    def set_saved(self, key: str, state: CropState | None, kept: tuple[KeptCharacter, ...]) -> None:
        """A person's save of a crop: its state, the characters outside the label file; a draft is used up by it."""
        with self._writing() as connection:
            self._change(connection, key, lambda record: replace(record, state=state, kept=kept))
            connection.execute("DELETE FROM drafts WHERE key = ?", (_to_db(key),))

    def set_text(self, key: str, text: str | None) -> None:
        self.change(key, lambda record: replace(record, text=text))

    def set_origin(self, key: str, origin: Origin | None) -> None:
        self.change(key, lambda record: replace(record, origin=origin))

    # --- drafts ------------------------------------------------------------------------------------------------------

    def draft(self, key: str) -> tuple[Character, ...] | None:
        """The characters that a machine proposed, or None."""
        rows = self._rows("SELECT characters FROM drafts WHERE key = ?", (_to_db(key),))
        if not rows:
            return None
        try:
            return records.characters_from_json(rows[0][0])
        except (ValueError, KeyError, TypeError):
            log.warning("the draft of %s is damaged and passed over", key)
            return ()

    def set_draft(self, key: str, characters: tuple[Character, ...], *, kept: tuple[KeptCharacter, ...] = ()) -> None:
        """Keep a draft and set the state to draft."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO drafts (key, characters, changed) VALUES (?,?,?)",
                (_to_db(key), records.characters_to_json(characters), time.time()),
            )
            self._change(connection, key, lambda record: replace(record, state=CropState.DRAFT, kept=kept))

    # --- review decisions --------------------------------------------------------------------------------------------

    def decide(self, key: str, character: str, decision: str | None) -> None:
        """Note what a person decided of one reviewed character (``character`` names it: its hash); None forgets."""
        with self._writing() as connection:
            if decision is None:
                connection.execute("DELETE FROM decisions WHERE key = ? AND character = ?", (_to_db(key), character))
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO decisions (key, character, decision, decided) VALUES (?,?,?,?)",
                    (_to_db(key), character, decision, time.time()),
                )

    def decisions(self, key: str) -> dict[str, str]:
        """character -> decision of one crop."""
        return dict(self._rows("SELECT character, decision FROM decisions WHERE key = ?", (_to_db(key),)))

    # --- the text file -----------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write ``crops.jsonl`` when anything changed since. Raises LpStudioError."""
        with self._lock:
            if not self._unsaved_text or self.read_only or not self._in_file:
                return
            # Somebody's pull since the opening must not be overwritten.
            self.merge_text_file()
            lines = [records.record_to_line(record) for record in self.all_records() if not record.is_draft_only]
            write_bytes_atomic(self.text_path, "".join(f"{line}\n" for line in lines).encode("utf-8"))
            self._note_text_file()
            self._unsaved_text = False

    def merge_text_file(self) -> bool:
        """Take over what ``crops.jsonl`` says that is newer than what is known; True when it had changed at all.

        Per crop the later change counts. Lines that are not understood are kept in a copy and named in ``warnings``.
        """
        stamp = self._text_stamp()
        with self._lock:
            if stamp is None or stamp == self._meta("text_file"):
                return False
            try:
                text = self.text_path.read_bytes().decode("utf-8", "replace")
            except OSError as error:
                raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=self.text_path) from error
            found, unread = records.parse_records(text)
            if unread:
                self._keep_unread(text, unread)
            known = {record.key: record.changed for record in self.all_records()}
            newer = [r for r in found.values() if r.key not in known or r.changed > known[r.key]]
            if self.read_only and self._in_file:
                return False  # the database cannot take anything in; what it knows is shown
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(
                    f"INSERT OR REPLACE INTO crops ({_COLUMNS}) VALUES (?,?,?,?,?,?)", [_row(r) for r in newer]
                )
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('text_file', ?)", (stamp,))
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise self._error(error) from error
            return True

    def _keep_unread(self, text: str, unread: list[int]) -> None:
        where = f"{self.text_path.name}:{unread[0]}"
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        self.warnings.append(f"{where}{more}: not understood and passed over")
        if self.read_only or not self._create:
            return
        lines = text.split("\n")
        copy = self.path.parent / "crops-unread.jsonl"
        try:
            old = copy.read_bytes() if copy.exists() else b""
            fresh = "".join(f"{lines[number - 1]}\n" for number in unread).encode("utf-8")
            if fresh not in old:
                write_bytes_atomic(copy, old + fresh)
        except (OSError, LpStudioError) as error:
            log.warning("the lines of %s that were not understood could not be kept: %s", self.text_path, error)

    def _text_stamp(self) -> str | None:
        try:
            status = self.text_path.stat()
        except OSError:
            return None
        return json.dumps([status.st_size, status.st_mtime_ns])

    def _meta(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def _note_text_file(self) -> None:
        stamp = self._text_stamp()
        if stamp is not None:
            with self._lock:
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('text_file', ?)", (stamp,))


_STATES: dict[str | None, CropState] = {state.value: state for state in CropState}


def _to_db(key: str) -> str | bytes:
    """SQLite takes no lone surrogates, which file names that are no UTF-8 have: such keys are kept as bytes."""
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogateescape")
    return key


def _from_db(key: str | bytes) -> str:
    return key if isinstance(key, str) else key.decode("utf-8", "surrogateescape")


def _row(record: CropRecord) -> tuple[Any, ...]:
    return (
        _to_db(record.key),
        record.state.value if record.state is not None else None,
        record.text,
        json.dumps(records.kept_to_list(record.kept)) if record.kept else None,
        json.dumps(records.origin_to_dict(record.origin)) if record.origin is not None else None,
        record.changed,
    )


def _record(row: tuple[Any, ...]) -> CropRecord:
    key, state, text, kept, origin, changed = row
    return CropRecord(
        _from_db(key),
        _STATES.get(state),
        text,
        records.kept_from_list(json.loads(kept)) if kept else (),
        records.origin_from_dict(json.loads(origin)) if origin else None,
        changed,
    )


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


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


def _choose_journal(connection: sqlite3.Connection) -> None:
    """WAL where the file system can do it (it needs shared memory, which network drives lack), else a plain journal."""
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode == "wal":
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            return
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
            raise
    connection.execute("PRAGMA journal_mode = DELETE")


def _write_ignore_file(folder: Path) -> None:
    """Keep the database out of version control: crops.jsonl is what belongs there."""
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")
