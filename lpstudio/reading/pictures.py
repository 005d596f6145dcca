"""Pictures as the model and the tools see them: BGR, 8 bit, upright."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.images import sound_size
from lpstudio.errors import LpStudioError

# JPEGs above this many pixels are decoded at a part of their size: no plate needs more, and memory stays bounded.
REDUCE_ABOVE = 64_000_000


@dataclass(frozen=True)
class Picture:
    """A decoded picture. ``pixels``: BGR uint8 (h, w, 3), after EXIF orientation.

    ``width`` and ``height`` are those of the file; ``pixels`` of a very large picture may be fewer, in proportion.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the file per pixel in ``pixels``, along x and y."""
        return self.width / self.pixels.shape[1], self.height / self.pixels.shape[0]


def load_picture(path: Path) -> Picture:
    """Decode a picture of any kind: grey, alpha, palette, CMYK, 16 bit, EXIF-turned, 20,000 pixels wide.

    Raises LpStudioError that names the file: missing, no picture, cut off, or too large.
    """
    import cv2

    width, height = sound_size(path)
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR
    if width * height > REDUCE_ABOVE:
        flags = cv2.IMREAD_REDUCED_COLOR_2 if width * height <= 4 * REDUCE_ABOVE else cv2.IMREAD_REDUCED_COLOR_4
    try:
        # OpenCV opens no path outside ASCII on Windows; from memory it does.
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    except (cv2.error, MemoryError, OSError) as error:
        raise LpStudioError(f"this picture cannot be decoded ({_first_line(error)})", path=path) from None
    if pixels is None:
        pixels = _with_pillow(path)
    return Picture(_eight_bit(pixels), width, height)


def load_image(path: Path) -> NDArray[np.uint8]:
    """The pixels of :func:`load_picture`."""
    return load_picture(path).pixels


def whole_rectangle(
    rectangle: tuple[float, float, float, float] | None, width: int, height: int
) -> tuple[int, int, int, int]:
    """Whole pixels that cover a rectangle inside a picture; all of it for None. Raises LpStudioError when none are."""
    if rectangle is None:
        return 0, 0, width, height
    xs, ys = sorted((rectangle[0], rectangle[2])), sorted((rectangle[1], rectangle[3]))
    left, right = max(0, int(np.floor(xs[0]))), min(width, int(np.ceil(xs[1])))
    top, bottom = max(0, int(np.floor(ys[0]))), min(height, int(np.ceil(ys[1])))
    if right - left < 1 or bottom - top < 1:
        raise LpStudioError("the rectangle lies outside the picture")
    return left, top, right, bottom


def _with_pillow(path: Path) -> NDArray[Any]:
    """What OpenCV does not know, Pillow may."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            return np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))[..., ::-1])
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise LpStudioError(f"this picture cannot be decoded ({_first_line(error)})", path=path) from None


def _eight_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Deeper pixels brought to 8 bit. Cameras store 10, 12 or 14 bits in 16: the range in use is stretched, not cut."""
    if pixels.dtype == np.uint8:
        return pixels
    peak = float(pixels.max(initial=0))
    if pixels.dtype == np.uint16:
        bits = next((b for b in (8, 10, 12, 14) if peak < 2**b), 16)
        return np.asarray(pixels >> (bits - 8), np.uint8)
    values = np.nan_to_num(pixels.astype(np.float32), posinf=0.0, neginf=0.0)
    full = 1.0 if peak <= 1.0 else 255.0 if peak <= 255.0 else float(values.max())
    return np.asarray(np.clip(values * (255.0 / full), 0, 255), np.uint8)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
