"""Pictures of every kind arrive upright, in 8 bit, and broken ones say what is wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lpstudio.errors import LpStudioError
from lpstudio.reading.pictures import load_picture


def _gradient(height: int = 40, width: int = 90) -> np.ndarray:
    return np.tile(np.linspace(10, 240, width).astype(np.uint8), (height, 1))


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "L"), ("a.png", "LA"), ("a.png", "RGBA"), ("a.png", "P"), ("a.png", "1"), ("a.jpg", "L"),
     ("a.jpg", "CMYK"), ("a.tif", "RGB"), ("a.webp", "RGB"), ("a.bmp", "RGB"), ("a.avif", "RGB")],
)  # fmt: skip
def test_grey_alpha_palette_and_other_kinds_become_three_channels(tmp_path: Path, name: str, mode: str) -> None:
    Image.fromarray(_gradient()).convert(mode).save(tmp_path / name)
    picture = load_picture(tmp_path / name)
    assert picture.pixels.shape == (40, 90, 3) and picture.pixels.dtype == np.uint8
    assert picture.pixels[:, -5:].mean() > picture.pixels[:, :5].mean() + 100


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bit_pictures_keep_their_contrast(tmp_path: Path, name: str, bits: int) -> None:
    deep = (_gradient().astype(np.uint16) << (bits - 8)) + 1
    cv2.imwrite(str(tmp_path / name), deep)
    pixels = load_picture(tmp_path / name).pixels
    assert np.abs(pixels[..., 0].astype(int) - _gradient()).max() <= 1


def test_a_picture_turned_by_exif_stands_upright(tmp_path: Path) -> None:
    picture = Image.fromarray(_gradient()).convert("RGB")
    exif = Image.Exif()
    exif[274] = 6
    picture.save(tmp_path / "phone.jpg", exif=exif)
    loaded = load_picture(tmp_path / "phone.jpg")
    assert (loaded.width, loaded.height) == (40, 90) and loaded.pixels.shape == (90, 40, 3)
    assert loaded.pixels[-5:].mean() > loaded.pixels[:5].mean() + 100


def test_a_twenty_thousand_pixel_picture_is_read_in_bounded_memory(tmp_path: Path) -> None:
    Image.new("L", (20_000, 8_000), 128).save(tmp_path / "scan.jpg")
    picture = load_picture(tmp_path / "scan.jpg")
    assert (picture.width, picture.height) == (20_000, 8_000)
    assert picture.pixels.size <= 64_000_000 * 3
    assert picture.scale == (2.0, 2.0)


def test_names_outside_ascii_open(tmp_path: Path) -> None:
    Image.fromarray(_gradient()).save(tmp_path / "Ñandú 車.png")
    assert load_picture(tmp_path / "Ñandú 車.png").width == 90


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_cut_off_picture_is_named(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 160, 3), np.uint8)
    path = tmp_path / f"half.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LpStudioError, match=rf"half\.{suffix}"):
        load_picture(path)


def test_missing_empty_and_foreign_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("not a picture")
    for name, said in (("gone.png", "missing"), ("empty.png", "empty"), ("text.png", "no picture")):
        with pytest.raises(LpStudioError, match=said) as caught:
            load_picture(tmp_path / name)
        assert caught.value.path == tmp_path / name
