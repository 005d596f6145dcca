"""What a person types to find crops: ``char:O|0 state:draft split:val text:AB* score:<0.6``. Plain Python, no Qt.

All conditions must hold. Alternatives of one condition are parted by ``|``, ``*`` and ``?`` stand for any letters and
any one letter, a value with spaces or one of these signs stands in double quotes, and a ``-`` before a condition turns
it round. A word alone is a part of the crop's path, or of the plate's text. ``sort:`` chooses no crops but their order.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lpstudio.dataset.faults import FaultKind
from lpstudio.dataset.types import CropState

FIELDS = ("char", "state", "split", "text", "name", "disagree", "score", "margin", "fault", "sort")
NUMBERS = frozenset({"score", "margin"})
EXAMPLE = "char:O|0 state:draft split:val disagree:yes score:<0.6 text:AB*"
HELP = (
    "Words are looked for in names and plate texts. More exactly:\n"
    "char:O|0  shows an O or a 0\n"
    "state:draft  unlabelled, progress, labelled, draft, verified, ignored, todo\n"
    "split:val  of one split\n"
    "text:AB*  the plate's text; * any letters, ? one\n"
    "name:foo  a part of the path\n"
    "disagree:yes  a text or a model says something else than the characters; text, model, no\n"
    "score:<0.6  the least sure first candidate; also 0.2..0.6 and >0.9\n"
    "margin:<0.1  the smallest lead of the first candidate over the second\n"
    "fault:yes  something is wrong with it; also one kind, as in fault:overlap\n"
    "sort:margin  name, state, score or margin; sort:-score turns it round\n"
    "-state:draft  all but drafts"
)
DISAGREE_WORDS = ("yes", "no", "text", "model")
SORTS = ("name", "state", "score", "margin")
FAULT_WORDS = ("yes", "no", "label-file", *(kind.value for kind in FaultKind))
TODO = "todo"  # every state that awaits verification
STATE_WORDS: dict[str, frozenset[CropState]] = {
    **{state.value.replace("in ", ""): frozenset([state]) for state in CropState},
    TODO: frozenset(CropState) - {CropState.VERIFIED, CropState.IGNORED},
}
_PLAIN = re.compile(r'[^\s"|:\\]+')
_NEEDS_VALUE = "after {field}: stands what to look for, as in {field}:{example}"
_EXAMPLES = {
    "char": "O",
    "state": "draft",
    "split": "val",
    "text": "AB*",
    "name": "foo",
    "disagree": "yes",
    "score": "<0.6",
    "margin": "<0.1",
    "fault": "yes",
    "sort": "margin",
}
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(\d+(?:\.\d*)?|\.\d+)(%?)")
_RANGE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\.\.(\d+(?:\.\d*)?|\.\d+)")


class QueryError(ValueError):
    """A query that cannot be understood. ``start`` and ``end``: which part of the text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. ``field``: of :data:`FIELDS`, empty for a free word; any of the ``values`` will do."""

    field: str
    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = "|".join(_quoted(value, bare=not self.field) for value in self.values)
        return f"{'-' if self.negated else ''}{self.field}{':' if self.field else ''}{values}"


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that must all hold; none: every crop. ``str`` gives a text that parses to the same query."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)

    def uses(self, *fields: str) -> bool:
        """Whether one of these fields is asked for (an empty one: a free word)."""
        return any(term.field in fields for term in self.terms)

    @property
    def sort(self) -> str:
        """What the crops are to be sorted by, with a leading ``-`` to turn it round; empty for nothing said."""
        term = next((term for term in reversed(self.terms) if term.field == "sort"), None)
        if term is None:
            return ""
        word, turned = term.values[0].removeprefix("-"), term.values[0].startswith("-")
        return f"-{word}" if turned is not term.negated else word


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``, the ends included or not."""

    low: float = -math.inf
    high: float = math.inf
    with_low: bool = True
    with_high: bool = True


def interval(value: str) -> Interval | None:
    """The numbers that ``<0.6``, ``>=90%``, ``0.2..0.6`` or ``0.5`` mean; None for anything else."""
    between = _RANGE.fullmatch(value)
    if between is not None:
        return Interval(float(between.group(1)), float(between.group(2)))
    found = _COMPARISON.fullmatch(value)
    if found is None:
        return None
    sign, number = found.group(1) or "=", float(found.group(2)) / (100 if found.group(3) else 1)
    if sign == "=":
        half = 0.5 * 10.0 ** -len(found.group(2).partition(".")[2]) / (100 if found.group(3) else 1)
        return Interval(number - half, number + half, True, False)  # as it is shown, rounded
    if sign.startswith("<"):
        return Interval(high=number, with_high=sign == "<=")
    return Interval(low=number, with_low=sign == ">=")


def _quoted(value: str, *, bare: bool) -> str:
    if _PLAIN.fullmatch(value) and not (bare and value.startswith("-")):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(text: str) -> Query:
    """The query of a text. Raises QueryError, and nothing else, for what cannot be understood."""
    return Query(tuple(_Parser(text).terms()))


_WORDS: dict[str, Sequence[str]] = {"disagree": DISAGREE_WORDS, "fault": FAULT_WORDS, "sort": SORTS}


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def terms(self) -> Iterable[Term]:
        while True:
            while self._peek().isspace():
                self._at += 1
            if not self._peek():
                return
            yield self._term()

    def _term(self) -> Term:
        start = self._at
        negated = self._peek() == "-"
        self._at += negated
        if self._peek() != '"':
            head = _PLAIN.match(self._text, self._at)
            if head is not None and self._text[head.end() : head.end() + 1] == ":":
                return self._field_term(head.group(), start, head.end() + 1, negated)
        return Term("", self._values("", start), negated)

    def _field_term(self, word: str, start: int, value_at: int, negated: bool) -> Term:
        field = word.lower()
        if field not in FIELDS:
            known = ", ".join(FIELDS)
            raise QueryError(f"{word}: is not known, only {known}", start, value_at)
        self._at = value_at
        values = self._values(field, start)
        if field == "state":
            values = tuple(self._state(value, start) for value in values)
        elif field == "char":
            values = tuple(value.upper() for value in values)
        elif field in NUMBERS:
            for value in values:
                if interval(value) is None:
                    message = f"{field}:{value} is no comparison, as in {field}:<0.6 or {field}:0.2..0.6"
                    raise QueryError(message, start, self._at)
        elif field in _WORDS:
            values = tuple(self._word(field, value, start) for value in values)
        return Term(field, values, negated)

    def _word(self, field: str, value: str, start: int) -> str:
        word, known = value.lower(), _WORDS[field]
        if (word.removeprefix("-") if field == "sort" else word) not in known:
            raise QueryError(f"{field}:{value} is not known, only {', '.join(known)}", start, self._at)
        return word

    def _state(self, value: str, start: int) -> str:
        word = value.lower().removeprefix("in ").removeprefix("in-")
        if word not in STATE_WORDS:
            raise QueryError(f"there is no state {value}, only {', '.join(STATE_WORDS)}", start, self._at)
        return word

    def _values(self, field: str, start: int) -> tuple[str, ...]:
        values = [self._value(field, start)]
        while self._peek() == "|":
            self._at += 1
            values.append(self._value(field, start))
        following = self._peek()
        if following and not following.isspace():
            raise QueryError(f"{following} does not belong here; put it in double quotes", start, self._at + 1)
        return tuple(values)

    def _value(self, field: str, start: int) -> str:
        if self._peek() == '"':
            value = self._quoted_value()
        else:
            found = _PLAIN.match(self._text, self._at)
            value = found.group() if found is not None else ""
            self._at += len(value)
        if not value:
            if field:
                message = _NEEDS_VALUE.format(field=field, example=_EXAMPLES[field])
            else:
                message = "here is a word missing"
            raise QueryError(message, start, min(self._at + 1, len(self._text)))
        return value

    def _quoted_value(self) -> str:
        opened = self._at
        self._at += 1
        value = ""
        while (char := self._peek()) != '"':
            if char == "\\":
                self._at += 1
                char = self._peek()
            if not char:
                raise QueryError("the double quote is not closed", opened, len(self._text))
            value += char
            self._at += 1
        self._at += 1
        return value


def matcher(patterns: Sequence[str], *, whole: bool) -> Callable[[str], bool]:
    """Whether a text matches one of the patterns, whatever their case. ``whole``: not only a part of the text.

    A pattern without ``*`` and ``?`` that need not match the whole is a part of the text.
    """
    parts = [pattern.lower() for pattern in patterns]
    if not whole and not any("*" in part or "?" in part for part in parts):
        if len(parts) == 1:  # what is typed most, asked of every crop
            only = parts[0]
            return lambda text: only in text.lower()
        return lambda text: any(part in text.lower() for part in parts)
    wild = [part if whole else f"*{part}*" for part in parts]
    expression = re.compile("|".join(fnmatch.translate(part.replace("[", "[[]")) for part in wild), re.DOTALL)
    return lambda text: expression.match(text.lower()) is not None
