"""What a benchmark found, and the table of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. ``aim``: what it should be at most (or, with ``at_least``, at least); None: for information.

    ``others``: what known annotation tools need for the same, on two cores at 1920×1080, empty where none was taken;
    ``best_other``: the least of these figures, in the same unit.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    others: str = ""
    best_other: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    @property
    def ratio(self) -> float | None:
        """How many times as much the best of the others needs."""
        return self.best_other / self.value if self.best_other is not None and self.value else None

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "met": self.is_met, "ratio": self.ratio}


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures: Iterable[Figure]) -> str:
    """The figures under each other, with aim and result."""
    rows = [("", "figure", "aim", "", "others", "best of them", "")]
    for figure in figures:
        relation = "≥" if figure.at_least else "≤"
        aim = f"{relation} {number(figure.aim)} {figure.unit}" if figure.aim is not None else "–"
        met = {True: "met", False: "MISSED", None: ""}[figure.is_met]
        value = f"{number(figure.value)} {figure.unit}"
        ratio = f"{figure.ratio:.1f} × ours" if figure.ratio is not None else ""
        rows.append((figure.name, value, aim, met, figure.others or "–", ratio, figure.note))
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    lines = []
    for index, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2])]
        cells += [row[3].ljust(widths[3]), row[4].ljust(widths[4]), row[5].rjust(widths[5]), row[6]]
        lines.append("  ".join(cells).rstrip())
        if index == 0:
            lines.append("  ".join("-" * width for width in widths[:6]))
    return "\n".join(lines)
