"""What a benchmark found, and the table of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. ``aim``: what it should be at most (or, with ``at_least``, at least); None: for information.

    ``others``: what known annotation tools need for the same, on two cores at 1920×1080; empty where none was taken.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    others: str = ""
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "met": self.is_met}


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures: Iterable[Figure]) -> str:
    """The figures under each other, with aim and result."""
    rows = [("", "figure", "aim", "", "others", "")]
    for figure in figures:
        relation = "≥" if figure.at_least else "≤"
        aim = f"{relation} {number(figure.aim)} {figure.unit}" if figure.aim is not None else "–"
        met = {True: "met", False: "MISSED", None: ""}[figure.is_met]
        value = f"{number(figure.value)} {figure.unit}"
        rows.append((figure.name, value, aim, met, figure.others or "–", figure.note))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = []
    for index, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2])]
        cells += [row[3].ljust(widths[3]), row[4].ljust(widths[4]), row[5]]
        lines.append("  ".join(cells).rstrip())
        if index == 0:
            lines.append("  ".join("-" * width for width in widths[:5]))
    return "\n".join(lines)
