"""What is known of crops beside pictures and label files: ``.lpstudio/studio.db`` and its twin ``crops.jsonl``.

The database is the working copy; ``crops.jsonl`` is readable, made for version control, and brings states, texts,
unreadable characters and origins back when the database is gone or when somebody else's changes were pulled in.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from lpstudio.dataset import records
from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.database import FOLDER, Database, key_from_db, key_to_db
from lpstudio.dataset.records import CropRecord, KeptCharacter
from lpstudio.dataset.types import Character, CropState, Origin
from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

DATABASE = Path(FOLDER) / "studio.db"
TEXT_FILE = "crops.jsonl"
UNREAD_FILE = Path(FOLDER) / "crops-unread.jsonl"
_COLUMNS = "key, state, text, kept, origin, changed"
_PUT = f"INSERT OR REPLACE INTO crops ({_COLUMNS}) VALUES (?,?,?,?,?,?)"


class Store:
    """The store of one project. Every method may be called from any thread.

    The database file is made with the first thing that is written: looking at a dataset leaves nothing behind.
    ``warnings`` says what was damaged or not understood.
    """

    def __init__(self, root: Path, *, create: bool = True, read_only: bool = False) -> None:
        """Open the store of the project folder ``root``. Raises LpStudioError when the database cannot be opened.

        ``create=False`` never makes a database file: what is written then lasts until the store is closed.
        """
        self.root = root
        self.path = root / DATABASE
        self.text_path = root / TEXT_FILE
        self.read_only = read_only
        self._create = create and not read_only
        self.database = self._database = Database(self.path, create=create, read_only=read_only)
        self.warnings = list(self._database.warnings)
        self._text_lock = threading.RLock()
        self._changes = 0
        self._changes_in_text = 0
        self._closed = False
        try:
            self.merge_text_file()
        except LpStudioError as error:
            self.warnings.append(error.message)

    def note_change(self) -> None:
        """Something that another session changed may not stand in ``crops.jsonl`` yet."""
        self._changes += 1

    def close(self, *, flush: bool = True) -> None:
        """Write ``crops.jsonl`` where something changed, and close the database. Raises LpStudioError."""
        if self._closed:
            return
        self._closed = True
        try:
            if flush:
                self.flush()
        finally:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.read_only:
            raise LpStudioError(
                "not saved: this folder cannot be written", path=self.root, remedy="Give yourself write permission"
            )
        with self._database.writing() as connection:
            yield connection
            self._changes += 1

    # --- crops -------------------------------------------------------------------------------------------------------

    def record(self, key: str) -> CropRecord | None:
        """What is known of a crop, or None."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM crops WHERE key = ?", (key_to_db(key),))
        return _record(rows[0]) if rows else None

    def all_records(self) -> list[CropRecord]:
        """Everything, sorted by key."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM crops")
        return sorted((_record(row) for row in rows), key=lambda record: record.key)

    def states(self) -> list[tuple[str, CropState | None, bool]]:
        """(key, stored state, whether there is a draft) of every crop that has one of them."""
        rows = self._database.rows(
            "SELECT crops.key, state, drafts.key IS NOT NULL FROM crops LEFT JOIN drafts ON drafts.key = crops.key"
            " WHERE state IS NOT NULL OR drafts.key IS NOT NULL"
        )
        return [(key_from_db(key), _STATES.get(state), bool(draft)) for key, state, draft in rows]

    def state(self, key: str) -> tuple[CropState | None, bool]:
        """(stored state, whether there is a draft) of one crop."""
        rows = self._database.rows(
            "SELECT (SELECT state FROM crops WHERE key = ?1), EXISTS (SELECT 1 FROM drafts WHERE key = ?1)",
            (key_to_db(key),),
        )
        return _STATES.get(rows[0][0]), bool(rows[0][1])

    def change(self, key: str, edit: Callable[[CropRecord], CropRecord]) -> CropRecord:
        """Replace the record of a crop by what ``edit`` makes of it; it lasts when this returns."""
        with self._writing() as connection:
            return _change(connection, key, edit)

    def set_state(self, key: str, state: CropState | None) -> None:
        self.change(key, lambda record: replace(record, state=state))

    def set_saved(self, key: str, state: CropState | None, kept: tuple[KeptCharacter, ...]) -> None:
        """A person's save of a crop: its state, the characters outside the label file; a draft is used up by it."""
        with self._writing() as connection:
            _change(connection, key, lambda record: replace(record, state=state, kept=kept))
            connection.execute("DELETE FROM drafts WHERE key = ?", (key_to_db(key),))

    def set_text(self, key: str, text: str | None) -> None:
        self.change(key, lambda record: replace(record, text=text))

    def set_origin(self, key: str, origin: Origin | None) -> None:
        self.change(key, lambda record: replace(record, origin=origin))

    def texts(self) -> dict[str, str]:
        """The plate's text of every crop that was given one, an empty one too."""
        rows = self._database.rows("SELECT key, text FROM crops WHERE text IS NOT NULL")
        return {key_from_db(key): text for key, text in rows}

    # --- drafts ------------------------------------------------------------------------------------------------------

    def draft(self, key: str) -> tuple[Character, ...] | None:
        """The characters that a machine proposed, or None."""
        rows = self._database.rows("SELECT characters FROM drafts WHERE key = ?", (key_to_db(key),))
        return records.characters_from_json(rows[0][0]) if rows else None

    def set_draft(self, key: str, characters: tuple[Character, ...]) -> None:
        """Keep a draft and set the state to draft; characters kept from a person's work are given up."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO drafts (key, characters, changed) VALUES (?,?,?)",
                (key_to_db(key), records.characters_to_json(characters), time.time()),
            )
            _change(connection, key, lambda record: replace(record, state=CropState.DRAFT, kept=()))

    # --- review decisions --------------------------------------------------------------------------------------------

    def decide(self, key: str, character: str, decision: str | None) -> None:
        """Note what a person decided of one reviewed character; None forgets it.

        ``character`` names it: :func:`lpstudio.dataset.records.character_id`. ``decision``: a word of the caller's.
        """
        with self._writing() as connection:
            connection.execute("DELETE FROM decisions WHERE key = ? AND character = ?", (key_to_db(key), character))
            if decision is not None:
                connection.execute(
                    "INSERT INTO decisions (key, character, decision, decided) VALUES (?,?,?,?)",
                    (key_to_db(key), character, decision, time.time()),
                )

    def decisions(self, key: str) -> dict[str, str]:
        """character -> decision of one crop."""
        return dict(self._database.rows("SELECT character, decision FROM decisions WHERE key = ?", (key_to_db(key),)))

    def take_tables(self, other: sqlite3.Connection, tables: tuple[str, ...]) -> None:
        """Replace whole tables by those of another database; all of them or none. Raises LpStudioError.

        What comes counts as changed now, so that ``crops.jsonl`` follows.
        """
        with self._writing() as connection:
            for table in tables:
                connection.execute(f"DELETE FROM {table}")
                rows = other.execute(f"SELECT * FROM {table}").fetchall()
                if rows:
                    marks = ",".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.execute("UPDATE crops SET changed = max(changed, ?)", (round(time.time(), 3),))

    # --- the text file -----------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write ``crops.jsonl`` when anything changed since. Raises LpStudioError."""
        with self._text_lock:
            changes = self._changes
            if changes == self._changes_in_text or not self._database.in_file:
                return
            self.merge_text_file()  # what somebody pulled in since must not be overwritten
            lines = [records.record_to_line(r) for r in self.all_records() if not r.is_draft_only]
            write_bytes_atomic(self.text_path, "".join(f"{line}\n" for line in lines).encode("utf-8"))
            with self._database.writing() as connection:
                _set_stamp(connection, self._text_stamp())
            self._changes_in_text = changes

    def merge_text_file(self) -> bool:
        """Take over what ``crops.jsonl`` says that is newer than what is known; True when it had changed at all.

        Per crop the later change counts. Lines that are not understood are kept in a copy and named in ``warnings``.
        Raises LpStudioError when the file cannot be read.
        """
        with self._text_lock:
            stamp = self._text_stamp()
            rows = self._database.rows("SELECT value FROM meta WHERE name = 'text_file'")
            if stamp is None or (rows and rows[0][0] == stamp):
                return False
            try:
                text = self.text_path.read_bytes().decode("utf-8", "replace")
            except OSError as error:
                raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=self.text_path) from error
            found, unread = records.parse_records(text)
            if unread:
                self._keep_unread(text, unread)
            known = dict(self._database.rows("SELECT key, changed FROM crops"))
            newer = [
                _row(record) for record in found.values() if record.changed > known.get(key_to_db(record.key), -1.0)
            ]
            with self._database.writing(make_file=False) as connection:
                connection.executemany(_PUT, newer)
                _set_stamp(connection, stamp)
            return True

    def _keep_unread(self, text: str, unread: list[int]) -> None:
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        self.warnings.append(f"{self.text_path}:{unread[0]}: this line{more} is not understood and passed over")
        if not self._create:
            return
        lines = text.split("\n")
        fresh = "".join(f"{lines[number - 1]}\n" for number in unread).encode("utf-8")
        copy = self.root / UNREAD_FILE
        try:
            old = copy.read_bytes() if copy.exists() else b""
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


_STATES: dict[str | None, CropState] = {state.value: state for state in CropState}


def _change(connection: sqlite3.Connection, key: str, edit: Callable[[CropRecord], CropRecord]) -> CropRecord:
    row = connection.execute(f"SELECT {_COLUMNS} FROM crops WHERE key = ?", (key_to_db(key),)).fetchone()
    old = _record(row) if row else CropRecord(key)
    # Milliseconds, as in the text file; never earlier than before, even when the clock was put back.
    new = replace(edit(old), key=key, changed=max(round(time.time(), 3), old.changed))
    connection.execute(_PUT, _row(new))
    return new


def _set_stamp(connection: sqlite3.Connection, stamp: str | None) -> None:
    if stamp is not None:
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('text_file', ?)", (stamp,))


def _row(record: CropRecord) -> tuple[Any, ...]:
    return (
        key_to_db(record.key),
        record.state.value if record.state is not None else None,
        record.text,
        json.dumps(records.kept_to_list(record.kept)) if record.kept else None,
        json.dumps(records.origin_to_dict(record.origin)) if record.origin is not None else None,
        record.changed,
    )


def _record(row: tuple[Any, ...]) -> CropRecord:
    key, state, text, kept, origin, changed = row
    return CropRecord(
        key_from_db(key),
        _STATES.get(state),
        text,
        records.kept_from_list(json.loads(kept)) if kept else (),
        records.origin_from_dict(json.loads(origin)) if origin else None,
        changed,
    )
