"""What is known of a picture without showing it: its size after EXIF orientation, and whether it decodes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# What Ultralytics takes for a picture by its ending (8.4); other files of a folder are passed over.
IMAGE_SUFFIXES = frozenset(
    {"avif", "bmp", "dng", "heic", "heif", "jp2", "jpeg", "jpg", "mpo", "png", "tif", "tiff", "webp"}
)
# OpenCV refuses more; a 20,000 × 20,000 picture has 0.4 thousand million.
MAX_PIXELS = 2**30
_ORIENTATION = 274
_TURNED = frozenset({5, 6, 7, 8})
# A picture larger than this is decoded alone, so that a pool of threads does not fill the memory.
_LARGE_PIXELS = 40_000_000
_one_large = threading.Lock()


def is_image_name(name: str) -> bool:
    """Whether a file of this name counts as a picture."""
    return name.rpartition(".")[2].lower() in IMAGE_SUFFIXES


def _pillow() -> Any:
    """Pillow, with its limit against huge pictures raised to ours."""
    from PIL import Image, ImageFile  # noqa: F401 (registers what open() needs)

    if Image.MAX_IMAGE_PIXELS is not None and Image.MAX_IMAGE_PIXELS < MAX_PIXELS:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    return Image


def _open(path: Path) -> Image:
    """Open a picture and read its header only. Raises LpStudioError."""
    pillow = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image = pillow.open(path)
    except FileNotFoundError:
        raise LpStudioError("the picture is missing", path=path) from None
    except pillow.DecompressionBombError:
        raise LpStudioError(f"the picture has more than {MAX_PIXELS >> 20} million pixels", path=path) from None
    except (pillow.UnidentifiedImageError, ImportError):
        # ImportError: where Ultralytics is loaded it makes Pillow look for a HEIF plugin before it gives up.
        raise LpStudioError(_why_unidentified(path), path=path) from None
    except OSError as error:
        raise LpStudioError(f"the picture cannot be read: {error.strerror or error}", path=path) from error
    except Exception as error:  # decoders raise ValueError, SyntaxError, struct.error… on damaged headers
        raise LpStudioError(f"the picture does not decode: {error}", path=path) from error
    width, height = picture.size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        picture.close()
        raise LpStudioError(f"the picture's size {width} × {height} cannot be used", path=path)
    return picture


def _why_unidentified(path: Path) -> str:
    try:
        return "the file is empty" if path.stat().st_size == 0 else "this is no picture, or its kind is not known"
    except OSError:
        return "this is no picture, or its kind is not known"


def _oriented_size(picture: Image) -> tuple[int, int]:
    width, height = picture.size
    try:
        orientation = picture.getexif().get(_ORIENTATION)
    except Exception:  # damaged EXIF blocks raise many things; without EXIF the picture stands as it is
        orientation = None
    return (height, width) if orientation in _TURNED else (width, height)


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels after EXIF orientation; reads the header only. Raises LpStudioError."""
    with _open(path) as picture:
        return _oriented_size(picture)


def check_image(path: Path) -> str | None:
    """Decode a picture whole; the fault in words, or None when it is sound."""
    try:
        sound_size(path)
    except LpStudioError as error:
        return error.what
    return None


def sound_size(path: Path) -> tuple[int, int]:
    """:func:`image_size` of a picture that decodes whole. Raises LpStudioError for any other."""
    with _open(path) as picture:
        size = _oriented_size(picture)
        if size[0] * size[1] > _LARGE_PIXELS:
            with _one_large:
                fault = _decode(picture)
        else:
            fault = _decode(picture)
    if fault is not None:
        raise LpStudioError(fault, path=path)
    return size


def read_grey(path: Path, sizes: Sequence[tuple[int, int]]) -> list[NDArray[np.uint8]]:
    """A picture after EXIF orientation in shades of grey, shrunk (or enlarged) to each (width, height).

    Arrays have the shape (height, width). Raises LpStudioError when the picture does not decode.
    """
    import numpy as np
    from PIL import ImageOps

    pillow = _pillow()
    with _open(path) as picture:
        try:
            picture.draft("L", (max(width for width, _ in sizes) * 2, max(height for _, height in sizes) * 2))
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):  # 16 bits: Pillow would cut all that is brighter than 255
                upright = pillow.fromarray((np.asarray(upright).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
            grey = upright.convert("L")
            return [np.asarray(grey.resize(size, pillow.Resampling.BOX)) for size in sizes]
        except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error…
            raise LpStudioError(f"the picture does not decode: {error}", path=path) from error


def _decode(picture: Image) -> str | None:
    try:
        # JPEGs decode at an eighth of the size from the same bytes: as thorough, and a tenth of time and memory.
        picture.draft("RGB", (max(1, picture.size[0] // 8), max(1, picture.size[1] // 8)))
        picture.load()
    except MemoryError:
        return "the picture is too large for the memory"
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error…
        return f"the picture does not decode: {error}"
    return None
