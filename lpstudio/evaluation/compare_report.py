"""The table of a comparison for people: plain text, CSV, and one HTML file that needs no other."""

from __future__ import annotations

import csv
import html
import io
import math
from collections.abc import Callable

from lpstudio.evaluation.compare import BASELINE, ComparisonTable, Row
from lpstudio.evaluation.decisions import PROBABLE
from lpstudio.evaluation.statistics import Estimate
from lpstudio.evaluation.text_table import in_columns

# name of a figure, its title, whether it is a share, whether more of it is better (None: neither)
COLUMNS: tuple[tuple[str, str, bool, bool | None], ...] = (
    ("character_top1", "characters right", True, True),
    ("character_top2", "among the two best", True, True),
    ("plate_first", "plates right", True, True),
    ("errors_within", "errors between look-alikes", True, None),
    ("severity", "severity of an error", False, False),
    ("nll", "negative log-likelihood", False, False),
    ("ece", "calibration error", True, False),
)
_DRAWN = ("character_top1", "plate_first")
_GAP = 8  # between the losses of a drawing, px
_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1f24; --dim: #626a75; --line: #d9dde3; --tile: #f3f5f8;
  --bad: #b3261e; --good: #1c7a3c; --accent: #2f6fb5; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8eaed; --dim: #9aa3ae; --line: #343a43;
  --tile: #20242a; --bad: #ff8a80; --good: #81c995; --accent: #6aa5e8; } }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1400px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 12px; } p { color: var(--dim); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: right; } th { background: var(--tile); }
td small { display: block; color: var(--dim); white-space: nowrap; } tr.first td { border-top: 2px solid var(--dim); }
.left { text-align: left; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .dim { fill: var(--dim); }
svg .grid { stroke: var(--line); } svg .reach { stroke: var(--accent); stroke-width: 2; }
svg circle { fill: var(--accent); } svg .seed { fill: none; stroke: var(--accent); }
"""


def as_text(table: ComparisonTable) -> str:
    """The table in columns as wide as what stands in them, each figure with its interval."""
    shown = [column for column in COLUMNS if column[0] != "errors_within"]
    head = ["loss", "decision", "formats", *(title for _, title, *_ in shown)]
    figures = [[*head, "mask mAP"]]
    differences = [head]
    for row in table.rows:
        of_row = [row.loss, row.decision, "on" if row.formats else "off"]
        cells = [_with_interval(_of(row, name), share) for name, _, share, _ in shown]
        figures.append([*of_row, *cells, _shown(row.mask_map, False)])
        if row.over_baseline is not None:
            over = row.over_baseline
            differences.append([*of_row, *(_difference(over.get(name), share) for name, _, share, _ in shown)])
    lines = [
        f"{table.name}: {table.budget}",
        f"formats: {table.formats}; intervals: 95 %, by plate, over all seeds",
        "",
        *in_columns(figures, words=3),
    ]
    if len(differences) > 1:
        lines += [
            "",
            f"more or less than {BASELINE}, {PROBABLE}, under the same formats; shares in percentage points "
            "(* : the interval leaves 0 out)",
            "",
            *in_columns(differences, words=3),
        ]
    return "\n".join(lines) + "\n"


def as_csv(table: ComparisonTable) -> str:
    """One line a row: value, low and high of each figure, and of its difference to the baseline."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    ends = ("", "_low", "_high")
    names = [name for name, *_ in COLUMNS]
    head = ["loss", "decision", "formats", "seeds", "mask_map"]
    head += [f"{name}{end}" for name in names for end in ends]
    head += [f"{name}_over_baseline{end}" for name in names for end in ends]
    writer.writerow(head)
    for row in table.rows:
        line: list[object] = [row.loss, row.decision, "on" if row.formats else "off", len(row.by_seed)]
        line.append("" if row.mask_map is None else round(row.mask_map, 6))
        over = row.over_baseline or {}
        for source in (lambda name, row=row: _of(row, name), over.get):
            for name in names:
                line += _ends(source(name))
        writer.writerow(line)
    return out.getvalue()


def as_html(table: ComparisonTable) -> str:
    """The same as a page of its own, with a drawing of characters and plates read right."""
    text = html.escape
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{text(table.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{text(table.name)}</h1><p>{text(table.budget)}. Formats where they are on: {text(table.formats)}.</p>",
        "<p>Val only scores: early stopping, best weights and the temperature were chosen on a part of train. "
        "Intervals are 95 %, drawn by whole plates over all seeds together; the rings are the seeds.</p>",
        *(_chart(table, name, title) for name, title, *_ in COLUMNS if name in _DRAWN),
        "<h2>Figures</h2>",
        _html_table(table, _cell),
        f"<h2>More or less than {BASELINE}, {PROBABLE}, under the same formats</h2>"
        "<p>Green and red, with a star, where the interval leaves 0 out: better or worse beyond chance of the plates. "
        "Shares in percentage points.</p>",
        _html_table(table, _difference_cell),
        "<h2>Seeds</h2>",
        _seeds(table),
        "</body></html>",
    ]
    return "\n".join(parts)


def _html_table(table: ComparisonTable, cell: Callable[[Row, str, bool, bool | None], str]) -> str:
    heads = "".join(f"<th>{title}</th>" for _, title, *_ in COLUMNS)
    rows = [
        f"<tr><th class='left'>loss</th><th class='left'>decision</th><th>formats</th>{heads}<th>mask mAP</th></tr>"
    ]
    loss = ""
    for row in table.rows:
        cells = "".join(cell(row, name, share, better) for name, _, share, better in COLUMNS)
        first, loss = " class='first'" if row.loss != loss else "", row.loss
        rows.append(
            f"<tr{first}><td class='left'>{row.loss}</td><td class='left'>{row.decision}</td>"
            f"<td>{'on' if row.formats else 'off'}</td>{cells}<td>{_shown(row.mask_map, False)}</td></tr>"
        )
    return f"<div class='scroll'><table>{''.join(rows)}</table></div>"


def _cell(row: Row, name: str, share: bool, better: bool | None) -> str:
    one = _of(row, name)
    if one is None:
        return "<td>–</td>"
    return f"<td>{_shown(one.value, share)}<small>{_shown(one.low, share)} to {_shown(one.high, share)}</small></td>"


def _difference_cell(row: Row, name: str, share: bool, better: bool | None) -> str:
    one = (row.over_baseline or {}).get(name)
    if one is None:
        return "<td>–</td>"
    kind = ""
    if better is not None and _is_clear(one):
        kind = " class='good'" if (one.value > 0) == better else " class='bad'"
    ends = f"<small>{_signed(one.low, share)} to {_signed(one.high, share)}</small>"
    star = " *" if _is_clear(one) else ""
    return f"<td{kind}>{_signed(one.value, share)}{star}{ends}</td>"


def _seeds(table: ComparisonTable) -> str:
    rows = ["<tr><th class='left'>loss</th><th>seed</th><th>τ</th><th>calibrated</th><th>mask mAP</th></tr>"]
    for one in table.measured:
        rows.append(
            f"<tr><td class='left'>{one.loss}</td><td>{one.seed}</td><td>{one.temperature:.3f} {one.method}</td>"
            f"<td>{'yes' if one.calibrated else 'no'}</td><td>{_shown(one.mask_map, False)}</td></tr>"
        )
    return f"<div class='scroll'><table>{''.join(rows)}</table></div>"


def _chart(table: ComparisonTable, name: str, title: str) -> str:
    """Each row as a dot with its interval, its seeds as small rings."""
    rows = [(row, one) for row in table.rows if (one := _of(row, name)) is not None]
    if not rows:
        return ""
    left, width, line, top = 270, 560, 22, 34
    seeds = [value for row, _ in rows for one in row.by_seed.values() if (value := one.get(name)) is not None]
    values = [end for _, one in rows for end in (one.value, one.low, one.high) if end is not None] + seeds
    ticks = _ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]

    def x(value: float) -> float:
        return left + width * (value - low) / (high - low)

    losses = list(dict.fromkeys(row.loss for row, _ in rows))
    height = top + line * len(rows) + _GAP * (len(losses) - 1)
    parts = [f"<h2>{html.escape(title.capitalize())}</h2><svg viewBox='0 0 {left + width + 30} {height}' role='img'>"]
    decimals = 0 if all(abs(100 * tick - round(100 * tick)) < 1e-6 for tick in ticks) else 1
    for tick in ticks:
        parts.append(f"<line class='grid' x1='{x(tick):.1f}' x2='{x(tick):.1f}' y1='24' y2='{height}'/>")
        parts.append(f"<text class='dim' x='{x(tick):.1f}' y='16' text-anchor='middle'>{tick:.{decimals}%}</text>")
    for number, (row, one) in enumerate(rows):
        y = top + line * number + _GAP * losses.index(row.loss) + 8
        label = f"{row.loss}, {row.decision}, formats {'on' if row.formats else 'off'}"
        parts.append(f"<text x='{left - 12}' y='{y + 4}' text-anchor='end'>{html.escape(label)}</text>")
        if one.low is not None and one.high is not None:
            parts.append(f"<line class='reach' x1='{x(one.low):.1f}' x2='{x(one.high):.1f}' y1='{y}' y2='{y}'/>")
        for seed in row.by_seed.values():
            value = seed.get(name)
            if value is not None:
                parts.append(f"<circle class='seed' cx='{x(value):.1f}' cy='{y}' r='3'/>")
        parts.append(f"<circle cx='{x(one.value):.1f}' cy='{y}' r='4.5'><title>{one.value:.2%}</title></circle>")
    return "".join([*parts, "</svg>"])


def _ticks(low: float, high: float) -> list[float]:
    """Round shares, four to seven of them, between which all from ``low`` to ``high`` lie; within 0 to 1."""
    least = max(high - low, 0.01)
    step = next(step for step in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if least / step <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    while last - first < 3:  # nothing to tell apart, or all close to one line
        first, last = max(first - 1, 0), min(last + 1, round(1 / step))
    return [number * step for number in range(first, last + 1)]


def _of(row: Row, name: str) -> Estimate | None:
    return row.figures.estimates[name]


def _ends(one: Estimate | None) -> list[object]:
    if one is None:
        return ["", "", ""]
    return ["" if value is None else round(value, 6) for value in (one.value, one.low, one.high)]


def _is_clear(one: Estimate) -> bool:
    """Whether the interval leaves 0 out."""
    return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


def _shown(value: float | None, share: bool) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if share else f"{value:.3f}"


def _signed(value: float | None, share: bool) -> str:
    """A difference; of shares in percentage points."""
    if value is None:
        return "–"
    text = f"{100 * value:+.1f}" if share else f"{value:+.3f}"
    return text if text.strip("+-0.") else text[1:]  # neither more nor less has no sign


def _with_interval(one: Estimate | None, share: bool) -> str:
    return "–" if one is None else f"{_shown(one.value, share)} ({_shown(one.low, share)}–{_shown(one.high, share)})"


def _difference(one: Estimate | None, share: bool) -> str:
    if one is None:
        return "–"
    ends = f"({_signed(one.low, share)} to {_signed(one.high, share)})"
    return f"{_signed(one.value, share)} {ends}{'*' if _is_clear(one) else ' '}"
