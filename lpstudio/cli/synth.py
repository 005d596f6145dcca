"""``lpstudio synth``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.errors import UsageError


def _share(option: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(option, min=0.0, max=1.0, help=text, show_default=False)


def command(
    out: Annotated[
        Path | None, typer.Argument(help="The folder to make; it must be absent or empty. Not needed with --sheet.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="How many crops.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 42,
    val: Annotated[float, typer.Option("--val", help="Share of the crops in val; the split is by plate.")] = 0.2,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that draw; the bytes stay the same.")] = 1,
    difficulty: Annotated[
        float | None, _share("--difficulty", "0 clean to 1 the worst CCTV; mixed if left out.")
    ] = None,
    night: Annotated[float | None, _share("--night", "Share of captures at night or in infra-red.")] = None,
    blur: Annotated[float | None, _share("--blur", "Share of captures out of focus or moving.")] = None,
    low_resolution: Annotated[float | None, _share("--low-resolution", "Share of plates under 80 pixels wide.")] = None,
    two_lines: Annotated[float | None, _share("--two-lines", "Share of two lines, where a format allows it.")] = None,
    formats: Annotated[
        str, typer.Option("--formats", help="Ids of plate formats, separated by commas; all if left out.")
    ] = "",
    country: Annotated[
        Path | None, typer.Option("--country", help="Formats and looks of another country, a file like plates/ph.toml.")
    ] = None,
    sequences: Annotated[
        int | None,
        typer.Option("--sequences", min=1, help="Make this many videos of one plate each with their truth, no crops."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Write a contact sheet of the first crops, a .png or .jpg.")
    ] = None,
) -> None:
    """Make synthetic plate crops with exact polygons: an Ultralytics dataset."""
    from lpstudio.synthesis.conditions import Wishes
    from lpstudio.synthesis.dataset import write_dataset
    from lpstudio.synthesis.sequences import write_sequences
    from lpstudio.synthesis.sheet import COLUMNS, ROWS, check_sheet_path, contact_sheet, sample_crops, write_sheet

    if out is None and sheet is None:
        raise UsageError("nothing to make", remedy="Name the folder to make, or a picture with --sheet")
    if sequences is not None and (out is None or sheet is not None):
        raise UsageError("--sequences makes a folder of videos, no contact sheet", remedy="Name the folder alone")
    ids = tuple(part.strip() for part in formats.split(",") if part.strip())
    wishes = Wishes(difficulty, night, blur, low_resolution, two_lines, ids, country)
    if sheet is not None:
        check_sheet_path(sheet)
    with progress_bar() as show:
        if out is not None and sequences is not None:
            frames = write_sequences(
                out, sequences, seed, jobs, lambda done, total: show("drawing sequences", done, total), wishes
            )
            print(f"{out}: sequences: {sequences}, frames: {frames}")
        elif out is not None:
            summary = write_dataset(
                out, count, seed, val, jobs, lambda done, total: show("drawing plates", done, total), wishes
            )
            print(
                f"{out}: {summary.train} train and {summary.val} val crops of {summary.plates} plates, "
                f"{summary.characters} characters"
            )
        if sheet is not None:
            wanted = COLUMNS * ROWS if out is None else min(COLUMNS * ROWS, count)
            crops = sample_crops(seed, wishes, wanted, lambda done, total: show("contact sheet", done, total))
            write_sheet(sheet, contact_sheet(crops))
            print(f"{sheet}: {len(crops)} crops")
