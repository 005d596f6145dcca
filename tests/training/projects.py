"""Small projects to train on, for all tests that train."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.training.runs import Run, create_run
from lpstudio.training.settings import TrainSettings

CHARS = "ABO0"
QUICK = {"weights": "scratch", "device": "cpu", "epochs": 1, "imgsz": 64, "batch": 4, "workers": 0}


def write_project(folder: Path, train: int = 8, val: int = 4) -> Path:
    """A project of crops with three characters each; classes A B O 0. Returns its folder."""
    write_crops(folder, "train", train)
    write_crops(folder, "val", val, seed=1)
    names = "".join(f"  {number}: '{char}'\n" for number, char in enumerate(CHARS))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}")
    return folder


def tiny_config() -> dict[str, Any]:
    """A YOLO11-seg with a few channels: for tests that are not about the model."""
    from ultralytics.nn.tasks import yaml_model_load

    return {**yaml_model_load("yolo11n-seg.yaml"), "scales": {"n": [0.34, 0.0625, 64]}}


def tiny_weights(path: Path) -> Path:
    """Weights of such a model, for the classes of these projects."""
    import torch
    from ultralytics.nn.tasks import SegmentationModel

    torch.manual_seed(0)
    model = SegmentationModel(tiny_config(), nc=len(CHARS), verbose=False)
    torch.save({"model": model, "train_args": {"imgsz": 64}}, path)
    return path


def make_run(folder: Path, **settings: object) -> Run:
    """A run of a few seconds on the CPU; settings may be given."""
    chosen = TrainSettings.from_dict({**QUICK, **settings})
    with Project.open(folder) as project:
        return create_run(project, chosen, collect(project, verified_only=chosen.verified_only))


def write_crops(folder: Path, split: str, count: int, seed: int = 0) -> None:
    """Crops of 64×32 px, each with three characters: rectangles of a brightness of their own."""
    from PIL import Image, ImageDraw

    rng = random.Random(seed)
    (folder / "images" / split).mkdir(parents=True)
    (folder / "labels" / split).mkdir(parents=True)
    for number in range(count):
        image = Image.new("RGB", (64, 32), (200, 200, 190))
        draw = ImageDraw.Draw(image)
        lines = []
        for place in range(3):
            char = rng.randrange(len(CHARS))
            x, y = 4 + 20 * place + rng.randint(0, 3), rng.randint(4, 8)
            draw.rectangle((x, y, x + 13, y + 20), fill=(40 * char, 20, 120 - 30 * char))
            corners = [(x, y), (x + 14, y), (x + 14, y + 21), (x, y + 21)]
            lines.append(f"{char} " + " ".join(f"{px / 64:.6f} {py / 32:.6f}" for px, py in corners))
        image.save(folder / "images" / split / f"crop{number}.png")
        (folder / "labels" / split / f"crop{number}.txt").write_text("\n".join(lines) + "\n")
