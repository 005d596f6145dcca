"""Sizes and soundness of every kind of picture that a dataset may hold."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.dataset.images import check_image, image_size, is_image_name
from lpstudio.errors import LpStudioError


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_the_size_is_that_after_exif_orientation(tmp_path: Path, orientation: int, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", (40, 20)).save(path, exif=turned(orientation))
    assert image_size(path) == ((20, 40) if orientation >= 5 else (40, 20))
    assert check_image(path) is None


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_grey_alpha_palette_and_16_bit_pictures_are_sound(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.new(mode, (30, 12)).save(path)
    assert image_size(path) == (30, 12)
    assert check_image(path) is None


@pytest.mark.parametrize("ending", ["bmp", "webp", "tiff", "jpeg", "avif"])
def test_the_usual_endings_are_sound(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    try:
        Image.fromarray(np.zeros((9, 31, 3), np.uint8)).save(path)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {ending}")
    assert image_size(path) == (31, 9)
    assert check_image(path) is None


def test_a_picture_of_20000_pixels_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("L", (20_000, 2_500)).save(path)
    assert image_size(path) == (20_000, 2_500)
    assert check_image(path) is None


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_20000_by_20000_pixels_have_a_size_and_more_than_can_be_used_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_header(20_000, 20_000))
    assert image_size(path) == (20_000, 20_000)
    path.write_bytes(png_header(200_000, 200_000))
    with pytest.raises(LpStudioError, match="million pixels"):
        image_size(path)
    assert "million pixels" in str(check_image(path))


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"", "the file is empty"), (b"not a picture", "this is no picture"), (b"\xff\xd8\xff\xe0", "picture")],
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes, fault: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with pytest.raises(LpStudioError) as caught:
        image_size(path)
    assert caught.value.path == path
    assert fault in caught.value.what
    assert fault in str(check_image(path))


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match=r"a\.jpg: the picture is missing"):
        image_size(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").mkdir()
    with pytest.raises(LpStudioError, match=r"b\.jpg: the picture cannot be read"):
        image_size(tmp_path / "b.jpg")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "bmp"])
def test_a_picture_cut_off_in_the_middle_does_not_decode(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    noise = np.random.default_rng(1).integers(0, 255, (80, 160, 3), np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert check_image(path) is not None


def test_broken_exif_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (40, 20)).save(path, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00\x01")
    assert image_size(path) == (40, 20)


@pytest.mark.parametrize(("name", "counts"), [("a.JPG", True), ("a.b.png", True), ("a.txt", False), ("jpg", True)])
def test_pictures_are_known_by_their_ending_as_ultralytics_does(name: str, counts: bool) -> None:
    assert is_image_name(name) is counts
