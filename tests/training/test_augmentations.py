"""What happens to crops at random: as often as asked, and never so that labels stop fitting."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest

from lpstudio.training.augmentations import RandomErasing, RandomLowResolution


def test_the_erased_patch_is_smaller_than_a_character() -> None:
    random.seed(1)
    erase = RandomErasing(1.0)
    for _ in range(300):
        image = erase({"img": np.full((80, 160, 3), 7, np.uint8)})["img"]
        assert 0 < np.any(image != 7, axis=2).mean() <= 0.05


def _detail(image: np.ndarray) -> float:
    return float(cv2.Laplacian(image, cv2.CV_64F).var())


def _middle(image: np.ndarray) -> np.ndarray:
    """The centre of what is dark, in pixels (y, x)."""
    dark = 230.0 - cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.array([(np.indices(dark.shape)[axis] * dark).sum() / dark.sum() for axis in (0, 1)])


def test_a_crop_from_a_farther_camera_lost_detail_and_nothing_moved() -> None:
    random.seed(2)
    sharp = np.full((96, 224, 3), 230, np.uint8)
    cv2.putText(sharp, "ABC 123", (12, 66), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
    for _ in range(30):
        far = RandomLowResolution(1.0)({"img": sharp.copy()})["img"]
        assert far.shape == sharp.shape and far.dtype == np.uint8
        assert _detail(far) < _detail(sharp)
        assert np.abs(_middle(far) - _middle(sharp)).max() < 2.8  # half a pixel of the smallest copies


def test_far_cameras_are_as_often_as_asked_and_small_crops_are_left_alone() -> None:
    random.seed(3)
    noise = np.random.default_rng(0).integers(0, 255, (64, 224, 3), np.uint8)
    some = RandomLowResolution(0.5)
    changed = sum(some({"img": noise})["img"] is not noise for _ in range(400))
    assert changed / 400 == pytest.approx(0.5, abs=0.08)
    small = np.zeros((12, 32, 3), np.uint8)
    assert RandomLowResolution(1.0)({"img": small})["img"] is small
