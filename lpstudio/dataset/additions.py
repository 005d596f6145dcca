"""Adding pictures to a project: numbered where a name is taken, and never half there."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lpstudio.dataset.atomic import claim, create_file, sync_folder, temporary_prefix, write_bytes_atomic, write_error
from lpstudio.dataset.images import image_size, is_image_name
from lpstudio.dataset.scan import label_path
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project


def safe_stem(stem: str) -> str:
    """A file name without ending that every system takes, from any text."""
    cleaned = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "_", stem).strip(" ._")[:120]
    reserved = re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", cleaned)
    return f"_{cleaned}" if reserved else cleaned or "crop"


def split_folder(project: Project, split: str) -> tuple[Path, Path | None]:
    """Where a new picture of a split goes, and the ``.txt`` list that must then name it (None where none has to).

    Raises LpStudioError when the project has no such split.
    """
    sources = [source.path for source in project.sources if source.split == split]
    if not sources:
        names = ", ".join(dict.fromkeys(source.split for source in project.sources))
        raise LpStudioError(f"the dataset has no {split} split (it has {names})", path=project.yaml_path)
    for source in sources:
        if source.suffix.lower() != ".txt" and not source.is_file():
            return source, None
    return project.root / "images" / split, sources[0]


def add_images(
    project: Project, paths: list[Path], split: str, copy: bool, faults: list[LpStudioError] | None
) -> list[str]:
    """See :meth:`Project.add_images`."""
    folder, list_file = split_folder(project, split)
    sound: list[Path] = []
    for path in paths:
        try:
            if not is_image_name(path.name):
                raise LpStudioError("not added: this is no picture by its name", path=path)
            image_size(path)
            sound.append(path)
        except LpStudioError as error:
            if faults is None:
                raise
            faults.append(error)
    added: list[Path] = []
    try:
        for path in sound:
            try:
                added.append(_add_file(path, folder, copy))
            except LpStudioError as error:
                if faults is None:
                    raise
                faults.append(error)
    finally:
        if added and list_file is not None:
            extend_list(list_file, added)
    return [project.key_of(path) for path in added]


def add_bytes(project: Project, data: bytes, name: str, split: str) -> str:
    """Add one picture given by its bytes; returns its key. Raises LpStudioError."""
    folder, list_file = split_folder(project, split)
    for candidate in _numbered(folder, name):
        try:
            added = create_file(folder, candidate, data)
        except FileExistsError:
            continue
        break
    try:
        image_size(added)
    except LpStudioError:
        added.unlink()
        raise
    if list_file is not None:
        extend_list(list_file, [added])
    return project.key_of(added)


def _numbered(folder: Path, name: str) -> Iterator[str]:
    """Free names: the wanted one, then numbered. A name is taken as well when its label file would be another's."""
    stem, _, ending = name.rpartition(".")
    taken = {entry.stem.lower() for entry in (folder.iterdir() if folder.is_dir() else ())}
    number = 1
    while True:
        candidate = stem if number == 1 else f"{stem}-{number}"
        if candidate.lower() not in taken and not label_path(folder / f"{candidate}.{ending}").exists():
            yield f"{candidate}.{ending}"
        number += 1


def _add_file(path: Path, folder: Path, copy: bool) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.resolve().parent == folder.resolve():
            return folder / path.name  # it lies there already
        for name in _numbered(folder, path.name):
            try:
                place_file(path, folder / name, copy)
            except FileExistsError:
                continue
            sync_folder(folder)
            return folder / name
        raise AssertionError
    except OSError as error:
        raise write_error(error, folder / path.name) from error


def free_name(name: str, taken: set[str]) -> str:
    """``name``, numbered when its stem is in ``taken`` (lower-case stems), to which the outcome is added."""
    stem, _, ending = name.rpartition(".")
    number = 1
    while (candidate := stem if number == 1 else f"{stem}-{number}").lower() in taken:
        number += 1
    taken.add(candidate.lower())
    return f"{candidate}.{ending}"


def place_file(path: Path, target: Path, copy: bool = True) -> None:
    """Copy (or link) a file to a new name, whole or not at all; FileExistsError when the name is taken, OSError."""
    if not copy:
        try:
            os.link(path.resolve(), target)
            return
        except FileExistsError:
            raise
        except OSError:
            pass  # another disk, or one without links
    handle, name = tempfile.mkstemp(prefix=temporary_prefix(), suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, path.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(path, temporary)
        claim(temporary, target)
    finally:
        with suppress(OSError):
            temporary.unlink()


def extend_list(list_file: Path, added: list[Path]) -> None:
    """Name pictures in a ``.txt`` list, relative to it where they lie below its folder."""
    try:
        old = list_file.read_bytes() if list_file.exists() else b""
    except OSError as error:
        raise write_error(error, list_file) from error
    if old and not old.endswith(b"\n"):
        old += b"\n"
    folder = list_file.parent
    lines = [f"./{p.relative_to(folder).as_posix()}" if p.is_relative_to(folder) else str(p) for p in added]
    write_bytes_atomic(list_file, old + "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
