"""Small datasets on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.alphabet import CHARACTERS
from lpstudio.dataset.types import Character

NAMES = "names: [" + ", ".join(f"'{c}'" for c in CHARACTERS) + "]\n"
YAML = f"train: images/train\nval: images/val\n{NAMES}"
SIZE = (100, 50)

MakeDataset = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals that a project's own disk does not take go to the test's folder."""
    monkeypatch.setenv("LPSTUDIO_SETTINGS", str(tmp_path / "settings"))


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


def _mount(*arguments: str) -> bool:
    return shutil.which(arguments[0]) is not None and subprocess.run(arguments, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 512 kB; the test is skipped where none can be mounted (that takes root on Linux)."""
    place = tmp_path / "small_disk"
    place.mkdir()
    if not sys.platform.startswith("linux") or not _mount(
        "mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)
    ):
        pytest.skip("no disk can be mounted here")
    yield place
    _mount("umount", "-l", str(place))


@pytest.fixture
def lock_folder(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """lock_folder(path): nobody, not even root, can write below it any more; skips the test where that fails."""
    locked: list[Path] = []

    def lock(folder: Path) -> None:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Permissions do not bind root, a read-only mount of the folder over itself does.
            if not _mount("mount", "--bind", str(folder), str(folder)):
                pytest.skip("root can write everywhere here")
            locked.append(folder)
            if not _mount("mount", "-o", "remount,ro,bind", str(folder)):
                pytest.skip("root can write everywhere here")
        elif os.name == "posix":
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o555 if path.is_dir() else 0o444)
            locked.append(folder)
        else:
            pytest.skip("permissions of folders work otherwise here")

    yield lock
    for folder in locked:
        if os.geteuid() == 0:
            _mount("umount", "-l", str(folder))
        else:
            folder.chmod(0o755)
            for path in folder.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
