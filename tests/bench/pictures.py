"""Datasets for the benchmarks: many small plates, or one large picture full of polygons.

Each can be had a second time as other tools read it: the same pictures in one folder, a JSON file beside each.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DISTINCT = 100  # pictures drawn; the rest are hard links to them


def _write_yaml(folder: Path) -> None:
    names = "\n".join(f"  {number}: '{name}'" for number, name in enumerate(NAMES))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}\n")


def many_plates(folder: Path, count: int) -> Path:
    """A dataset of ``count`` plates of 320×96 pixels with eight polygons each, every one with its own label file."""
    from PIL import Image, ImageDraw

    images, labels = folder / "images" / "train", folder / "labels" / "train"
    for path in (images, labels, folder / "images" / "val", folder / "labels" / "val"):
        path.mkdir(parents=True)
    _write_yaml(folder)
    for number in range(min(count, DISTINCT)):
        picture = Image.effect_noise((320, 96), 40).convert("RGB")
        pencil = ImageDraw.Draw(picture)
        lines = []
        for place in range(8):
            left = 8 + place * 38
            char = NAMES[(number * 7 + place * 5) % 36]
            pencil.text((left + 4, 30), char, fill=(20, 20, 20), font_size=40)
            points = _polygon(left + 16, 50, 16, 30, 320, 96)
            lines.append(f"{NAMES.index(char)} {points}")
        picture.save(images / f"plate_{number:06d}.jpg", quality=85)
        (labels / f"plate_{number:06d}.txt").write_text("\n".join(lines) + "\n")
    for number in range(DISTINCT, count):
        source = number % DISTINCT
        for path, suffix in ((images, "jpg"), (labels, "txt")):
            os.link(path / f"plate_{source:06d}.{suffix}", path / f"plate_{number:06d}.{suffix}")
    shutil.copy(images / "plate_000000.jpg", folder / "images" / "val" / "val.jpg")
    return folder


def crowded_picture(folder: Path, polygons: int) -> Path:
    """A dataset of one 1920×1080 picture with that many polygons of twelve vertices."""
    from PIL import Image

    images, labels = folder / "images" / "train", folder / "labels" / "train"
    for path in (images, labels, folder / "images" / "val"):
        path.mkdir(parents=True)
    _write_yaml(folder)
    Image.effect_noise((1920, 1080), 60).convert("RGB").save(images / "crowd.jpg", quality=90)
    columns = math.ceil(math.sqrt(polygons * 16 / 9))
    rows = math.ceil(polygons / columns)
    width, height = 1920 / columns, 1080 / rows
    lines = []
    for number in range(polygons):
        row, column = divmod(number, columns)
        x, y = (column + 0.5) * width, (row + 0.5) * height
        lines.append(f"{number % 36} {_polygon(x, y, min(0.4 * width, 90), min(0.4 * height, 90), 1920, 1080)}")
    (labels / "crowd.txt").write_text("\n".join(lines) + "\n")
    return folder


def as_json_folder(dataset: Path, folder: Path) -> Path:
    """The train pictures of a dataset with the same polygons in labelme's JSON, which X-AnyLabeling reads as well.

    What is linked in the dataset is linked here: one hundred different files.
    """
    from PIL import Image

    folder.mkdir(parents=True)
    images, labels = dataset / "images" / "train", dataset / "labels" / "train"
    made: dict[int, Path] = {}
    for image in sorted(images.iterdir()):
        os.link(image, folder / image.name)
        label = labels / f"{image.stem}.txt"
        target = folder / f"{image.stem}.json"
        known = made.get(label.stat().st_ino)
        if known is not None:
            os.link(known, target)
            continue
        with Image.open(image) as opened:
            size = opened.size
        shapes = [shape_json(char, points) for char, points in read_label(label, size)]
        target.write_text(json.dumps(picture_json(image.name, size, shapes)))
        made[label.stat().st_ino] = target
    return folder


def read_label(label: Path, size: tuple[int, int]) -> list[tuple[str, list[tuple[float, float]]]]:
    """Classes and polygons (pixels) of a label file."""
    found = []
    for line in label.read_text().splitlines():
        number, *values = line.split()
        numbers = [float(value) for value in values]
        points = [(x * size[0], y * size[1]) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        found.append((NAMES[int(number)], points))
    return found


def shape_json(char: str, points: list[tuple[float, float]]) -> dict[str, object]:
    """A polygon as labelme writes it."""
    return {
        "label": char, "points": [list(point) for point in points], "group_id": None, "description": "",
        "shape_type": "polygon", "flags": {}, "mask": None,
    }  # fmt: skip


def picture_json(name: str, size: tuple[int, int], shapes: list[dict[str, object]]) -> dict[str, object]:
    """A picture's file as labelme writes it."""
    return {
        "version": "7.9.1", "flags": {}, "shapes": shapes, "imagePath": name, "imageData": None,
        "imageHeight": size[1], "imageWidth": size[0],
    }  # fmt: skip


def _polygon(x: float, y: float, half_width: float, half_height: float, width: int, height: int) -> str:
    """Twelve vertices on an ellipse, normalised."""
    values = []
    for step in range(12):
        angle = 2 * math.pi * step / 12
        values += [(x + half_width * math.cos(angle)) / width, (y + half_height * math.sin(angle)) / height]
    return " ".join(f"{min(max(value, 0.0), 1.0):.6f}" for value in values)
