"""What video does to a picture: H.264 at a low bitrate, and the two fields of an interlaced frame."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.errors import LpStudioError

Pixels = NDArray[np.uint8]

_MACROBLOCK = 16
_X264 = "threads=1:sliced-threads=0:sync-lookahead=0:rc-lookahead=0:scenecut=0:log-level=none"


def _encoder_missing(error: Exception) -> LpStudioError:
    return LpStudioError(
        f"this build of PyAV has no H.264 encoder ({error})", remedy="Install the av package from PyPI"
    )


def _i420(pixels: Pixels) -> Any:
    """A picture of even size as a video frame."""
    import av

    return av.VideoFrame.from_ndarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), "yuv420p")


def write_mp4(frames: Sequence[Pixels], fps: int, quality: int) -> bytes:
    """An MP4 file with H.264 video. ``frames``: each shape (height, width, 3), even sizes, blue green red.

    ``quality``: the constant rate factor, 18 good to 51 worst. Raises LpStudioError where there is no encoder.
    """
    import av

    height, width = frames[0].shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        try:
            stream = container.add_stream("libx264", rate=fps)
        except (ValueError, av.error.FFmpegError) as error:
            raise _encoder_missing(error) from None
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1
        stream.options = {"crf": str(quality), "preset": "veryfast", "tune": "zerolatency", "x264-params": _X264}
        for frame in frames:
            container.mux(stream.encode(_i420(frame)))
        container.mux(stream.encode(None))
    return file.getvalue()


def h264_last(frames: Sequence[Pixels], quality: int, offset: tuple[int, int]) -> Pixels:
    """The last of some frames after real H.264: each shape (height, width, 3), blue green red.

    ``quality``: the encoder's constant rate factor, 18 good to 51 worst. ``offset``: where in a macroblock the picture
    begins, 0 to 15, as a crop anywhere in a frame. Raises LpStudioError where PyAV has no H.264 encoder.
    """
    import av

    height, width = frames[0].shape[:2]
    left, top = offset
    full = (-(-(width + left) // _MACROBLOCK) * _MACROBLOCK, -(-(height + top) // _MACROBLOCK) * _MACROBLOCK)
    try:
        encoder = av.CodecContext.create("libx264", "w")
    except (ValueError, av.error.FFmpegError) as error:
        raise _encoder_missing(error) from None
    encoder.width, encoder.height = full
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.options = {"crf": str(quality), "preset": "superfast", "tune": "zerolatency", "x264-params": _X264}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    decoded = []
    for number, frame in enumerate(frames):
        below, beside = full[1] - height - top, full[0] - width - left
        padded = cv2.copyMakeBorder(frame, top, below, left, beside, cv2.BORDER_REPLICATE)
        picture = _i420(padded)
        picture.pts = number
        for packet in encoder.encode(picture):
            decoded += decoder.decode(packet)
    for packet in encoder.encode(None):
        decoded += decoder.decode(packet)
    decoded += decoder.decode(None)
    last = cv2.cvtColor(decoded[-1].to_ndarray(format="yuv420p"), cv2.COLOR_YUV2BGR_I420)
    return np.ascontiguousarray(last[top : top + height, left : left + width])


def interlace(image: NDArray[np.float32], shift: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A frame of two fields between which the plate moved ``shift`` pixels to the side, and a little up or down.

    Each field is moved by half of it, one to either side: what was drawn stays the middle of both.
    """
    height, width = image.shape[:2]
    rise = float(rng.normal(0, 0.15)) * shift
    result = np.empty_like(image)
    for field, sign in ((0, 0.5), (1, -0.5)):
        move = np.array([[1, 0, sign * shift], [0, 1, sign * rise]], dtype=np.float64)
        moved = cv2.warpAffine(image, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        result[field::2] = moved[field::2]
    return result
