"""A synthetic dataset on disk: pictures, label files, ``data.yaml``, ``plates.csv``, and unreadable characters.

The same seed gives the same bytes, whatever the number of processes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.atomic import write_error
from lpstudio.dataset.labels import format_label_text
from lpstudio.dataset.records import CropRecord, KeptCharacter, record_to_line
from lpstudio.dataset.types import CropContent
from lpstudio.errors import UsageError
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.crops import SyntheticCrop, begin, make_plate
from lpstudio.synthesis.processes import in_processes

_MOST_CAPTURES = 3
_MISSES = 300  # this many known texts in a row: there are hardly any others


_Row = tuple[str, str, str, int, str, int, str, str]


@dataclass(frozen=True)
class SynthesisSummary:
    """What was written: crops per split, plates, characters."""

    folder: Path
    train: int
    val: int
    plates: int
    characters: int


@dataclass(frozen=True)
class _Plate:
    """One plate of the plan; ``number`` selects its random stream."""

    number: int
    captures: int
    split: str


def _plan(
    count: int, seed: int, val_share: float, wishes: Wishes, progress: Callable[[int, int], None]
) -> list[_Plate]:
    """Plates of one to three captures that make ``count`` crops; the splits share no text, none of them is empty.

    No text comes twice as long as the formats have others.
    """
    rng = np.random.default_rng([seed, 0, count])
    plates: list[tuple[int, int, str]] = []
    crops: dict[str, int] = {}
    number, left, misses = 0, count, 0
    while left:
        number += 1
        if number % 1000 == 0:
            progress(0, count)  # whoever wants to stop can do so while plates are only planned
        text = begin(seed, number, wishes)[1].text
        misses = 0 if text not in crops else min(misses + 1, _MISSES)
        if 0 < misses < _MISSES:
            continue
        if misses:  # the formats have hardly any other texts: from now on they repeat
            misses = _MISSES - 2
        most = left if crops else left - 1  # at least two texts, one for each split
        captures = min(int(rng.integers(1, _MOST_CAPTURES + 1)), most)
        crops[text] = crops.get(text, 0) + captures
        plates.append((number, captures, text))
        left -= captures
    if len(crops) < 2:
        raise UsageError("these formats have only one text; train and val need one each", remedy="Choose more formats")
    wanted = max(1, round(count * val_share))
    val: set[str] = set()
    texts = list(crops)
    for place in rng.permutation(len(texts)):
        text = texts[int(place)]
        if len(val) < len(texts) - 1 and (crops[text] <= wanted or not val):
            val.add(text)
            wanted -= crops[text]
        if wanted <= 0:
            break
    return [_Plate(number, captures, "val" if text in val else "train") for number, captures, text in plates]


def _make_planned(seed: int, wishes: Wishes, plate: _Plate) -> list[SyntheticCrop]:
    return make_plate(seed, plate.number, plate.captures, wishes)


def write_dataset(
    out: Path,
    count: int,
    seed: int,
    val_share: float = 0.2,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    wishes: Wishes | None = None,
) -> SynthesisSummary:
    """Write ``count`` synthetic crops as an Ultralytics dataset; train and val never share a plate.

    ``out`` must be absent or an empty folder. ``data.yaml`` is written last: what was interrupted is no dataset.
    ``progress`` is called with the crops done and ``count``. Raises UsageError or LpStudioError.
    """
    wishes = wishes or Wishes()
    if count < 2:
        raise UsageError("a dataset needs at least 2 crops, one for each split", remedy="Give a larger --count")
    if not 0.0 < val_share < 1.0:
        raise UsageError(f"the share of val crops must be between 0 and 1, not {val_share:g}")
    check_seed(seed)
    wishes.check()
    check_new_folder(out)
    alphabet = Alphabet.standard()
    progress = progress or (lambda _done, _all: None)
    plates = _plan(count, seed, val_share, wishes, progress)
    rows: list[_Row] = []
    records: list[str] = []
    totals = {"train": 0, "val": 0}
    characters = 0
    try:
        for kind in ("images", "labels"):
            for split in totals:
                (out / kind / split).mkdir(parents=True, exist_ok=True)
        for plate, crops in zip(
            plates, in_processes(partial(_make_planned, seed, wishes), plates, jobs, 16), strict=True
        ):
            for capture, crop in enumerate(crops, start=1):
                stem = f"plate{plate.number:06d}_{capture}"
                (out / "images" / plate.split / f"{stem}.jpg").write_bytes(crop.jpeg)
                label = format_label_text(CropContent(crop.characters), alphabet, crop.size)
                (out / "labels" / plate.split / f"{stem}.txt").write_bytes(label.encode())
                rows.append(_row(f"{stem}.jpg", plate.split, crop))
                if kept := _kept(crop):
                    records.append(record_to_line(CropRecord(f"images/{plate.split}/{stem}.jpg", kept=kept)))
                totals[plate.split] += 1
                characters += len(crop.characters) - len(kept)
            progress(len(rows), count)
        (out / "plates.csv").write_bytes(_csv(rows).encode())
        if records:
            (out / "crops.jsonl").write_bytes("".join(f"{line}\n" for line in records).encode())
        (out / "data.yaml").write_bytes(_yaml(alphabet, seed, wishes).encode())
    except OSError as error:
        raise write_error(error, Path(error.filename) if error.filename else out) from error
    return SynthesisSummary(out, totals["train"], totals["val"], len(plates), characters)


def check_seed(seed: int) -> None:
    """Raise UsageError for a seed that is none."""
    if seed < 0:
        raise UsageError(f"the seed must not be negative, not {seed}")


def check_new_folder(out: Path) -> None:
    """Raise UsageError unless a folder is absent or empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("it is there already and not an empty folder", path=out, remedy="Name a new folder")


def _row(file: str, split: str, crop: SyntheticCrop) -> _Row:
    unreadable = " ".join(str(place) for place, one in enumerate(crop.characters, 1) if one.unreadable)
    return file, split, crop.text, 1, crop.format, crop.lines, f"{crop.difficulty:.3f}", unreadable


def _kept(crop: SyntheticCrop) -> tuple[KeptCharacter, ...]:
    """The unreadable characters: they stand in no label file, but a project keeps them."""
    return tuple(KeptCharacter(at, one) for at, one in enumerate(crop.characters) if one.unreadable)


def _csv(rows: Sequence[_Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "split", "text", "has_polygons", "format", "lines", "difficulty", "unreadable"))
    writer.writerows(rows)
    return text.getvalue()


def _yaml(alphabet: Alphabet, seed: int, wishes: Wishes) -> str:
    names = "".join(f"  {index}: '{name}'\n" for index, name in enumerate(alphabet.names))
    return (
        f"# Synthetic plate crops with exact polygons, made by: lpstudio synth (seed {seed}{wishes.told})\n"
        f"train: images/train\nval: images/val\nnames:\n{names}"
    )
