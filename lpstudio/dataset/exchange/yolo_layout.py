"""Where a YOLO dataset keeps what: class names, splits, label files and what LP Studio adds. All inside the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.data_yaml import SPLITS, YAML_NAMES
from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.names import split_of
from lpstudio.dataset.exchange.reading import lose_file
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.exchange.tree import Tree, is_absolute, normalised
from lpstudio.dataset.images import is_image_name
from lpstudio.dataset.plate_texts import FILE_NAME as PLATES_NAME
from lpstudio.dataset.plate_texts import PlateTexts, read_plate_texts
from lpstudio.dataset.records import CropRecord, parse_records
from lpstudio.dataset.store import TEXT_FILE
from lpstudio.errors import LpStudioError

# Lists of class names, one a line, as labelImg, Label Studio, CVAT and Darknet write them.
_NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt")
_NO_LABELS = frozenset({*_NAME_LISTS, "readme.txt", "requirements.txt", "licence.txt", "license.txt"})


@dataclass
class Layout:
    """What was found beside the label files. Paths are relative to the source."""

    alphabet: Alphabet
    splits: dict[str, str] = field(default_factory=dict)  # folder or picture -> split
    records: dict[str, CropRecord] = field(default_factory=dict)  # picture -> what crops.jsonl says
    records_name: str = ""
    texts: PlateTexts = field(default_factory=lambda: PlateTexts([]))
    lists: frozenset[str] = frozenset()  # text files that name pictures

    def split_of(self, name: str) -> str | None:
        """The split that the yaml gives a picture: by itself, or by the nearest folder above it."""
        while name:
            if name in self.splits:
                return self.splits[name]
            name = name.rpartition("/")[0]
        return self.splits.get("")

    def pairs(self, tree: Tree) -> list[tuple[str | None, str | None]]:
        """(picture, label file) of everything there, with None for the one that is missing."""
        files = {
            name[:-4]: name
            for name in tree.having(".txt")
            if name.rpartition("/")[2].lower() not in _NO_LABELS and name not in self.lists
        }
        result: list[tuple[str | None, str | None]] = []
        used = set()
        for picture in tree.pictures:
            stem = picture.rpartition(".")[0]
            label = files.get(label_stem(stem)) or files.get(stem)
            used.add(label)
            result.append((picture, label))
        result += [(None, label) for label in files.values() if label not in used]
        return result

    @staticmethod
    def picture_name(label: str) -> str:
        """What the picture of a label file without one would be called."""
        stem = label[:-4]
        parts = stem.split("/")
        if "labels" in parts[:-1]:
            at = len(parts) - 2 - parts[:-1][::-1].index("labels")
            parts[at] = "images"
        return "/".join(parts) + ".png"


def label_stem(stem: str) -> str:
    """The label file of a picture, both without ending: the last folder ``images`` becomes ``labels``."""
    parts = stem.split("/")
    if "images" in parts[:-1]:
        at = len(parts) - 2 - parts[:-1][::-1].index("images")
        parts[at] = "labels"
    return "/".join(parts)


def has_names(tree: Tree) -> bool:
    """Whether there is a yaml of a dataset, or a list of class names beside text files."""
    return _yaml_name(tree) is not None or _list_name(tree) is not None


def _shallowest(names: list[str]) -> str | None:
    return min(names, key=lambda name: (name.count("/"), name)) if names else None


def _yaml_name(tree: Tree) -> str | None:
    candidates = tree.having(".yaml", ".yml")
    usual = [name for name in candidates if name.rpartition("/")[2] in YAML_NAMES]
    return _shallowest(usual or [name for name in candidates if b"names" in tree.ends(name)])


def _list_name(tree: Tree) -> str | None:
    names = [n for n in tree.names if n.rpartition("/")[2].lower() in _NAME_LISTS or n.lower().endswith(".names")]
    return _shallowest(names)


def read_layout(tree: Tree, report: Report) -> Layout:
    """Find all of it. Raises LpStudioError when the class numbers have no names."""
    yaml_name = _yaml_name(tree)
    list_name = _list_name(tree)
    if yaml_name is not None:
        base = yaml_name.rpartition("/")[0]
        data = _read_yaml(tree, yaml_name)
        layout = Layout(_alphabet(data.get("names"), tree.place(yaml_name).file))
        _read_splits(tree, yaml_name, data, layout, report)
    elif list_name is not None:
        base = list_name.rpartition("/")[0]
        lines = tree.read(list_name, limits.MAX_YAML_BYTES).decode("utf-8-sig", "replace").splitlines()
        layout = Layout(_alphabet([line for line in lines if line.strip()], tree.place(list_name).file))
    else:
        raise LpStudioError(
            "the class numbers have no names",
            path=tree.shown_as,
            remedy="Put a data.yaml, or a classes.txt with one name a line, beside the labels",
        )
    lists = [name for name in tree.having(".txt") if split_of(name.rpartition("/")[2][:-4]) and _is_list(tree, name)]
    for name in lists:
        _read_list(tree, name, split_of(name.rpartition("/")[2][:-4]) or "train", layout, report)
    layout.lists |= frozenset(lists)
    _read_own(tree, base, layout, report)
    return layout


def _is_list(tree: Tree, name: str) -> bool:
    """Whether a text file names pictures."""
    first = tree.ends(name).decode("utf-8", "replace").strip().split("\n")[0].strip()
    return is_image_name(first)


def _read_yaml(tree: Tree, name: str) -> dict[str, Any]:
    import yaml

    place = tree.place(name).file
    try:
        # The loader in Python: the one in C runs out of its stack, and the program with it, on deep nesting.
        data = yaml.load(tree.read(name, limits.MAX_YAML_BYTES), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"broken YAML: {shown(getattr(error, 'problem', None) or 'it cannot be understood')}"
        raise LpStudioError(what, path=place, line=mark.line + 1 if mark is not None else None) from error
    except RecursionError as error:
        raise LpStudioError("refused: nested too deeply", path=place) from error
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:  # dates that are none, odd keys
        raise LpStudioError(f"broken YAML: {shown(error)}", path=place) from error
    return data if isinstance(data, dict) else {}


def _alphabet(names: Any, place: str) -> Alphabet:
    if not isinstance(names, (list, dict)) or not names or len(names) > 10_000:
        raise LpStudioError("names is missing, or is no list of classes", path=place)
    if any(isinstance(value, (list, dict)) for value in (names.values() if isinstance(names, dict) else names)):
        raise LpStudioError("names: a class has no name", path=place)
    try:
        return Alphabet.from_names(names)
    except (ValueError, TypeError, OverflowError) as error:
        raise LpStudioError(f"names: {shown(error)}", path=place) from error


def _read_splits(tree: Tree, yaml_name: str, data: dict[str, Any], layout: Layout, report: Report) -> None:
    base = yaml_name.rpartition("/")[0]
    folders = {""}
    for name in tree.pictures:
        while name := name.rpartition("/")[0]:
            if name in folders:
                break
            folders.add(name)
    inner = data.get("path")
    bases = [f"{base}/{inner}"] if isinstance(inner, str) and not is_absolute(inner) else []
    for split in SPLITS:
        value = data.get(split, data.get("validation") if split == "val" else None)
        entries = value if isinstance(value, list) else [value]
        for entry in entries[:1000]:
            if not isinstance(entry, str) or not entry.strip():
                continue
            found = _inside(tree, [*bases, base], entry, folders)
            if found is None:
                reason = f"{split} ({shown(entry)}) leads out of the source, or is not there"
                report.lose("splits", reason, tree.place(yaml_name))
            elif tree.has(found) and not is_image_name(found):
                layout.lists |= {found}
                _read_list(tree, found, split, layout, report)
            else:
                layout.splits.setdefault(found, split)


def _inside(tree: Tree, bases: list[str], entry: str, folders: set[str]) -> str | None:
    """The folder or file of the source that an entry of the yaml means.

    Exports write ``../train/images`` and mean ``train/images``; absolute paths are of another machine, and the longest
    end of them that is there counts.
    """
    entry = entry.replace("\\", "/")
    ways = []
    if not is_absolute(entry):
        for base in bases:
            ways += [f"{base}/{entry}", f"{base}/{entry.removeprefix('../')}"]
    else:
        parts = [part for part in entry.split("/") if part][-10:]
        ways = [f"{base}/{'/'.join(parts[at:])}" for at in range(len(parts)) for base in bases]
    for way in ways:
        name = normalised(way)
        if name is None and ".." not in way:
            name = ""  # the source itself
        if name is not None and (name in folders or tree.has(name)):
            return name
    return None


def _read_list(tree: Tree, name: str, split: str, layout: Layout, report: Report) -> None:
    base = name.rpartition("/")[0]
    try:
        text = tree.read(name).decode("utf-8-sig", "replace")
    except LpStudioError as error:
        lose_file(report, error)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry:
            continue
        picture = tree.resolve(base, entry)
        if picture is not None:
            layout.splits.setdefault(picture, split)
        elif _label_only(tree, entry):
            layout.splits.setdefault(_label_only(tree, entry) or "", split)
        else:
            report.lose("crops", f"the picture {shown(entry)} is not there", tree.place(name, number))


def _label_only(tree: Tree, entry: str) -> str | None:
    """The name of a picture that is missing but has a label file (CVAT exports labels without pictures)."""
    stem = entry.replace("\\", "/").rpartition(".")[0]
    label = tree.resolve("", f"{label_stem(stem)}.txt") or tree.resolve("", f"{stem}.txt")
    return Layout.picture_name(label) if label is not None else None


def _read_own(tree: Tree, base: str, layout: Layout, report: Report) -> None:
    """States, texts and unreadable characters, where the dataset is a project of ours."""
    prefix = f"{base}/" if base else ""
    try:
        if tree.has(prefix + TEXT_FILE):
            layout.records_name = prefix + TEXT_FILE
            text = tree.read(prefix + TEXT_FILE, limits.MAX_ANNOTATION_BYTES).decode("utf-8", "replace")
            found, unread = parse_records(text)
            layout.records = {prefix + key: record for key, record in found.items()}
            for line in unread:
                report.lose("states", "this line is not understood", tree.place(prefix + TEXT_FILE, line))
    except LpStudioError as error:
        lose_file(report, error)
    try:
        if tree.has(prefix + PLATES_NAME):
            tree.read(prefix + PLATES_NAME, limits.MAX_SMALL_BYTES * 4)
            layout.texts = read_plate_texts(tree.local(prefix + PLATES_NAME))
    except LpStudioError as error:
        report.lose("files", error.what, tree.place(prefix + PLATES_NAME, error.line))
