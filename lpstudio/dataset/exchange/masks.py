"""Run-length masks and outlines: COCO's two spellings, CVAT's, and pictures of masks.

Own code on numpy: the rules fit on a page, and pycocotools is a compiled extra that would be needed for these alone.
A pixel belongs to a mask when its centre lies inside the outline (even-odd rule).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.shapes import ShapeError, joined
from lpstudio.dataset.types import Polygon

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def counts_from_polygon(polygon: Polygon, size: tuple[int, int]) -> list[int]:
    """COCO's run lengths (background first, column by column) of an outline; ``size``: width and height in pixels."""
    width, height = size
    runs: list[tuple[int, int]] = []  # start and end, counted down the columns
    left = max(0, math.ceil(min(x for x, _ in polygon) - 0.5))
    right = min(width - 1, math.floor(max(x for x, _ in polygon) - 0.5))
    edges = list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    for column in range(left, right + 1):
        x = column + 0.5
        crossings = sorted(
            y1 + (x - x1) * (y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in edges if (x1 <= x) != (x2 <= x)
        )
        for top, bottom in zip(crossings[::2], crossings[1::2], strict=True):
            start = max(0, math.ceil(top - 0.5))
            end = min(height, math.ceil(bottom - 0.5))
            if end > start:
                begin = column * height + start
                if runs and runs[-1][1] >= begin:
                    runs[-1] = (runs[-1][0], max(runs[-1][1], column * height + end))
                else:
                    runs.append((begin, column * height + end))
    counts, at = [], 0
    for start, end in runs:
        counts += [start - at, end - start]
        at = end
    if width * height > at or not counts:
        counts.append(width * height - at)
    return counts


def compressed(counts: Sequence[int]) -> str:
    """COCO's text of run lengths: each is given as its difference to the one two before, five bits a sign."""
    text = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr((bits | (0x20 if more else 0)) + 48))
    return "".join(text)


def decompressed(text: str) -> list[int]:
    """The inverse of :func:`compressed`. Raises ShapeError."""
    counts: list[int] = []
    value = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ShapeError("the mask's run lengths are damaged")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = shift = 0
    if shift:
        raise ShapeError("the mask's run lengths break off")
    return counts


def mask_from_counts(counts: Any, size: tuple[int, int], *, by_column: bool) -> NDArray[np.bool_]:
    """Run lengths, background first, as an array [height, width]. Raises ShapeError for those that do not fit."""
    import numpy as np

    width, height = size
    if width < 1 or height < 1 or width * height > limits.MAX_MASK_PIXELS:
        raise ShapeError(f"a mask of {width} × {height} pixels")
    if not isinstance(counts, list) or len(counts) > limits.MAX_MASK_RUNS:
        raise ShapeError(f"the mask has no run lengths, or more than {limits.MAX_MASK_RUNS}")
    if not all(type(count) is int and 0 <= count <= width * height for count in counts):
        raise ShapeError("the mask's run lengths are damaged")
    lengths = np.array(counts, dtype=np.int64)
    if int(lengths.sum()) > width * height:
        raise ShapeError("the mask's run lengths do not fit its size")
    flat = np.zeros(width * height, dtype=bool)
    values = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    flat[: len(values)] = values
    return flat.reshape((width, height)).T if by_column else flat.reshape((height, width))


def polygon_from_mask(mask: NDArray[np.bool_], offset: tuple[float, float] = (0.0, 0.0)) -> tuple[Polygon, list[str]]:
    """The outline of a mask [height, width] in pixels from ``offset``, and what it lost, in words.

    Pixels have their area from i to i + 1; the outline runs through the middles of their edges. Several parts are
    tied into one; holes are filled. Raises ShapeError for an empty mask.
    """
    import numpy as np
    from contourpy import FillType, contour_generator

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise ShapeError("the mask is empty")
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    padded = np.pad(part, 1).astype(np.float32)
    contours: Any = contour_generator(z=padded, fill_type=FillType.OuterOffset).filled(0.5, math.inf)
    found, places = contours
    if sum(map(len, found)) > 10 * limits.MAX_POINTS:
        raise ShapeError("the mask is too ragged for an outline")
    outlines, holes = [], 0
    for vertices, ends in zip(found, places, strict=True):
        outer = np.asarray(vertices)[: int(ends[1]) - 1]
        holes += len(ends) - 2
        outlines.append(_straightened(outer, left - 0.5 + offset[0], top - 0.5 + offset[1]))
    lost = [f"{holes} hole(s) were filled"] if holes else []
    if len(outlines) > 1:
        lost.append(f"{len(outlines)} parts were tied into one outline")
    return joined(outlines), lost


def _straightened(outline: NDArray[np.float64], dx: float, dy: float) -> Polygon:
    """Without the points that lie on a straight line between their neighbours; moved."""
    import numpy as np

    before, after = outline - np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0) - outline
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    return tuple((float(x) + dx, float(y) + dy) for x, y in outline[bends])
