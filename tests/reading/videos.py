"""Real videos for tests: every frame carries its own number as a pattern of light and dark squares."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BITS = 12
SQUARE = 16


def numbered_picture(number: int, width: int = 256, height: int = 96) -> NDArray[np.uint8]:
    """A moving background with ``number`` in binary along the top, RGB."""
    x = np.arange(width)[None, :] + 3 * number
    y = np.arange(height)[:, None] + 2 * number
    picture = np.stack([(x + y) % 128 + 64, (2 * x + y) % 128 + 64, (x + 3 * y) % 128 + 64], axis=-1).astype(np.uint8)
    for bit in range(BITS):
        value = 235 if number >> bit & 1 else 16
        picture[8 : 8 + SQUARE, 8 + bit * (SQUARE + 3) : 8 + bit * (SQUARE + 3) + SQUARE] = value
    return picture


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number that :func:`numbered_picture` drew."""
    number = 0
    for bit in range(BITS):
        left = 8 + bit * (SQUARE + 3)
        number |= int(picture[11 : 5 + SQUARE, left + 3 : left + SQUARE - 3].mean() > 125) << bit
    return number


def encode(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    fps: int = 25,
    ticks: list[int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rotation: int = 0,
) -> Path:
    """Write a video with a real encoder; H.264 gets a group of 30 pictures with three B-frames.

    ``ticks``: the time of every picture in milliseconds (for a varying rate).
    """
    height, width = pictures[0].shape[:2]
    if options is None:
        options = {"g": "30", "bf": "3", "crf": "18", "preset": "fast"} if codec == "libx264" else {}
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if ticks is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if ticks is not None:
                frame.pts, frame.time_base = ticks[number], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered_video(path: Path, count: int = 150, **how: object) -> Path:
    """A video of ``count`` numbered pictures."""
    return encode(path, [numbered_picture(number) for number in range(count)], **how)  # type: ignore[arg-type]
