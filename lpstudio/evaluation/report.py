"""The evaluation as one HTML file with its pictures inside: to open, keep and send."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.confusions import LEAST_CASES, LEAST_PLATES
from lpstudio.evaluation.figures import titled
from lpstudio.evaluation.report_charts import STYLE as CHART_STYLE
from lpstudio.evaluation.report_charts import gain_chart, interval_bar, matrix_chart, reliability_chart
from lpstudio.evaluation.report_training import STYLE as TRAINING_STYLE
from lpstudio.evaluation.report_training import training_section
from lpstudio.evaluation.results import FIRST, CropResult, Evaluation
from lpstudio.evaluation.statistics import Estimate

WORST = 50
RIGHT = 6
REPORT_NAME = "report.html"

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1f24; --dim: #626a75; --line: #d9dde3; --tile: #f3f5f8;
  --bad: #b3261e; --similar: #9a5b00; --good: #1c7a3c; --accent: #2f6fb5; --second: #8fbbe6; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8eaed; --dim: #9aa3ae; --line: #343a43;
  --tile: #20242a; --bad: #ff8a80; --similar: #ffb74d; --good: #81c995; --accent: #6aa5e8; --second: #35597f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1200px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 12px; }
p, figcaption { color: var(--dim); margin: 4px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(148px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--tile); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.tile b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; } .tile span { color: var(--dim); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 3px 8px; text-align: center; } th { background: var(--tile); }
td.left { text-align: left; } .scroll { overflow-x: auto; }
.crops { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 18px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; background: var(--tile); }
figure img { display: block; width: 100%; } figcaption { padding: 8px 12px; overflow-wrap: anywhere; }
figure .scroll { padding: 0 12px 12px; } figure table { font-size: 12px; } figure td, figure th { padding: 1px 3px; }
.bad { color: var(--bad); font-weight: 600; } .similar { color: var(--similar); font-weight: 600; }
.good { color: var(--good); font-weight: 600; } code { font-size: 13px; overflow-wrap: anywhere; }
@page { margin: 14mm 12mm; }
@media print { :root { color-scheme: light; --paper: #ffffff; --ink: #1c1f24; --dim: #4f5761; --line: #c4cad2;
    --tile: #f3f5f8; --bad: #b3261e; --similar: #9a5b00; --good: #1c7a3c; --accent: #2f6fb5; --second: #8fbbe6; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 12px; } h2, h2 + p { break-after: avoid; } h2 { margin-top: 24px; }
  figure, tr, .tile, svg, .keep { break-inside: avoid; } .scroll { overflow: visible; }
  .crops { grid-template-columns: 1fr 1fr; gap: 10px; } .tiles { grid-template-columns: repeat(4, 1fr); } }
"""


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """Write ``report.html`` into a folder (made where it is missing) and return its path. Raises LpStudioError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LpStudioError(f"the folder cannot be made ({error.strerror})", path=folder) from None
    path = folder / REPORT_NAME
    write_bytes_atomic(path, render_report(evaluation).encode("utf-8"))
    return path


def render_report(evaluation: Evaluation) -> str:
    """The HTML of the report; it needs no other file and no network."""
    worst = evaluation.worst(WORST)
    right = [crop for crop in evaluation.crops if not crop.errors and (crop.text or crop.true)][:RIGHT]
    title = f"{evaluation.weights} on {evaluation.project} / {evaluation.split}"
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{_text(title)}</title><style>{CHART_STYLE}{TRAINING_STYLE}{_STYLE}</style></head><body>",
        f"<h1>{_text(title)}</h1><p>Weights <code>{_text(evaluation.weights_path)}</code>, formats "
        f"{_text(evaluation.formats)}, probabilities {'' if evaluation.calibrated else 'not '}calibrated.</p>",
        _tiles(evaluation),
        _figures(evaluation),
        _confusions(evaluation),
        _gain(evaluation),
        _probabilities(evaluation),
        _proposal(evaluation),
        training_section(evaluation.weights_path),
        _crops_section("Worst crops", worst, f"The {len(worst)} crops with the most errors."),
        _crops_section("Crops read right", right, "A few of them, to compare with."),
        _left_out(evaluation),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _tiles(evaluation: Evaluation) -> str:
    counts, figures = evaluation.counts, evaluation.figures
    tiles = []
    if counts.characters:
        tiles += [
            (_percent(figures.character_top1), f"of {counts.characters} characters: best candidate right"),
            (_percent(figures.character_top2), "right among the two best"),
        ]
    if figures.plate_first is not None:
        tiles += [
            (_percent(figures.plate_first), f"of {evaluation.texts_known} plates with a known text read right"),
            (f"{evaluation.plates_among_first / evaluation.texts_known:.1%}", f"text among the first {FIRST} readings"),
        ]
    if counts.characters:
        tiles += [
            (str(counts.missed), "characters missed (count as wrong)"),
            (str(counts.extra), "found where none is labelled"),
        ]
    if evaluation.outline_iou is not None:
        tiles.append((f"{evaluation.outline_iou:.2f}", "mean overlap of outlines with the labelled ones"))
    inside = "".join(f"<div class='tile'><b>{value}</b><span>{_text(what)}</span></div>" for value, what in tiles)
    return f"<div class='tiles'>{inside}</div>"


def _figures(evaluation: Evaluation) -> str:
    rows = []
    for title, one, is_share in titled(evaluation.figures):
        if one is None:
            continue
        shown = f"{one.value:.1%}" if is_share else f"{one.value:.3f}"
        between = "–" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
        if is_share and one.low is not None and one.high is not None:
            between = f"{one.low:.1%} to {one.high:.1%}"
        bar = interval_bar(one) if is_share else ""
        rows.append(
            f"<tr><td class='left'>{_text(title)}</td><td><b>{shown}</b></td><td>{between}</td><td>{bar}</td>"
            f"<td>{one.count}</td><td>{one.plates}</td></tr>"
        )
    if not rows:
        return ""
    figures = evaluation.figures
    note = (
        f"<p>{figures.within} errors are between look-alikes, {figures.across} are not. The intervals come from "
        f"drawing whole plates {figures.draws} times (seed {figures.seed}): characters of one plate are not "
        "independent. One without width says that all plates agree, not that the figure is certain.</p>"
    )
    head = "<tr><th>figure</th><th>value</th><th>95 % interval</th><th></th><th>of</th><th>plates</th></tr>"
    return f"<h2>Figures</h2>{note}<div class='scroll'><table>{head}{''.join(rows)}</table></div>"


def _confusions(evaluation: Evaluation) -> str:
    title = "<h2>Characters taken for others</h2>"
    if not evaluation.counts.characters:
        return ""
    note = (
        "<p>Rows: what stands there. Columns: what was read. Look-alikes stand side by side, their cells are tinted; "
        "errors between look-alikes are amber, others red.</p>"
    )
    if not evaluation.confusions:
        note = f"<p>None: every matched character was read right.</p>{note}"
    chart = matrix_chart(evaluation.crops, evaluation.similarity)
    return f"{title}{note}<div class='scroll'>{chart}</div>"


def _probabilities(evaluation: Evaluation) -> str:
    bins = evaluation.figures.bins
    if not bins:
        return ""
    reliability = (
        "<div><h2>Are the probabilities right?</h2><p>Bars: how often the best candidate is right. Red: what its "
        "probability says. Below: how many characters.</p>"
        f"{reliability_chart(bins)}</div>"
    )
    return f"<div class='charts'>{reliability}</div>"


def _gain(evaluation: Evaluation) -> str:
    if not evaluation.counts.characters:
        return ""
    return (
        "<h2>What the second candidate adds</h2><p>For each character: read right, and in the paler part right with "
        "the second candidate; below, how many are labelled.</p>"
        f"<div class='scroll'>{gain_chart(evaluation.crops)}</div>"
    )


def _proposal(evaluation: Evaluation) -> str:
    proposal = evaluation.proposal
    if not proposal.characters:
        return ""
    title = "<h2>Similarity, as these confusions have it</h2>"
    never = ", ".join(f"{a} {b} ({cases})" for (a, b), cases in proposal.never if cases)
    seen = f"<p>Look-alikes never mixed up here (of so many characters): {_text(never)}.</p>" if never else ""
    least = f"at least {LEAST_CASES} cases on {LEAST_PLATES} plates"
    if not proposal.evidence:
        return f"{title}<p>No two characters were mixed up often enough to say anything ({least}).</p>{seen}"
    joined = {pair: group for group in proposal.groups for pair in group.pairs}
    rows = []
    for one in proposal.evidence:
        a, b = one.pair
        group = joined.get(one.pair)
        what = "stays" if not one.differs else f"group {' '.join(group.chars)}" if group else "cell"
        rows.append(
            f"<tr><th>{_text(a)} {_text(b)}</th><td>{one.counts[0]}</td><td>{one.counts[1]}</td><td>{one.cases}</td>"
            f"<td>{one.plates}</td><td>{one.present:g}</td><td><b>{one.value:g}</b></td>"
            f"<td>{one.low:g} to {one.high:g}</td><td class='left'>{_text(what)}</td></tr>"
        )
    head = (
        "<tr><th>pair</th><th>first as second</th><th>second as first</th><th>of</th><th>plates</th><th>S now</th>"
        "<th>S by the data</th><th>95 % interval</th><th>proposed</th></tr>"
    )
    note = (
        f"<p>Pairs with {least}. S by the data is r / (r + r₀): r the share of the two read as each other, r₀ the "
        "share of all characters misread; cases of one plate count as one. "
        "<code>lpstudio evaluate --propose-groups</code> writes this for lpstudio.toml.</p>"
    )
    return f"{title}{note}<div class='scroll'><table>{head}{''.join(rows)}</table></div>{seen}"


def _crops_section(title: str, crops: Sequence[CropResult], note: str) -> str:
    if not crops:
        return ""
    figures = "".join(_figure(crop) for crop in crops)
    return f"<h2>{_text(title)}</h2><p>{_text(note)}</p><div class='crops'>{figures}</div>"


def _figure(crop: CropResult) -> str:
    plate = crop.best_plate
    said = plate["text"] if plate else ""
    verdict = ""
    if crop.text is not None:
        kind = "good" if crop.plate_right else "bad"
        verdict = f"<span class='{kind}'>{_text(said or 'nothing')}</span> for <b>{_text(crop.text)}</b>"
    else:
        verdict = f"<b>{_text(said or 'nothing')}</b>"
    if crop.true is not None:
        wrong = crop.counts.characters - crop.counts.top1 - crop.counts.missed
        said_of = [(wrong, "wrong"), (crop.counts.missed, "missed"), (crop.counts.extra, "too many")]
        figures = ", ".join(f"{number} {what}" for number, what in said_of if number)
        verdict += f" · {figures or 'all characters right'}"
    image = f"<img loading='lazy' alt='{_text(crop.key)}' src='{_picture(crop)}'>"
    caption = f"<figcaption>{verdict}<br><code>{_text(crop.key)}</code></figcaption>"
    return f"<figure>{image}{caption}{_candidates(crop)}</figure>"


def _candidates(crop: CropResult) -> str:
    found = crop.found
    if not found:
        return ""
    truth = {f: crop.true[t].char for t, f in crop.pairs} if crop.true is not None else {}
    rows = []
    for rank in range(2):
        row = []
        for i, character in enumerate(found):
            candidates = character["candidates"]
            if rank >= len(candidates):
                row.append("<td></td>")
                continue
            char, probability = candidates[rank]["char"], candidates[rank]["probability"]
            kind = ""
            if rank == 0 and i in truth and truth[i] != char:
                kind = " class='similar'" if character["similar"] else " class='bad'"
            elif i in truth and truth[i] == char:
                kind = " class='good'"
            row.append(f"<td{kind}>{_text(char)}<br>{probability:.2f}</td>")
        rows.append(f"<tr><th>{rank + 1}.</th>{''.join(row)}</tr>")
    if truth:
        true = "".join(f"<td>{_text(truth.get(i, '–'))}</td>" for i in range(len(found)))
        rows.append(f"<tr><th>is</th>{true}</tr>")
    return f"<div class='scroll'><table>{''.join(rows)}</table></div>"


def _picture(crop: CropResult) -> str:
    """The crop with its reading drawn over it, as a data address."""
    import cv2

    from lpstudio.reading.overlay import draw_plates
    from lpstudio.reading.pictures import load_image

    drawn = draw_plates(load_image(crop.image), crop.plates, crop.width, crop.height)
    _, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 82])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def _left_out(evaluation: Evaluation) -> str:
    lines = [f"<p class='bad'>{_text(message)}</p>" for _, message in evaluation.faults]
    lines += [f"<p>{count} crops stayed out: {_text(reason)}</p>" for reason, count in evaluation.left_out.items()]
    return f"<h2>Not compared</h2>{''.join(lines)}" if lines else ""


def _percent(one: Estimate | None) -> str:
    return "–" if one is None else f"{one.value:.1%}"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
