"""Making a project from a folder of crops."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lpstudio.alphabet import Alphabet
from lpstudio.dataset import data_yaml
from lpstudio.dataset.additions import free_name, place_file
from lpstudio.dataset.atomic import write_bytes_atomic, write_error
from lpstudio.dataset.images import image_size, is_image_name
from lpstudio.dataset.plate_texts import FILE_NAME as PLATES_NAME
from lpstudio.dataset.plate_texts import PlateTexts, format_plate_texts, read_plate_texts
from lpstudio.dataset.project import Project
from lpstudio.dataset.settings import FILE_NAME as SETTINGS_NAME
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.dataset.split import divide
from lpstudio.errors import LpStudioError, UsageError

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Crop:
    path: Path
    name: str  # posix path relative to the folder of images
    text: str | None
    split: str | None  # as the texts say it, where they do


def split_by_plate(crops: list[tuple[str, str | None]], val_share: float, seed: int) -> tuple[list[str], list[str]]:
    """Divide (name, plate text or None) into the names of train and of val; all crops of one plate stay together.

    The same crops, share and seed give the same split, in whatever order they come.
    """
    plates: dict[str, list[str]] = {}
    for name, text in sorted(crops, key=lambda crop: crop[0]):
        plates.setdefault(f"plate {text}" if text else f"file {name}", []).append(name)
    parts = divide([plates[plate] for plate in sorted(plates)], {"train": 1.0 - val_share, "val": val_share}, seed)
    return parts["train"], parts["val"]


def new_project(
    folder: Path,
    out: Path | None = None,
    texts_csv: Path | None = None,
    val_share: float = 0.2,
    seed: int = 42,
    progress: Progress | None = None,
) -> Project:
    """Make a project from all pictures in ``folder`` and below, and open it.

    ``out``: an empty or new folder that the pictures are copied to; None: they are used where they lie, and only
    ``data.yaml``, ``train.txt``, ``val.txt`` and ``lpstudio.toml`` are written. ``texts_csv``: the plates' texts
    (columns file, text and perhaps split); None: the ``plates.csv`` in the folder where there is one. Pictures that
    cannot be read are left out and named in the project's ``warnings``. Raises LpStudioError, UsageError.
    """
    folder = Path(os.path.normpath(folder.absolute()))
    if not 0.0 <= val_share < 1.0:
        raise UsageError(f"the share of val must be at least 0 and less than 1, not {val_share}")
    if not folder.is_dir():
        raise UsageError("there is no such folder", path=folder)
    target = folder if out is None else Path(os.path.normpath(out.absolute()))
    _check_target(folder, target)
    texts = _texts(folder, texts_csv)
    crops, warnings = _find_crops(folder, target, texts)
    if not crops:
        raise LpStudioError("there is no picture that can be read in this folder", path=folder)
    train, val = _divide(crops, val_share, seed)
    if target == folder:
        _write_lists(target, train, val)
        _keep_texts(folder, texts_csv)
        places = ("train.txt", "val.txt")
    else:
        _copy_crops(target, train, val, progress)
        places = ("images/train", "images/val")
    settings = ProjectSettings(splits={"seed": seed, "val": val_share})
    if not (target / SETTINGS_NAME).exists():
        settings.save(target / SETTINGS_NAME)
    # Last of all: a folder becomes a project when everything else is there.
    write_bytes_atomic(target / "data.yaml", _yaml_text(*places, bool(val)).encode("utf-8"))
    project = Project.open(target)
    project.warnings = (*project.warnings, *warnings)
    return project


def _check_target(folder: Path, target: Path) -> None:
    for name in data_yaml.YAML_NAMES:
        if (target / name).exists():
            raise LpStudioError("there is a dataset already", path=target / name, remedy="Open it as it is")
    if target == folder:
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LpStudioError("this is not an empty folder", path=target, remedy="Name a new one")
    if target.is_relative_to(folder):
        raise UsageError("the new project would lie inside the folder of its pictures", path=target)


def _texts(folder: Path, texts_csv: Path | None) -> PlateTexts:
    if texts_csv is not None:
        if not texts_csv.is_file():
            raise UsageError("there is no such file", path=texts_csv)
        return read_plate_texts(texts_csv)
    own = folder / PLATES_NAME
    return read_plate_texts(own) if own.is_file() else PlateTexts([])


def _find_crops(folder: Path, target: Path, texts: PlateTexts) -> tuple[list[_Crop], list[str]]:
    crops: list[_Crop] = []
    warnings: list[str] = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not is_image_name(name):
                continue
            path = Path(place, name)
            try:
                image_size(path)
            except LpStudioError as error:
                warnings.append(f"left out: {error.message}")
                continue
            key = path.relative_to(folder).as_posix()
            crops.append(_Crop(path, key, texts.text_of(key), texts.split_of(key)))
    return crops, warnings


def _divide(crops: list[_Crop], val_share: float, seed: int) -> tuple[list[_Crop], list[_Crop]]:
    """Where the texts name a split for every crop it counts; else the crops are split by plate."""
    if all(crop.split in ("train", "val") for crop in crops):
        return [c for c in crops if c.split == "train"], [c for c in crops if c.split == "val"]
    train, val = split_by_plate([(crop.name, crop.text) for crop in crops], val_share, seed)
    by_name = {crop.name: crop for crop in crops}
    return [by_name[name] for name in train], [by_name[name] for name in val]


def _write_lists(target: Path, train: list[_Crop], val: list[_Crop]) -> None:
    for name, crops in (("train.txt", train), ("val.txt", val)):
        if (target / name).exists():
            raise LpStudioError("not overwritten: there is such a list already", path=target / name)
        if name == "val.txt" and not crops:
            continue
        text = "".join(f"./{crop.name}\n" for crop in crops)
        write_bytes_atomic(target / name, text.encode("utf-8", "surrogateescape"))


def _keep_texts(folder: Path, texts_csv: Path | None) -> None:
    """The texts belong to the project: beside the yaml they are found again."""
    own = folder / PLATES_NAME
    if texts_csv is None or own.exists():
        return
    try:
        write_bytes_atomic(own, texts_csv.read_bytes())
    except OSError as error:
        raise write_error(error, own) from error


def _copy_crops(target: Path, train: list[_Crop], val: list[_Crop], progress: Progress | None) -> None:
    rows: list[tuple[str, str, str]] = []
    done, total = 0, len(train) + len(val)
    for split, crops in (("train", train), ("val", val)):
        folder = target / "images" / split
        taken: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (target / "labels" / split).mkdir(parents=True, exist_ok=True)
            for crop in crops:
                name = free_name(crop.path.name, taken)
                place_file(crop.path, folder / name)
                if crop.text:
                    rows.append((name, split, crop.text))
                done += 1
                if progress is not None:
                    progress(done, total)
        except OSError as error:
            raise write_error(error, folder) from error
    if rows:
        write_bytes_atomic(target / PLATES_NAME, format_plate_texts(rows).encode("utf-8"))


def _yaml_text(train: str, val: str, has_val: bool) -> str:
    names = "\n".join(f"  {number}: '{name}'" for number, name in enumerate(Alphabet.standard().names))
    val_line = f"val: {val}\n" if has_val else ""
    return f"# Licence-plate crops; every character is a class.\ntrain: {train}\n{val_line}names:\n{names}\n"
