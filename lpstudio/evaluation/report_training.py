"""The part of the report about the training that made the weights: its curves and what was set for it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lpstudio.errors import LpStudioError
from lpstudio.training.history import METRICS, TRAIN, VAL, RunHistory
from lpstudio.training.runs import Run
from lpstudio.training.settings import TrainSettings

STYLE = """
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 20px; }
.curves svg { width: 100%; } .curves h3 { font-size: 14px; margin: 0 0 4px; }
.curves .key { display: inline-block; width: 18px; border-top: 3px solid; margin: 0 4px 3px 10px; }
svg .first { stroke: var(--accent); stroke-width: 2; fill: none; }
svg .second { stroke: var(--similar); stroke-width: 1.6; stroke-dasharray: 5 3; fill: none; }
svg .mark { stroke: var(--dim); stroke-dasharray: 2 3; }
"""
_WIDTH, _HEIGHT = 300, 170
_LEFT, _RIGHT, _TOP, _BELOW = 44, 8, 8, 24


@dataclass(frozen=True)
class Curve:
    """One line of a chart: its name, the values for the epochs, solid ("first") or dashed ("second")."""

    title: str
    values: Sequence[float]
    look: str


def run_of(weights: Path) -> Run | None:
    """The run whose folder holds these weights; None when they lie in none."""
    try:
        return Run.open(Path(weights).absolute().parent.parent)
    except LpStudioError:
        return None


def history_of(run: Run) -> RunHistory:
    """All epochs that the run told of."""
    history, offset = RunHistory(), 0
    while True:
        events, further = run.events(offset, ("start", "epoch", "finished"))
        if further == offset:
            return history
        history, offset = history.extended(events), further


def training_section(weights: Path) -> str:
    """Curves and settings of the run that made the weights; empty when they lie in no run or it has no epoch."""
    run = run_of(weights)
    history = history_of(run) if run is not None else RunHistory()
    if run is None or not history.epochs:
        return ""
    best = history.best_epoch
    said = f"Run {run.name}, {len(history.epochs)} epochs" + (f", the best is epoch {best}" if best else "")
    charts = [
        ("All loss terms", _pair(history, "", ""), False),
        ("Character loss", _pair(history, "char_loss", "char_loss"), False),
        (
            "mAP 50–95",
            (
                Curve("masks", history.values(METRICS, "mask_map"), "first"),
                Curve("boxes", history.values(METRICS, "box_map"), "second"),
            ),
            False,
        ),
        (
            "Characters right",
            (
                Curve("top 1", history.values(METRICS, "char_top1"), "first"),
                Curve("top 2", history.values(METRICS, "char_top2"), "second"),
            ),
            True,
        ),
    ]
    drawn = "".join(_figure(title, history.epochs, curves, best, share) for title, curves, share in charts)
    return f"<h2>The training</h2><p>{_text(said)}.</p><div class='curves'>{drawn}</div>{_settings(run)}"


def _pair(history: RunHistory, train: str, val: str) -> tuple[Curve, Curve]:
    """A loss on train and val; the sum of all terms without a name."""
    on_val = history.values(VAL, val) if val else history.total(VAL)
    on_train = history.values(TRAIN, train) if train else history.total(TRAIN)
    return Curve("val", on_val, "first"), Curve("train", on_train, "second")


def _figure(title: str, epochs: Sequence[int], curves: Sequence[Curve], best: int | None, share: bool) -> str:
    shown = [curve for curve in curves if any(math.isfinite(value) for value in curve.values)]
    if not shown:
        return ""
    keys = "".join(
        f"<span class='key' style='border-color: var({'--accent' if curve.look == 'first' else '--similar'});"
        f" border-top-style: {'solid' if curve.look == 'first' else 'dashed'}'></span>{_text(curve.title)}"
        for curve in shown
    )
    return f"<div class='keep'><h3>{_text(title)}{keys}</h3>{curve_chart(title, epochs, shown, best, share)}</div>"


def curve_chart(title: str, epochs: Sequence[int], curves: Sequence[Curve], best: int | None, share: bool) -> str:
    """Values over epochs; ``best`` marks an epoch, ``share`` says values from 0 to 1 as percentages."""
    finite = [value for curve in curves for value in curve.values if math.isfinite(value)]
    low, high = (0.0, 1.0) if share else (min(0.0, *finite), max(finite))
    span = (high - low) or 1.0
    first, last = epochs[0], max(epochs[-1], epochs[0] + 1)

    def x(epoch: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (epoch - first) / (last - first)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BELOW) * (1 - (value - low) / span)

    parts = [f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='{_text(title)} by epoch'>"]
    for tick in (low, low + span / 2, low + span):
        label = f"{tick:.0%}" if share else f"{tick:.3g}"
        parts.append(f"<path class='grid' d='M{_LEFT} {y(tick):.1f}H{_WIDTH - _RIGHT}'/>")
        parts.append(f"<text class='dim small' x='{_LEFT - 6}' y='{y(tick) + 4:.1f}' text-anchor='end'>{label}</text>")
    for epoch, anchor in ((first, "start"), (epochs[-1], "end")):
        parts.append(
            f"<text class='dim small' x='{x(epoch):.1f}' y='{_HEIGHT - 6}' text-anchor='{anchor}'>{epoch}</text>"
        )
    if best is not None and first <= best <= last:
        parts.append(f"<path class='mark' d='M{x(best):.1f} {_TOP}V{_HEIGHT - _BELOW}'><title>best</title></path>")
    for curve in curves:
        path = _path([(x(epoch), y(value)) for epoch, value in zip(epochs, curve.values, strict=False)])
        parts.append(f"<path class='{curve.look}' d='{path}'><title>{_text(curve.title)}</title></path>")
    return "".join([*parts, "</svg>"])


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Line through the points; values that are no numbers leave a gap, a lone one becomes a dot."""
    parts, pen_down = [], False
    for at, (x, y) in enumerate(points):
        if not math.isfinite(y):
            pen_down = False
            continue
        parts.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        following = points[at + 1][1] if at + 1 < len(points) else math.nan
        if not pen_down and not math.isfinite(following):
            parts.append("h2")
        pen_down = True
    return "".join(parts)


def _settings(run: Run) -> str:
    """What was set otherwise than the defaults."""
    try:
        settings = run.settings
    except LpStudioError:
        return ""
    changed = []
    for info in TrainSettings.infos():
        holder: object = settings.loss if info.name.startswith("loss.") else settings
        value = getattr(holder, info.name.removeprefix("loss."))
        if value != info.default:
            changed.append(f"{info.title} {value}")
    text = "; ".join(changed) or "all at their defaults"
    return f"<p>{_text(f'Loss: {settings.loss.name}. Settings: {text}.')}</p>"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
