"""Near-duplicates are found under what copies go through, and different plates are none."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.dataset.leaks import SAME_PICTURE, SAME_PLATE, Twin, find_leaks, find_twins


def scene(seed: int) -> Image.Image:
    """Soft noise: as good as any picture, and unlike any other one."""
    small = np.random.default_rng(seed).integers(30, 220, (12, 24, 3), np.uint8)
    return Image.fromarray(small).resize((192, 96), Image.Resampling.BICUBIC)


CHANGES: dict[str, Callable[[Image.Image, Path], None]] = {
    "compressed": lambda im, path: im.save(path.with_suffix(".jpg"), quality=45),
    "halved": lambda im, path: im.resize((96, 48)).save(path),
    "brighter": lambda im, path: im.point(lambda v: int(v * 1.1 + 10)).save(path),
    "cut": lambda im, path: im.crop((1, 1, 192, 96)).save(path),
    "grey": lambda im, path: im.convert("L").save(path),
    "deep": lambda im, path: Image.fromarray(np.asarray(im.convert("L")).astype(np.uint16) * 257).save(path),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_recognised(change: str, tmp_path: Path) -> None:
    for seed in range(6):
        scene(seed).save(tmp_path / f"{seed}.png")
    CHANGES[change](scene(3), tmp_path / "copy.png")
    pictures = sorted(tmp_path.iterdir())
    twins = find_twins([(path.stem, path) for path in pictures])
    assert [{twin.first, twin.second} for twin in twins] == [{"3", "copy"}]


def test_the_way_a_picture_is_held_counts(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[274] = 6
    scene(1).rotate(90, expand=True).save(tmp_path / "turned.jpg", quality=95, exif=exif)
    assert len(find_twins([(path.name, path) for path in sorted(tmp_path.iterdir())])) == 1


def test_every_pair_is_found_however_the_comparison_is_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for copy in range(3):
        for seed in range(5):
            scene(seed).save(tmp_path / f"{copy}{seed}.png")
    pictures = [(path.stem, path) for path in sorted(tmp_path.iterdir())]
    whole = find_twins(pictures)
    monkeypatch.setattr("lpstudio.dataset.leaks._PRODUCTS", 40)
    assert find_twins(pictures) == whole and len(whole) == 15
    assert all(twin.first[1] == twin.second[1] for twin in whole)


def test_even_and_torn_pictures_are_no_twins(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (50, 20), (90, 90, 90)).save(tmp_path / f"{name}.png")
        (tmp_path / f"torn-{name}.png").write_bytes(b"torn")
    assert find_twins([(path.name, path) for path in sorted(tmp_path.iterdir())]) == []
    assert find_twins([]) == []


def test_a_leak_names_the_plate_and_a_crop_of_each_split() -> None:
    splits = {"a": "train", "b": "val", "c": "train", "d": "val"}
    texts = {"a": "ABC1", "b": "ABC1", "c": "XYZ2", "d": None}
    leaks = find_leaks(splits, texts, [Twin("c", "d", 0.991), Twin("a", "c", 0.99)], [("c", "test")])
    assert [leak.kind for leak in leaks] == [SAME_PLATE, SAME_PICTURE, SAME_PICTURE]
    assert leaks[0].message == "the plate ABC1 is in train (a) and val (b)"
    assert leaks[1].message == "the same picture (99.1% alike) is in train (c) and val (d)"
    assert leaks[2].crops == (("c", "train"), ("c", "test"))


def test_no_two_real_plates_count_as_the_same_picture(real_crops: Path) -> None:
    with (real_crops / "plates.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    texts = {row["file"]: row["text"] for row in rows}
    twins = find_twins([(row["file"], real_crops / "images" / row["split"] / row["file"]) for row in rows])
    assert twins and all(texts[twin.first] == texts[twin.second] for twin in twins)
