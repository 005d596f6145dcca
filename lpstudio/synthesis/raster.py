"""From polygons to pixels: coverage masks, smooth noise, painting. Pixel (0, 0) covers the square from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.glyphs import Points

Image = NDArray[np.float32]

COARSE, FINE = 4, 8  # samples a pixel in each direction: for what is around the characters, and for them
_SHIFT = 4  # binary places of the coordinates given to cv2.fillPoly


def fill_mask(shapes: Iterable[Sequence[Points]], width: int, height: int, samples: int = FINE) -> Image:
    """How much of every pixel the shapes cover, 0 to 1, shape (height, width).

    A shape is a list of contours in pixels, filled by the even-odd rule. cv2 also fills the samples on the edge, so
    shapes come out about half a sample too wide.
    """
    mask = np.zeros((height * samples, width * samples), dtype=np.uint8)
    for contours in shapes:
        fixed = [np.rint((contour * samples - 0.5) * (1 << _SHIFT)).astype(np.int32) for contour in contours]
        cv2.fillPoly(mask, fixed, 255, cv2.LINE_8, _SHIFT)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255)


def smooth_noise(width: int, height: int, cells: float, rng: np.random.Generator) -> Image:
    """Noise from 0 to 1 without sharp edges, about ``cells`` waves along the longer side; shape (height, width)."""
    step = max(width, height) / cells
    grid = rng.random((max(2, round(height / step) + 1), max(2, round(width / step) + 1)), dtype=np.float32)
    return np.clip(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)


def paint(image: Image, colour: NDArray[np.float32], alpha: Image) -> None:
    """Paint a colour over the image in place, as far as ``alpha`` says."""
    image += alpha[:, :, None] * (colour - image)


def split_edges(points: Points, longest: float) -> Points:
    """The same closed polygon with no edge longer than ``longest``, so that it can be bent."""
    ends = np.roll(points, -1, axis=0)
    counts = np.maximum(1, np.ceil(np.hypot(*(ends - points).T) / longest)).astype(int)
    parts = [
        start + (end - start) * np.arange(n)[:, None] / n for start, end, n in zip(points, ends, counts, strict=True)
    ]
    return np.vstack(parts)


def rounded_box(x1: float, y1: float, x2: float, y2: float, corner: float) -> Points:
    """A rectangle with round corners, its long edges in short pieces."""
    turns = np.linspace(0, np.pi / 2, 5)
    middles = (
        (x2 - corner, y2 - corner),
        (x1 + corner, y2 - corner),
        (x1 + corner, y1 + corner),
        (x2 - corner, y1 + corner),
    )
    arcs = [
        np.column_stack(
            (mx + corner * np.cos(turns + quarter * np.pi / 2), my + corner * np.sin(turns + quarter * np.pi / 2))
        )
        for quarter, (mx, my) in enumerate(middles)
    ]
    return split_edges(np.vstack(arcs), (x2 - x1) / 12)
