"""``lpstudio pack``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.settings import ProjectSettings
    from lpstudio.similarity import Similarity
    from lpstudio.training.runs import Run


def command(
    source: Annotated[Path, typer.Argument(metavar="RUN|WEIGHTS", help="A run's folder, or a .pt file.")],
    out: Annotated[Path, typer.Argument(help="The folder to make; it must not be there yet.")],
    formats: Annotated[
        str | None,
        typer.Option(help='Plate formats: ph, none, or written out as "LLL DDDD"; the project\'s otherwise.'),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Take groups and formats from this project; a run brings its own groups.")
    ] = None,
    onnx: Annotated[bool, typer.Option("--onnx/--no-onnx", help="With the model for ONNX Runtime as well.")] = True,
) -> int:
    """Make one folder with all that a reader needs: weights, ONNX, alphabet, groups, formats, calibration."""
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.weights import find_weights

    run = _run_of(source)
    weights = find_weights(_weights_of(source, run))
    settings = _settings(project, run)
    own_formats = ", ".join(settings.formats) if settings is not None else ""
    chosen = formats_from(formats or own_formats or DEFAULT_FORMATS)
    similarity = _similarity(run, settings)

    from lpstudio.reading.pack import write_pack

    pack, loaded = write_pack(weights, out, similarity, chosen, onnx=onnx)
    if not loaded.calibrated:
        print("these weights are not calibrated: lpstudio calibrate, then pack again, makes them so", file=sys.stderr)
    print(f"{pack.name}: {len(pack.files) + 1} files, formats {pack.formats.name}", file=sys.stderr)
    print(out)
    return 0


def _run_of(source: Path) -> Run | None:
    """The run that a folder is, or that a weights file lies in."""
    from lpstudio.training.runs import Run

    if source.is_dir():
        from lpstudio.reading.weights import is_pack

        if is_pack(source):
            raise LpStudioError("this is a pack already", path=source)
        return Run.open(source)
    folder = source.absolute().parent.parent
    return Run.open(folder) if source.is_file() and (folder / "run.json").is_file() else None


def _weights_of(source: Path, run: Run | None) -> Path:
    if run is None or not source.is_dir():
        return source
    if run.best_weights is None:
        raise LpStudioError("the run has no best weights yet", path=run.dir, remedy="Let it finish one epoch")
    return run.best_weights


def _settings(project: Path | None, run: Run | None) -> ProjectSettings | None:
    """The settings of the project that is named, else of the one the run lies in."""
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.settings import FILE_NAME, ProjectSettings

    if project is not None:
        with Project.open(project, create_store=False) as opened:
            return opened.settings
    if run is not None and (run.dir.parent.parent / FILE_NAME).is_file():
        return ProjectSettings.load(run.dir.parent.parent / FILE_NAME)
    return None


def _similarity(run: Run | None, settings: ProjectSettings | None) -> Similarity:
    from lpstudio.similarity import Similarity

    if run is not None:
        return run.similarity
    return settings.similarity if settings is not None else Similarity()
