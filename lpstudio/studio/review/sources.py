"""What is to be read: a split of the project, a folder, single files, or a video."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lpstudio.dataset.images import is_image_name
from lpstudio.errors import LpStudioError
from lpstudio.reading.footage import is_video_path
from lpstudio.studio.review.items import ReviewItem, natural_key

if TYPE_CHECKING:
    from lpstudio.dataset.index import CropIndex
    from lpstudio.dataset.project import Project


class SourceKind(StrEnum):
    SPLIT = "split"
    FOLDER = "folder"
    FILES = "files"
    VIDEO = "video"


@dataclass(frozen=True)
class Source:
    """One chosen source. ``split`` for a split of the project, ``paths`` for all else."""

    kind: SourceKind
    split: str = ""
    paths: tuple[Path, ...] = ()

    @classmethod
    def of_split(cls, split: str) -> Source:
        return cls(SourceKind.SPLIT, split=split)

    @classmethod
    def of_paths(cls, paths: list[Path]) -> Source | None:
        """What paths that were dropped or chosen mean; None when there is nothing in them to read."""
        if len(paths) == 1 and is_video_path(paths[0]):
            return cls(SourceKind.VIDEO, paths=(paths[0],))
        if len(paths) == 1 and paths[0].is_dir():
            return cls(SourceKind.FOLDER, paths=(paths[0],))
        files = tuple(path for path in paths if is_image_name(path.name))
        return cls(SourceKind.FILES, paths=files) if files else None

    @property
    def title(self) -> str:
        """Its name in a word or two."""
        if self.kind is SourceKind.SPLIT:
            return f"split {self.split}"
        if len(self.paths) == 1:
            return self.paths[0].name or str(self.paths[0])
        return f"{len(self.paths)} files"

    @property
    def video(self) -> Path | None:
        return self.paths[0] if self.kind is SourceKind.VIDEO else None


def pictures_in(folder: Path) -> list[Path]:
    """All pictures of a folder and its subfolders, hidden ones left out. Raises LpStudioError when it is not there."""
    if not folder.is_dir():
        raise LpStudioError("this folder is not there", path=folder, remedy="Choose another source.")
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent, name) for name in files if not name.startswith(".") and is_image_name(name)]
    return found


def expand(source: Source, project: Project | None, index: CropIndex | None) -> list[ReviewItem]:
    """The pictures of a source as items in natural order of their names; none for a video, whose frames come singly.

    A picture that is a crop of the open project knows so by its ``key``. Touches the disk: not for the GUI thread.
    Raises LpStudioError when the source is not there or has no picture.
    """
    if source.kind is SourceKind.VIDEO:
        return []
    items: list[ReviewItem] = []
    if source.kind is SourceKind.SPLIT:
        if project is None or index is None:
            raise LpStudioError("a split needs an open project", remedy="Open a project, or choose a folder.")
        for at in index.range_of(source.split):
            key = index.keys[at]
            items.append(ReviewItem(0, key.rsplit("/", 1)[-1], str(project.image_path(key)), key=key))
    else:
        if source.kind is SourceKind.FOLDER:
            base = source.paths[0]
            named = [(path.relative_to(base).as_posix(), path) for path in pictures_in(base)]
        else:
            named = [(path.name, path) for path in source.paths]
        for name, path in named:
            items.append(ReviewItem(0, name, str(path), key=key_of(path, project, index)))
    if not items:
        raise LpStudioError(f"{source.title} has no pictures", remedy="Choose another source.")
    items.sort(key=lambda item: natural_key(item.name))
    return items


def key_of(path: Path, project: Project | None, index: CropIndex | None) -> str:
    """The key of the crop that a picture is, or an empty string when it is none of the project."""
    if project is None or index is None:
        return ""
    key = project.key_of(path)
    return key if index.position(key) is not None else ""
