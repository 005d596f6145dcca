"""The frozen crops of a run as an Ultralytics dataset.

Labels come from the run's own copy; nothing is read from or written beside the user's label files, no cache is kept.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from ultralytics.data.augment import Compose
from ultralytics.data.dataset import YOLODataset

from lpstudio.errors import LpStudioError
from lpstudio.reading.pictures import load_image
from lpstudio.training.frozen import FrozenCrop


class UnreadableCropError(OSError):
    """A picture of the run cannot be read; the message names it. It passes whole through loading processes."""


class FrozenDataset(YOLODataset):
    """Crops of a run with their characters. ``erasing``: probability of a painted-over patch, in training only."""

    def __init__(self, crops: Sequence[FrozenCrop], *, erasing: float = 0.0, **options: Any) -> None:
        self._crops = list(crops)
        self._erasing = erasing
        super().__init__(img_path=[], task="segment", rect=False, cache=False, **options)

    def get_img_files(self, img_path: str | list[str]) -> list[str]:
        """The pictures, in the order of the frozen list."""
        return [str(crop.image) for crop in self._crops]

    def get_labels(self) -> list[dict[str, Any]]:
        """The frozen labels in Ultralytics' form."""
        return [_label(crop) for crop in self._crops]

    def build_transforms(self, hyp: Any) -> Compose:
        """Ultralytics' own, and before them random erasing, which it has for classification only."""
        transforms = super().build_transforms(hyp)
        if self.augment and self._erasing > 0:
            transforms.insert(0, RandomErasing(self._erasing))
        return transforms

    def load_image(
        self, i: int, rect_mode: bool = True, resize_short: bool = False
    ) -> tuple[NDArray[np.uint8], tuple[int, int], tuple[int, int]]:
        """A picture with its longer side at the image size, its own (height, width) and the new one.

        Decoded as in reading. Raises UnreadableCropError.
        """
        if self.ims[i] is not None:
            return self.ims[i].copy(), self.im_hw0[i], self.im_hw[i]
        try:
            image = load_image(Path(self.im_files[i]))
        except LpStudioError as error:
            raise UnreadableCropError(error.message) from error
        height, width = image.shape[:2]
        ratio = self.imgsz / max(height, width)
        if ratio != 1:
            size = (min(math.ceil(width * ratio), self.imgsz), min(math.ceil(height * ratio), self.imgsz))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        if self.augment:
            self._remember(i, image, (height, width))
        return image.copy(), (height, width), image.shape[:2]

    def _remember(self, i: int, image: NDArray[np.uint8], size: tuple[int, int]) -> None:
        """Keep some pictures for augmentations that put several together."""
        self.ims[i], self.im_hw0[i], self.im_hw[i] = image, size, image.shape[:2]
        self.buffer.append(i)
        if 1 < len(self.buffer) >= self.max_buffer_length:
            oldest = self.buffer.pop(0)
            self.ims[oldest] = self.im_hw0[oldest] = self.im_hw[oldest] = None


class RandomErasing:
    """Paints a random rectangle of one colour over a crop: dirt, a bolt, a shadow.

    It covers 0.5 to 4 % of the crop, less than a character, so what is labelled can still be told.
    """

    area = (0.005, 0.04)
    aspect = (0.3, 3.3)

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, labels: dict[str, Any]) -> dict[str, Any]:
        """Change ``labels["img"]``, an array (height, width, 3) of its own, and give ``labels`` back."""
        if random.random() < self.probability:
            image = labels["img"]
            height, width = image.shape[:2]
            area = random.uniform(*self.area) * height * width
            aspect = math.exp(random.uniform(math.log(self.aspect[0]), math.log(self.aspect[1])))
            h = min(max(round(math.sqrt(area * aspect)), 1), height)
            w = min(max(round(math.sqrt(area / aspect)), 1), width)
            top, left = random.randint(0, height - h), random.randint(0, width - w)
            image[top : top + h, left : left + w] = [random.randint(0, 255) for _ in range(image.shape[2])]
        return labels


def _label(crop: FrozenCrop) -> dict[str, Any]:
    polygons = crop.polygons()
    segments = [points for _, points in polygons]
    corners = np.array([[*p.min(0), *p.max(0)] for p in segments], np.float32).reshape(-1, 4)
    boxes = np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], axis=1)
    width, height = crop.size
    return {
        "im_file": str(crop.image),
        "shape": (height, width),
        "cls": np.array([number for number, _ in polygons], np.float32).reshape(-1, 1),
        "bboxes": boxes,
        "segments": segments,
        "keypoints": None,
        "normalized": True,
        "bbox_format": "xywh",
    }
