"""Decoding pictures off the GUI thread, with a cache bounded by bytes.

Pictures come upright (EXIF), in sRGB-like 32 bit; a picture beyond the limits comes back as a clear text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from lpstudio.studio.jobs import Jobs

ALLOCATION_LIMIT_MB = 2048  # a picture of 20,000 × 20,000 pixels in 32 bit takes 1,526 MB
CACHE_BYTES = 256 * 1024 * 1024
THUMBNAIL = QSize(96, 40)


class PictureError(Exception):
    """A picture that cannot be shown; the text says why, without the file's name."""


def decode(path: Path, within: QSize | None = None) -> QImage:
    """The picture as the person should see it; with ``within`` scaled down to fit that box (for thumbnails).

    Raises PictureError. Runs in any thread.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    if within is not None:
        size = reader.size()
        if size.isValid():
            turned = reader.transformation().value & 4  # the picture lies on its side
            box = within.transposed() if turned else within
            if size.width() > box.width() or size.height() > box.height():
                reader.setScaledSize(size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
    image = reader.read()
    if image.isNull() and reader.error() == QImageReader.ImageReaderError.UnsupportedFormatError:
        image = _with_pillow(path)
    if image.isNull():
        raise PictureError(_why(path, reader))
    if within is not None and (image.width() > within.width() or image.height() > within.height()):
        image = image.scaled(within, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    if image.hasAlphaChannel():
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _with_pillow(path: Path) -> QImage:
    """Kinds that Qt has no plugin for (AVIF, JPEG 2000…); an empty picture when Pillow cannot read it either."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            if picture.width * picture.height * 4 > ALLOCATION_LIMIT_MB * 1024 * 1024:
                return QImage()
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except MemoryError:
        raise
    except Exception:  # decoders raise OSError, ValueError, SyntaxError, struct.error…
        return QImage()
    data = upright.tobytes()
    return QImage(data, upright.width, upright.height, upright.width * 4, QImage.Format.Format_RGBA8888).copy()


def _why(path: Path, reader: QImageReader) -> str:
    """Why a picture could not be decoded, in words."""
    try:
        if path.stat().st_size == 0:
            return "the file is empty"
    except OSError:
        return "the file is not there any more"
    size = reader.size()
    if size.isValid() and size.width() * size.height() * 4 > ALLOCATION_LIMIT_MB * 1024 * 1024:
        return f"{size.width()} × {size.height()} pixels are more than fit the limit of {ALLOCATION_LIMIT_MB} MB"
    return {
        QImageReader.ImageReaderError.DeviceError: "the file cannot be opened",
        QImageReader.ImageReaderError.UnsupportedFormatError: "this is no picture that can be read",
        QImageReader.ImageReaderError.InvalidDataError: "the picture is damaged or cut off",
    }.get(reader.error(), reader.errorString())


class ImageLoader(QObject):
    """Loads whole pictures and thumbnails by key; ``locate`` turns a key into a path.

    ``loaded``/``failed`` come on the GUI thread, also when the picture was in the cache (then before
    :meth:`request` returns). Thumbnails have their own pair of signals and their own cache.
    """

    loaded = Signal(str, QImage)
    failed = Signal(str, str)
    thumbnail_loaded = Signal(str, QImage)
    thumbnail_failed = Signal(str, str)

    def __init__(
        self,
        locate: Callable[[str], Path] = Path,
        parent: QObject | None = None,
        cache_bytes: int = CACHE_BYTES,
        thumbnail_size: QSize = THUMBNAIL,
    ) -> None:
        super().__init__(parent)
        QImageReader.setAllocationLimit(ALLOCATION_LIMIT_MB)
        self._locate = locate
        self._jobs = Jobs(self, threads=2)
        self._thumbnail_jobs = Jobs(self, threads=1)
        self._cache = _ByteCache(cache_bytes)
        self._thumbnails = _ByteCache(max(cache_bytes // 4, 1))
        self._thumbnail_size = thumbnail_size
        self._running: dict[str, int] = {}
        self._wanted: set[str] = set()
        self._running_thumbnails: dict[str, int] = {}
        self._generation = 0

    def cached(self, key: str) -> QImage | None:
        """The picture when it is decoded already."""
        return self._cache.get(key)

    def request(self, key: str) -> None:
        """Load a picture; answers with ``loaded`` or ``failed``."""
        image = self._cache.get(key)
        if image is not None:
            self.loaded.emit(key, image)
            return
        self._wanted.add(key)
        self._start(key)

    def prefetch(self, keys: Iterable[str]) -> None:
        """Decode these soon (neighbours of the crop on the screen); nothing is signalled for them."""
        for key in keys:
            if key not in self._cache and key not in self._running:
                self._start(key)

    def _start(self, key: str) -> None:
        if key in self._running:
            return
        path, generation = self._locate(key), self._generation

        def done(image: QImage) -> None:
            self._running.pop(key, None)
            if generation != self._generation:
                return
            self._cache.put(key, image)
            if key in self._wanted:
                self._wanted.discard(key)
                self.loaded.emit(key, image)

        def failed(error: BaseException) -> None:
            self._running.pop(key, None)
            if generation == self._generation and key in self._wanted:
                self._wanted.discard(key)
                self.failed.emit(key, _text(error))

        self._running[key] = self._jobs.run(lambda: decode(path), done, failed)

    def thumbnail(self, key: str) -> QImage | None:
        """The small picture, or None and ``thumbnail_loaded`` (or ``thumbnail_failed``) later."""
        image = self._thumbnails.get(key)
        if image is None and key not in self._running_thumbnails:
            path, generation = self._locate(key), self._generation

            def done(image: QImage) -> None:
                self._running_thumbnails.pop(key, None)
                if generation == self._generation:
                    self._thumbnails.put(key, image)
                    self.thumbnail_loaded.emit(key, image)

            def failed(error: BaseException) -> None:
                self._running_thumbnails.pop(key, None)
                if generation == self._generation:
                    self._thumbnails.put(key, QImage())
                    self.thumbnail_failed.emit(key, _text(error))

            size = self._thumbnail_size
            self._running_thumbnails[key] = self._thumbnail_jobs.run(lambda: decode(path, size), done, failed)
        return image

    def forget_thumbnails_except(self, keys: set[str]) -> None:
        """Drop waiting thumbnails that scrolled out of sight, so that those in sight come first."""
        for key in [key for key in self._running_thumbnails if key not in keys]:
            self._thumbnail_jobs.forget(self._running_thumbnails.pop(key))

    def forget(self, key: str) -> None:
        """The file changed: decode it anew next time."""
        self._cache.drop(key)
        self._thumbnails.drop(key)

    def clear(self) -> None:
        """Forget everything (another project)."""
        self._generation += 1
        self._cache.clear()
        self._thumbnails.clear()
        self._wanted.clear()
        self._running.clear()
        self._running_thumbnails.clear()

    def close(self) -> None:
        """Stop the threads."""
        self.clear()
        self._jobs.close()
        self._thumbnail_jobs.close()


def _text(error: BaseException) -> str:
    if isinstance(error, PictureError):
        return str(error)
    return "there is not enough memory for this picture" if isinstance(error, MemoryError) else str(error)


class _ByteCache:
    """Least recently used pictures, at most so many bytes together (the newest one always stays)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._images: OrderedDict[str, QImage] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._images

    def get(self, key: str) -> QImage | None:
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
        return image

    def put(self, key: str, image: QImage) -> None:
        self.drop(key)
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > self._limit and len(self._images) > 1:
            _, old = self._images.popitem(last=False)
            self._bytes -= old.sizeInBytes()

    def drop(self, key: str) -> None:
        image = self._images.pop(key, None)
        if image is not None:
            self._bytes -= image.sizeInBytes()

    def clear(self) -> None:
        self._images.clear()
        self._bytes = 0
