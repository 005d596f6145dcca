"""The frozen crops of a run as an Ultralytics dataset.

Labels come from the run's own copy; nothing is read from or written beside the user's label files. Pictures are
decoded once and kept in memory when all of them fit.
"""

from __future__ import annotations

import functools
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
from lpstudio.training.augmentations import RandomErasing, RandomLowResolution
from lpstudio.training.batches import Draw, batch_shapes, fitted_shape
from lpstudio.training.frozen import FrozenCrop
from lpstudio.training.picture_cache import PictureCache


class UnreadableCropError(OSError):
    """A picture of the run cannot be read; the message names it. It passes whole through loading processes."""


class FrozenDataset(YOLODataset):
    """Crops of a run with their characters. ``erasing``, ``low_resolution``: probabilities of a painted-over
    patch and of a worse camera, in training only.

    ``memory``: bytes that decoded pictures may take; where all of them do not fit, none is kept (``cached_bytes`` 0).
    Asked with a :class:`Draw` it gives a crop in its batch's shape, its random choices made by (seed, epoch, index).
    """

    def __init__(
        self,
        crops: Sequence[FrozenCrop],
        *,
        erasing: float = 0.0,
        low_resolution: float = 0.0,
        memory: int = 0,
        **options: Any,
    ) -> None:
        self._crops = list(crops)
        self._erasing = erasing
        self._low_resolution = low_resolution
        self._cache: PictureCache | None = None
        # "ram" has mosaic choose among all crops, not among those this process happened to see last
        super().__init__(img_path=[], task="segment", rect=False, cache="ram", **options)
        if memory:
            self._cache = PictureCache.within([fitted_shape(crop.size, self.imgsz) for crop in self._crops], memory)

    @property
    def cached_bytes(self) -> int:
        """What the pictures in memory take once all of them were used."""
        return self._cache.bytes if self._cache is not None else 0

    @functools.cached_property
    def shapes(self) -> NDArray[np.int64]:
        """The least batch (height, width) that holds each crop; shape (n, 2)."""
        return batch_shapes([crop.size for crop in self._crops], self.imgsz, self.stride)

    @property
    def mixes_crops(self) -> bool:
        """Whether crops are put together with others, which then must be squares."""
        return any(getattr(self._hyp, name, 0) > 0 for name in ("mosaic", "mixup", "cutmix", "copy_paste"))

    def __getitem__(self, index: int | Draw) -> dict[str, Any]:
        if isinstance(index, int):
            return super().__getitem__(index)
        index.begin()
        label = self.get_image_and_label(index.index)
        if index.shape is not None:
            label["rect_shape"] = index.shape
        return self.transforms(label)

    def __getstate__(self) -> dict[str, Any]:
        """What a loading process that is started afresh gets: all but the memory it cannot share."""
        return {**self.__dict__, "_cache": None}

    def check_cache_ram(self, safety_margin: float = 1.0) -> bool:
        """Ultralytics' own cache is not used: it decodes all at once, whatever the person says meanwhile."""
        return False

    def get_img_files(self, img_path: str | list[str]) -> list[str]:
        """The pictures, in the order of the frozen list."""
        return [str(crop.image) for crop in self._crops]

    def get_labels(self) -> list[dict[str, Any]]:
        """The frozen labels in Ultralytics' form."""
        return [_label(crop) for crop in self._crops]

    def build_transforms(self, hyp: Any) -> Compose:
        """Ultralytics' own, and before them those it does not have for segmentation: dirt first, then the camera."""
        self._hyp = hyp
        transforms = super().build_transforms(hyp)
        if self.augment and self._low_resolution > 0:
            transforms.insert(0, RandomLowResolution(self._low_resolution))
        if self.augment and self._erasing > 0:
            transforms.insert(0, RandomErasing(self._erasing))
        return transforms

    def load_image(
        self, i: int, rect_mode: bool = True, resize_short: bool = False
    ) -> tuple[NDArray[np.uint8], tuple[int, int], tuple[int, int]]:
        """A picture with its longer side at the image size, its own (height, width) and the new one.

        Decoded as in reading. Raises UnreadableCropError.
        """
        width, height = self._crops[i].size
        known = self._cache.get(i) if self._cache is not None else None
        if known is not None:
            return known, (height, width), known.shape[:2]
        try:
            image = load_image(Path(self.im_files[i]))
        except LpStudioError as error:
            raise UnreadableCropError(error.message) from error
        found = image.shape[:2]
        fitted = fitted_shape((found[1], found[0]), self.imgsz)
        if fitted != found:
            image = np.asarray(cv2.resize(image, fitted[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
        if self._cache is not None and found == (height, width):
            self._cache.put(i, image)
        return np.array(image), found, fitted


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
