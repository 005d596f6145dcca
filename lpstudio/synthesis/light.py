"""What dirt, light and the hour do to a picture before it reaches the sensor. Pictures are float, 0 to 1."""

from __future__ import annotations

import numpy as np

from lpstudio.synthesis.conditions import Conditions, Light
from lpstudio.synthesis.raster import Image, paint, smooth_noise
from lpstudio.synthesis.scene import Drawing

_LEAST_LIGHT = 0.12  # below that a camera turns its gain up
_MOST_STRETCHED = 6.0


def add_dirt(image: Image, conditions: Conditions, rng: np.random.Generator) -> None:
    """Dust and splashes, thin enough to read through; in place."""
    height, width = image.shape[:2]
    if rng.random() < conditions.between(0.1, 0.6):
        patches = smooth_noise(width, height, float(rng.uniform(4, 14)), rng)
        speckles = smooth_noise(width, height, float(rng.uniform(25, 60)), rng)
        start = float(rng.uniform(0.45, 0.75))
        strength = np.float32(rng.uniform(0.15, conditions.between(0.3, 0.75)))
        cover = np.clip((0.65 * patches + 0.35 * speckles - start) / 0.3, 0, 1).astype(np.float32) * strength
        paint(image, np.array((0.2, 0.27, 0.33), np.float32) * np.float32(rng.uniform(0.5, 1.5)), cover)


def add_light(image: Image, conditions: Conditions, rng: np.random.Generator) -> None:
    """Light that falls off across the plate, edges of shadows, a glare; in place."""
    height, width = image.shape[:2]
    across = (np.arange(width, dtype=np.float32) / width - 0.5)[None, :]
    down = (np.arange(height, dtype=np.float32) / height - 0.5)[:, None]
    uneven = conditions.between(0.06, 0.28)
    image *= (1 + np.float32(rng.normal(0, uneven)) * across + np.float32(rng.normal(0, uneven)) * down)[:, :, None]
    if rng.random() < conditions.between(0.06, 0.35):
        angle = float(rng.uniform(0, np.pi))
        side = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down - np.float32(rng.normal(0, 0.2))
        soft = np.clip(0.5 + side / np.float32(rng.uniform(0.02, 0.3)), 0, 1)
        if rng.random() < 0.25:  # a narrow shadow: a branch, a cable
            soft *= np.clip(1 - np.abs(side) / np.float32(rng.uniform(0.05, 0.25)), 0, 1)
        image *= (1 - np.float32(rng.uniform(0.25, 0.65)) * soft)[:, :, None]
    if rng.random() < conditions.between(0.02, 0.2):
        x, y, size = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(0.06, 0.35)
        spot = np.exp(-((across - np.float32(x)) ** 2 + (down - np.float32(y)) ** 2) / np.float32(2 * size * size))
        image += (np.float32(rng.uniform(0.15, conditions.between(0.4, 1.0))) * spot)[:, :, None]


def brightness(image: Image) -> Image:
    """The mean of the three colours, shape (height, width)."""
    return image @ np.full(3, 1 / 3, np.float32)


def expose(drawing: Drawing, conditions: Conditions, rng: np.random.Generator) -> Image:
    """The picture by day, at dusk, or in infra-red; with haze, white balance and exposure."""
    image = drawing.image
    if conditions.light is Light.INFRARED:
        image = _infrared(image, conditions, rng)
    else:
        image = _visible(image, conditions, rng)
    lit = float(image.mean())
    if lit < _LEAST_LIGHT:
        image = image * np.float32(_LEAST_LIGHT / max(lit, 1e-3))
    worst = conditions.between(0.2, 0.65) if rng.random() < 0.6 else conditions.between(0.45, 0.85)
    haze = np.float32(rng.uniform(0.01, worst))
    mean = image.reshape(-1, 3).mean(axis=0)
    veil = np.float32(rng.uniform(0.3, 0.85)) * np.clip(mean / mean.mean(), 0.4, 1.6)
    image = image * (1 - haze) + haze * veil.astype(np.float32)
    image = np.clip(image, 0, 1) ** np.float32(rng.uniform(0.8, 1.25))
    return _told_apart(image, drawing, conditions.between(0.2, 0.06))


def _told_apart(image: Image, drawing: Drawing, least: float) -> Image:
    """The picture with more contrast where characters and ground hardly differ: no camera would leave it so."""
    if not (drawing.ink.any() and drawing.ground.any()):
        return image
    ink, ground = image[drawing.ink].mean(axis=0), image[drawing.ground].mean(axis=0)
    apart = float(np.abs(ink - ground).max())
    if apart >= least:
        return image
    middle = (ink + ground) / 2
    stretched = middle + (image - middle) * np.float32(min(least / max(apart, 1e-3), _MOST_STRETCHED))
    return np.clip(stretched, 0, 1)


def _visible(image: Image, conditions: Conditions, rng: np.random.Generator) -> Image:
    if conditions.light is Light.DUSK:
        image = image * np.float32(rng.uniform(0.22, 0.6))
        warmth = np.array((rng.uniform(0.55, 1.0), rng.uniform(0.82, 1.0), rng.uniform(0.95, 1.2)), np.float32)
        if rng.random() < 0.3:  # moonlight, a blue lamp
            warmth = warmth[::-1].copy()
        if rng.random() < 0.35:  # a headlamp on a reflecting plate
            image = image * np.float32(rng.uniform(1.5, 4.0))
    else:
        image = image * np.float32(rng.uniform(0.62, conditions.between(1.05, 1.5)))
        warmth = rng.uniform(0.92, 1.08, 3).astype(np.float32)
    image = image * warmth
    if rng.random() < 0.75:  # few surveillance cameras show colours as strong as they are
        grey = brightness(image)[:, :, None]
        image = grey + np.float32(rng.uniform(0.05, 0.9)) * (image - grey)
    return image


def _infrared(image: Image, conditions: Conditions, rng: np.random.Generator) -> Image:
    """One brightness for all colours; grey, or tinted as by a camera without an infra-red filter."""
    shares = rng.dirichlet((1.0, 2.5, 1.5)).astype(np.float32)  # inks look unlike their colours in infra-red
    grey = (image @ shares)[:, :, None]
    gain = np.float32(np.exp(rng.uniform(np.log(0.6), np.log(conditions.between(1.3, 2.2)))))
    grey = np.clip(grey * gain, 0, 1.6) ** np.float32(rng.uniform(0.8, 1.5))
    kind = rng.random()
    if kind < 0.5:
        return grey * np.ones(3, np.float32)
    if kind < 0.65:
        return grey * np.array((rng.uniform(0.7, 1.0), 1.0, rng.uniform(0.65, 1.0)), np.float32)
    # Glowing green, red and blue following only where it is bright; now and then violet.
    strength = np.array((rng.uniform(0.45, 0.95), 1.0, rng.uniform(0.25, 0.8)), np.float32)
    bends = np.array((rng.uniform(1.1, 1.9), rng.uniform(0.6, 0.9), rng.uniform(1.5, 3.0)), np.float32)
    if kind > 0.94:
        strength, bends = strength[[1, 2, 0]], bends[[1, 2, 0]]
    return strength * grey**bends
