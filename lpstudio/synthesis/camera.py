"""What a surveillance camera makes of a picture: few pixels, blur, noise, sharpening, fields, codecs, JPEG.

Nothing here moves the plate: the corners of the picture stay its corners, so polygons only have to be scaled. The
effects are OpenCV's and the codec's own. They are measured in heights of the characters and drawn from the plate's own
random stream, which is why no library of ready-made augmentations stands between.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.conditions import Conditions
from lpstudio.synthesis.light import add_dirt, add_light, brightness, expose
from lpstudio.synthesis.raster import Image
from lpstudio.synthesis.scene import Drawing
from lpstudio.synthesis.video import Pixels, h264_last, interlace
from lpstudio.synthesis.view import View

_WIDEST_ENLARGED = 240.0  # pixels; what is small may be stored enlarged, up to this
_MOST_ENLARGED = 6.0
# From three independent noises to blue, green and red: mostly the same in all of them, a little of its own.
_GRAIN_COLOURS = np.array([[1.0, 1.0, 1.0], [0.4, -0.2, -0.2], [-0.25, 0.35, -0.25]], np.float32)


@dataclass(frozen=True)
class Degradation:
    """What one camera does to all the pictures it takes of a plate; lengths in pixels of the sensor."""

    focus: float  # sigma, or radius of a disc where ``disc``
    disc: bool
    motion: tuple[float, float] | None  # length, angle
    bloom: float
    noise: float
    noise_soft: float
    sharpening: tuple[float, float] | None  # strength, sigma
    fields: float  # shift between the fields, 0 for none
    halved: bool  # only one field was kept
    h264: int | None  # constant rate factor
    jpeg: int | None  # of the stream, before the crop was cut out
    enlarged: float
    interpolation: int
    stored: int  # JPEG quality of the crop's file


def choose_degradation(conditions: Conditions, cap_px: float, rng: np.random.Generator) -> Degradation:
    """Draw a camera. ``cap_px``: height of the characters on the sensor; it bounds what is done to them."""
    between = conditions.between
    focus = float(rng.uniform(0.25, between(0.42, 0.7)) + rng.uniform(0.0, between(0.012, 0.045)) * cap_px)
    motion, disc = None, False
    blur_kind = rng.random()
    length = float(rng.uniform(0.12, between(0.2, 0.4))) * cap_px + 0.8
    angle = float(rng.normal(0, 0.35) if rng.random() < 0.8 else rng.uniform(0, np.pi))
    soft = float(rng.uniform(0.03, between(0.06, 0.11))) * cap_px
    disc_shaped = rng.random() < 0.5
    if conditions.blurred:
        if blur_kind < 0.6:
            motion = (length, angle)
        if blur_kind > 0.4:
            focus, disc = (soft * 1.8 + focus, True) if disc_shaped and soft > 0.6 else (focus + soft, False)
    sharpened = rng.random() < between(0.2, 0.5)
    sharpening = (float(rng.uniform(0.3, between(0.7, 2.6))), float(rng.uniform(0.7, 1.6))) if sharpened else None
    combed = rng.random() < between(0.0, 0.26)
    fields = float(rng.uniform(0.5, max(0.8, between(0.06, 0.2) * cap_px))) if combed else 0.0
    codec = rng.random()
    crf = int(rng.integers(20, round(between(28, 42))))
    stream = int(rng.integers(round(between(70, 24)), round(between(92, 70))))
    h264_share = between(0.12, 0.42)
    plate_px = conditions.plate_px
    most = min(_MOST_ENLARGED, _WIDEST_ENLARGED / plate_px)
    enlarged = float(rng.uniform(1.2, max(1.25, most)))
    if rng.random() >= 0.5 or most < 1.4:
        enlarged = 1.0
    ways = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)
    return Degradation(
        focus=focus,
        disc=disc,
        motion=motion,
        bloom=float(rng.uniform(0.1, 0.5)) if rng.random() < between(0.02, 0.3) else 0.0,
        noise=float(rng.triangular(0.001, 0.006, between(0.012, 0.06))),
        noise_soft=float(rng.uniform(0.3, 0.9)),
        sharpening=sharpening,
        fields=fields,
        halved=rng.random() < between(0.0, 0.08),
        h264=crf if codec < h264_share else None,
        jpeg=stream if h264_share <= codec < h264_share + between(0.15, 0.4) else None,
        enlarged=enlarged,
        interpolation=ways[int(rng.choice(3, p=(0.45, 0.48, 0.07)))],
        stored=int(rng.integers(round(between(85, 55)), 97)),
    )


def photograph(
    drawing: Drawing, view: View, conditions: Conditions, rng: np.random.Generator
) -> tuple[bytes, tuple[int, int]]:
    """A crop as CCTV gives it: the JPEG file, and its width and height in pixels. The drawing's image is changed."""
    add_dirt(drawing.image, conditions, rng)
    add_light(drawing.image, conditions, rng)
    image = expose(drawing, conditions, rng)
    degradation = choose_degradation(conditions, view.cap_px / view.fine, rng)
    seen = on_sensor(image, view.sensor_size, degradation)
    if degradation.h264 is None:
        pixels = develop(seen, degradation, rng)
        if degradation.jpeg is not None:
            pixels = np.asarray(cv2.imdecode(jpeg(pixels, degradation.jpeg), cv2.IMREAD_COLOR), np.uint8)
    else:
        offset = int(rng.integers(16)), int(rng.integers(16))
        frames = [develop(frame, degradation, rng) for frame in _approach(seen, rng)]
        pixels = h264_last(frames, degradation.h264, offset)
    pixels = enlarge(pixels, degradation)
    return jpeg(pixels, degradation.stored).tobytes(), (pixels.shape[1], pixels.shape[0])


def on_sensor(image: Image, size: tuple[int, int], degradation: Degradation) -> Image:
    """The picture that falls on the sensor of ``size`` (width, height) pixels: reduced, blurred, glowing."""
    if (image.shape[1], image.shape[0]) != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if degradation.disc:
        image = cv2.filter2D(image, -1, _disc(degradation.focus), borderType=cv2.BORDER_REPLICATE)
    else:
        image = cv2.GaussianBlur(image, (0, 0), degradation.focus)
    if degradation.motion is not None:
        image = cv2.filter2D(image, -1, _motion(*degradation.motion), borderType=cv2.BORDER_REPLICATE)
    if degradation.bloom:
        light = np.clip(image - 0.7, 0, 1)
        image = image + np.float32(4 * degradation.bloom) * cv2.GaussianBlur(light, (0, 0), max(0.8, size[1] / 16))
    return image


def develop(image: Image, degradation: Degradation, rng: np.random.Generator) -> Pixels:
    """The camera's own work on one frame: noise, sharpening, fields; eight bits."""
    image = image + _grain(image, degradation, rng)
    if degradation.sharpening is not None:
        strength, sigma = degradation.sharpening
        image = image + np.float32(strength) * (image - cv2.GaussianBlur(image, (0, 0), sigma))
    if degradation.fields:
        image = interlace(image, degradation.fields, rng)
    if degradation.halved and image.shape[0] >= 16:
        height, width = image.shape[:2]
        image = cv2.resize(cv2.resize(image, (width, height // 2), interpolation=cv2.INTER_AREA), (width, height))
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)


def enlarge(pixels: Pixels, degradation: Degradation) -> Pixels:
    """The crop as it is stored: many systems enlarge what is small."""
    if degradation.enlarged == 1.0:
        return pixels
    height, width = pixels.shape[:2]
    size = round(width * degradation.enlarged), round(height * degradation.enlarged)
    return np.asarray(cv2.resize(pixels, size, interpolation=degradation.interpolation), np.uint8)


def jpeg(pixels: Pixels, quality: int) -> NDArray[np.uint8]:
    """A JPEG file; the bytes as an array."""
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise MemoryError("a picture could not be encoded as JPEG")
    return data


def _approach(image: Image, rng: np.random.Generator) -> list[Image]:
    """Some frames of a moving plate; the last one is the picture itself."""
    height, width = image.shape[:2]
    steps = int(rng.integers(1, 4))
    dx, dy = float(rng.normal(0, 0.012)) * width, float(rng.normal(0, 0.015)) * height
    growth = 1 - abs(float(rng.normal(0, 0.012)))
    frames = []
    for before in range(steps, 0, -1):
        scale = growth**before
        move = np.array(
            [[scale, 0, (1 - scale) * width / 2 - dx * before], [0, scale, (1 - scale) * height / 2 - dy * before]]
        )
        frames.append(cv2.warpAffine(image, move, (width, height), borderMode=cv2.BORDER_REPLICATE))
    return [*frames, image]


def _grain(image: Image, degradation: Degradation, rng: np.random.Generator) -> Image:
    """Sensor noise after the camera's own noise filter: more in bright places, mostly grey, a little smeared."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise = cv2.GaussianBlur(noise, (3, 3), degradation.noise_soft)
    lit = np.sqrt(np.clip(brightness(image), 0, 1))
    strength = np.float32(degradation.noise) * (np.float32(0.5) + lit)
    return strength[:, :, None] * (noise @ _GRAIN_COLOURS)


def _motion(length: float, angle: float) -> NDArray[np.float32]:
    """The kernel of a straight motion blur of ``length`` pixels, at ``angle`` radians to the rows."""
    half = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for place in np.linspace(-length / 2, length / 2, 4 * half + 9):
        x, y = half + place * np.cos(angle), half + place * np.sin(angle)
        column, row = int(x), int(y)
        right, down = x - column, y - row
        for r, c, share in (
            (row, column, (1 - right) * (1 - down)), (row, column + 1, right * (1 - down)),
            (row + 1, column, (1 - right) * down), (row + 1, column + 1, right * down),
        ):  # fmt: skip
            kernel[r, c] += share
    return kernel / kernel.sum()


def _disc(radius: float) -> NDArray[np.float32]:
    """The kernel of a lens out of focus."""
    half = int(np.ceil(radius + 0.5))
    across = np.arange(-half, half + 1, dtype=np.float32)
    away = np.hypot(across[None, :], across[:, None])
    kernel = np.clip(radius + 0.5 - away, 0, 1)
    return kernel / kernel.sum()
