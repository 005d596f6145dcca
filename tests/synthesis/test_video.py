"""The codec and the fields: real artefacts, the same each time, and the plate stays where it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lpstudio.synthesis.video import h264_last, interlace


def bar(width: int, height: int, left: float) -> np.ndarray:
    """A white bar of ten pixels on black, shape (height, width, 3), 0 to 1; its left edge at ``left``."""
    columns = np.arange(width, dtype=np.float32)
    row = np.clip(np.minimum(columns + 1 - left, left + 10 - columns), 0, 1)
    return np.repeat(np.repeat(row[None, :, None], height, axis=0), 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("shift", [1.0, 2.5, 4.0])
def test_the_fields_of_a_moving_plate_lie_half_the_shift_to_either_side(shift: float) -> None:
    seen = interlace(bar(60, 20, 25.0), shift, np.random.default_rng(1)).mean(axis=2)
    columns = np.arange(60) + 0.5
    middles = (seen * columns).sum(axis=1) / seen.sum(axis=1)
    assert middles[::2].mean() - middles[1::2].mean() == pytest.approx(shift, abs=0.05)
    assert middles.mean() == pytest.approx(30.0, abs=0.05)  # where the polygons say it is


@pytest.mark.parametrize("size", [(22, 9), (97, 41), (176, 80)])
def test_h264_keeps_size_and_place_and_gives_the_same_bytes(size: tuple[int, int]) -> None:
    width, height = size
    left = width / 2 - 5
    frames = [(bar(width, height, left + before) * 255).astype(np.uint8) for before in (3.0, 1.5, 0.0)]
    once, again = h264_last(frames, 30, (5, 11)), h264_last(frames, 30, (5, 11))
    assert once.shape == (height, width, 3)
    assert np.array_equal(once, again)
    grey = once.mean(axis=2).clip(40) - 40
    middle = (grey * (np.arange(width) + 0.5)).sum() / grey.sum()
    assert middle == pytest.approx(width / 2, abs=0.5)


def test_a_lower_bitrate_leaves_less_of_the_picture() -> None:
    rng = np.random.default_rng(2)
    scene = cv2.GaussianBlur(rng.integers(0, 256, (64, 128, 3), dtype=np.uint8), (0, 0), 1.2)
    frames = [np.roll(scene, -before, axis=1) for before in (2, 1, 0)]
    errors = [np.abs(h264_last(frames, quality, (0, 0)).astype(int) - scene).mean() for quality in (20, 32, 44)]
    assert errors[0] < errors[1] < errors[2]
