"""The evaluation as one HTML file with its pictures inside: to open, keep and send."""

from __future__ import annotations

import base64
import html
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.confusions import Confusion
from lpstudio.evaluation.results import FIRST, CropResult, Evaluation

WORST = 40
RIGHT = 6
REPORT_NAME = "report.html"

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1f24; --dim: #626a75; --line: #d9dde3; --tile: #f3f5f8;
  --bad: #b3261e; --similar: #9a5b00; --good: #1c7a3c; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8eaed; --dim: #9aa3ae; --line: #343a43;
  --tile: #20242a; --bad: #ff8a80; --similar: #ffb74d; --good: #81c995; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1200px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 12px; }
p, figcaption { color: var(--dim); margin: 4px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--tile); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.tile b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; } .tile span { color: var(--dim); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 3px 8px; text-align: center; } th { background: var(--tile); }
td.none { color: var(--dim); } .scroll { overflow-x: auto; }
.crops { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 18px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; background: var(--tile); }
figure img { display: block; width: 100%; } figcaption { padding: 8px 12px; overflow-wrap: anywhere; }
figure .scroll { padding: 0 12px 12px; } figure table { font-size: 13px; } figure td, figure th { padding: 1px 5px; }
.bad { color: var(--bad); font-weight: 600; } .similar { color: var(--similar); font-weight: 600; }
.good { color: var(--good); font-weight: 600; } code { font-size: 13px; overflow-wrap: anywhere; }
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
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(title)}</h1><p>Weights <code>{_text(evaluation.weights_path)}</code>, formats "
        f"{_text(evaluation.formats)}, probabilities {'' if evaluation.calibrated else 'not '}calibrated.</p>",
        _tiles(evaluation),
        "<h2>Characters taken for others</h2>",
        _confusion_table(evaluation),
        _crops_section("Worst crops", worst, f"The {len(worst)} crops with the most errors."),
        _crops_section("Crops read right", right, "A few of them, to compare with."),
        _left_out(evaluation),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _tiles(evaluation: Evaluation) -> str:
    counts, known = evaluation.counts, evaluation.texts_known
    tiles = []
    if counts.characters:
        tiles += [
            (_percent(counts.top1, counts.characters), f"of {counts.characters} characters: best candidate right"),
            (_percent(counts.top2, counts.characters), "right among the two best"),
            (str(counts.missed), "characters missed (count as wrong)"),
            (str(counts.extra), "found where none is labelled"),
        ]
    if known:
        tiles += [
            (_percent(evaluation.plates_right, known), f"of {known} plates with a known text read right"),
            (_percent(evaluation.plates_among_first, known), f"with the text among the first {FIRST}"),
        ]
    if evaluation.outline_iou is not None:
        tiles.append((f"{evaluation.outline_iou:.2f}", "mean overlap of outlines with the labelled ones"))
    if evaluation.wrong_within_groups is not None:
        tiles.append((f"{evaluation.wrong_within_groups:.0%}", "of the mix-ups are between look-alikes"))
    inside = "".join(f"<div class='tile'><b>{value}</b><span>{_text(what)}</span></div>" for value, what in tiles)
    return f"<div class='tiles'>{inside}</div>"


def _confusion_table(evaluation: Evaluation) -> str:
    if not evaluation.confusions:
        return "<p>None: every matched character was read right.</p>"
    cells: dict[str, dict[str, Confusion]] = defaultdict(dict)
    for one in evaluation.confusions:
        cells[one.true][one.read] = one
    rows = sorted(cells)
    columns = sorted({one.read for one in evaluation.confusions})
    most = max(one.count for one in evaluation.confusions)
    head = "".join(f"<th scope='col'>{_text(read)}</th>" for read in columns)
    body = []
    for true in rows:
        line = []
        for read in columns:
            cell = cells[true].get(read)
            if cell is None:
                line.append("<td class='none'>·</td>")
            else:
                strength = 12 + 48 * cell.count / most
                colour = "var(--similar)" if cell.similar else "var(--bad)"
                style = f"background: color-mix(in srgb, {colour} {strength:.0f}%, transparent)"
                line.append(f"<td style='{style}'>{cell.count}</td>")
        body.append(f"<tr><th scope='row'>{_text(true)}</th>{''.join(line)}</tr>")
    note = "<p>Rows: what stands there. Columns: what was read. Look-alikes of one group in amber, others in red.</p>"
    return f"{note}<div class='scroll'><table><tr><th></th>{head}</tr>{''.join(body)}</table></div>"


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


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
