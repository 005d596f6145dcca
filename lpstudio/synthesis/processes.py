"""Work for several processes, its results in order: the same for any number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")


def _one_thread() -> None:
    cv2.setNumThreads(1)


def in_processes(make: Callable[[Item], Result], items: Sequence[Item], jobs: int, chunk: int = 1) -> Iterator[Result]:
    """``make`` of every item, in their order. Closing the iterator takes back what was not begun."""
    if jobs <= 1:
        yield from map(make, items)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _one_thread) as pool:
        try:
            yield from pool.map(make, items, chunksize=chunk)
        except GeneratorExit:
            pool.shutdown(cancel_futures=True)
            raise
