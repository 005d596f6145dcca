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
_OUTLINE = (0, 0, 0)
_APART = 12  # px between two captions of size 1; characters that are nearer than this stand on each other
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
    most = []
    for plate in plates:
        middles = [(c["box"][0] + c["box"][2]) / 2 * scale[0] for c in plate["characters"]]
        widths = [max(map(_width, _captions(c)), default=0) for c in plate["characters"]]
        for (a, wide_a), (b, wide_b) in pairwise(zip(middles, widths, strict=True)):
            if b - a > _APART:  # else they stand on each other, or the next line of the plate begins
                most.append((b - a) / ((wide_a + wide_b) / 2 + _APART))
    return float(np.clip(min(most), 0.35, 1.2)) if most else 0.8


def _captions(character: Mapping[str, Any]) -> list[str]:
    return [f"{one['char']} {100 * one['probability']:.0f}" for one in character["candidates"][:2]]


def _width(text: str) -> int:
    """Of a caption of size 1, in pixels."""
    return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)[0][0])


def _caption(canvas: NDArray[np.uint8], character: Mapping[str, Any], scale: NDArray[np.float64], size: float) -> None:
    x1, _, x2, y2 = np.asarray(character["box"]) * np.tile(scale, 2)
    line_height = round(32 * size)
    for row, text in enumerate(_captions(character)):
        x = int((x1 + x2) / 2 - size * _width(text) / 2)
        y = int(min(y2 + (row + 1) * line_height, canvas.shape[0] - 4 - (1 - row) * line_height))
        for colour, thickness in ((_OUTLINE, 4 if size > 0.6 else 3), (_TEXT, 1)):
            cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thickness, cv2.LINE_AA)


def _with_band(canvas: NDArray[np.uint8], lines: Sequence[str]) -> NDArray[np.uint8]:
    band = np.full((32 * len(lines) + 8, canvas.shape[1], 3), 24, np.uint8)
    for row, text in enumerate(lines):
        cv2.putText(band, text, (10, 28 + 32 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, _TEXT, 2, cv2.LINE_AA)
    return np.vstack([canvas, band])
