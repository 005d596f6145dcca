"""The characters of a known text are found without a model: both polarities, low contrast, touching, two lines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lpstudio.errors import LpStudioError
from lpstudio.reading.typed import propose
from tests.bench.child_typed import classical, measure
from tests.conftest import REPOSITORY, real_crops_folder

_FONT = next((REPOSITORY / "resources" / "fonts").rglob("*.ttf"))
_HIGH = 40  # px of the font
Box = tuple[float, float, float, float]


def plate(
    lines: list[str], ink: int = 30, ground: int = 200, spacing: float = 6.0, tilt: float = 0.0
) -> tuple[NDArray[np.uint8], list[Box]]:
    """A plate with a frame and a little noise, and the true box of each character in reading order."""
    font = ImageFont.truetype(str(_FONT), _HIGH)
    picture = Image.new("L", (300, 20 + 56 * len(lines)), ground)
    pencil = ImageDraw.Draw(picture)
    pencil.rectangle((2, 2, picture.width - 3, picture.height - 3), outline=(ink + ground) // 2, width=2)
    boxes: list[Box] = []
    for number, line in enumerate(lines):
        x, y = 24.0, 12.0 + 56 * number
        for char in line:
            shifted = y + tilt * x
            pencil.text((x, shifted), char, font=font, fill=ink)
            box = pencil.textbbox((x, shifted), char, font=font)
            boxes.append((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
            x = box[2] + spacing
    pixels = np.asarray(picture, np.float64) + np.random.default_rng(5).normal(0, 3, (picture.height, picture.width))
    return np.repeat(np.clip(pixels, 0, 255).astype(np.uint8)[..., None], 3, axis=2), boxes


def overlaps(pixels: NDArray[np.uint8], text: str, boxes: list[Box]) -> list[float]:
    """Of each proposed outline's box with the true one in its place."""
    found = []
    for polygon, (x1, y1, x2, y2) in zip(propose(pixels, text).polygons, boxes, strict=True):
        (a1, b1), (a2, b2) = np.min(polygon, axis=0), np.max(polygon, axis=0)
        common = max(0.0, min(x2, a2) - max(x1, a1)) * max(0.0, min(y2, b2) - max(y1, b1))
        found.append(common / ((x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - common))
    return found


@pytest.mark.parametrize(
    ("ink", "ground", "spacing", "tilt"),
    [(30, 200, 6, 0), (220, 60, 6, 0), (118, 140, 6, 0), (30, 200, -1, 0), (30, 200, 6, 0.06)],
    ids=["dark on light", "light on dark", "low contrast", "touching", "tilted"],
)
def test_each_character_of_the_text_gets_its_outline(ink: int, ground: int, spacing: float, tilt: float) -> None:
    pixels, boxes = plate(["NBC4827"], ink, ground, spacing, tilt)
    assert min(overlaps(pixels, "NBC4827", boxes)) > 0.55


def test_two_lines_are_read_one_after_the_other() -> None:
    pixels, boxes = plate(["4827", "NBC"])
    assert min(overlaps(pixels[:, :170].copy(), "4827NBC", boxes)) > 0.5


def test_another_number_of_characters_is_doubted_and_told_where() -> None:
    pixels, _ = plate(["NBC4827"])
    right = propose(pixels, "NBC4827")
    assert right.doubt == "" and right.at == ()
    few = propose(pixels, "NBC482")
    assert len(few.polygons) == 6 and few.doubt == "6 typed, but 7 seem to stand there" and few.at
    many = propose(pixels, "NBC48277")
    assert len(many.polygons) == 8 and many.doubt == "8 typed, but 7 seem to stand there" and many.at


def test_a_picture_without_characters_is_refused() -> None:
    with pytest.raises(LpStudioError, match="no row of characters"):
        propose(np.full((60, 200, 3), 128, np.uint8), "ABC1234")


def test_real_crops_are_cut_well() -> None:
    folder = real_crops_folder()
    if folder is None:
        pytest.skip("no real crops on this machine (set LPSTUDIO_REAL_CROPS)")
    found = measure(folder, classical, 70)
    assert found["whole"] > 0.9 and found["classes"] > 0.95
    assert found["overlap_mean"] > 0.7
    assert found["doubted_wrongly"] < 0.15
