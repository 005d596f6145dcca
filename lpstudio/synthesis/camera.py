"""What light, dirt and a surveillance camera do to a picture. The plate stays where it is, so polygons stay true."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.scene import Image, smooth_noise

Pixels = NDArray[np.uint8]


def photograph(image: Image, cap_px: float, rng: np.random.Generator) -> bytes:
    """A crop as CCTV gives it: light, dirt, blur, few pixels, noise, sharpening and JPEG. Returns the JPEG file.

    ``image``: (height, width, 3), blue green red, 0 to 1; it is changed. ``cap_px``: height of the characters, which
    bounds what is done to them, so that they stay readable for a person.
    """
    _dirt(image, rng)
    _light(image, rng)
    image = _expose(image, rng)
    image = _optics(image, cap_px, rng)
    pixels = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.18:
        _interlace(pixels, cap_px, rng)
    if rng.random() < 0.5:  # the video codec, before the crop is cut out and stored
        pixels = cv2.imdecode(_jpeg(pixels, int(rng.integers(28, 75))), cv2.IMREAD_COLOR)
    return _jpeg(pixels, int(rng.integers(70, 96))).tobytes()


def _jpeg(pixels: Pixels, quality: int) -> NDArray[np.uint8]:
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise MemoryError("a picture could not be encoded as JPEG")
    return data


def _dirt(image: Image, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    if rng.random() < 0.45:
        patches = smooth_noise(width, height, float(rng.uniform(4, 14)), rng)
        speckles = smooth_noise(width, height, float(rng.uniform(25, 60)), rng)
        start = float(rng.uniform(0.45, 0.75))
        cover = np.clip((0.65 * patches + 0.35 * speckles - start) / 0.3, 0, 1) * np.float32(rng.uniform(0.2, 0.6))
        mud = np.array((0.2, 0.27, 0.33), np.float32) * np.float32(rng.uniform(0.5, 1.5))
        image += cover[:, :, None] * (mud - image)


def _light(image: Image, rng: np.random.Generator) -> None:
    """Light that falls off across the plate, the edge of a shadow, a glare."""
    height, width = image.shape[:2]
    across = (np.arange(width, dtype=np.float32) / width - 0.5)[None, :]
    down = (np.arange(height, dtype=np.float32) / height - 0.5)[:, None]
    image *= (1 + np.float32(rng.normal(0, 0.18)) * across + np.float32(rng.normal(0, 0.18)) * down)[:, :, None]
    if rng.random() < 0.22:
        angle = float(rng.uniform(0, np.pi))
        side = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down - np.float32(rng.normal(0, 0.2))
        soft = np.clip(0.5 + side / np.float32(rng.uniform(0.02, 0.3)), 0, 1)
        image *= (1 - np.float32(rng.uniform(0.25, 0.6)) * soft)[:, :, None]
    if rng.random() < 0.12:
        x, y, size = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(0.06, 0.3)
        spot = np.exp(-((across - np.float32(x)) ** 2 + (down - np.float32(y)) ** 2) / np.float32(2 * size * size))
        image += (np.float32(rng.uniform(0.15, 0.6)) * spot)[:, :, None]


_INFRARED_TINTS = ((1.0, 1.0, 1.0), (0.75, 1.0, 0.7), (0.35, 1.0, 0.15))  # grey, greenish, glowing green


def _expose(image: Image, rng: np.random.Generator) -> Image:
    """Day, dusk, night with a lamp, or infra-red; haze, white balance and exposure."""
    hour = rng.random()
    if hour < 0.14:  # infra-red: no colours, sometimes a tint
        grey = image[:, :, 1:2] * np.float32(0.8) + image[:, :, 0:1] * np.float32(0.2)
        tint = np.array(_INFRARED_TINTS[int(rng.choice(3, p=(0.6, 0.15, 0.25)))], np.float32)
        return np.clip((grey * np.float32(rng.uniform(0.7, 1.5))) ** np.float32(rng.uniform(0.8, 1.4)) * tint, 0, 1)
    if hour < 0.34:  # dusk and night
        image *= np.float32(rng.uniform(0.3, 0.6))
        warmth = np.array((rng.uniform(0.6, 1.0), rng.uniform(0.85, 1.0), rng.uniform(0.95, 1.15)), np.float32)
    else:
        image *= np.float32(rng.uniform(0.62, 1.12))
        warmth = rng.uniform(0.93, 1.07, 3).astype(np.float32)
    image *= warmth
    lit = float(image.mean())
    if lit < 0.14:  # no camera leaves a picture this dark: its gain goes up
        image *= np.float32(0.14 / max(lit, 1e-3))
    if rng.random() < 0.5:
        grey = image.mean(axis=2, keepdims=True)
        image = grey + np.float32(rng.uniform(0.35, 1.0)) * (image - grey)
    haze = np.float32(rng.uniform(0.02, 0.32) if rng.random() < 0.85 else rng.uniform(0.32, 0.7))
    image = image * (1 - haze) + haze * np.float32(rng.uniform(0.3, 0.7))
    return np.clip(image, 0, 1) ** np.float32(rng.uniform(0.8, 1.25))


def _optics(image: Image, cap_px: float, rng: np.random.Generator) -> Image:
    """Few pixels on the sensor, focus and motion blur, sensor noise, and the camera's sharpening."""
    height, width = image.shape[:2]
    seen = max(9.5, cap_px * float(rng.uniform(0.45, 1.0)))  # height of the characters on the sensor
    share = min(1.0, seen / cap_px)
    small = (max(8, round(width * share)), max(8, round(height * share)))
    if share < 0.95:
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.25, 0.25 + 0.04 * seen)))
    if rng.random() < 0.3:
        image = cv2.filter2D(image, -1, _motion(float(rng.uniform(1.2, 1.2 + 0.1 * seen)), float(rng.normal(0, 0.5))))
    if rng.random() < 0.4:
        soft = cv2.GaussianBlur(image, (0, 0), 1.2)
        image = image + np.float32(rng.uniform(0.3, 1.1)) * (image - soft)
    image += _grain(image, rng)
    if share < 0.95:
        way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[int(rng.choice(3, p=(0.5, 0.44, 0.06)))]
        image = cv2.resize(image, (width, height), interpolation=way)
    return image


def _grain(image: Image, rng: np.random.Generator) -> Image:
    """Sensor noise after the camera's own noise filter: more in bright places, mostly grey, a little smeared."""
    noise = rng.standard_normal((*image.shape[:2], 4), dtype=np.float32)
    noise = cv2.GaussianBlur(noise, (3, 3), float(rng.uniform(0.3, 0.9)))
    level = np.float32(rng.triangular(0.002, 0.006, 0.045))
    strength = level * (0.5 + np.sqrt(np.clip(image.mean(axis=2, keepdims=True), 0, 1)))
    return strength * (noise[:, :, :1] + np.float32(0.4) * noise[:, :, 1:])


def _motion(length: float, angle: float) -> NDArray[np.float32]:
    """The kernel of a straight motion blur of ``length`` pixels, at ``angle`` radians to the rows."""
    half = int(np.ceil(length / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for place in np.linspace(-length / 2, length / 2, 4 * half + 9):
        x, y = half + place * np.cos(angle), half + place * np.sin(angle)
        kernel[round(y), round(x)] += 1
    return kernel / kernel.sum()


def _interlace(pixels: Pixels, cap_px: float, rng: np.random.Generator) -> None:
    """Every other row a little to the side, as the two fields of a frame: at most a twelfth of a cap height."""
    shift = int(rng.integers(1, max(2, int(cap_px * 0.08) + 1)))
    pixels[::2, shift:] = pixels[::2, :-shift].copy()
