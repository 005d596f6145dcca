"""Where the camera stands, and where every point of a bent plate falls in the crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lpstudio.synthesis.conditions import Conditions
from lpstudio.synthesis.glyphs import Points
from lpstudio.synthesis.plate import PlateDesign

_FINEST = 110.0  # a plate is drawn at least this many pixels wide and then reduced
_ROOM = 1.5  # pixels of the drawing between the characters and the crop's edge


@dataclass(frozen=True)
class Bend:
    """How far the plate stands out of its plane, in millimetres.

    ``across``, ``down``: at its ends, as a bow; ``corner``: at one corner, folded along a line ``reach`` of the half
    width away from it.
    """

    across: float = 0.0
    down: float = 0.0
    corner: float = 0.0
    side: tuple[int, int] = (1, 1)
    reach: float = 0.5

    def depth(self, points: Points, size: tuple[float, float]) -> NDArray[np.float64]:
        """Millimetres away from the camera, shape (n,)."""
        if not (self.across or self.down or self.corner):
            return np.zeros(len(points))
        u, v = points[:, 0] / size[0] * 2 - 1, points[:, 1] / size[1] * 2 - 1
        fold = np.clip((u * self.side[0] + v * self.side[1] - 2 + 2 * self.reach) / (2 * self.reach), 0, None)
        return self.across * u**2 + self.down * v**2 + self.corner * fold**2


@dataclass(frozen=True)
class View:
    """From millimetres on the plate to pixels of the drawing: bend, camera, lens.

    ``camera``: 3×4, homogeneous, in pixels. ``fine``: how many pixels of the drawing, in each direction, make one of
    the sensor; ``width`` and ``height`` are multiples of it. ``cap_px``: mean height of the characters in the drawing.
    """

    camera: NDArray[np.float64]
    size: tuple[float, float]
    width: int
    height: int
    cap_px: float
    fine: int = 1
    bend: Bend = Bend()
    barrel: float = 0.0  # share by which the crop's corners move inwards

    def project(self, points: Points) -> Points:
        """Points on the plate, shape (n, 2), as pixels of the drawing. Pixel (0, 0) covers the square from 0 to 1."""
        depth = self.bend.depth(points, self.size)
        space = np.empty((4, len(points)))
        space[:2], space[2], space[3] = points.T, depth, 1.0
        across, down, scale = self.camera @ space
        pixels = np.empty((len(points), 2))
        pixels[:, 0], pixels[:, 1] = across / scale, down / scale
        if self.barrel:
            middle = np.array((self.width / 2, self.height / 2))
            away = (pixels - middle) / np.hypot(*middle)
            pixels = middle + (pixels - middle) * (1 - self.barrel * np.sum(away**2, axis=1, keepdims=True))
        return pixels

    def project_all(self, polygons: Sequence[Points]) -> list[Points]:
        """As :meth:`project`, for many polygons at once, which is much faster."""
        if not polygons:
            return []
        return np.split(self.project(np.concatenate(polygons)), np.cumsum([len(one) for one in polygons])[:-1])

    @property
    def sensor_size(self) -> tuple[int, int]:
        """Width and height of the crop on the sensor, in its pixels."""
        return self.width // self.fine, self.height // self.fine


def camera_matrix(
    size: tuple[float, float], yaw: float, pitch: float, roll: float, distance: float
) -> NDArray[np.float64]:
    """The 3×4 matrix of a camera with focal length 1 before a plate that is turned (radians) about its middle."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    centre = np.array([[1, 0, 0, -size[0] / 2], [0, 1, 0, -size[1] / 2], [0, 0, 1, 0], [0, 0, 0, 1]])
    return np.column_stack((turn, (0.0, 0.0, distance))) @ centre


def choose_bend(size: tuple[float, float], hard: float, rng: np.random.Generator) -> Bend:
    """A flat plate, a bowed one, or one with a bent corner."""
    kind, strength = rng.random(), float(rng.uniform(-1, 1))
    corner = float(rng.uniform(0.05, 0.2)) * size[1] * (1 if rng.random() < 0.7 else -1)
    side = (1 if rng.random() < 0.5 else -1, 1 if rng.random() < 0.5 else -1)
    reach = float(rng.uniform(0.2, 0.5))
    if kind < 0.1 + 0.3 * hard:
        return Bend(across=strength * 0.12 * size[0], down=float(rng.normal(0, 0.03)) * size[1])
    if kind < 0.13 + 0.42 * hard:
        return Bend(corner=corner, side=side, reach=reach)
    return Bend()


def choose_view(design: PlateDesign, conditions: Conditions, rng: np.random.Generator) -> View:
    """A camera somewhere before the plate, and the crop a plate detector would cut: a little wider than the plate.

    The characters stand whole inside the crop.
    """
    tilt = conditions.between(0.35, 1.25)
    yaw = np.radians(np.clip(rng.normal(0, 15 * tilt), -48, 48))
    pitch = np.radians(np.clip(rng.normal(6 * tilt, 8 * tilt), -24, 36))
    roll = np.radians(np.clip(rng.normal(0, 3.2 * tilt), -15, 15))
    distance = float(rng.uniform(3.0, 12.0)) * design.size[0]
    bend = choose_bend(design.size, conditions.hard, rng)
    barrel = float(rng.uniform(0, 0.06)) * conditions.hard if rng.random() < 0.3 else 0.0
    camera = camera_matrix(design.size, float(yaw), float(pitch), float(roll), distance)
    return frame_plate(design, View(camera, design.size, 0, 0, 0.0, 1, bend), barrel, conditions.plate_px, rng)


def frame_plate(design: PlateDesign, free: View, barrel: float, plate_px: float, rng: np.random.Generator) -> View:
    """Cut the crop out of what a camera sees, at such a scale that the plate is ``plate_px`` wide on the sensor."""
    fine = max(1, int(np.ceil(_FINEST / plate_px)))
    outlines = free.project_all([glyph.outline for glyph in design.characters])
    corners = free.project(design.corners)
    ink = np.vstack(outlines)
    extent = np.ptp(corners, axis=0)
    scale = plate_px * fine / float(extent[0])
    margins = rng.uniform(-0.01, 0.09, 4)
    loose = rng.random(4) < 0.13  # a careless cut, with room for what stands around
    margins[loose] += rng.uniform(0.05, 0.3, 4)[loose]
    margins[[0, 2]] *= extent[1] / extent[0] * 1.6
    low = corners.min(axis=0) - extent * margins[:2]
    high = corners.max(axis=0) + extent * margins[2:]
    room = _ROOM * fine / scale
    low = np.minimum(low, ink.min(axis=0) - room)
    high = np.maximum(high, ink.max(axis=0) + room)
    sensor = np.ceil((high - low) * scale / fine).astype(int)
    move = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    cap = float(np.mean([np.ptp(outline[:, 1]) for outline in outlines])) * scale
    view = replace(free, camera=move @ free.camera, cap_px=cap, fine=fine, barrel=barrel)
    return replace(view, width=int(sensor[0]) * fine, height=int(sensor[1]) * fine)
