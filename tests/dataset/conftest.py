"""Small datasets on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.alphabet import CHARACTERS
from lpstudio.dataset.types import Character

NAMES = "names: [" + ", ".join(f"'{c}'" for c in CHARACTERS) + "]\n"
YAML = f"train: images/train\nval: images/val\n{NAMES}"
SIZE = (100, 50)

MakeDataset = Callable[..., Path]


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    """make_dataset({"train/a": "0 0.1 …", "val/b": None}) -> folder; None: no label file."""

    def make(crops: Mapping[str, str | None], yaml: str = YAML, folder: str = "plates") -> Path:
        root = tmp_path / folder
        for split in ("train", "val"):
            (root / "images" / split).mkdir(parents=True)
            (root / "labels" / split).mkdir(parents=True)
        (root / "data.yaml").write_text(yaml, encoding="utf-8")
        for number, (name, labels) in enumerate(crops.items()):
            picture = root / "images" / f"{name}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", SIZE, (number % 256, 10, 20)).save(picture)
            if labels is not None:
                path = root / "labels" / f"{name}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(labels, encoding="utf-8", newline="")
        return root

    return make


@pytest.fixture
def square() -> Callable[..., Character]:
    """square("A", 10) -> a character 8 pixels wide at x = 10."""

    def make(char: str, x: float = 10.0, **fields: object) -> Character:
        polygon = ((x, 10.0), (x + 8.0, 10.0), (x + 8.0, 40.0), (x, 40.0))
        return Character(polygon, char, **fields)  # type: ignore[arg-type]

    return make
