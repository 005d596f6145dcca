"""Listing the pictures of every split and which of them have label files, without opening any.

Folders are read once each. Labels are where Ultralytics looks: the last ``/images/`` of the path becomes
``/labels/``, the ending ``.txt``.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from lpstudio.dataset.data_yaml import SplitSource
from lpstudio.dataset.images import IMAGE_SUFFIXES
from lpstudio.dataset.index import CropIndex
from lpstudio.errors import LpStudioError

_IMAGES = f"{os.sep}images{os.sep}"
_LABELS = f"{os.sep}labels{os.sep}"
_BITE = 8192  # names that are dealt with at one go


def label_folder(image_folder: str) -> str:
    """The folder of the labels of the pictures in an absolute folder, both without a separator at the end."""
    return _LABELS.join(f"{image_folder}{os.sep}".rsplit(_IMAGES, 1))[: -len(os.sep)]


def label_path(image: Path) -> Path:
    """The label file of a picture (an absolute path)."""
    return Path(label_folder(str(image.parent)), image.name.rpartition(".")[0] + ".txt")


_Stems = list[set[str]]  # names without ending, spread over _BUCKETS sets by their hash: no set is slow to grow or go
_BUCKETS = 64


class _Folders:
    """What folders hold, each read at most once."""

    def __init__(self) -> None:
        self._stems: dict[str, _Stems] = {}

    def label_stems(self, folder: str) -> _Stems:
        """The names, without ending, of the label files in a folder; none when there is no such folder."""
        stems = self._stems.get(folder)
        if stems is None:
            stems = self._stems[folder] = [set() for _ in range(_BUCKETS)]
            try:
                names = os.listdir(folder)  # noqa: PTH208 (plain names: half a million of them are no rarity)
            except OSError:
                return stems
            for name in names:
                if name.endswith(".txt"):
                    stem = name[:-4]
                    stems[hash(stem) % _BUCKETS].add(stem)
            let_go(names)
        return stems

    def let_go(self) -> None:
        """Forget what was read, bit by bit."""
        for stems in self._stems.values():
            for bucket in stems:
                bucket.clear()


def scan_sources(root: Path, sources: tuple[SplitSource, ...]) -> CropIndex:
    """The index of all pictures; states say only whether there is a label file.

    A folder or list that is not there has no pictures (opening the project and the check name it).
    """
    folders = _Folders()
    prefix = str(root) + os.sep
    doubled: list[tuple[str, str]] = []
    parts: list[tuple[str, list[str], bytearray]] = []
    visited: set[str] = set()
    for split in dict.fromkeys(source.split for source in sources):
        # Two flat lists, not one of pairs: half a million pairs cost more than reading the folders.
        keys: list[str] = []
        labelled = bytearray()
        groups = 0
        may_be_doubled = False
        for source in sources:
            if source.split != split:
                continue
            for folder, names in _pictures(source.path):
                sort_names(names)
                groups += 1
                # Within one folder every name is there once; a list may name a picture twice.
                may_be_doubled = may_be_doubled or folder in visited or not source.path.is_dir()
                visited.add(folder)
                start = _key_prefix(folder, prefix)
                keys += [start + name for name in names]
                labelled += _have_labels(names, folders.label_stems(label_folder(folder)))
                let_go(names)
        if groups > 1:
            order = sorted(range(len(keys)), key=keys.__getitem__)
            keys = [keys[i] for i in order]
            labelled = bytearray([labelled[i] for i in order])
        if may_be_doubled:
            keys, labelled = _without_doubled(split, keys, labelled, parts, doubled)
        parts.append((split, keys, labelled))
    folders.let_go()
    return CropIndex(parts, doubled)


def sort_names(names: list[str]) -> None:
    """Sort in place, in bites: one sort of half a million names would keep every other thread waiting."""
    if len(names) <= _BITE:
        names.sort()
        return
    count = len(names) // _BITE + 1
    sample = sorted(names[:: max(1, len(names) // (64 * count))])
    borders = sample[:: max(1, len(sample) // count)][1:]
    heaps: list[list[str]] = [[] for _ in range(len(borders) + 1)]
    for name in names:
        heaps[bisect_right(borders, name)].append(name)
    let_go(names)
    for heap in heaps:
        heap.sort()
        names += heap


def let_go(names: list[str]) -> None:
    """Empty a list in bites, for the same reason."""
    while names:
        del names[-_BITE:]


def _have_labels(names: list[str], stems: _Stems) -> bytes:
    """One byte for every picture: whether its label file is there."""
    if not any(stems):
        return bytes(len(names))
    found = bytearray()
    for at in range(0, len(names), _BITE):
        bite = (name.rpartition(".")[0] for name in names[at : at + _BITE])
        found += bytes([stem in stems[hash(stem) % _BUCKETS] for stem in bite])
    return bytes(found)


def _without_doubled(
    split: str,
    keys: list[str],
    labelled: bytearray,
    parts: list[tuple[str, list[str], bytearray]],
    doubled: list[tuple[str, str]],
) -> tuple[list[str], bytearray]:
    """A split without the crops that came before; those are added to ``doubled``."""
    known = {key for _, others, _ in parts for key in others}
    fresh: list[str] = []
    flags = bytearray()
    for key, flag in zip(keys, labelled, strict=True):
        if key in known:
            doubled.append((key, split))
        else:
            known.add(key)
            fresh.append(key)
            flags.append(flag)
    return fresh, flags


def _key_prefix(folder: str, root_prefix: str) -> str:
    """What stands before a picture's name in its key."""
    whole = folder if folder.endswith(os.sep) else folder + os.sep
    start = whole[len(root_prefix) :] if whole.startswith(root_prefix) else whole
    return start.replace(os.sep, "/")


def _pictures(place: Path) -> Iterator[tuple[str, list[str]]]:
    """Groups of (absolute folder, names of pictures in it) of a folder (with those below it), a list or a picture."""
    if place.is_dir():
        yield from _walk(str(place), frozenset())
    elif place.suffix.lower() == ".txt":
        yield from _listed(place)
    elif place.is_file() and place.suffix[1:].lower() in IMAGE_SUFFIXES:
        yield str(place.parent), [place.name]


def _walk(folder: str, above: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """The pictures of a folder and of those below it; hidden ones are passed over, links to folders are followed."""
    names: list[str] = []
    below: list[os.DirEntry[str]] = []
    suffixes = IMAGE_SUFFIXES
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    continue
                try:
                    is_folder = entry.is_dir()
                except OSError:  # a link that leads to itself is named when its picture is looked at
                    is_folder = False
                if is_folder:
                    below.append(entry)
                elif name.rpartition(".")[2].lower() in suffixes:
                    names.append(name)
    except OSError:
        return
    if names:
        yield folder, names
    for entry in sorted(below, key=lambda e: e.name):
        # A link back to a folder above would go round for ever.
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if real in above or f"{folder}{os.sep}".startswith(real + os.sep):
                continue
            yield from _walk(entry.path, above | {real})
        else:
            yield from _walk(entry.path, above)


def read_list(place: Path) -> list[tuple[int, str]]:
    """The pictures that a ``.txt`` list names, as (line from 1, absolute path). Raises LpStudioError.

    ``./x`` is relative to the list's folder; other relative paths to the list's folder or the nearest folder above it
    in which the first such entry exists.
    """
    try:
        text = place.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise LpStudioError(f"the list cannot be read: {error.strerror or error}", path=place) from error
    parent = str(place.parent)
    relative_to: str | None = None
    result: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip().replace("/", os.sep)
        if entry.rpartition(".")[2].lower() not in IMAGE_SUFFIXES:
            continue
        if not os.path.isabs(entry):  # noqa: PTH117 (one Path for every line costs too much)
            if entry.startswith(f".{os.sep}"):
                entry = parent + entry[1:]
            else:
                relative_to = relative_to or _folder_of_relative(place.parent, entry)
                entry = f"{relative_to}{os.sep}{entry}"
        if f"{os.sep}." in entry or f"{os.sep}{os.sep}" in entry:
            entry = os.path.normpath(entry)
        result.append((number, entry))
    return result


def _folder_of_relative(start: Path, entry: str) -> str:
    for folder in (start, *start.parents):
        if (folder / entry).exists():
            return str(folder)
    return str(start)


def _listed(place: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        entries = read_list(place)
    except LpStudioError:
        return
    groups: dict[str, list[str]] = {}
    for _, path in entries:
        folder, _, name = path.rpartition(os.sep)
        groups.setdefault(folder, []).append(name)
    yield from groups.items()
