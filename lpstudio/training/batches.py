"""Which crops stand together in a batch: near ones in shape, so that little of it is grey, in a new order every epoch.

A batch has one height and width, multiples of the model's stride. Crops are sorted into such shapes; inside a shape,
and among batches, chance decides. All of it follows from (seed, epoch): a resumed run sees what it would have seen.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int]  # height, width in pixels


@dataclass(frozen=True, slots=True)
class Draw:
    """One crop drawn into a batch. ``shape``: that of the batch, or None for a square of the image size."""

    index: int
    epoch: int
    seed: int
    shape: Shape | None = None

    def begin(self) -> None:
        """Have all random choices for this crop follow from (seed, epoch, index), whatever process makes them."""
        first, second = np.random.SeedSequence((self.seed, self.epoch, self.index)).generate_state(2).tolist()
        random.seed(first)
        np.random.seed(second)


def fitted_shape(size: tuple[int, int], imgsz: int) -> Shape:
    """(height, width) of a crop of ``size`` (width, height) when its longer side measures ``imgsz``."""
    width, height = size
    ratio = imgsz / max(height, width)
    return max(min(math.ceil(height * ratio), imgsz), 1), max(min(math.ceil(width * ratio), imgsz), 1)


def batch_shapes(sizes: Sequence[tuple[int, int]], imgsz: int, stride: int) -> NDArray[np.int64]:
    """The least (height, width), in multiples of the stride, that holds each crop; shape (n, 2)."""
    fitted = np.array([fitted_shape(size, imgsz) for size in sizes], np.int64).reshape(-1, 2)
    return -(-fitted // stride) * stride


def plan_epoch(shapes: NDArray[np.int64], batch: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The batches of an epoch: every crop once, all batches but one of ``batch`` crops, near shapes together.

    ``shapes``: (n, 2) as from :func:`batch_shapes`.
    """
    chance = np.random.default_rng((seed, epoch))
    order = chance.permutation(len(shapes))
    aspect = shapes[order, 1] / shapes[order, 0]
    order = order[np.argsort(aspect, kind="stable")]
    # the batch that is left short lies anywhere, lest the same crops stand in it every time
    rest, whole = len(order) % batch, len(order) // batch
    sizes = [batch] * whole
    if rest:
        sizes.insert(int(chance.integers(whole + 1)), rest)
    batches = np.split(order, np.cumsum(sizes)[:-1])
    return [batches[number] for number in chance.permutation(len(batches))]


class EpochBatches:
    """An endless batch sampler: the batches of ``first_epoch``, of the one after it, and so on.

    ``shapes``: (n, 2), the least shape for each crop, or None for squares. ``batch``: crops of one process. With
    several processes (``world``) each gets its part (``rank``) of every batch, all of them equally many; for that a
    batch may hold a few of its crops twice.
    """

    def __init__(
        self, count: int, shapes: NDArray[np.int64] | None, batch: int, seed: int, rank: int = 0, world: int = 1
    ) -> None:
        self.first_epoch = 0
        self._count, self._shapes = count, shapes
        self._batch, self._seed = batch * world, seed
        self._rank, self._world = rank, world

    @property
    def sampler(self) -> Self:
        """Ultralytics' loader asks its batch sampler's sampler for the length of an epoch."""
        return self

    def __len__(self) -> int:
        return math.ceil(self._count / self._batch)

    def __iter__(self) -> Iterator[list[Draw]]:
        for epoch in itertools.count(self.first_epoch):
            yield from self.epoch(epoch)

    def epoch(self, epoch: int) -> Iterator[list[Draw]]:
        """This process's batches of one epoch."""
        plain = np.ones((self._count, 2), np.int64)
        for batch in plan_epoch(plain if self._shapes is None else self._shapes, self._batch, self._seed, epoch):
            shape = None
            if self._shapes is not None:
                height, width = self._shapes[batch].max(axis=0).tolist()
                shape = (height, width)
            each = math.ceil(len(batch) / self._world)
            own = np.resize(batch, each * self._world)[self._rank :: self._world]
            yield [Draw(index, epoch, self._seed, shape) for index in own.tolist()]


class ShapedBatches:
    """An endless batch sampler for validation: crops of one shape together, in the same order every time.

    What is found on a crop then depends on that crop alone, as in reading. ``shapes``: (n, 2), the least one for each.
    """

    def __init__(self, shapes: NDArray[np.int64], batch: int) -> None:
        by_shape: dict[Shape, list[int]] = {}
        for index, (height, width) in enumerate(shapes.tolist()):
            by_shape.setdefault((height, width), []).append(index)
        self._batches = [
            [Draw(index, 0, 0, shape) for index in indices[start : start + batch]]
            for shape, indices in sorted(by_shape.items())
            for start in range(0, len(indices), batch)
        ]

    @property
    def sampler(self) -> Self:
        """Ultralytics' loader asks its batch sampler's sampler for the length of an epoch."""
        return self

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[Draw]]:
        yield from itertools.cycle(self._batches)
