"""Pictures are decoded upright, in threads, and kept within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QImageReader
from pytestqt.qtbot import QtBot

from lpstudio.studio.images import ALLOCATION_LIMIT_MB, ImageLoader, PictureError, decode


@pytest.fixture
def loader(qtbot: QtBot) -> Iterator[ImageLoader]:
    made = ImageLoader()
    yield made
    made.close()
    made.deleteLater()


def _save(folder: Path, name: str, mode: str, colour: object, **options: object) -> Path:
    path = folder / name
    Image.new(mode, (40, 20), colour).save(path, **options)  # type: ignore[arg-type]
    return path


def test_a_picture_turned_by_exif_comes_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = _save(tmp_path, "turned.jpg", "RGB", (10, 200, 10), exif=exif)
    image = decode(path)
    assert (image.width(), image.height()) == (20, 40)
    assert decode(path, QSize(10, 10)).size() == QSize(5, 10)


@pytest.mark.parametrize(
    ("name", "mode", "colour", "seen"),
    [
        ("grey.png", "L", 128, 128),
        ("grey16.png", "I;16", 32768, 128),
        ("alpha.png", "RGBA", (128, 128, 128, 255), 128),
        ("palette.png", "P", 0, 0),
        ("bits.png", "1", 1, 255),
        ("cmyk.jpg", "CMYK", (0, 0, 0, 127), 128),
        ("tagged.tif", "RGB", (128, 128, 128), 128),
        ("web.webp", "RGB", (128, 128, 128), 128),
        ("modern.avif", "RGB", (128, 128, 128), 128),
        ("jpeg2000.jp2", "RGB", (128, 128, 128), 128),
    ],
)
def test_every_kind_of_picture_is_shown(tmp_path: Path, name: str, mode: str, colour: object, seen: int) -> None:
    image = decode(_save(tmp_path, name, mode, colour))
    assert (image.width(), image.height()) == (40, 20)
    assert QColor(image.pixel(5, 5)).green() == pytest.approx(seen, abs=3)


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"hello", "no picture"), (None, "not there any more")])
def test_what_is_no_picture_says_so(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "plate.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PictureError, match=words):
        decode(path)


def test_a_picture_that_was_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    Image.effect_noise((200, 200), 80).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(PictureError, match="damaged or cut off"):
        decode(path)


def test_the_limit_lets_a_picture_of_20000_pixels_through(loader: ImageLoader) -> None:
    assert QImageReader.allocationLimit() == ALLOCATION_LIMIT_MB
    assert ALLOCATION_LIMIT_MB * 1024 * 1024 > 20_000 * 20_000 * 4


def _request(loader: ImageLoader, path: Path, qtbot: QtBot) -> QImage:
    with qtbot.waitSignal(loader.loaded, timeout=10000) as seen:
        loader.request(str(path))
    assert seen.args[0] == str(path)
    image: QImage = seen.args[1]
    return image


def test_a_picture_is_decoded_once_and_then_there_at_once(tmp_path: Path, loader: ImageLoader, qtbot: QtBot) -> None:
    path = _save(tmp_path, "a.png", "RGB", (1, 2, 3))
    assert loader.cached(str(path)) is None
    _request(loader, path, qtbot)
    assert loader.cached(str(path)) is not None
    path.unlink()
    came: list[str] = []
    loader.loaded.connect(lambda key, _image: came.append(key))
    loader.request(str(path))
    assert came == [str(path)]


def test_neighbours_are_decoded_ahead(tmp_path: Path, loader: ImageLoader, qtbot: QtBot) -> None:
    path = _save(tmp_path, "b.png", "RGB", (1, 2, 3))
    loader.prefetch([str(path)])
    qtbot.waitUntil(lambda: loader.cached(str(path)) is not None, timeout=10000)


def test_the_cache_holds_no_more_than_its_bytes(tmp_path: Path, qtbot: QtBot) -> None:
    loader = ImageLoader(cache_bytes=40 * 20 * 4 * 2)
    paths = [_save(tmp_path, f"{number}.png", "RGB", (number, 2, 3)) for number in range(3)]
    for path in paths:
        _request(loader, path, qtbot)
    assert [loader.cached(str(path)) is not None for path in paths] == [False, True, True]
    loader.close()
    loader.deleteLater()


def test_a_fault_comes_as_text(tmp_path: Path, loader: ImageLoader, qtbot: QtBot) -> None:
    with qtbot.waitSignal(loader.failed, timeout=10000) as seen:
        loader.request(str(tmp_path / "gone.png"))
    assert seen.args[1] == "the file is not there any more"


def test_thumbnails_are_small_and_come_later(tmp_path: Path, loader: ImageLoader, qtbot: QtBot) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (2000, 1000), (9, 9, 9)).save(path)
    with qtbot.waitSignal(loader.thumbnail_loaded, timeout=10000) as seen:
        assert loader.thumbnail(str(path)) is None
    assert seen.args[1].size() == QSize(80, 40)
    assert loader.thumbnail(str(path)) is not None


def test_another_project_does_not_see_the_pictures_of_the_last(
    tmp_path: Path, loader: ImageLoader, qtbot: QtBot
) -> None:
    path = _save(tmp_path, "c.png", "RGB", (1, 2, 3))
    _request(loader, path, qtbot)
    loader.clear()
    assert loader.cached(str(path)) is None


def test_a_changed_file_is_decoded_anew(
    tmp_path: Path, loader: ImageLoader, qtbot: QtBot, project_text: Callable[[str], str]
) -> None:
    path = _save(tmp_path, "d.png", "RGB", (1, 2, 3))
    _request(loader, path, qtbot)
    _save(tmp_path, "d.png", "RGB", (200, 2, 3))
    loader.forget(str(path))
    assert QColor(_request(loader, path, qtbot).pixel(3, 3)).red() == 200
