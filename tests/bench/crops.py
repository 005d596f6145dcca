"""Labelled crops to measure trainings with."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import real_crops_folder

WIDE = (2.6, 3.6)  # width by height of what counts as 3:1


def labelled_crops(source: Path, folder: Path, aspects: tuple[float, float] | None = None) -> tuple[Path, int]:
    """A copy of a dataset with nothing but its labelled crops; the folder, and how many of them are in train.

    ``aspects``: only crops whose width by height lies between these. Plain Ultralytics would train on crops without
    labels as well.
    """
    from PIL import Image

    counts = {}
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        counts[split] = 0
        for image in sorted((source / "images" / split).iterdir()):
            label = source / "labels" / split / f"{image.stem}.txt"
            if not label.is_file() or not label.read_text().strip():
                continue
            if aspects is not None:
                with Image.open(image) as opened:
                    if not aspects[0] <= opened.width / opened.height <= aspects[1]:
                        continue
            shutil.copy(image, folder / "images" / split)
            shutil.copy(label, folder / "labels" / split)
            counts[split] += 1
    names = (source / "data.yaml").read_text().partition("names:")[2]
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:{names}")
    return folder, counts["train"]


def real_plates(folder: Path) -> tuple[Path, int] | None:
    """The real crops, where this machine has them."""
    source = real_crops_folder()
    return labelled_crops(source, folder) if source is not None else None


def wide_plates(folder: Path, count: int) -> tuple[Path, int]:
    """Those of ``count`` synthetic crops that are about three times as wide as high."""
    from lpstudio.synthesis.dataset import write_dataset

    write_dataset(folder / "all", count, seed=1, jobs=2)
    return labelled_crops(folder / "all", folder / "wide", WIDE)
