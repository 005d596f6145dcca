"""What a benchmark found, and the table of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Spread:
    """Repeated measures of one thing: their median, the range that the middle half of them fills, how many."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float], factor: float = 1.0) -> Spread:
        """Of at least one value; ``factor`` changes the unit."""
        found = sorted(factor * value for value in values)
        if len(found) == 1:
            return cls(found[0], found[0], found[0], 1)
        low, median, high = statistics.quantiles(found, n=4, method="inclusive")
        return cls(median, low, high, len(found))


@dataclass(frozen=True)
class Figure:
    """One measured value. ``aim``: what it should be at most (or, with ``at_least``, at least); None: for information.

    ``spread``: the repetitions that ``value`` is the median of; None for what was measured once, or counted.
    ``rivals``: what other tools needed for the same in the same run, by their names, in the same unit.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    note: str = ""
    spread: Spread | None = None
    rivals: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def ratio(self, rival: str) -> float | None:
        """How many times as much that tool needs; None where that says nothing."""
        other = self.rivals.get(rival)
        return other / self.value if other is not None and self.value else None

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "met": self.is_met, "ratios": {name: self.ratio(name) for name in self.rivals}}


def measured(
    name: str,
    values: Sequence[float],
    unit: str,
    aim: float | None = None,
    *,
    factor: float = 1.0,
    note: str = "",
    rivals: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """The median of repeated measures, with their spread; ``factor`` changes the unit of these and the rivals'."""
    spread = Spread.of(values, factor)
    others = {rival: Spread.of(found, factor).median for rival, found in (rivals or {}).items() if found}
    return Figure(name, spread.median, unit, aim, note=note, spread=spread, rivals=others)


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def rows(figures: Sequence[Figure]) -> list[list[str]]:
    """The table's cells, the first row its heading."""
    rivals = list(dict.fromkeys(name for figure in figures for name in figure.rivals))
    head = ["", "LP Studio", "middle half", "limit", ""]
    for rival in rivals:
        head += [rival, "ratio"]
    found = [[*head, "remark"]]
    for figure in figures:
        relation = "≥" if figure.at_least else "≤"
        aim = f"{relation} {number(figure.aim)} {figure.unit}" if figure.aim is not None else "–"
        met = {True: "met", False: "MISSED", None: ""}[figure.is_met]
        spread = figure.spread
        middle = f"{number(spread.low)} to {number(spread.high)}" if spread is not None and spread.count > 1 else "–"
        if spread is not None:
            middle += f" (n {spread.count})"
        row = [figure.name, f"{number(figure.value)} {figure.unit}".strip(), middle, aim, met]
        for rival in rivals:
            other, ratio = figure.rivals.get(rival), figure.ratio(rival)
            row.append(f"{number(other)} {figure.unit}".strip() if other is not None else "–")
            row.append(f"{number(ratio)} ×" if ratio is not None else "")
        found.append([*row, figure.note])
    return found


def table(figures: Sequence[Figure]) -> str:
    """The figures under each other, for a terminal."""
    cells = rows(figures)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = []
    for index, row in enumerate(cells):
        padded = [row[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([*padded, row[-1]]).rstrip())
        if index == 0:
            lines.append("  ".join("-" * width for width in widths[:-1]))
    return "\n".join(lines)


def markdown(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows(figures)]
    if not any(row[-1] for row in cells[1:]):
        cells = [row[:-1] for row in cells]
    rule = ["---", *("---:" for _ in cells[0][1:])]
    if len(cells[0]) == len(rows(figures)[0]):
        rule[-1] = "---"
    return "\n".join("| " + " | ".join(row) + " |" for row in (cells[0], rule, *cells[1:]))
