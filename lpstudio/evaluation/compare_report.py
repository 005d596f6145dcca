"""The table of a comparison for people: plain text, CSV, and one HTML file that needs no other."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable

from lpstudio.evaluation.compare import BASELINE, ComparisonTable, Row
from lpstudio.evaluation.decisions import PROBABLE
from lpstudio.evaluation.statistics import Estimate

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
td small { display: block; color: var(--dim); } .left { text-align: left; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .dim { fill: var(--dim); }
svg .grid { stroke: var(--line); } svg .reach { stroke: var(--accent); stroke-width: 2; }
svg circle { fill: var(--accent); } svg .seed { fill: none; stroke: var(--accent); }
"""


def as_text(table: ComparisonTable) -> str:
    """The table in fixed columns, each figure with its interval."""
    lines = [
        f"{table.name}: {table.budget}",
        f"formats: {table.formats}; intervals: 95 %, by plate, over all seeds",
        "",
    ]
    shown = [column for column in COLUMNS if column[0] != "errors_within"]
    lines.append(
        f"{'loss':14}{'decision':15}{'formats':8}"
        + "".join(f"{title:>24}" for _, title, *_ in shown)
        + f"{'mask mAP':>10}"
    )
    for row in table.rows:
        cells = "".join(f"{_with_interval(_of(row, name), share):>24}" for name, _, share, _ in shown)
        head = f"{row.loss:14}{row.decision:15}{'on' if row.formats else 'off':8}"
        lines.append(f"{head}{cells}{_shown(row.mask_map, False):>10}")
    lines += ["", f"more or less than {BASELINE}, {PROBABLE}, under the same formats (* : the interval leaves 0 out)"]
    for row in table.rows:
        if row.over_baseline is not None:
            cells = "".join(f"{_difference(row.over_baseline.get(name), share):>24}" for name, _, share, _ in shown)
            lines.append(f"{row.loss:14}{row.decision:15}{'on' if row.formats else 'off':8}{cells}")
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
        "Intervals are 95 %, drawn by whole plates over all seeds together.</p>",
        *(_chart(table, name, title) for name, title, *_ in COLUMNS if name in _DRAWN),
        "<h2>Figures</h2>",
        _html_table(table, _cell),
        f"<h2>More or less than {BASELINE}, {PROBABLE}, under the same formats</h2>"
        "<p>Green and red where the interval leaves 0 out: better or worse beyond chance of the plates.</p>",
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
    for row in table.rows:
        cells = "".join(cell(row, name, share, better) for name, _, share, better in COLUMNS)
        rows.append(
            f"<tr><td class='left'>{row.loss}</td><td class='left'>{row.decision}</td>"
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
    return f"<td{kind}>{_signed(one.value, share)}{ends}</td>"


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
    low, high = min(values), max(values)
    room = max((high - low) * 0.08, 0.005)
    low, high = max(0.0, low - room), min(1.0, high + room)

    def x(value: float) -> float:
        return left + width * (value - low) / (high - low)

    height = top + line * len(rows) + 10
    parts = [f"<h2>{html.escape(title.capitalize())}</h2><svg viewBox='0 0 {left + width + 30} {height}' role='img'>"]
    for step in range(5):
        value = low + (high - low) * step / 4
        parts.append(f"<line class='grid' x1='{x(value):.1f}' x2='{x(value):.1f}' y1='24' y2='{height}'/>")
        parts.append(f"<text class='dim' x='{x(value):.1f}' y='16' text-anchor='middle'>{value:.1%}</text>")
    for number, (row, one) in enumerate(rows):
        y = top + line * number + 8
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
    if value is None:
        return "–"
    return f"{100 * value:+.1f} %" if share else f"{value:+.3f}"


def _with_interval(one: Estimate | None, share: bool) -> str:
    return "–" if one is None else f"{_shown(one.value, share)} ({_shown(one.low, share)}–{_shown(one.high, share)})"


def _difference(one: Estimate | None, share: bool) -> str:
    if one is None:
        return "–"
    ends = f"({_signed(one.low, share)} to {_signed(one.high, share)})".replace(" %", "")
    return f"{_signed(one.value, share)} {ends}{'*' if _is_clear(one) else ''}"
