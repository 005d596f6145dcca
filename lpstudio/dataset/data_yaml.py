"""Reading ``data.yaml``: the alphabet and where the pictures of each split are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpstudio.alphabet import Alphabet
from lpstudio.errors import LpStudioError

SPLITS = ("train", "val", "test")
YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
# A data.yaml has a few hundred bytes; reading YAML takes a hundred times its size in memory.
_DEEPEST = 32
_MAX_BYTES = 4 << 20
_YAML_REMEDY = "Mend it in a text editor: train, val and names must stand there"
_NAMES_REMEDY = "Give every class its character under names:, for instance names: [A, B, C, …]"


@dataclass(frozen=True)
class SplitSource:
    """One entry of a split: a folder of pictures or a ``.txt`` list. ``line`` is where the yaml names it."""

    split: str
    path: Path
    line: int | None
    given: str


@dataclass(frozen=True)
class YamlNote:
    """Something odd that does not keep the dataset from opening; ``grave``: a split is lost by it."""

    kind: str
    line: int | None
    message: str
    grave: bool = False


@dataclass(frozen=True)
class DataYaml:
    """What ``data.yaml`` says. ``base`` is the folder that its paths are relative to."""

    path: Path
    base: Path
    alphabet: Alphabet
    sources: tuple[SplitSource, ...]
    notes: tuple[YamlNote, ...]


def find_data_yaml(path: Path) -> Path:
    """The yaml of a dataset, given the yaml itself or its folder. Raises LpStudioError when there is none."""
    path = Path(path).absolute()
    if path.is_file():
        if path.suffix.lower() in (".yaml", ".yml"):
            return path
        raise LpStudioError("this is no data.yaml", path=path, remedy="Open a dataset's folder or its data.yaml")
    if not path.is_dir():
        raise LpStudioError("there is no such file or folder", path=path, remedy="Check the name")
    for name in YAML_NAMES:
        if (path / name).is_file():
            return path / name
        if (path / name).is_symlink():
            raise LpStudioError("this link leads nowhere", path=path / name, remedy="Put the file that it means there")
        if (path / name).is_dir():
            raise LpStudioError("this is a folder, not a file", path=path / name, remedy="Move it out of the way")
    others = sorted(p for p in path.iterdir() if p.suffix.lower() in (".yaml", ".yml") and p.is_file())
    if len(others) == 1:
        return others[0]
    if others:
        names = ", ".join(p.name for p in others)
        raise LpStudioError(f"which of these is the dataset: {names}?", path=path, remedy="Open one of them directly")
    raise LpStudioError(
        "there is no data.yaml in this folder", path=path, remedy="Make a project from a folder of crops: lpstudio new"
    )


def read_data_yaml(path: Path) -> DataYaml:
    """Read ``data.yaml``. Raises LpStudioError (file and line) for what makes the dataset unusable."""
    text = _read_text(path)
    data, lines = _parse(text, path)
    notes: list[YamlNote] = []
    alphabet = _alphabet(data, lines, path, notes)
    base = _base_folder(data, lines, path, notes)
    sources = _sources(data, lines, base, path, notes)
    return DataYaml(path, base, alphabet, sources, tuple(notes))


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise LpStudioError(
                f"this is no data.yaml: it has more than {_MAX_BYTES >> 20} MB",
                path=path,
                remedy="Put the pictures' names into a .txt list, and that list's name here",
            )
        data = path.read_bytes()
    except OSError as error:
        raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=path) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LpStudioError("not written in UTF-8", path=path, line=line, remedy="Save it as UTF-8") from error


def _parse(text: str, path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The mapping, and the line (from 1) of each top-level key and of each entry of a split's list."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Ultralytics drops unprintable characters as well: they come from editors and are never meant.
        if not text.isascii():
            text = re.sub(r"[^\x09\x0A\x0D\x20-\x7E\x85\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010ffff]+", "", text)
        _refuse_deep_nesting(yaml.parse(text, Loader=loader), path)
        data = yaml.load(text, Loader=loader)
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be understood"
        line = mark.line + 1 if mark is not None else None
        raise LpStudioError(f"broken YAML: {problem}", path=path, line=line, remedy=_YAML_REMEDY) from error
    except (ValueError, RecursionError) as error:  # a date that is none, an absurd nesting
        raise LpStudioError(f"broken YAML: {error}", path=path, remedy=_YAML_REMEDY) from error
    if not isinstance(data, dict):
        raise LpStudioError(
            "this is no dataset: train, val and names are missing", path=path, line=1 if text.strip() else None
        )
    lines: dict[str, int] = {}
    for key, value in getattr(node, "value", ()):
        lines[str(key.value)] = key.start_mark.line + 1
        if isinstance(value.value, list):
            for number, entry in enumerate(value.value):
                entry = entry[0] if isinstance(entry, tuple) else entry
                lines[f"{key.value}.{number}"] = entry.start_mark.line + 1
    return data, lines


def _refuse_deep_nesting(events: Iterable[Any], path: Path) -> None:
    """The C loader descends without a bound and takes the program with it; its events come one by one."""
    import yaml

    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                what = f"this is no data.yaml: more than {_DEEPEST} lists stand in one another"
                line = event.start_mark.line + 1 if event.start_mark else None
                raise LpStudioError(what, path=path, line=line, remedy=_YAML_REMEDY)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _alphabet(data: dict[str, Any], lines: dict[str, int], path: Path, notes: list[YamlNote]) -> Alphabet:
    names = data.get("names")
    if names is None:
        line = lines.get("names", lines.get("nc"))
        what = "nc gives a number of classes but names is missing" if "nc" in data else "names is missing"
        raise LpStudioError(what, path=path, line=line, remedy=_NAMES_REMEDY)
    line = lines["names"]
    if not isinstance(names, (list, dict)) or not names:
        raise LpStudioError("names must be a list or a mapping of classes", path=path, line=line, remedy=_NAMES_REMEDY)
    entries = names.values() if isinstance(names, Mapping) else names
    for number, name in enumerate(entries):
        if isinstance(name, (list, dict)) or name is None:
            where = lines.get(f"names.{number}", line)
            raise LpStudioError(f"class {number} has no name", path=path, line=where, remedy=_NAMES_REMEDY)
    if isinstance(names, Mapping):
        for number, key in enumerate(names):
            if isinstance(key, bool) or not re.fullmatch(r"\d+", str(key).strip()):
                where = lines.get(f"names.{number}", line)
                raise LpStudioError(f"the class number {key!r} is no number", path=path, line=where)
    try:
        alphabet = Alphabet.from_names(names)
    except ValueError as error:
        raise LpStudioError(f"names: {error}", path=path, line=line) from error
    if not alphabet.characters:
        shown = ", ".join(alphabet.names[:5]) + ("…" if len(alphabet) > 5 else "")
        raise LpStudioError(
            f"no class is a character A–Z or 0–9 (names: {shown})", path=path, line=line, remedy=_NAMES_REMEDY
        )
    if alphabet.foreign:
        shown = ", ".join(alphabet.foreign[:8]) + ("…" if len(alphabet.foreign) > 8 else "")
        notes.append(YamlNote("foreign-class", line, f"classes that are no plate characters are kept: {shown}"))
    count = data.get("nc")
    if isinstance(count, (list, dict)):
        raise LpStudioError("nc must be the number of classes", path=path, line=lines["nc"], remedy="Leave nc out")
    if count is not None and str(count) != str(len(alphabet)):
        notes.append(YamlNote("class-count", lines["nc"], f"nc is {count}, but names has {len(alphabet)} classes"))
    return alphabet


def _base_folder(data: dict[str, Any], lines: dict[str, int], path: Path, notes: list[YamlNote]) -> Path:
    """The folder that the splits are relative to: ``path``, or the yaml's own folder."""
    own = path.parent.resolve()
    given = data.get("path")
    if isinstance(given, (list, dict)):
        raise LpStudioError(
            "path must be a folder", path=path, line=lines["path"], remedy="Leave it out: the yaml's folder counts"
        )
    if given is None or not str(given).strip():
        return own
    folder = Path(str(given)).expanduser()
    folder = folder if folder.is_absolute() else own / folder
    if folder.is_dir():
        return folder.resolve()
    message = f"the folder under path does not exist ({given}); the yaml's own folder is taken"
    notes.append(YamlNote("missing-folder", lines["path"], message))
    return own


def _sources(
    data: dict[str, Any], lines: dict[str, int], base: Path, path: Path, notes: list[YamlNote]
) -> tuple[SplitSource, ...]:
    if "val" not in data and "validation" in data:
        data["val"] = data["validation"]
        lines["val"] = lines["validation"]
    sources: list[SplitSource] = []
    for split in SPLITS:
        value = data.get(split)
        if value is None or value == "":
            continue
        entries = value if isinstance(value, list) else [value]
        for number, entry in enumerate(entries):
            line = lines.get(f"{split}.{number}", lines.get(split)) if isinstance(value, list) else lines.get(split)
            if not isinstance(entry, str):
                raise LpStudioError(f"{split} must be a folder, a list of folders or a .txt", path=path, line=line)
            place = _resolved(base, entry)
            if not place.exists():
                notes.append(YamlNote("missing-split", line, f"{split} does not exist: {entry}", grave=True))
            elif not os.access(place, os.R_OK):
                notes.append(YamlNote("locked-split", line, f"{split} must not be read: {place}", grave=True))
            sources.append(SplitSource(split, place, line, entry))
    if not sources:
        raise LpStudioError("train and val are missing", path=path, remedy="Name the folders of pictures there")
    for split in ("train", "val"):
        if not any(source.split == split for source in sources):
            notes.append(YamlNote("missing-split", None, f"there is no {split} split"))
    return tuple(sources)


def _resolved(base: Path, entry: str) -> Path:
    """As Ultralytics does: relative to the base; exports write ``../train/images`` and mean ``train/images``."""
    place = (base / entry).resolve()
    if not place.exists() and entry.startswith("../"):
        place = (base / entry[3:]).resolve()
    return place
