"""Readings drawn over their pictures, for people: outlines, the two best candidates, the plate's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lpstudio.reading.plate import all_found

_SURE = (90, 200, 90)  # BGR
_SIMILAR = (40, 170, 250)
_CHANGED = (230, 120, 220)
_TEXT = (255, 255, 255)
_LEAST_WIDTH = 640
_MOST_SIDE = 1920


def draw_plates(
    bgr: NDArray[np.uint8], plates: Sequence[Mapping[str, Any]], width: int, height: int
) -> NDArray[np.uint8]:
    """A copy of a picture, enlarged where it is small, with its plates (as in the JSON schema) drawn over it.

    ``width`` and ``height``: the picture in which the plates' pixels count.
    """
    side = max(bgr.shape[:2])
    gain = min(max(1.0, _LEAST_WIDTH / max(bgr.shape[1], 1)), _MOST_SIDE / side)
    size = max(1, round(bgr.shape[1] * gain)), max(1, round(bgr.shape[0] * gain))
    canvas = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    scale = np.array([size[0] / max(width, 1), size[1] / max(height, 1)])
    for plate in plates:
        for character in all_found(plate):
            colour = _CHANGED if character["changed"] else _SIMILAR if character["similar"] else _SURE
            points = np.round(np.asarray(character["polygon"]) * scale * 8).astype(np.int32)
            cv2.polylines(canvas, [points], True, colour, 2, cv2.LINE_AA, shift=3)
    size_of_letters = _caption_size(plates, scale)
    for plate in plates:
        for character in plate["characters"]:
            _caption(canvas, character, scale, size_of_letters)
    band = [f"{plate['text'] or '?'}  {plate['probability']:.0%}  {plate['format'] or ''}" for plate in plates]
    return _with_band(canvas, band or ["no plate"])


def _caption_size(plates: Sequence[Mapping[str, Any]], scale: NDArray[np.float64]) -> float:
    """The size of the letters: captions of neighbouring characters must not meet."""
    pitches = []
    for plate in plates:
        middles = [(c["box"][0] + c["box"][2]) / 2 * scale[0] for c in plate["characters"]]
        pitches += [b - a for a, b in pairwise(middles) if b > a]
    return float(np.clip(np.percentile(pitches, 30) / 68, 0.35, 1.2)) if pitches else 0.8


def _caption(canvas: NDArray[np.uint8], character: Mapping[str, Any], scale: NDArray[np.float64], size: float) -> None:
    x1, _, x2, y2 = np.asarray(character["box"]) * np.tile(scale, 2)
    line_height = round(28 * size)
    for row, candidate in enumerate(character["candidates"][:2]):
        text = f"{candidate['char']} {100 * candidate['probability']:.0f}"
        (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        x = int((x1 + x2) / 2 - wide / 2)
        y = int(min(y2 + (row + 1) * line_height, canvas.shape[0] - 4 - (1 - row) * line_height))
        cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 4, cv2.LINE_AA)
        cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, _TEXT, 1, cv2.LINE_AA)


def _with_band(canvas: NDArray[np.uint8], lines: Sequence[str]) -> NDArray[np.uint8]:
    band = np.full((32 * len(lines) + 8, canvas.shape[1], 3), 24, np.uint8)
    for row, text in enumerate(lines):
        cv2.putText(band, text, (10, 28 + 32 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, _TEXT, 2, cv2.LINE_AA)
    return np.vstack([canvas, band])
