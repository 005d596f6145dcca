"""What may stand where the cursor is in the search field, as suggestions. Plain Python, no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lpstudio.studio.annotate.query import FAULT_WORDS, FIELDS, STATE_WORDS

_MEANINGS = {
    "char": "crops with one of these characters",
    "state": "how far a crop is",
    "split": "of one split",
    "text": "the plate's text, AB* for its beginning",
    "name": "a part of the path",
    "disagree": "a text or a model says something else",
    "score": "how sure the least sure character is, <0.6",
    "margin": "the smallest lead over the second candidate",
    "fault": "something is wrong with it",
    "sort": "the order of the list",
}
_VALUES = {
    "disagree": {
        "yes": "of any kind",
        "text": "the known text and the characters",
        "model": "the last model pass and the label",
        "no": "neither",
    },
    "score": {"<0.6": "hesitating", "<0.9": "not quite sure", ">0.9": "sure", "0.4..0.6": "in between"},
    "margin": {"<0.1": "nearly a tie", "<0.3": "close", ">0.9": "clear"},
    "sort": {"margin": "the closest call first", "score": "the least sure first", "name": "A to Z", "state": ""},
}
_PART = re.compile(r'(?P<minus>-?)(?P<head>[^\s"|:]*)$')
_VALUE = re.compile(r'-?(?P<field>[a-zA-Z]+):(?P<before>[^\s"]*\||)(?P<value>[^\s"|]*)$')
_REST = re.compile(r'[^\s"|:]*')


@dataclass(frozen=True, slots=True)
class Hint:
    """One suggestion and what it means."""

    text: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """``hints`` for the part of the text from ``start`` to ``end``."""

    hints: tuple[Hint, ...]
    start: int = 0
    end: int = 0

    def taken(self, text: str, hint: Hint) -> tuple[str, int]:
        """The text with a suggestion taken, and where the cursor stands then."""
        after = text[self.end :]
        if hint.text.endswith(":"):
            return text[: self.start] + hint.text + after.removeprefix(":"), self.start + len(hint.text)
        gap = "" if after.startswith(" ") else " "
        return text[: self.start] + hint.text + gap + after, self.start + len(hint.text) + 1


def suggest(text: str, at: int, splits: Iterable[str], classes: Sequence[str]) -> Suggestions:
    """What may stand at place ``at`` of a query, for a project with these splits and classes."""
    before = text[:at]
    if before.count('"') % 2:
        return Suggestions(())
    rest = _REST.match(text, at)
    end = rest.end() if rest is not None else at
    value = _VALUE.search(before)
    if value is not None:
        known = _values(value["field"].lower(), splits, classes)
        start = at - len(value["value"])
        return Suggestions(_matching(known, value["value"]), start, end)
    part = _PART.search(before)
    if part is None or before.endswith((":", "|")):
        return Suggestions(())
    known = [Hint(f"{field}:", _MEANINGS[field]) for field in FIELDS]
    return Suggestions(_matching(known, part["head"]), at - len(part["head"]), end)


def _values(field: str, splits: Iterable[str], classes: Sequence[str]) -> list[Hint]:
    if field in _VALUES:
        return [Hint(word, meaning) for word, meaning in _VALUES[field].items()]
    words: Iterable[str] = ()
    if field == "state":
        words = STATE_WORDS
    elif field == "split":
        words = splits
    elif field == "char":
        words = classes
    elif field == "fault":
        words = FAULT_WORDS
    return [Hint(word) for word in words]


def _matching(known: Iterable[Hint], typed: str) -> tuple[Hint, ...]:
    """Those that begin with what was typed; none when it is one of them already."""
    found = tuple(hint for hint in known if hint.text.lower().startswith(typed.lower()))
    return () if len(found) == 1 and found[0].text.lower() == typed.lower() else found
