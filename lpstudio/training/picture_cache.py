"""Decoded crops kept in memory, when all of them fit; filled as they are first used."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import psutil
from numpy.typing import NDArray

from lpstudio.training.batches import Shape

SHARE = 0.5  # of the memory that is free when a training begins


def memory_budget(processes: int = 1) -> int:
    """Bytes that one of some training processes may keep pictures in."""
    return int(psutil.virtual_memory().available * SHARE / max(processes, 1))


class PictureCache:
    """Room for pictures of known shapes (height, width), three bytes a pixel: its size is known before it is filled.

    Loading processes that are forked share it with the training. One that is started afresh (Windows) has none.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = np.array(shapes, np.int64).reshape(-1, 2)
        self._begins = np.concatenate(([0], np.cumsum(self._shapes.prod(axis=1) * 3)))
        self.bytes = self.needed(shapes)
        self._room: Any = mmap.mmap(-1, max(self.bytes, 1))
        self._open()

    @staticmethod
    def needed(shapes: Sequence[Shape]) -> int:
        """Bytes for pictures of these shapes: their pixels, and a byte each that says whether it is there."""
        return sum(3 * height * width + 1 for height, width in shapes)

    @classmethod
    def within(cls, shapes: Sequence[Shape], budget: int) -> Self | None:
        """A cache for all these pictures, or None when they need more bytes than the budget."""
        return cls(shapes) if cls.needed(shapes) <= budget else None

    def get(self, index: int) -> NDArray[np.uint8] | None:
        """A copy of a picture (height, width, 3), or None when it was not put yet."""
        if not self._there[index]:
            return None
        begin, end = self._begins[index], self._begins[index + 1]
        return self._pixels[begin:end].reshape(*self._shapes[index], 3).copy()

    def put(self, index: int, image: NDArray[np.uint8]) -> None:
        """Keep a picture; one of another shape than was announced is not kept."""
        if image.shape == (*self._shapes[index].tolist(), 3):
            self._pixels[self._begins[index] : self._begins[index + 1]] = image.reshape(-1)
            self._there[index] = 1

    def _open(self) -> None:
        count, pixels = len(self._shapes), int(self._begins[-1])
        self._pixels = np.frombuffer(self._room, np.uint8, pixels)
        self._there = np.frombuffer(self._room, np.uint8, count, offset=pixels)
