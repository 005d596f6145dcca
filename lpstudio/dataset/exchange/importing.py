"""Bringing another program's annotations into a project; a person's work there is never overwritten."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from lpstudio.alphabet import CHARACTERS, Alphabet
from lpstudio.dataset.atomic import write_bytes_atomic, write_error
from lpstudio.dataset.data_yaml import SPLITS
from lpstudio.dataset.exchange import shapes
from lpstudio.dataset.exchange.formats import format_named, recognised
from lpstudio.dataset.exchange.model import ExchangedCrop, Place
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.placing import Placer
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.tree import Tree, open_source
from lpstudio.dataset.exchange.undoing import ImportLog
from lpstudio.dataset.images import image_size
from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState, Polygon
from lpstudio.errors import LpStudioError, UsageError

Progress = Callable[[int, int], None]

# Two outlines nearer than this, in pixels, are the same; so is a point outside the picture by less.
SAME = 0.01
_MAX_TEXT = 64
_BY_PERSON = frozenset({CropState.LABELLED, CropState.IN_PROGRESS, CropState.VERIFIED, CropState.IGNORED})


def import_into(
    source: Path,
    target: Path,
    *,
    format_name: str = "auto",
    split: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """As :func:`import_dataset`, into the project at ``target``; a folder that is empty or not there becomes one."""
    target = Path(os.path.normpath(target.absolute()))
    is_new = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not is_new:
        with Project.open(target) as project, closing(ImportLog(project, source)) as log:
            return import_dataset(source, project, format_name=format_name, split=split, progress=progress, log=log)
    if target.is_relative_to(Path(os.path.normpath(source.absolute()))):
        raise UsageError("the new project would lie inside what is imported", path=target)
    report = Report()
    with open_source(source, report) as tree:
        if format_name == "auto":
            format_name = recognised(tree).name
    _make_project(target, SPLITS)
    try:
        with Project.open(target) as project:
            report = import_dataset(source, project, format_name=format_name, split=split, progress=progress)
            used = [s for s in project.index.splits if len(project.index.range_of(s))]
    except LpStudioError:
        _unmake_project(target)
        raise
    _make_project(target, tuple(used) or ("train",))
    return report


def _make_project(target: Path, splits: tuple[str, ...]) -> None:
    """A ``data.yaml`` of the 36 characters with these splits, and their folders. Raises LpStudioError."""
    try:
        for split in splits:
            (target / "images" / split).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, target) from error
    for split in set(SPLITS) - set(splits):
        folder = target / "images" / split
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    names = [f"  {i}: '{name}'" for i, name in enumerate(Alphabet.standard().names)]
    lines = [*(f"{split}: images/{split}" for split in splits), "names:", *names, ""]
    write_bytes_atomic(target / "data.yaml", "\n".join(lines).encode("utf-8"))


def _unmake_project(target: Path) -> None:
    """Take a new project away again in which nothing has arrived."""
    if any(path.is_file() and path.name != "data.yaml" for path in target.rglob("*")):
        return
    (target / "data.yaml").unlink(missing_ok=True)
    for folder in sorted((path for path in target.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            folder.rmdir()


def import_dataset(
    source: Path,
    project: Project,
    *,
    format_name: str = "auto",
    split: str | None = None,
    progress: Progress | None = None,
    log: ImportLog | None = None,
) -> Report:
    """Bring the crops of a folder, a zip or an annotation file into a project.

    Pictures that the project has are found again and get labels where nobody worked on them; others are added,
    numbered where a name is taken. ``split``: where all new crops go; None: where the source says, else to train.
    ``log``: notes what is changed, so that it can be taken back.
    Returns what came over and what could not. Raises LpStudioError when the source cannot be read at all, or the disk
    does not take more; UsageError.
    """
    if project.read_only:
        raise LpStudioError("nothing can be imported: this folder cannot be written", path=project.root)
    if split is not None and split not in project.index.splits:
        known = ", ".join(project.index.splits)
        raise UsageError(f"the dataset has no {split} split (it has {known})", path=project.yaml_path)
    report = Report()
    with open_source(source, report) as tree:
        chosen = recognised(tree) if format_name == "auto" else format_named(format_name)
        report.note(f"read as {chosen.title}")
        work = _Import(tree, project, split, report, log)
        total = len(tree.pictures)
        try:
            for done, crop in enumerate(chosen.read(tree, report), start=1):
                work.take(crop)
                if progress is not None:
                    progress(done, max(done, total))
            for name in () if tree.only_named else tree.pictures:
                if name not in work.used:
                    work.take(
                        ExchangedCrop(name, tree.place(name), split=split_of(name.rpartition("/")[0]), picture=name)
                    )
        finally:
            work.placer.finish()
            project.scan()
    project.flush()
    if log is not None:
        log.end()
    if not report.counts:
        report.note("there was nothing to bring over")
    return report


class _Import:
    """One import on its way."""

    def __init__(
        self, tree: Tree, project: Project, split: str | None, report: Report, log: ImportLog | None = None
    ) -> None:
        self.log = log
        self.tree = tree
        self.project = project
        self.split = split
        self.report = report
        self.placer = Placer(project)
        self.used: set[str] = set()

    def take(self, crop: ExchangedCrop) -> None:
        """Bring one crop over; what cannot is named, the others go on. Raises LpStudioError when the disk is full."""
        if crop.picture is not None and crop.picture in self.used:
            self.report.lose("crops", "another annotation of the same picture; the first was taken", crop.place)
            return
        if crop.picture is not None:
            self.used.add(crop.picture)
        try:
            picture = self._picture(crop)
            key = self.placer.find(crop.name, self.split or crop.split, picture)
        except LpStudioError as error:
            self.report.lose("crops", f"{shown(crop.name)}: {error.what}", crop.place)
            return
        if key is None and picture is None:
            reason = f"the picture {shown(crop.name) or 'without name'} is neither there nor in the project"
            self.report.lose("crops", reason, crop.place)
            return
        is_new = key is None
        if key is None:
            assert picture is not None
            split = self.split or crop.split or "train"
            if split not in self.project.index.splits:
                reason = f"the project has no {split} split; add it to data.yaml, or say where with --split"
                self.report.lose("crops", reason, crop.place)
                return
            key = self.placer.add(picture, crop.name, split)
            if self.log is not None:
                self.log.added(key)
        elif self.log is not None:
            self.log.before(key)
        try:
            self._fill(key, crop, is_new)
        except LpStudioError as error:
            self.report.lose("crops' labels", error.what, Place(str(error.path or crop.place.file), error.line))
        if self.log is not None:
            self.log.after(key)

    def _picture(self, crop: ExchangedCrop) -> Path | None:
        """The picture as a file that has a size; None when the source has none. Raises LpStudioError."""
        if crop.picture is not None:
            path = self.tree.local(crop.picture)
        elif crop.embedded is not None:
            path = self.tree.keep(_with_ending(crop.name, crop.embedded), iter((crop.embedded,)))
        else:
            return None
        image_size(path)
        return path

    def _fill(self, key: str, crop: ExchangedCrop, is_new: bool) -> None:
        size = image_size(self.project.image_path(key))
        crop = self._fitted(crop, size)
        if not is_new and self._is_worked_on(key):
            self._compare(key, crop)
        else:
            self._save(key, crop)
            if is_new:
                self.report.count("new crops")
            elif crop.characters or crop.state is not CropState.UNLABELLED:
                self.report.count("crops filled in")
            else:
                self.report.count("crops that were there already")
        self._add_text(key, crop)
        if crop.origin is not None and self.project.origin(key) is None:
            self.project.store.set_origin(key, crop.origin)

    # --- what a crop may bring ---------------------------------------------------------------------------------------

    def _fitted(self, crop: ExchangedCrop, size: tuple[int, int]) -> ExchangedCrop:
        """The crop with characters in pixels of the picture, of classes that the project has, within its border."""
        if not crop.relative and crop.size is not None and crop.size != size and crop.characters:
            given, real = " × ".join(map(str, crop.size)), " × ".join(map(str, size))
            reason = f"{len(crop.characters)} character(s): drawn on {given} pixels, the picture has {real}"
            if crop.size == size[::-1]:
                reason += " after the rotation that its EXIF asks for"
            self.report.lose("crops' labels", reason, crop.place)
            return replace(crop, characters=(), state=CropState.UNLABELLED, incomplete=True)
        foreign: Counter[str] = Counter()
        kept: list[Character] = []
        incomplete = crop.incomplete
        for number, character in enumerate(crop.characters, start=1):
            if character.char and self.project.alphabet.index(character.char) is None:
                foreign[character.char] += 1
                incomplete |= character.char in CHARACTERS
                continue
            polygon = character.polygon
            if crop.relative:
                polygon = shapes.scaled(polygon, size[0], size[1])
            polygon = self._inside(polygon, size, f"character {number} ({character.char or 'no class'})", crop.place)
            if polygon:
                kept.append(replace(character, polygon=polygon))
            else:
                incomplete = True
        for name, count in foreign.items():
            reason = f"{count} of the class “{shown(name, 40)}”, which the project does not have"
            self.report.lose("classes", reason, crop.place)
        return replace(crop, characters=tuple(kept), incomplete=incomplete)

    def _inside(self, polygon: Polygon, size: tuple[int, int], what: str, place: Place) -> Polygon:
        width, height = size
        x1, y1, x2, y2 = shapes.bounds(polygon)
        beyond = max(-x1, -y1, x2 - width, y2 - height)
        if beyond <= 0:
            return polygon
        if beyond <= SAME:
            return tuple((min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))) for x, y in polygon)
        cut = shapes.clipped(polygon, width, height)
        if cut:
            self.report.lose("parts outside the picture", f"{what} was cut at the border", place)
        else:
            self.report.lose("characters", f"{what} lies outside the picture", place)
        return cut

    # --- what the project takes --------------------------------------------------------------------------------------

    def _is_worked_on(self, key: str) -> bool:
        state = self.project.state(key)
        if state in _BY_PERSON:
            return True
        record = self.project.store.record(key)
        return record is not None and bool(record.kept)

    def _compare(self, key: str, crop: ExchangedCrop) -> None:
        """A crop that somebody worked on stays; the same outlines, confirmed elsewhere, confirm it here."""
        self.report.count("crops that were there already")
        own = self.project.load(key).characters
        if not crop.characters and crop.state is CropState.UNLABELLED:
            return
        if not _same(own, crop.characters):
            reason = f"{key} has labels of its own, which differ: they were kept"
            self.report.lose("crops' labels", reason, crop.place)
            return
        confirmed = crop.state is CropState.VERIFIED and not crop.incomplete
        if confirmed and self.project.state(key) is CropState.LABELLED:
            self.project.set_state(key, CropState.VERIFIED)
            self.report.count("crops confirmed")

    def _save(self, key: str, crop: ExchangedCrop) -> None:
        characters, state = crop.characters, crop.state
        if state is CropState.DRAFT:
            if self.project.set_draft(key, characters):
                self.report.count("drafts")
                self.report.count("characters", len(characters))
            return
        if state is CropState.IGNORED and not characters:
            self.project.set_state(key, CropState.IGNORED)
            return
        if state is CropState.UNLABELLED or (crop.incomplete and not characters):
            return
        if crop.incomplete and state is not CropState.IGNORED:
            # A crop that lacks a character must not be trained on as if it had none there.
            state = CropState.IN_PROGRESS
            self.report.note("crops whose characters did not all come over are in progress: no training takes them")
        if any(c.confidence is not None or c.candidates for c in characters):
            self.report.note("confidences and candidates stay with drafts only")
        self.project.save(key, CropContent(characters), state)
        self.report.count("characters", len(characters))

    def _add_text(self, key: str, crop: ExchangedCrop) -> None:
        if crop.text is None:
            return
        text = normalise_text(crop.text[: 4 * _MAX_TEXT])
        own = self.project.text(key)
        if not text or len(text) > _MAX_TEXT:
            self.report.lose("plate texts", f"“{shown(crop.text, 24)}” is no plate's text", crop.place)
        elif own is None:
            self.project.set_text(key, text)
            self.report.count("plate texts")
        elif own != text:
            self.report.lose("plate texts", f"{key} has the text {own}; {shown(text)} was not taken", crop.place)


def _with_ending(name: str, data: bytes) -> str:
    """An embedded picture is named after what it is, whatever the file calls it."""
    ending = "png" if data.startswith(b"\x89PNG") else "jpg" if data.startswith(b"\xff\xd8") else ""
    return f"x.{ending}" if ending else name


def _same(own: tuple[Character, ...], other: tuple[Character, ...]) -> bool:
    if len(own) != len(other):
        return False
    for a, b in zip(own, other, strict=True):
        if (a.char, a.unreadable, len(a.polygon)) != (b.char, b.unreadable, len(b.polygon)):
            return False
        if any(max(abs(p[0] - q[0]), abs(p[1] - q[1])) > SAME for p, q in zip(a.polygon, b.polygon, strict=True)):
            return False
    return True
