"""What came over, and what could not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lpstudio.dataset.exchange.model import Place

# A hostile file can hold millions of faults: the first ones are kept, all are counted.
MAX_KEPT = 100_000


def shown(value: object, most: int = 80) -> str:
    """Any text from a file as it may stand in a message: printable and short."""
    text = str(value)[: most + 1]
    text = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "�" for c in text)
    return f"{text[:most]}…" if len(text) > most else text


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that could not come over. ``kind`` groups them: a few plain words."""

    kind: str
    reason: str
    file: str
    line: int | None = None

    @property
    def message(self) -> str:
        """The whole in one line: where, and why."""
        where = f"{self.file}:{self.line}" if self.line is not None else self.file
        return f"{where}: {self.reason}" if where else self.reason


@dataclass
class Report:
    """What came over (``counts``: words -> how many), what could not (``losses``; ``lost``: how many), and remarks."""

    counts: Counter[str] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        """Count something that came over."""
        self.counts[what] += number

    def lose(self, kind: str, reason: str, place: Place) -> None:
        """Name something that could not come over."""
        self.lost[kind] += 1
        if len(self.losses) < MAX_KEPT:
            self.losses.append(Loss(kind, shown(reason, 400), shown(place.file, 400), place.line))

    def note(self, text: str) -> None:
        """A remark that is no loss; said once."""
        text = shown(text, 400)
        if text not in self.notes and len(self.notes) < 1000:
            self.notes.append(text)

    @property
    def total_lost(self) -> int:
        """How many things could not come over, those that are not kept one by one included."""
        return self.lost.total()

    def summary(self) -> str:
        """The counts in one line."""
        came = ", ".join(f"{number} {what}" for what, number in self.counts.items() if number) or "nothing"
        lost = ", ".join(f"{number} {kind}" for kind, number in self.lost.items())
        return f"{came}; could not come over: {lost or 'nothing'}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "schema": 1,
            "counts": dict(self.counts),
            "lost": dict(self.lost),
            "losses": [{"kind": x.kind, "file": x.file, "line": x.line, "reason": x.reason} for x in self.losses],
            "notes": list(self.notes),
        }
