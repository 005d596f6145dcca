"""The plate before the camera's faults: car, frame, plate, characters, with polygons that fit the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.country import CAPTION_FONT
from lpstudio.synthesis.glyphs import Points
from lpstudio.synthesis.occlusion import Cover
from lpstudio.synthesis.plate import Lettering, PlateDesign, set_line
from lpstudio.synthesis.raster import COARSE, FINE, Image, fill_mask, paint, rounded_box, smooth_noise, split_edges
from lpstudio.synthesis.surroundings import draw_car, draw_neighbours
from lpstudio.synthesis.view import View


@dataclass(frozen=True)
class Drawing:
    """A crop before the camera's faults.

    ``image``: shape (height, width, 3), blue green red, 0 to 1. ``ink``, ``ground``: shape (height, width), where the
    characters are, and where the plate is bare.
    """

    image: Image
    ink: NDArray[np.bool_]
    ground: NDArray[np.bool_]


class _Canvas:
    """A picture with the way from millimetres on the plate to its pixels."""

    def __init__(self, image: Image, view: View) -> None:
        self.image = image
        self.view = view
        # What is drawn larger than the sensor sees needs fewer samples: reducing smooths it again.
        self.fine = max(2, FINE // view.fine)
        self.coarse = max(1, COARSE // view.fine)

    def mask(self, *shapes: Sequence[Points], samples: int = 0) -> Image:
        """The coverage of shapes given in millimetres."""
        placed = iter(self.view.project_all([contour for shape in shapes for contour in shape]))
        pixels = [[next(placed) for _ in shape] for shape in shapes]
        return fill_mask(pixels, self.view.width, self.view.height, samples or self.coarse)

    def moved(self, mask: Image, right: float, down: float) -> Image:
        """A mask moved by pixels."""
        matrix = np.array([[1, 0, right], [0, 1, down]], dtype=np.float64)
        return cv2.warpAffine(mask, matrix, (self.view.width, self.view.height))

    def paint(self, colour: Sequence[float], alpha: Image) -> None:
        paint(self.image, np.asarray(colour, np.float32), alpha)


def draw(design: PlateDesign, view: View, covers: tuple[Cover, ...], hard: float, rng: np.random.Generator) -> Drawing:
    """Draw a plate and what is around it, in the size of ``view``. ``hard``: 0 to 1, see :class:`Conditions`."""
    image = draw_car(view, rng)
    draw_neighbours(image, view, hard, rng)
    canvas = _Canvas(image, view)
    body = _plate(canvas, design, rng)
    if design.captions:
        canvas.paint(design.ink, canvas.mask(*(placed.contours for placed in design.captions)))
    if design.separators:
        canvas.paint(design.ink, canvas.mask(*design.separators))
    letters = _letters(canvas, design, hard, rng)
    if design.trim.bolts:
        turns = np.linspace(0, 2 * np.pi, 9)[:-1]
        ring = np.column_stack((np.cos(turns), np.sin(turns)))
        bolts = canvas.mask(*([ring * radius + (x, y)] for x, y, radius in design.trim.bolts))
        canvas.paint([float(rng.uniform(0.1, 0.6))] * 3, bolts)
    for cover in covers:
        _cover(canvas, cover, rng)
    return Drawing(canvas.image, letters > 0.6, (body > 0.9) & (letters < 0.05))


def _plate(canvas: _Canvas, design: PlateDesign, rng: np.random.Generator) -> Image:
    """Frame, shadow on the car, ground, emblem, border, stickers. Returns the plate's mask."""
    width, height = design.size
    trim = design.trim
    body = canvas.mask([rounded_box(0, 0, width, height, trim.corner)])
    if (frame := trim.frame) is not None:
        outer = rounded_box(-frame.rim, -frame.rim, width + frame.rim, height + frame.below, trim.corner + frame.rim)
        canvas.paint([frame.grey] * 3, canvas.mask([outer]))
        if frame.words:
            box = (width * 0.2, height + frame.below * 0.15, width * 0.8, height + frame.below * 0.9)
            words = set_line(frame.words.split(), Lettering(CAPTION_FONT, 1.1, 0.15, 0.4), box, height)
            canvas.paint([0.7, 0.72, 0.72], canvas.mask(*(placed.contours for placed in words)))
    fall = float(rng.uniform(0.05, 0.35)) * canvas.view.cap_px
    shadow = canvas.moved(cv2.GaussianBlur(body, (0, 0), 0.3 + fall / 2), 0, fall)
    canvas.image *= 1 - np.float32(rng.uniform(0.2, 0.7)) * shadow[:, :, None]
    canvas.paint(design.background, body)
    if trim.emblem is not None:
        shape, colour, strength = trim.emblem
        canvas.paint(colour, canvas.mask([split_edges(shape, height / 8)]) * np.float32(strength))
    if trim.border is not None:
        inset, thick = trim.border
        rings = [rounded_box(i, i, width - i, height - i, max(trim.corner - i, 1.0)) for i in (inset, inset + thick)]
        canvas.paint(design.ink, canvas.mask(rings))
    for sticker, colour in trim.stickers:
        canvas.paint(colour, canvas.mask([sticker]))
    return body


def _letters(canvas: _Canvas, design: PlateDesign, hard: float, rng: np.random.Generator) -> Image:
    """Ink the characters: worn in places, with lit and shaded edges where they are embossed. Returns their mask."""
    letters = canvas.mask(*(placed.contours for placed in design.characters), samples=canvas.fine)
    view = canvas.view
    if design.embossed:
        lift = float(rng.uniform(0.015, 0.045)) * view.cap_px
        strength = np.float32(rng.uniform(0.1, 0.45))
        shade = np.clip(canvas.moved(letters, lift, lift) - letters, 0, 1)
        canvas.image *= 1 - strength * shade[:, :, None]
        if rng.random() < 0.5:
            lit = np.clip(canvas.moved(letters, -lift, -lift) - letters, 0, 1) * strength * np.float32(0.6)
            canvas.image += lit[:, :, None] * (1 - canvas.image)
    cover = letters
    if rng.random() < 0.15 + 0.3 * hard:
        worn = smooth_noise(view.width, view.height, float(rng.uniform(8, 25)), rng)
        cover = letters * (1 - np.float32(rng.uniform(0.1, 0.3 + 0.3 * hard)) * worn)
    canvas.paint(design.ink, cover)
    return letters


def _cover(canvas: _Canvas, cover: Cover, rng: np.random.Generator) -> None:
    mask = canvas.mask([cover.polygon], samples=canvas.fine)
    shadow = canvas.moved(cv2.GaussianBlur(mask, (0, 0), 0.8), 0.06 * canvas.view.cap_px, 0.06 * canvas.view.cap_px)
    canvas.image *= 1 - np.float32(rng.uniform(0.1, 0.4)) * (shadow * (1 - mask))[:, :, None]
    canvas.paint(cover.colour, mask)
    if cover.streak is not None:
        shine = np.asarray(cover.colour) + (1 - np.asarray(cover.colour)) * float(rng.uniform(0.1, 0.4))
        canvas.paint(shine.tolist(), canvas.mask([cover.streak]) * mask)
