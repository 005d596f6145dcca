"""What happens to crops at random in training and Ultralytics does not do: dirt on the plate, a worse camera."""

from __future__ import annotations

import math
import random
from typing import Any

import cv2


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


class RandomLowResolution:
    """Shows a crop as a farther camera would: reduced, compressed as JPEG, enlarged again. Labels still fit.

    ``widths``: of the reduced crop's longer side in pixels, small ones as often as large ones by their logarithm;
    larger crops than that stay as they are. ``quality``: of JPEG.
    """

    widths = (40, 140)
    quality = (25, 75)
    _reducing = (cv2.INTER_AREA, cv2.INTER_LINEAR)
    _enlarging = (cv2.INTER_CUBIC, cv2.INTER_LINEAR)

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, labels: dict[str, Any]) -> dict[str, Any]:
        """Replace ``labels["img"]``, an array (height, width, 3), and give ``labels`` back."""
        if random.random() < self.probability:
            image = labels["img"]
            height, width = image.shape[:2]
            target = math.exp(random.uniform(*map(math.log, self.widths)))
            quality = random.randint(*self.quality)
            reducing, enlarging = random.choice(self._reducing), random.choice(self._enlarging)
            scale = target / max(height, width)
            if scale < 1:
                size = max(round(width * scale), 1), max(round(height * scale), 1)
                small = cv2.resize(image, size, interpolation=reducing)
                _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
                small = cv2.imdecode(data, cv2.IMREAD_COLOR)
                labels["img"] = cv2.resize(small, (width, height), interpolation=enlarging)
        return labels
