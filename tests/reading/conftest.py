"""Weights and pictures that the tests of reading share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .models import save_weights

# One character over the whole of every crop; its best candidate is O, its second 0.
O_OR_0 = {"O": 2.0, "0": 1.5, "Q": -1.0}


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that see one character, O or 0, in every crop."""
    return save_weights(tmp_path_factory.mktemp("weights") / "steady.pt", O_OR_0, reach=7)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with two pictures, one of them in a folder below, and a file that is none."""
    folder = tmp_path / "crops"
    (folder / "more").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (80, 160, 3), np.uint8)
    Image.fromarray(noise).save(folder / "a.png")
    Image.fromarray(noise[:, :120]).save(folder / "more" / "b.jpg")
    (folder / "notes.txt").write_text("no picture")
    return folder
