"""The plate before the camera: its pose, the car around it, and the drawing, with polygons that fit the pixels.

Coordinates are pixels of the crop: pixel (0, 0) covers the square from 0 to 1, y runs down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.glyphs import Points
from lpstudio.synthesis.plate import PlateDesign

Image = NDArray[np.float32]

_COARSE, _FINE = 4, 8  # samples a pixel in each direction: for what is around the characters, and for them
_SHIFT = 4  # binary places of the coordinates given to cv2.fillPoly

_CAR_COLOURS = np.array(
    [
        (0.08, 0.08, 0.08), (0.2, 0.19, 0.18), (0.42, 0.41, 0.4), (0.72, 0.72, 0.71),
        (0.14, 0.1, 0.4), (0.36, 0.2, 0.1), (0.13, 0.17, 0.2),
    ],
    dtype=np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """Where the plate stands in the crop: a homography from millimetres on the plate to pixels."""

    homography: NDArray[np.float64]
    width: int
    height: int
    cap_px: float  # mean height of the characters in pixels

    def project(self, points: Points) -> Points:
        """Points on the plate, shape (n, 2), as pixels of the crop."""
        across, down, scale = self.homography @ np.vstack((points.T, np.ones(len(points))))
        return np.column_stack((across / scale, down / scale))


def choose_view(design: PlateDesign, rng: np.random.Generator) -> View:
    """A camera somewhere before the plate, and the crop a plate detector would cut: a little wider than the plate."""
    yaw = np.radians(np.clip(rng.normal(0, 17), -42, 42))
    pitch = np.radians(np.clip(rng.normal(8, 9), -18, 32))
    roll = np.radians(np.clip(rng.normal(0, 3.5), -13, 13))
    distance = float(rng.uniform(3.0, 12.0)) * design.size[0]
    plate = _pinhole(design.size, float(yaw), float(pitch), float(roll), distance)

    free = View(plate, 0, 0, 0.0)
    outlines = [free.project(glyph.outline) for glyph in design.characters]
    rise = float(np.mean([np.ptp(outline[:, 1]) for outline in outlines]))
    wanted = float(np.exp(rng.uniform(np.log(12.0), np.log(40.0))))
    scale = wanted / rise

    width, height = design.size
    corners = free.project(np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64))
    ink = np.vstack(outlines)
    extent = np.ptp(corners, axis=0)
    low = corners.min(axis=0) - extent * rng.uniform(-0.01, 0.09, 2)
    high = corners.max(axis=0) + extent * rng.uniform(-0.01, 0.09, 2)
    room = 1.5 / scale  # the characters themselves always stand inside the crop
    low = np.minimum(low, ink.min(axis=0) - room)
    high = np.maximum(high, ink.max(axis=0) + room)
    size = np.ceil((high - low) * scale).astype(int)
    move = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    return View(move @ plate, int(size[0]), int(size[1]), wanted)


def _pinhole(size: tuple[float, float], yaw: float, pitch: float, roll: float, distance: float) -> NDArray[np.float64]:
    """The homography of a plate turned about its middle, seen by a camera with focal length 1."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    centre = np.array([[1, 0, -size[0] / 2], [0, 1, -size[1] / 2], [0, 0, 1]])
    plane = np.column_stack((turn[:, 0], turn[:, 1], (0.0, 0.0, distance)))
    return plane @ centre


def fill_mask(shapes: Iterable[Sequence[Points]], width: int, height: int, samples: int = _FINE) -> Image:
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


def _over(image: Image, colour: NDArray[np.float32], alpha: Image) -> None:
    """Paint a colour over the image in place, as far as ``alpha`` says."""
    image += alpha[:, :, None] * (colour - image)


def _box(x1: float, y1: float, x2: float, y2: float, corner: float) -> Points:
    """A rectangle with round corners."""
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
    return np.vstack(arcs)


def _car(view: View, rng: np.random.Generator) -> Image:
    """What is behind the plate: paint, an edge or two of the bumper, uneven light."""
    paint = _CAR_COLOURS[int(rng.choice(len(_CAR_COLOURS), p=(0.26, 0.2, 0.16, 0.2, 0.06, 0.06, 0.06)))]
    image = np.empty((view.height, view.width, 3), dtype=np.float32)
    image[:] = paint + rng.normal(0, 0.03, 3).astype(np.float32)
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    columns = np.arange(view.width, dtype=np.float32)[None, :]
    for _ in range(int(rng.integers(0, 3))):
        edge = rng.uniform(0, 1) * view.height + (columns - view.width / 2) * rng.normal(0, 0.06)
        image *= np.where(rows > edge, np.float32(rng.uniform(0.55, 1.5)), np.float32(1))[:, :, None]
    image *= (0.75 + 0.5 * smooth_noise(view.width, view.height, 5, rng))[:, :, None]
    return image


def draw(design: PlateDesign, view: View, rng: np.random.Generator) -> Image:
    """The crop before the camera's faults: shape (height, width, 3), blue green red, 0 to 1."""
    width, height = design.size

    def mask(*shapes: Sequence[Points], samples: int = _COARSE) -> Image:
        return fill_mask([[view.project(c) for c in shape] for shape in shapes], view.width, view.height, samples)

    image = _car(view, rng)
    body = mask([_box(0, 0, width, height, design.corner)])
    if rng.random() < 0.18:  # a dark plastic frame
        rim = height * float(rng.uniform(0.04, 0.1))
        frame = mask([_box(-rim, -rim, width + rim, height + rim, design.corner + rim)])
        _over(image, np.full(3, rng.uniform(0.03, 0.12), np.float32), frame)
    fall = float(rng.uniform(0.05, 0.35)) * view.cap_px  # the plate's own shadow on the car
    shadow = cv2.GaussianBlur(body, (0, 0), 0.3 + fall / 2)
    shadow = cv2.warpAffine(shadow, np.array([[1, 0, 0], [0, 1, fall]]), (view.width, view.height))
    image *= 1 - np.float32(rng.uniform(0.2, 0.7)) * shadow[:, :, None]

    _over(image, np.asarray(design.background, np.float32), body)
    if design.emblem is not None:
        shape, colour, strength = design.emblem
        _over(image, np.asarray(colour, np.float32), mask([shape]) * np.float32(strength))
    ink = np.asarray(design.ink, np.float32)
    if design.border is not None:
        inset, thick = design.border
        rings = [_box(i, i, width - i, height - i, max(design.corner - i, 1.0)) for i in (inset, inset + thick)]
        _over(image, ink, mask(rings))
    for sticker, colour in design.stickers:
        _over(image, np.asarray(colour, np.float32), mask([sticker]))
    if design.captions:
        _over(image, ink, mask(*(placed.contours for placed in design.captions)))
    if design.separators:
        _over(image, ink, mask(*design.separators))
    _letters(image, mask(*(placed.contours for placed in design.characters), samples=_FINE), design, ink, view, rng)
    if design.bolts:
        turns = np.linspace(0, 2 * np.pi, 9)[:-1]
        ring = np.column_stack((np.cos(turns), np.sin(turns)))
        bolts = mask(*([ring * radius + (x, y)] for x, y, radius in design.bolts))
        _over(image, np.full(3, rng.uniform(0.1, 0.6), np.float32), bolts)
    return image


def _letters(
    image: Image, letters: Image, design: PlateDesign, ink: NDArray[np.float32], view: View, rng: np.random.Generator
) -> None:
    """Ink the characters: worn in places, and with lit and shaded edges where they are embossed."""
    if design.embossed:
        lift = float(rng.uniform(0.015, 0.04)) * view.cap_px
        moved = cv2.warpAffine(letters, np.array([[1, 0, lift], [0, 1, lift]]), (view.width, view.height))
        strength = np.float32(rng.uniform(0.1, 0.4))
        image *= 1 - strength * np.clip(moved - letters, 0, 1)[:, :, None]
    cover = letters
    if rng.random() < 0.3:
        worn = smooth_noise(view.width, view.height, float(rng.uniform(8, 25)), rng)
        cover = letters * (1 - np.float32(rng.uniform(0.15, 0.5)) * worn)
    _over(image, ink, cover)
