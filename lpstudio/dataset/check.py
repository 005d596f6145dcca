"""Every fault of a dataset at once, with file and line."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from lpstudio.dataset import labels, records
from lpstudio.dataset.faults import CropFault, FaultKind, KnownTexts, character_faults, text_faults
from lpstudio.dataset.images import check_image, image_size, is_image_name
from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.mending import character_of_line
from lpstudio.dataset.plate_texts import FILE_NAME as PLATES_NAME
from lpstudio.dataset.plate_texts import read_plate_texts
from lpstudio.dataset.project import Project
from lpstudio.dataset.scan import label_folder, read_list
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.dataset.types import Character, CropState, UnreadLine
from lpstudio.errors import LpStudioError, one_line
from lpstudio.plates.formats import FormatSet, formats_from

Progress = Callable[[str, int, int], None]

_BATCH = 256


class Severity(StrEnum):
    """ERROR: something is lost in a training. WARNING: it is used, but perhaps not meant. INFO: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``kind`` is a short fixed name for scripts; ``line`` counts from 1, None for the whole file."""

    kind: str
    path: Path
    line: int | None
    message: str
    severity: Severity = Severity.ERROR

    @property
    def where(self) -> str:
        path = one_line(str(self.path))
        return f"{path}:{self.line}" if self.line is not None else path

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``lpstudio check --json`` writes it."""
        return {
            "kind": self.kind,
            "severity": self.severity.value,
            "path": str(self.path),
            "line": self.line,
            "message": self.message,
        }


def check_project(project: Project, progress: Progress | None = None, *, images: bool = True) -> list[Fault]:
    """All faults of an open dataset, sorted by file and line.

    ``images=False`` leaves out decoding every picture (and finding equal ones), which takes the most time. ``progress``
    is called with (what is looked at, done, all). Nothing is written.
    """
    index = project.fresh_index()
    faults = [
        *_yaml_faults(project),
        *_side_file_faults(project),
        *_list_faults(project, index),
        *_doubled_faults(project, index),
        *_label_faults(project, index, progress),
        *_stray_label_faults(project, index),
    ]
    if images:
        faults += _image_faults(project, index, progress)
    return sorted(faults, key=lambda fault: (str(fault.path), fault.line or 0, fault.kind, fault.message))


def _yaml_faults(project: Project) -> Iterator[Fault]:
    path = project.yaml_path
    for note in project.yaml_notes:
        yield Fault(note.kind, path, note.line, note.message, Severity.ERROR if note.grave else Severity.WARNING)


def _side_file_faults(project: Project) -> Iterator[Fault]:
    """What stands beside the yaml: settings, texts, states."""
    try:
        ProjectSettings.load(project.settings_path)
    except LpStudioError as error:
        yield Fault("settings", project.settings_path, error.line, error.what)
    plates = project.root / PLATES_NAME
    if plates.is_file():
        try:
            read_plate_texts(plates)
        except LpStudioError as error:
            yield Fault("plate-texts", plates, error.line, error.what)
    path = project.store.text_path
    if path.is_file():
        try:
            _, unread = records.parse_records(path.read_bytes().decode("utf-8", "replace"))
        except OSError as error:
            yield Fault("states", path, None, f"it cannot be read: {error.strerror or error}")
        else:
            for line in unread:
                yield Fault("states", path, line, "the line is not understood", Severity.WARNING)


def _list_faults(project: Project, index: CropIndex) -> Iterator[Fault]:
    """Folders without pictures, and lists that name pictures which are not there."""
    for source in project.sources:
        if source.path.is_file() and source.path.suffix.lower() == ".txt":
            try:
                entries = read_list(source.path)
            except LpStudioError as error:
                yield Fault("list", source.path, error.line, error.what)
                continue
            for line, image in entries:
                if not os.path.isfile(image):  # noqa: PTH113 (one call for every line of a list)
                    yield Fault("missing-image", source.path, line, f"the picture is missing: {image}")
    for split in index.splits:
        if not index.range_of(split):
            named = next((s.line for s in project.sources if s.split == split), None)
            yield Fault("empty-split", project.yaml_path, named, f"the {split} split has no picture", Severity.WARNING)


def _doubled_faults(project: Project, index: CropIndex) -> Iterator[Fault]:
    """Pictures that stand in several splits or lists, and pictures that share one label file."""
    for key, split in index.doubled:
        position = index.position(key)
        first = index.split_of(position) if position is not None else split
        if first == split:
            message = f"named twice in {split}"
            yield Fault("doubled-image", project.image_path(key), None, message, Severity.WARNING)
        else:
            message = f"in {first} and in {split}: what is measured on it says nothing"
            yield Fault("doubled-image", project.image_path(key), None, message)
    previous = ""
    for key in sorted(index.keys, key=lambda k: k.rpartition(".")[0]):
        if previous and key.rpartition(".")[0] == previous.rpartition(".")[0]:
            other = previous.rpartition("/")[2]
            message = f"shares its label file with {other}"
            yield Fault("shared-label", project.image_path(key), None, message)
        previous = key


def _label_faults(project: Project, index: CropIndex, progress: Progress | None) -> Iterator[Fault]:
    total = len(index)
    done: set[Path] = set()  # pictures may share a label file, which is a fault of its own
    for i, key in enumerate(index.keys):
        if progress is not None and (i % _BATCH == 0 or i + 1 == total):
            progress("labels", i + 1, total)
        if not index.has_label_file(i):
            message = f"no label file ({index.state_of(i)})"
            yield Fault("unlabelled", project.image_path(key), None, message, Severity.INFO)
            continue
        path = project.label_path(key)
        if path not in done:
            done.add(path)
            yield from label_file_faults(path, project, key, index.split_of(i))


def label_file_faults(path: Path, project: Project, key: str, split: str = "") -> Iterator[Fault]:
    """The faults of one label file, that of the crop ``key``."""
    try:
        found = crop_faults(project, key, split)
    except LpStudioError as error:
        yield Fault("label-file", path, None, error.what)
        return
    for fault, line in found:
        yield Fault(fault.kind.value, path, line, fault.message, severity_of(fault.kind))


def severity_of(kind: FaultKind) -> Severity:
    """How much a fault of what stands on a crop matters. Plate formats are soft: a text may well fit none."""
    if kind is FaultKind.LABEL_LINE:
        return Severity.ERROR
    return Severity.INFO if kind is FaultKind.TEXT_FORMAT else Severity.WARNING


def crop_faults(project: Project, key: str, split: str = "") -> list[tuple[CropFault, int | None]]:
    """The faults of what stands in a crop's label file, each with its line (None: the whole file).

    Unreadable characters, which stand beside the file, count as well; their faults have no line. Raises LpStudioError
    when the file cannot be read. Where the picture cannot be measured, only the lines themselves are looked at.
    """
    text = labels.read_label_text(project.label_path(key))
    try:
        size = image_size(project.image_path(key))
    except LpStudioError:
        size = None
    characters: list[Character] = []
    lines: list[int | None] = []
    found: list[tuple[CropFault, int | None]] = []
    for number, character, fault, line in labels.parse_lines(text or "", project.alphabet, size or (1, 1)):
        if character is None:
            unread = UnreadLine(number, line, fault)
            fixable = size is not None and character_of_line(unread, size, project.alphabet) is not None
            found.append((CropFault(FaultKind.LABEL_LINE, fault, None, fixable), number))
        else:
            characters.append(character)
            lines.append(number)
    if size is None:
        return found
    record = project.store.record(key)
    for kept in record.kept if record is not None else ():
        place = min(kept.at, len(characters))
        characters.insert(place, kept.character)
        lines.insert(place, None)
    unfinished = record is not None and record.state is CropState.IN_PROGRESS
    known = known_texts(project, key, split, None if record is None else record.text)
    faults = character_faults(characters, size, project.alphabet)
    faults += text_faults(characters, known, finished=not unfinished and not found)
    for one in faults:
        found.append((one, lines[one.at] if one.at is not None else None))
    return found


def known_texts(project: Project, key: str, split: str, own: str | None) -> KnownTexts:
    """What is known of a crop's text. ``own``: as a person gave it here (empty: not known), None where nobody did."""
    csv = project.plate_texts.text_of(key, split) or ""
    return KnownTexts(csv if own is None else own, csv, project_formats(project))


def project_formats(project: Project) -> FormatSet | None:
    """The plate formats that the project's settings name; None for none, and for what cannot be understood."""
    return _formats(",".join(project.settings.formats))


@lru_cache(maxsize=16)
def _formats(choice: str) -> FormatSet | None:
    try:
        return formats_from(choice)
    except LpStudioError:
        return None


def _stray_label_faults(project: Project, index: CropIndex) -> Iterator[Fault]:
    """Label files for no image, below the folders in which this dataset's labels lie."""
    expected = {str(project.label_path(key)) for key in index.keys}
    folders = {label_folder(str(s.path)) for s in project.sources if s.path.is_dir()}
    folders |= {os.path.dirname(path) for path in expected}  # noqa: PTH120
    lists = {str(source.path) for source in project.sources}
    seen: set[str] = set()
    for folder in sorted(folders):
        for place, below, names in os.walk(folder):
            below.sort()
            below[:] = [name for name in below if not name.startswith(".")]
            pictures: set[str] | None = None
            for name in sorted(names):
                path = f"{place}{os.sep}{name}"
                if not name.endswith(".txt") or name.startswith(".") or path in expected | lists or path in seen:
                    continue
                seen.add(path)
                if pictures is None:
                    pictures = _picture_stems(place)
                # A picture that no split names is nothing wrong, and neither is its label file.
                if name[:-4] not in pictures and _looks_like_labels(path):
                    yield Fault("no-image", Path(path), None, "a label file for no image")


def _picture_stems(label_place: str) -> set[str]:
    """The names, without ending, of the pictures whose labels lie in a folder."""
    place = f"{os.sep}images{os.sep}".join(f"{label_place}{os.sep}".rsplit(f"{os.sep}labels{os.sep}", 1))
    try:
        names = os.listdir(place)  # noqa: PTH208
    except OSError:
        return set()
    return {name.rpartition(".")[0] for name in names if is_image_name(name)}


def _looks_like_labels(path: str) -> bool:
    """Tell label files from a readme, a list of pictures or of classes, which also end in ``.txt``."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(4096).split(b"\n", 1)[0].split()
    except OSError:
        return True
    return not head or (len(head) >= 5 and head[0].replace(b".", b"").isdigit())


def _image_faults(project: Project, index: CropIndex, progress: Progress | None) -> Iterator[Fault]:
    total = len(index)
    done = 0
    sizes: dict[int, list[str]] = {}
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="check") as pool:
        for batch in _batches(index.keys):
            paths = [project.image_path(key) for key in batch]
            for key, path, fault in zip(batch, paths, pool.map(check_image, paths), strict=True):
                if fault is not None:
                    yield Fault("image", path, None, fault)
                else:
                    sizes.setdefault(path.stat().st_size, []).append(key)
            done += len(batch)
            if progress is not None:
                progress("pictures", done, total)
    yield from _equal_images(project, index, sizes)


def _equal_images(project: Project, index: CropIndex, sizes: dict[int, list[str]]) -> Iterator[Fault]:
    """Pictures that are the same byte for byte."""
    for keys in sizes.values():
        if len(keys) < 2:
            continue
        first: dict[bytes, str] = {}
        for key in keys:
            with project.image_path(key).open("rb") as file:
                digest = hashlib.file_digest(file, "blake2b").digest()
            other = first.setdefault(digest, key)
            if other == key:
                continue
            across = index.split_of(index.position(key) or 0) != index.split_of(index.position(other) or 0)
            where = ", which is in another split" if across else ""
            yield Fault(
                "equal-image", project.image_path(key), None, f"the same picture as {other}{where}", Severity.WARNING
            )


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
