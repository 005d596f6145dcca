"""What there is to read: pictures, folders, splits of a dataset and footage, found before any weights are opened."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lpstudio.dataset.data_yaml import read_data_yaml
from lpstudio.dataset.images import is_image_name
from lpstudio.dataset.scan import scan_sources
from lpstudio.errors import LpStudioError
from lpstudio.reading.footage import is_video_path


class Kind(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    FAULT = "fault"  # cannot be read at all; ``fault`` says why


@dataclass(frozen=True)
class Item:
    """One picture or video. ``source``: its path in the words of the call."""

    source: str
    path: Path
    kind: Kind
    fault: str = ""


def find_items(sources: Sequence[str], split: str = "val") -> list[Item]:
    """All pictures and videos of some sources, in order; a source that cannot be read becomes an item that says why.

    A folder is searched with the folders below it. Of a ``data.yaml``, the pictures of ``split`` are taken.
    """
    items: list[Item] = []
    for source in sources:
        try:
            items += _items_of(source, split)
        except LpStudioError as error:
            items.append(Item(source, Path(source), Kind.FAULT, error.message))
        except OSError as error:
            fault = LpStudioError(f"it cannot be read ({error.strerror})", path=source)
            items.append(Item(source, Path(source), Kind.FAULT, fault.message))
    return items


def _items_of(source: str, split: str) -> list[Item]:
    path = Path(source)
    if path.is_dir():
        found = _in_folder(source)
        if not found:
            raise LpStudioError("there are no pictures or videos in this folder", path=path)
        return found
    if not path.exists():
        raise LpStudioError("there is no such file or folder", path=path)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _in_split(path, split)
    item = _item(source)
    if item is None:
        raise LpStudioError("this is neither a picture nor a video that is known here", path=path)
    return [item]


def _item(source: str) -> Item | None:
    path = Path(source)
    if is_image_name(path.name):
        return Item(source, path, Kind.PICTURE)
    if is_video_path(path):
        return Item(source, path, Kind.VIDEO)
    return None


def _in_folder(folder: str) -> list[Item]:
    items: list[Item] = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found = (_item(str(Path(place, name))) for name in sorted(names) if not name.startswith("."))
        items += [item for item in found if item is not None]
    return items


def _in_split(path: Path, split: str) -> list[Item]:
    data = read_data_yaml(path.absolute())
    wanted = tuple(source for source in data.sources if source.split == split)
    if not wanted:
        known = ", ".join(dict.fromkeys(source.split for source in data.sources)) or "none"
        raise LpStudioError(f"there is no split {split!r} in it", path=path, remedy=f"Its splits: {known}")
    root = data.path.parent.resolve()
    keys = scan_sources(root, wanted).keys
    if not keys:
        raise LpStudioError(f"its split {split!r} holds no pictures", path=path)
    return [Item(str(path.parent / key), root / key, Kind.PICTURE) for key in keys]
