"""Fuzzy search for the command palette: the letters of the query in order, the better the closer together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")


def score(query: str, text: str) -> float | None:
    """How well a text fits the query, higher is better; None when a letter is missing. Blanks of the query count not.

    Letters at the beginning of words and runs of letters weigh most, so "ve" finds "Verify" before "Save".
    """
    wanted = [letter for letter in query.casefold() if not letter.isspace()]
    if not wanted:
        return 0.0
    whole = text.casefold()
    best: float | None = None
    for start in [at for at, letter in enumerate(whole) if letter == wanted[0]]:
        found = _score_from(wanted, whole, start)
        if found is not None and (best is None or found > best):
            best = found
    return best


def _score_from(wanted: list[str], whole: str, start: int) -> float | None:
    points, at, before = 0.0, start, start - 2
    for letter in wanted:
        place = whole.find(letter, at)
        word_start = _next_word_start(whole, letter, at)
        if word_start is not None and place != before + 1:
            place = word_start
        if place < 0:
            return None
        if place == before + 1:
            points += 3.0
        elif place == 0 or not whole[place - 1].isalnum():
            points += 2.5
        else:
            points -= 0.1 * min(place - before, 10)
        before, at = place, place + 1
    return points + (1.0 if start == 0 else 0.0) - 0.01 * len(whole)


def _next_word_start(whole: str, letter: str, at: int) -> int | None:
    for place in range(at, len(whole)):
        if whole[place] == letter and (place == 0 or not whole[place - 1].isalnum()):
            return place
    return None


def best_matches(query: str, entries: Iterable[tuple[str, _T]]) -> list[_T]:
    """The entries (text, thing) that fit, best first; all of them in their order for an empty query."""
    scored = [(score(query, text), position, thing) for position, (text, thing) in enumerate(entries)]
    fitting = [(-points, position, thing) for points, position, thing in scored if points is not None]
    fitting.sort(key=lambda entry: entry[:2])
    return [thing for _, _, thing in fitting]
