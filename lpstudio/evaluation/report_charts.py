"""The drawings of the report: SVG inside the page, in its colours, so that they need nothing and print sharp."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from lpstudio.evaluation.calibration import Bin
from lpstudio.evaluation.results import CropResult, gains
from lpstudio.evaluation.statistics import Estimate
from lpstudio.similarity import Similarity

_CELL = 29
_EDGE = 34

STYLE = """
svg { display: block; max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .dim { fill: var(--dim); } svg .small { font-size: 10.5px; } svg .on { fill: var(--paper); font-weight: 600; }
svg .grid { stroke: var(--line); fill: none; } svg .cell { fill: var(--tile); stroke: var(--paper); }
svg .alike { fill: color-mix(in srgb, var(--similar) 24%, var(--tile)); stroke: var(--paper); }
svg .bar { fill: var(--accent); } svg .gain { fill: var(--second); } svg .gap { fill: none; stroke: var(--bad);
  stroke-width: 2; } svg .ideal { stroke: var(--dim); stroke-dasharray: 4 4; fill: none; }
svg .range { stroke: var(--accent); stroke-width: 3; stroke-linecap: round; } svg .dot { fill: var(--ink); }
.charts { display: flex; flex-wrap: wrap; gap: 32px; align-items: start; }
"""


def grouped_order(characters: Sequence[str], similarity: Similarity) -> list[str]:
    """The characters with look-alikes side by side: chains of look-alikes first, then the others, by name."""
    rest = sorted(set(characters))
    chains: list[list[str]] = []
    while rest:
        chain, waiting = [], [rest[0]]
        while waiting:
            char = waiting.pop(0)
            if char in rest:
                rest.remove(char)
                chain.append(char)
                waiting += [other for other in rest if similarity.is_similar(char, other)]
        chains.append(chain)
    return [char for chain in sorted(chains, key=lambda chain: (len(chain) == 1, chain)) for char in chain]


def matrix_chart(crops: Sequence[CropResult], similarity: Similarity) -> str:
    """The confusion matrix over the similarity groups: rows what stands there, columns what was read."""
    counted = Counter((one.true, one.read) for crop in crops for one in crop.readings)
    labelled = Counter(one.char for crop in crops for one in crop.true or ())
    order = grouped_order([*labelled, *(read for _, read in counted)], similarity)
    most = max((count for (true, read), count in counted.items() if true != read), default=1)
    width, height = _EDGE + _CELL * (len(order) + 1) + 46, _EDGE + _CELL * len(order) + 4
    parts = [f"<svg viewBox='0 0 {width} {height}' width='{width}' role='img' aria-label='Confusion matrix'>"]
    for at, char in enumerate(order):
        middle = _EDGE + _CELL * at + _CELL / 2
        parts.append(_label(middle, _EDGE - 8, char, "middle"))
        parts.append(_label(_EDGE - 10, middle + 4, char, "end"))
    parts.append(_label(_EDGE + _CELL * (len(order) + 0.5) + 12, _EDGE - 8, "missed", "middle", "dim small"))
    for row, true in enumerate(order):
        for column, read in enumerate(order):
            parts.append(_cell(row, column, true, read, counted[true, read], most, similarity))
        found = sum(counted[true, read] for read in order)
        if labelled[true] > found:
            x, y = _EDGE + _CELL * (len(order) + 0.5) + 12, _EDGE + _CELL * (row + 0.5) + 4
            parts.append(_label(x, y, str(labelled[true] - found), "middle", "dim"))
    return "".join([*parts, "</svg>"])


def _cell(row: int, column: int, true: str, read: str, count: int, most: int, similarity: Similarity) -> str:
    x, y = _EDGE + _CELL * column, _EDGE + _CELL * row
    alike = similarity.is_similar(true, read)
    box = f"x='{x}' y='{y}' width='{_CELL}' height='{_CELL}' rx='3'"
    rect = f"<rect class='{'alike' if alike else 'cell'}' {box}/>"
    if not count:
        return rect
    said = f"{true} read as {read}: {count}×" + (f" (S {similarity.value(true, read):g})" if alike else "")
    text, style = str(count), ""
    if true != read:
        colour, strength = ("--similar" if alike else "--bad"), 35 + 65 * count / most
        style = f" style='fill: color-mix(in srgb, var({colour}) {strength:.0f}%, var(--tile))'"
    kind = "dim" if true == read else "on" if count / most > 0.3 else ""
    label = _label(x + _CELL / 2, y + _CELL / 2 + 4, text, "middle", kind)
    filled = f"<rect class='cell' {box}{style}/>" if true != read else rect
    return f"<g><title>{_text(said)}</title>{filled}{label}</g>"


def reliability_chart(bins: Sequence[Bin]) -> str:
    """How often the best candidate is right against the probability it was given, and how many were given it."""
    side, left, top, below = 320, 44, 12, 70
    width, height = left + side + 24, top + side + below + 44

    def x(value: float) -> float:
        return left + side * value

    def y(value: float) -> float:
        return top + side * (1 - value)

    parts = [f"<svg viewBox='0 0 {width} {height}' width='{width}' role='img' aria-label='Reliability diagram'>"]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f"<path class='grid' d='M{x(tick)} {y(0)}V{y(1)}M{x(0)} {y(tick)}H{x(1)}'/>")
        parts.append(_label(left - 8, y(tick) + 4, f"{tick:.0%}", "end", "dim small"))
        parts.append(_label(x(tick), height - 22, f"{tick:.0%}", "middle", "dim small"))
    most = max((one.count for one in bins), default=1)
    for one in bins:
        wide = max(x(one.high) - x(one.low) - 2, 1)
        middle = (x(one.low) + x(one.high)) / 2
        said = f"{one.count} characters: {one.confidence:.1%} sure, {one.accuracy:.1%} right"
        low, high = sorted((y(one.accuracy), y(one.confidence)))
        tall = (below - 16) * one.count / most
        parts.append(
            f"<g><title>{said}</title>"
            f"<rect class='gain' x='{x(one.low) + 1:.1f}' y='{y(one.accuracy):.1f}' width='{wide:.1f}' "
            f"height='{y(0) - y(one.accuracy):.1f}' opacity='{0.35 + 0.65 * min(1.0, one.count / 20):.2f}'/>"
            f"<path class='gap' d='M{middle:.1f} {low:.1f}V{high:.1f}M{middle - 5:.1f} {y(one.confidence):.1f}h10'/>"
            f"<rect class='bar' x='{x(one.low) + 1:.1f}' y='{top + side + below - tall:.1f}' width='{wide:.1f}' "
            f"height='{max(tall, 1):.1f}'/></g>"
        )
    parts.append(f"<path class='ideal' d='M{x(0)} {y(0)}L{x(1)} {y(1)}'/>")
    parts.append(_label(x(0.5), height - 4, "probability of the best candidate", "middle", "dim"))
    return "".join([*parts, "</svg>"])


def gain_chart(crops: Sequence[CropResult]) -> str:
    """For each character the share read right, and what the second candidate adds."""
    rows = gains(crops)
    step, tall, left, top = 24, 150, 44, 14
    width, height = left + step * len(rows) + 8, top + tall + 44
    parts = [f"<svg viewBox='0 0 {width} {height}' width='{width}' role='img' aria-label='Top-2 gain per character'>"]
    for tick in (0.0, 0.5, 1.0):
        level = top + tall * (1 - tick)
        parts.append(f"<path class='grid' d='M{left} {level}H{width - 8}'/>")
        parts.append(_label(left - 8, level + 4, f"{tick:.0%}", "end", "dim small"))
    for at, (char, count, first, two) in enumerate(rows):
        x = left + step * at + 3
        low, high = tall * first / count, tall * two / count
        said = f"{char}: {first / count:.1%} right, {two / count:.1%} among the two best, of {count}"
        parts.append(
            f"<g><title>{_text(said)}</title>"
            f"<rect class='gain' x='{x}' y='{top + tall - high:.1f}' width='{step - 6}' height='{high - low:.1f}'/>"
            f"<rect class='bar' x='{x}' y='{top + tall - low:.1f}' width='{step - 6}' height='{low:.1f}'/></g>"
        )
        parts.append(_label(x + (step - 6) / 2, top + tall + 16, char, "middle"))
        parts.append(_label(x + (step - 6) / 2, top + tall + 32, str(count), "middle", "dim small"))
    return "".join([*parts, "</svg>"])


def interval_bar(one: Estimate) -> str:
    """A share with its interval on a line from 0 to 1."""
    width = 160
    low, high = (4 + width * (one.value if end is None else end) for end in (one.low, one.high))
    return (
        f"<svg viewBox='0 0 {width + 8} 14' width='{width + 8}' height='14' aria-hidden='true'>"
        f"<path class='grid' d='M4 7H{width + 4}'/><path class='range' d='M{low:.1f} 7H{high:.1f}'/>"
        f"<circle class='dot' cx='{4 + width * one.value:.1f}' cy='7' r='3.5'/></svg>"
    )


def _label(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    shown = f" class='{kind}'" if kind else ""
    return f"<text x='{x:g}' y='{y:g}' text-anchor='{anchor}'{shown}>{_text(text)}</text>"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
