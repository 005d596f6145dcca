"""``lpstudio evaluate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.reading import CONFIDENCE

if TYPE_CHECKING:
    from lpstudio.evaluation.results import Evaluation


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    weights: Annotated[Path | None, typer.Option(help="A .pt file; the starter weights when left out.")] = None,
    split: Annotated[str, typer.Option(help="The split to read.")] = "val",
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON; - for stdout.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html with pictures into this folder.")
    ] = None,
    propose_groups: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write groups and cells as the confusions have them, as TOML; - for stdout."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(help='Plate formats: ph, none, or written out as "LLL DDDD"; the project\'s otherwise.'),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, 0, mps; the best there is when left out.")] = None,
    conf: Annotated[float, typer.Option(min=0.0, max=1.0, help="The least confidence of a character.")] = CONFIDENCE,
    imgsz: Annotated[
        int | None,
        typer.Option(min=32, max=8192, help="The side the model sees; what it was trained at when left out."),
    ] = None,
    twice: Annotated[
        bool, typer.Option("--twice", help="Look at each picture a second time, larger: slow; for clear plates.")
    ] = False,
) -> int:
    """Compare what weights read with labels and known texts. Exit 1 when a crop could not be read."""
    from lpstudio.dataset.project import Project
    from lpstudio.errors import UsageError
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from

    if json_file == propose_groups == "-":
        raise UsageError("--json and --propose-groups cannot both go to standard output")
    with Project.open(project, create_store=False) as opened_project, progress_bar() as show:
        chosen = formats_from(formats or ", ".join(opened_project.settings.formats) or DEFAULT_FORMATS)

        from lpstudio.reading.weights import find_weights, load_weights

        path = find_weights(weights, packs=True)
        from lpstudio.evaluation.evaluate import evaluate
        from lpstudio.evaluation.report import write_report
        from lpstudio.reading.outputs import opened
        from lpstudio.reading.reader import CharacterReader

        reader = CharacterReader(load_weights(path, device), imgsz, conf, twice=twice)
        result = evaluate(opened_project, reader, chosen, split, show)
    for key, message in result.faults:
        print(f"lpstudio: {message or key}", file=sys.stderr)
    if json_file is not None:
        with opened(json_file) as file:
            file.write(json.dumps(result.to_dict(), indent=1, allow_nan=False) + "\n")
    if propose_groups is not None:
        with opened(propose_groups) as file:
            file.write(result.proposal.to_toml(result.similarity))
    _print(result, sys.stderr if "-" in (json_file, propose_groups) else sys.stdout)
    if report is not None:
        print(f"report: {write_report(result, report)}", file=sys.stderr)
    return 1 if result.faults else 0


def _print(result: Evaluation, out: TextIO) -> None:
    """The figures in words and as a table."""
    from lpstudio.evaluation.figures import titled

    counts = result.counts
    print(f"{result.weights} on {result.project} / {result.split}: {len(result.crops)} crops", file=out)
    if counts.characters:
        print(
            f"characters: {counts.top1_accuracy:.1%} right, {counts.top2_accuracy:.1%} among the two best, "
            f"{counts.missed} of {counts.characters} missed, {counts.extra} extra ({result.labelled} labelled crops)",
            file=out,
        )
    if result.texts_known:
        print(f"plates: {result.plates_right} of {result.texts_known} known texts read right", file=out)
    rows = [(title, one, is_share) for title, one, is_share in titled(result.figures) if one is not None]
    if rows:
        print(f"{'':44}{'value':>8}   95 % interval by plate      of  plates", file=out)
    for title, one, is_share in rows:
        value, low, high = (_shown(number, is_share) for number in (one.value, one.low, one.high))
        print(f"{title:44}{value:>8}   {low:>8} to {high:>8} {one.count:>9} {one.plates:>7}", file=out)
    figures = result.figures
    if figures.within or figures.across:
        print(f"errors: {figures.within} between look-alikes, {figures.across} across groups", file=out)
    mixed = ", ".join(f"{c.true} as {c.read} {c.count}×" for c in result.confusions[:8])
    if mixed:
        print(f"mixed up most: {mixed}", file=out)
    proposed = ", ".join(f"{' '.join(one.pair)} {one.present:g} → {one.value:g}" for one in result.proposal.changes[:8])
    if proposed:
        print(f"similarity by these confusions: {proposed}", file=out)


def _shown(value: float | None, is_share: bool) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if is_share else f"{value:.3f}"
