"""The frozen lists of a run: which crops it trains on, with a copy of their labels as they were at its start.

``train.txt``, ``selection.txt`` (the part of train that chooses) and ``val.txt`` name the pictures, one a line;
``train.labels.jsonl`` and so on hold, in the same order, ``{"key", "image", "size": [width, height], "label": "the text
of the label file"}``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError

SPLITS = ("train", "selection", "val")


@dataclass(frozen=True, slots=True)
class FrozenCrop:
    """One crop of a run. ``size``: width, height in pixels after EXIF orientation; ``label``: YOLO polygon lines."""

    key: str
    image: Path
    size: tuple[int, int]
    label: str

    def polygons(self) -> list[tuple[int, NDArray[np.float32]]]:
        """(class number, points of shape (n, 2) normalised to 0..1) for every character."""
        result = []
        for line in self.label.splitlines():
            number, *values = line.split()
            result.append((int(number), np.array(values, dtype=np.float32).reshape(-1, 2)))
        return result


def write_frozen(folder: Path, split: str, crops: Iterable[FrozenCrop]) -> str:
    """Write the list and the labels of a split; returns the SHA-256 of the labels file."""
    images, lines = [], []
    for crop in crops:
        images.append(str(crop.image))
        lines.append(
            json.dumps(
                {"key": crop.key, "image": str(crop.image), "size": list(crop.size), "label": crop.label},
                ensure_ascii=False,
            )
        )
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    write_bytes_atomic(
        folder / f"{split}.txt", "".join(f"{image}\n" for image in images).encode("utf-8", "surrogateescape")
    )
    write_bytes_atomic(labels_path(folder, split), data)
    return hashlib.sha256(data).hexdigest()


def read_frozen(folder: Path, split: str, expected_hash: str | None = None) -> list[FrozenCrop]:
    """The crops of a split. Raises LpStudioError when the file is gone, changed or torn."""
    path = labels_path(folder, split)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LpStudioError("the run's copy of its labels cannot be read", path=path) from error
    if expected_hash is not None and hashlib.sha256(data).hexdigest() != expected_hash:
        raise LpStudioError("the run's copy of its labels was changed", path=path, remedy="Start a new run.")
    crops = []
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").splitlines(), start=1):
        try:
            item = json.loads(line)
            width, height = item["size"]
            crops.append(FrozenCrop(item["key"], Path(item["image"]), (int(width), int(height)), item["label"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LpStudioError("the run's copy of its labels is torn", path=path, line=number) from error
    return crops


def labels_path(folder: Path, split: str) -> Path:
    """Where the labels of a split stand in a run's folder."""
    return folder / f"{split}.labels.jsonl"
