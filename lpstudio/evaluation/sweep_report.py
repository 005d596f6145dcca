"""The outcome of a sweep for people: plain text, CSV, JSON, and one HTML file with a drawing."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from collections.abc import Sequence

from lpstudio.evaluation.text_table import in_columns
from lpstudio.training.sweep import SPACE, Axis, Sweep, Trial

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1f24; --dim: #626a75; --line: #d9dde3; --tile: #f3f5f8;
  --accent: #2f6fb5; --best: #c2570c; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8eaed; --dim: #9aa3ae; --line: #343a43;
  --tile: #20242a; --accent: #6aa5e8; --best: #ffa657; } }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1200px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 12px; } p { color: var(--dim); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 18px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } .scroll { overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: right; } th { background: var(--tile); }
tr.best td { color: var(--best); font-weight: 600; } svg { width: 100%; height: auto; }
svg text { fill: var(--dim); font: 11px system-ui, sans-serif; } svg .title { fill: var(--ink); font-size: 13px; }
svg .grid { stroke: var(--line); } svg circle { fill: var(--accent); fill-opacity: .65; }
svg .best { fill: var(--best); fill-opacity: 1; } svg .first { fill: none; stroke: var(--ink); }
"""
_GOALS = {"characters": "the share of characters read right", "masks": "mask mAP50-95"}
_WIDTH, _HEIGHT = 270, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 26, 24


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Those whose worth is known, the best first."""
    return sorted((one for one in trials if one.value is not None), key=lambda one: (-(one.value or 0.0), one.number))


def as_text(sweep: Sweep, trials: Sequence[Trial]) -> str:
    """The trials in columns, the best first."""
    done = ranked(trials)
    rows = [["trial", "goal", *(axis.title for axis in SPACE), "run"]]
    for one in done:
        values = (f"{one.values[axis.name]:.4g}" for axis in SPACE)
        rows.append([str(one.number), f"{one.value:.4f}", *values, one.run])
    head = f"{sweep.name}: {_done(sweep, trials)}; goal: {_GOALS[sweep.goal]}, on the selection part"
    return "\n".join([head, "", *in_columns(rows, words=0)]) + "\n"


def _done(sweep: Sweep, trials: Sequence[Trial]) -> str:
    failed = sum(one.state == "fail" for one in trials)
    of = max(len(trials), sweep.wanted)
    return f"{len(ranked(trials))} of {of} trials done" + (f", {failed} failed" if failed else "")


def as_csv(trials: Sequence[Trial]) -> str:
    """One line a trial, also for those that failed or are at work."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trial", "state", "goal", *(axis.name for axis in SPACE), "run", "host"])
    for one in trials:
        values = [one.values.get(axis.name, "") for axis in SPACE]
        writer.writerow([one.number, one.state, "" if one.value is None else one.value, *values, one.run, one.host])
    return out.getvalue()


def as_json(sweep: Sweep, trials: Sequence[Trial]) -> str:
    """All trials as data; ``best`` is the number of the best one, or null."""
    done = ranked(trials)
    data = {
        "schema": 1,
        "sweep": sweep.name,
        "goal": sweep.goal,
        "best": done[0].number if done else None,
        "trials": [{**vars(one), "values": dict(one.values)} for one in trials],
    }
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def as_html(sweep: Sweep, trials: Sequence[Trial]) -> str:
    """A page of its own: what each setting did to the goal, and the table."""
    done = ranked(trials)
    settings = sweep.settings
    each = f"{settings.epochs} epoch{'s' if settings.epochs > 1 else ''}"
    about = f"{_done(sweep, trials)}, each {each} at {settings.imgsz} px"
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{html.escape(sweep.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(sweep.name)}</h1><p>{html.escape(about)}. Goal: {_GOALS[sweep.goal]}, measured on the "
        "selection part of train; val took no part. The best trial is orange, the first one, with the settings as they "
        "were, has a ring.</p>",
    ]
    if done:
        last = max(one.number for one in done) or 1
        order = Axis("trial", "trial after trial", -0.04 * last, last, whole=True)
        charts = [_chart(order, done, [float(one.number) for one in done])]
        charts += [_chart(axis, done, [one.values[axis.name] for one in done]) for axis in SPACE]
        parts.append(f"<div class='charts'>{''.join(charts)}</div>")
    heads = "".join(f"<th>{axis.title}</th>" for axis in SPACE)
    rows = [f"<tr><th>trial</th><th>goal</th>{heads}<th>run</th></tr>"]
    for rank, one in enumerate(done):
        cells = "".join(f"<td>{one.values[axis.name]:.4g}</td>" for axis in SPACE)
        kind = " class='best'" if rank == 0 else ""
        rows.append(
            f"<tr{kind}><td>{one.number}</td><td>{one.value:.4f}</td>{cells}<td>{html.escape(one.run)}</td></tr>"
        )
    parts += ["<h2>Trials</h2>", f"<div class='scroll'><table>{''.join(rows)}</table></div>", "</body></html>"]
    return "\n".join(parts)


def _chart(axis: Axis, done: Sequence[Trial], across: Sequence[float]) -> str:
    """One setting across, the goal upwards; a dot a trial."""
    values = [one.value or 0.0 for one in done]
    low, high = min(values), max(values)
    room = max((high - low) * 0.1, 0.005)
    low, high = max(low - room, 0.0), min(high + room, 1.0)  # both goals are shares

    def scaled(value: float) -> float:
        if axis.log:
            return math.log(value / axis.low) / math.log(axis.high / axis.low)
        return (value - axis.low) / (axis.high - axis.low)

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * scaled(value)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * (value - low) / (high - low)

    parts = [f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img'><text class='title' x='4' y='14'>{axis.title}</text>"]
    for step in range(3):
        value = low + (high - low) * step / 2
        parts.append(
            f"<line class='grid' x1='{_LEFT}' x2='{_WIDTH - _RIGHT}' y1='{y(value):.1f}' y2='{y(value):.1f}'/>"
        )
        parts.append(f"<text x='{_LEFT - 4}' y='{y(value) + 4:.1f}' text-anchor='end'>{value:.3f}</text>")
    for value, anchor in ((max(axis.low, 0.0), "start"), (axis.high, "end")):
        parts.append(f"<text x='{x(value):.1f}' y='{_HEIGHT - 6}' text-anchor='{anchor}'>{value:g}</text>")
    for rank in reversed(range(len(done))):
        one, where = done[rank], f"cx='{x(across[rank]):.1f}' cy='{y(values[rank]):.1f}'"
        kind = "class='best' r='5'" if rank == 0 else "r='3.5'"
        parts.append(f"<circle {kind} {where}><title>trial {one.number}: {values[rank]:.4f}</title></circle>")
        if one.number == 0:
            parts.append(f"<circle class='first' r='7' {where}/>")
    return "".join([*parts, "</svg>"])
