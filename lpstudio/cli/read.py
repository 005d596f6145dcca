"""``lpstudio read``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.errors import UsageError
from lpstudio.reading import CONFIDENCE

if TYPE_CHECKING:
    from lpstudio.dataset.settings import ProjectSettings
    from lpstudio.plates.formats import FormatSet
    from lpstudio.reading.outputs import Lines, Sink
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import Item
    from lpstudio.similarity import Similarity


def command(
    sources: Annotated[list[str], typer.Argument(help="Pictures, folders, videos, or a data.yaml.")],
    weights: Annotated[
        Path | None, typer.Option(help="A .pt file, or a folder made by pack; the starter weights when left out.")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="One line of JSON a picture or frame; - for stdout.")
    ] = None,
    csv_file: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="One row a plate; - for stdout.")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw every reading over its picture, into this folder.")
    ] = None,
    formats: Annotated[
        str | None, typer.Option(help='Plate formats: ph, none, or written out as "LLL DDDD"; several with commas.')
    ] = None,
    split: Annotated[str, typer.Option(help="The split to read of a data.yaml.")] = "val",
    every: Annotated[int, typer.Option(min=1, metavar="N", help="Read every N-th frame of videos.")] = 1,
    first: Annotated[int, typer.Option(min=0, help="The first frame of videos to read.")] = 0,
    last: Annotated[int | None, typer.Option(min=0, help="The last frame to read; the end when left out.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, 0, mps; the best there is when left out.")] = None,
    runtime: Annotated[str, typer.Option(help="torch; or onnx, with a pack: ONNX Runtime on the CPU.")] = "torch",
    conf: Annotated[float, typer.Option(min=0.0, max=1.0, help="The least confidence of a character.")] = CONFIDENCE,
    imgsz: Annotated[
        int | None,
        typer.Option(min=32, max=8192, help="The side the model sees; what it was trained at when left out."),
    ] = None,
    twice: Annotated[
        bool, typer.Option("--twice", help="Look at each picture a second time, larger: slow; for clear plates.")
    ] = False,
) -> int:
    """Read plates. Exit 1 when a picture or frame could not be read."""
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.outputs import CsvSink, FaultLines, JsonSink, OverlaySink, opened, print_reading
    from lpstudio.reading.sources import Kind, find_items
    from lpstudio.reading.weights import RUNTIMES, find_weights, load_weights
    from lpstudio.similarity import Similarity

    if json_file == "-" and csv_file == "-":
        raise UsageError("JSON and CSV cannot both go to stdout", remedy="Give one of them a file")
    if last is not None and last < first:
        raise UsageError(f"the last frame {last} lies before the first, {first}")
    if runtime not in RUNTIMES:
        raise UsageError(f"there is no runtime {runtime!r}", remedy=f"Known: {', '.join(RUNTIMES)}")
    settings = _project_settings(sources)
    chosen = formats_from(formats or (", ".join(settings.formats) if settings else "") or DEFAULT_FORMATS)
    items = find_items(sources, split)  # before the weights: a mistyped name should not wait for torch
    lines: Lines
    if all(item.kind is Kind.FAULT for item in items):
        lines = FaultLines(items, weights)
    else:
        path = find_weights(weights, packs=True)  # a missing file is named before torch is loaded
        similarity = settings.similarity if settings else Similarity()
        if path.is_dir():
            from lpstudio.reading.pack import open_pack

            pack = open_pack(path)
            similarity = settings.similarity if settings else pack.similarity
            chosen = chosen if formats or (settings and settings.formats) else pack.formats
            loaded = pack.weights(device, runtime)
        else:
            loaded = load_weights(path, device, runtime)

        from lpstudio.reading.reader import CharacterReader

        reader = CharacterReader(loaded, imgsz, conf, twice=twice)
        lines = _reading(items, reader, chosen, similarity, (first, last, every))
    read = failed = 0
    with contextlib.ExitStack() as stack:
        sinks: list[Sink] = []
        if json_file is not None:
            sinks.append(JsonSink(stack.enter_context(opened(json_file))))
        if csv_file is not None:
            sinks.append(CsvSink(stack.enter_context(opened(csv_file))))
        if overlay is not None:
            sinks.append(stack.enter_context(OverlaySink(overlay, items)))
        if "-" not in (json_file, csv_file):
            sinks.append(print_reading)
        show = stack.enter_context(progress_bar())
        for line in lines:
            read += 1
            if line["error"] is not None:
                failed += 1
                print(f"lpstudio: {line['error']}", file=sys.stderr)
            for sink in sinks:
                sink(line)
            show("reading", read, lines.total or read)
    print(f"{read - failed} of {read} read" if failed else f"{read} read", file=sys.stderr)
    return 1 if failed else 0


def _project_settings(sources: list[str]) -> ProjectSettings | None:
    """The settings of the project whose ``data.yaml`` is read."""
    from lpstudio.dataset.settings import FILE_NAME, ProjectSettings

    for source in sources:
        settings = Path(source).parent / FILE_NAME
        if Path(source).suffix.lower() in (".yaml", ".yml") and settings.is_file():
            return ProjectSettings.load(settings)
    return None


def _reading(
    items: list[Item],
    reader: CharacterReader,
    formats: FormatSet,
    similarity: Similarity,
    frames: tuple[int, int | None, int],
) -> Lines:
    from lpstudio.reading.stream import Frames, ReadingRun
    from lpstudio.reading.weights import ONNX

    loaded = reader.weights
    calibration = "calibrated" if loaded.calibrated else "not calibrated"
    place = "ONNX Runtime" if loaded.runtime == ONNX else str(loaded.device)
    print(f"reading with {loaded.name} ({calibration}) on {place}", file=sys.stderr)
    return ReadingRun(items, reader, formats, similarity, Frames(*frames))
