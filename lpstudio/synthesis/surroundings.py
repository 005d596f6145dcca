"""What is around the plate: the car, and letters at the crop's edge that belong to something else."""

from __future__ import annotations

import cv2
import numpy as np

from lpstudio.alphabet import CHARACTERS
from lpstudio.synthesis.glyphs import Points, font_names, glyph
from lpstudio.synthesis.raster import COARSE, Image, fill_mask, paint, smooth_noise
from lpstudio.synthesis.view import View

_PAINTS = np.array(
    [
        (0.08, 0.08, 0.08), (0.2, 0.19, 0.18), (0.42, 0.41, 0.4), (0.72, 0.72, 0.71),
        (0.14, 0.1, 0.4), (0.36, 0.2, 0.1), (0.13, 0.17, 0.2),
    ],
    dtype=np.float32,
)  # fmt: skip
_PAINT_SHARES = (0.26, 0.2, 0.16, 0.2, 0.06, 0.06, 0.06)


def draw_car(view: View, rng: np.random.Generator) -> Image:
    """The picture behind the plate: paint, an edge or two of the bumper, slots, a lamp, uneven light."""
    width, height = view.width, view.height
    colour = _PAINTS[int(rng.choice(len(_PAINTS), p=_PAINT_SHARES))]
    image = np.empty((height, width, 3), dtype=np.float32)
    image[:] = colour + rng.normal(0, 0.03, 3).astype(np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    for _ in range(int(rng.integers(0, 3))):
        edge = rng.uniform(0, 1) * height + (columns - width / 2) * rng.normal(0, 0.06)
        image *= np.where(rows > edge, np.float32(rng.uniform(0.55, 1.5)), np.float32(1))[:, :, None]
    if rng.random() < 0.15:  # the slots of a grille
        pitch = height * float(rng.uniform(0.06, 0.16))
        slots = (np.sin(rows * np.float32(2 * np.pi / pitch) + columns * np.float32(rng.normal(0, 0.02))) > 0.2) * 1.0
        image *= (1 - np.float32(rng.uniform(0.3, 0.7)) * slots.astype(np.float32))[:, :, None]
    if rng.random() < 0.12:  # a lamp or a reflector at an edge
        centre = (int(rng.choice((0, width))), int(rng.uniform(0, height)))
        axes = (max(1, int(width * rng.uniform(0.04, 0.14))), max(1, int(height * rng.uniform(0.1, 0.4))))
        lamp = np.array((0.15, 0.2, 0.8) if rng.random() < 0.6 else (0.8, 0.9, 0.95), np.float32)
        mask = cv2.ellipse(np.zeros((height, width), np.uint8), centre, axes, 0, 0, 360, 255, -1)
        paint(image, lamp * np.float32(rng.uniform(0.4, 1.0)), mask.astype(np.float32) / 255)
    image *= (0.75 + 0.5 * smooth_noise(width, height, 5, rng))[:, :, None]
    return image


def draw_neighbours(image: Image, view: View, hard: float, rng: np.random.Generator) -> None:
    """Letters of the car or of another plate that the crop's edge cuts through; the plate is drawn over them.

    They are no characters of the plate and get no labels: of every one at least 45 % lies outside of the crop.
    """
    for side in range(4):
        if rng.random() < 0.05 + 0.06 * hard:
            _cut_letters(image, view, side, rng)


def _cut_letters(image: Image, view: View, side: int, rng: np.random.Generator) -> None:
    """A row of letters at the upper, lower, left or right edge (0 to 3), in pixels of the drawing."""
    width, height = view.width, view.height
    font = str(rng.choice(list(font_names())))
    tall = view.cap_px * float(rng.uniform(0.5, 1.3))
    seen = float(rng.uniform(0.2, 0.55))
    stretch = tall * float(rng.uniform(0.7, 1.2))
    chars = [str(char) for char in rng.choice(list(CHARACTERS), int(rng.integers(2, 8)))]
    shapes: list[list[Points]] = []
    if side < 2:
        x = float(rng.uniform(-0.2, 0.6)) * width
        y = -tall * (1 - seen) if side == 0 else height - tall * seen
        for char in chars:
            one = glyph(font, char)
            shapes.append([contour * (stretch, tall) + (x, y) for contour in one.contours])
            x += (one.width + 0.18) * stretch
    else:
        one = glyph(font, chars[0])
        wide = one.width * stretch
        x = -wide * (1 - seen) if side == 2 else width - wide * seen
        y = float(rng.uniform(-0.2, 1.0)) * (height - tall)
        shapes = [[contour * (stretch, tall) + (x, y) for contour in one.contours]]
    if rng.random() < 0.4:  # another plate's edge behind its text
        low = np.min([c.min(axis=0) for shape in shapes for c in shape], axis=0) - tall * 0.25
        high = np.max([c.max(axis=0) for shape in shapes for c in shape], axis=0) + tall * 0.25
        panel = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
        paint(image, rng.uniform(0.5, 0.95, 3).astype(np.float32), fill_mask([[panel]], width, height, COARSE))
        ink = np.full(3, rng.uniform(0.03, 0.2), np.float32)
    else:
        ink = np.full(3, rng.uniform(0.55, 0.95) if image.mean() < 0.4 else rng.uniform(0.03, 0.2), np.float32)
    paint(image, ink, fill_mask(shapes, width, height, COARSE))
