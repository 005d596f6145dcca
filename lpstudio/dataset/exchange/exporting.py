"""Writing a project, or part of it, in another program's format."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from lpstudio.dataset.additions import free_name
from lpstudio.dataset.exchange import shapes
from lpstudio.dataset.exchange.formats import Format, format_named
from lpstudio.dataset.exchange.model import ExchangedCrop, Part, Place
from lpstudio.dataset.exchange.names import safe_path
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.sink import open_sink
from lpstudio.dataset.images import image_size
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError, UsageError

Progress = Callable[[int, int], None]


def export_dataset(
    project: Project,
    out: Path,
    format_name: str,
    *,
    splits: Collection[str] | None = None,
    states: Collection[CropState] | None = None,
    pictures: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Write the crops of some splits and states (None: all) to a new folder, or a new zip where ``out`` ends in .zip.

    Nothing appears under ``out`` before all is written. The project is not changed. Returns what came over and what
    could not. Raises LpStudioError, UsageError.
    """
    chosen = format_named(format_name)
    out = Path(out).absolute()
    project.scan()
    _check_call(project, out, splits)
    wanted = _wanted(project, splits, states)
    report = Report()
    taken: dict[str, set[str]] = {}
    with open_sink(out) as sink:
        writer = chosen.writer(sink, project.alphabet, report)
        for done, (key, split, state) in enumerate(wanted, start=1):
            try:
                crop = _crop(project, key, split, state, taken, report)
            except LpStudioError as error:
                report.lose("crops", error.what, Place(str(error.path or project.image_path(key)), error.line))
                continue
            crop = what_fits(crop, chosen, report)
            writer.add(crop)
            if pictures:
                sink.copy(chosen.picture_place(crop.name), project.image_path(key))
            report.count("crops")
            report.count("characters", len(crop.characters))
            report.count("plate texts", crop.text is not None)
            if progress is not None:
                progress(done, len(wanted))
        writer.finish()
    return report


def preview_export(
    project: Project,
    format_name: str,
    *,
    splits: Collection[str] | None = None,
    states: Collection[CropState] | None = None,
    progress: Progress | None = None,
) -> Report:
    """What an export would bring over and what it would lose, without writing anything. Raises LpStudioError."""
    chosen = format_named(format_name)
    wanted = _wanted(project, splits, states)
    report = Report()
    taken: dict[str, set[str]] = {}
    for done, (key, split, state) in enumerate(wanted, start=1):
        try:
            crop = what_fits(_crop(project, key, split, state, taken, report), chosen, report)
        except LpStudioError as error:
            report.lose("crops", error.what, Place(str(error.path or project.image_path(key)), error.line))
            continue
        report.count("crops")
        report.count("characters", len(crop.characters))
        report.count("plate texts", crop.text is not None)
        if progress is not None:
            progress(done, len(wanted))
    return report


def _wanted(
    project: Project, splits: Collection[str] | None, states: Collection[CropState] | None
) -> list[tuple[str, str, CropState]]:
    """Key, split and state of the crops of these splits and states. Raises LpStudioError when there is none."""
    index = project.scan()
    wanted = [
        (index.keys[i], split, index.state_of(i))
        for split in index.splits
        if splits is None or split in splits
        for i in index.range_of(split)
        if states is None or index.state_of(i) in states
    ]
    if not wanted:
        raise LpStudioError("there is no crop of these splits and states", path=project.root)
    return wanted


def _check_call(project: Project, out: Path, splits: Collection[str] | None) -> None:
    for split in splits or ():
        if split not in project.index.splits:
            known = ", ".join(project.index.splits)
            raise UsageError(f"the dataset has no {split} split (it has {known})", path=project.yaml_path)
    for source in project.sources:
        if source.path.is_dir() and out.resolve().is_relative_to(source.path):
            raise UsageError("this lies among the project's own pictures", path=out)


def _crop(
    project: Project, key: str, split: str, state: CropState, taken: dict[str, set[str]], report: Report
) -> ExchangedCrop:
    """One crop as it stands in the project. Raises LpStudioError."""
    picture = project.image_path(key)
    size = image_size(picture)
    content = project.load(key)
    label = str(project.label_path(key))
    for unread in content.unread:
        report.lose("lines", f"not understood: {unread.fault}", Place(label, unread.line))
    place = Place(str(picture))
    name = _free_name(key, split, taken)
    if name.rpartition("/")[2] != key.rpartition("/")[2]:
        report.note(f"{picture} is called {name} there")
    text, origin = project.text(key), project.origin(key)
    return ExchangedCrop(name, place, content.characters, state, size, False, text, split, origin)


def _free_name(key: str, split: str, taken: dict[str, set[str]]) -> str:
    """``split/…/name``, numbered where two pictures would share a name."""
    parts = key.split("/")
    inner = parts[-1:]
    if "images" in parts[:-1]:
        inner = parts[len(parts) - parts[::-1].index("images") :]
        inner = inner[1:] if len(inner) > 1 and inner[0] == split else inner
    folder, _, file = safe_path("/".join([split, *inner])).rpartition("/")
    return f"{folder}/{free_name(file, taken.setdefault(folder.lower(), set()))}"


def what_fits(crop: ExchangedCrop, chosen: Format, report: Report) -> ExchangedCrop:
    """The crop without what the format has no place for, each named in the report."""
    keeps, characters = chosen.keeps, crop.characters

    def lose(part: Part, reason: str) -> None:
        report.lose(f"{part.value}s" if not part.value.endswith("s") else part.value, reason, crop.place)

    if crop.state is CropState.DRAFT and Part.DRAFT not in keeps:
        lose(Part.DRAFT, f"a draft of {len(characters)} character(s): {chosen.title} would make it the truth")
        characters = ()
    elif crop.state is CropState.UNLABELLED and Part.DRAFT not in keeps:
        report.note("crops without labels are there as pictures: other programs take them for crops without characters")
    if Part.OUTLINE not in keeps:
        if chosen.outlines == "boxes":
            flat = [c for c in characters if _is_flat(c.polygon)]
            for character in flat:
                report.lose("characters", f"{character.char or 'a character'} has no area, so no box", crop.place)
            characters = tuple(c for c in characters if c not in flat)
        if characters:
            lose(Part.OUTLINE, f"{len(characters)} outline(s) became {chosen.outlines}")
    if Part.CANDIDATES not in keeps and any(c.candidates for c in characters):
        lose(Part.CANDIDATES, f"the candidates of {sum(bool(c.candidates) for c in characters)} character(s)")
        characters = tuple(replace(c, candidates=()) for c in characters)
    if crop.origin is not None and Part.ORIGIN not in keeps:
        lose(Part.ORIGIN, f"the origin ({crop.origin.source})")
    return replace(crop, characters=characters)


def _is_flat(polygon: tuple[tuple[float, float], ...]) -> bool:
    x1, y1, x2, y2 = shapes.bounds(polygon)
    return x2 - x1 < 1e-4 or y2 - y1 < 1e-4
