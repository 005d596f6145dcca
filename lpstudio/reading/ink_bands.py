"""Rows of characters on a picture by light and dark: where blobs of one height stand beside each other.

Light characters on dark ground and dark ones on light ground are both tried, each with several thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TALL = (0.18, 0.95)  # of the crop's height: how tall a character may be
_SLIM, _BROAD = 0.06, 1.35  # of its height: how broad a blob may be to be one character
_LIKE = 0.22  # of a height: how much blobs of one band may differ in height and place
_STEEP = 0.5  # slope of a row
_ROWS = 2  # per threshold that are looked at
_MOST_BANDS = 8  # that are cut; the best ones by how many blobs they hold


@dataclass(frozen=True, slots=True)
class Band:
    """A row of blobs: the characters stand ``height`` pixels high around the line y = slope · x + middle.

    ``ink``: 0 to 1 per pixel of the work picture, 1 where it is a character for sure.
    """

    slope: float
    middle: float
    height: float
    ink: Floats
    inks: tuple[Floats, ...]  # of the same polarity by other thresholds


def _inks(smooth: Floats) -> list[Floats]:
    """Soft ink of both polarities by thresholds of several reaches."""
    import cv2

    height, width = smooth.shape
    found = []
    inner = smooth[round(0.15 * height) : round(0.9 * height), round(0.06 * width) : round(0.94 * width)]
    for reach in (0.1, 0.18, 0.35, 0.0):
        if reach:
            sigma = reach * height
            mean = _blurred(smooth, sigma)
            spread = np.sqrt(np.maximum(_blurred(smooth**2, sigma) - mean**2, 1.0))
            spread = np.maximum(spread, 0.35 * float(np.median(spread)))
            signed = (smooth - mean) / spread
            level = 0.25
        else:
            level8 = cv2.threshold(inner.astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0]
            signed = (smooth - level8) / max(1.0, float(inner.std()))
            level = 0.0
        for sign in (1.0, -1.0):
            found.append(np.clip((sign * signed - level) * 1.2 + 0.5, 0.0, 1.0))
    return found


def _blurred(picture: Floats, sigma: float) -> Floats:
    """A broad Gaussian, taken on a quarter of the picture's size."""
    import cv2

    height, width = picture.shape
    small = cv2.resize(picture, (max(2, width // 4), max(2, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float64)


def bands(smooth: Floats) -> list[Band]:
    """The rows of a grey picture (0 to 255, shape (height, width)) that hold most blobs, the best first."""
    import cv2

    height = smooth.shape[0]
    found: list[tuple[float, Band]] = []
    inks = _inks(smooth)
    for number, ink in enumerate(inks):
        binary = np.asarray(ink > 0.5, np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=4)
        boxes = stats[1:, :4].astype(np.float64)
        tall = (boxes[:, 3] >= _TALL[0] * height) & (boxes[:, 3] <= _TALL[1] * height)
        form = (boxes[:, 2] >= _SLIM * boxes[:, 3]) & (boxes[:, 2] <= _BROAD * boxes[:, 3])
        inside = (boxes[:, 1] > 0) & (boxes[:, 1] + boxes[:, 3] < height)
        boxes = boxes[tall & form & inside]
        found += [
            (quality, Band(slope, middle, high, ink, tuple(inks[number % 2 :: 2])))
            for quality, slope, middle, high in _rows(boxes)
        ]
    found.sort(key=lambda pair: -pair[0])
    return [band for _, band in found[:_MOST_BANDS]]


def _rows(boxes: Floats) -> list[tuple[float, float, float, float]]:
    """The best rows of blobs of like height: quality, slope, middle at x = 0, height."""
    if len(boxes) < 2:
        return []
    x, y = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    high = boxes[:, 3]
    i, j = np.nonzero(x[None, :] - x[:, None] >= 0.3 * high[:, None])
    slope = (y[j] - y[i]) / (x[j] - x[i])
    usual = (high[i] + high[j]) / 2
    fit = (np.abs(slope) <= _STEEP) & (np.abs(high[i] - high[j]) <= _LIKE * usual)
    i, j, slope, usual = i[fit], j[fit], slope[fit], usual[fit]
    if not len(i):
        return []
    away = np.abs(y[None, :] - y[i][:, None] - slope[:, None] * (x[None, :] - x[i][:, None])) / usual[:, None]
    other = np.abs(high[None, :] - usual[:, None]) / usual[:, None]
    like = (other <= _LIKE) & (away <= 0.5 * _LIKE)
    quality = (like * (1.0 - 0.5 * away - 0.5 * other)).sum(axis=1)
    quality *= 0.5 + 0.5 * np.minimum(1.0, usual / (0.3 * high.max()))
    found: list[tuple[float, float, float, float]] = []
    taken = np.zeros(len(boxes), dtype=bool)
    for k in np.argsort(-quality, kind="stable"):
        mine = like[k]
        if (mine & taken).sum() > 0.5 * mine.sum():
            continue
        taken |= mine
        if mine.sum() >= 3:
            tilt, middle = np.polyfit(x[mine], y[mine], 1)
        else:
            tilt, middle = slope[k], float(np.median(y[mine] - slope[k] * x[mine]))
        found.append((float(quality[k]), float(tilt), float(middle), float(np.median(high[mine]))))
        if len(found) == _ROWS:
            break
    return found
