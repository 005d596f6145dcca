"""What a model read on crops in its last pass over them, kept in the project's database, and what was dismissed of it.

``score`` and ``margin`` are those of a crop: the lowest probability of a first candidate among its characters, and the
smallest difference between the first two.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lpstudio.dataset import records
from lpstudio.dataset.database import Database, key_from_db, key_to_db
from lpstudio.dataset.types import Character

_PAGE = 500


class ModelReadings:
    """The readings of one project. Every method may be called from any thread and raises LpStudioError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, read: Iterable[tuple[str, Sequence[Character]]], weights: str) -> None:
        """Keep what was read on some crops, instead of earlier readings of them. ``weights`` names the very file."""
        now = time.time()
        rows = [
            (key_to_db(key), weights, records.characters_to_json(characters), *certainty(characters), now)
            for key, characters in read
        ]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO readings VALUES (?,?,?,?,?,?)", rows)

    def of(self, key: str) -> tuple[Character, ...] | None:
        """What was read on a crop, None when it was not."""
        rows = self._database.rows("SELECT characters FROM readings WHERE key = ?", (key_to_db(key),))
        return records.characters_from_json(rows[0][0]) if rows else None

    def all(self) -> Iterator[tuple[str, tuple[Character, ...]]]:
        """Crops and what was read on them."""
        for key, text in self._pages("readings", "characters"):
            yield key, records.characters_from_json(text)

    def read_with(self, weights: str) -> set[str]:
        """The crops whose reading is of these weights."""
        rows = self._database.rows("SELECT key FROM readings WHERE weights = ?", (weights,))
        return {key_from_db(row[0]) for row in rows}

    def certainties(self) -> Iterator[tuple[str, float | None, float | None]]:
        """Key, score and margin of every crop with a draft or a reading; a draft counts before a reading."""
        drafted: set[str] = set()
        for key, text in self._pages("drafts", "characters"):
            drafted.add(key)
            yield (key, *_certainty_of_json(text))
        for key, score, margin in self._pages("readings", "score, margin"):
            if key not in drafted:
                yield key, score, margin

    def certainty_of(self, key: str) -> tuple[float | None, float | None]:
        """Score and margin of one crop."""
        for query in (
            "SELECT characters, NULL FROM drafts WHERE key = ?",
            "SELECT score, margin FROM readings WHERE key = ?",
        ):
            rows = self._database.rows(query, (key_to_db(key),))
            if rows:
                first, second = rows[0]
                return _certainty_of_json(first) if isinstance(first, str) else (first, second)
        return None, None

    def _pages(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """All rows, a page at a time: half a million of them never stand in memory together."""
        last: str | bytes = ""
        while True:
            rows = self._database.rows(
                f"SELECT key, {columns} FROM {table} WHERE key > ? ORDER BY key LIMIT {_PAGE}", (last,)
            )
            for row in rows:
                yield (key_from_db(row[0]), *row[1:])
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    # --- what a person does not want to see again ----------------------------------------------------------------

    def dismiss(self, key: str, finding: str, dismissed: bool = True) -> None:
        """A person looked at this finding, and the label is right; or takes that back."""
        with self._database.writing() as connection:
            if dismissed:
                connection.execute(
                    "INSERT OR REPLACE INTO dismissed VALUES (?,?,?)", (key_to_db(key), finding, time.time())
                )
            else:
                connection.execute("DELETE FROM dismissed WHERE key = ? AND finding = ?", (key_to_db(key), finding))

    def dismissed(self) -> set[tuple[str, str]]:
        """(key, finding) of all that was dismissed."""
        return {
            (key_from_db(key), finding) for key, finding in self._database.rows("SELECT key, finding FROM dismissed")
        }


def certainty(characters: Sequence[Character]) -> tuple[float | None, float | None]:
    """Score and margin of characters with candidates; None without any."""
    return _least([[c.probability for c in character.candidates] for character in characters])


def _certainty_of_json(text: str) -> tuple[float | None, float | None]:
    try:
        return _least([[pair[1] for pair in entry.get("candidates", ())] for entry in json.loads(text)])
    except (ValueError, TypeError, AttributeError, IndexError):
        return None, None


def _least(probabilities: Sequence[Sequence[float]]) -> tuple[float | None, float | None]:
    told = [sorted(one, reverse=True) for one in probabilities if one]
    if not told:
        return None, None
    return min(one[0] for one in told), min(one[0] - (one[1] if len(one) > 1 else 0.0) for one in told)
