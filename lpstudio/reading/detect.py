"""From pictures to characters through a YOLO segmentation model: the one path of reading, evaluation and validation.

:func:`place` puts a picture on the rectangle the model sees: its longer side as given, both sides filled up with grey
to whole strides, as rectangular training does. What is read of a picture depends on it alone, never on its company.
:func:`preprocess` makes a batch of pictures of one such shape for a :class:`Model`, :func:`keep` suppresses overlaps
whatever their classes and keeps the whole class row of what is left, :func:`raw_characters` brings boxes and outlines
back to the pixels of each picture. :func:`detect` is all of it. Nothing here needs torch, only some models do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import cv2
import numpy as np
from contourpy import FillType, LineType, SerialContourGenerator, ZInterp
from numpy.typing import NDArray

from lpstudio.reading import CONFIDENCE

Array = NDArray[np.float32]

OVERLAP = 0.5
MOST = 120  # characters kept of one picture
STRIDE = 32
_BATCH = 8  # larger ones leave the processor's caches and take longer
_BATCH_PIXELS = 4_000_000  # of the model's input: larger batches take gigabytes and no less time
# Numbers of a model's input, that of one crop or two, that a model works through on one thread: several wait for each
# other at every layer, which on a busy machine (a training in the background) takes a hundred times as long.
SMALL = 300_000
_GREY = 114  # what Ultralytics pads with in training
_TINY = 1e-7
_FINE = 2  # times as fine as the masks are the fields that outlines are found on
_LEAST_SIDE = 0.5  # pixels of the picture that a character's box measures at least


@dataclass(frozen=True)
class Placement:
    """Where a picture lies on the model's rectangle: x on it = x of the picture · gain_x + left.

    ``width`` and ``height`` are the picture's, ``shape`` (height, width) the rectangle's.
    """

    gain_x: float
    gain_y: float
    left: int
    top: int
    width: int
    height: int
    shape: tuple[int, int]

    def back(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Points (n, 2) of the rectangle as points of the picture, inside it."""
        back = (points - (self.left, self.top)) / (self.gain_x, self.gain_y)
        return np.asarray(np.minimum(np.maximum(back, 0), (self.width, self.height)), np.float64)


@dataclass(frozen=True)
class RawCharacter:
    """One detected character, in pixels of its picture.

    ``polygon``: (n ≥ 3, 2) float64. ``box``: x1, y1, x2, y2. ``confidence``: how sure it is that a character is
    there, whichever (:func:`presence`). ``logits``: the whole class row (number of classes,), float32.
    """

    polygon: NDArray[np.float64]
    box: tuple[float, float, float, float]
    confidence: float
    logits: NDArray[np.float32]


@dataclass(frozen=True)
class Output:
    """What the model said for a batch.

    ``decoded``: (batch, 4 + classes + masks, anchors), boxes as x, y, w, h, then class sigmoids. ``logits``: (batch,
    classes, anchors), or None where only the sigmoids exist. ``protos``: (batch, masks, h, w) or None.
    """

    decoded: Array
    logits: Array | None
    protos: Array | None


class Model(Protocol):
    """What runs a network on batches of :func:`preprocess`."""

    @property
    def threads(self) -> int:
        """How many models side by side, each on one thread, keep all of the processor busy that it may use."""

    def __call__(self, batch: Array) -> Output:
        """Run the network on a batch (n, 3, h, w)."""

    @property
    def worth_processes(self) -> int:
        """How many pictures pay for processes that each open the model and read a share."""

    def for_many(self) -> Model:
        """The same model, made faster where that pays: it may take a second, hundreds of pictures win it back."""

    def lane(self) -> Model:
        """The same model to run in another thread at the same time, on that thread alone."""

    def start_lane(self) -> None:
        """Called in the thread of a lane before its first batch."""

    def lanes_running(self) -> AbstractContextManager[None]:
        """Held while there are lanes."""


@dataclass(frozen=True)
class Kept:
    """What is left of one picture after suppression, best first, in pixels of the model's rectangle.

    ``boxes`` (n, 4) x1, y1, x2, y2; ``confidence`` (n,); ``logits`` (n, classes), voted (:func:`keep`);
    ``coefficients`` (n, masks); ``anchors`` (n,) the anchor of each.
    """

    boxes: Array
    confidence: Array
    logits: Array
    coefficients: Array
    anchors: NDArray[np.intp]


def place(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], Placement]:
    """A picture (h, w, 3), its longer side ``side``, in the middle of the least grey rectangle of whole strides."""
    height, width = image.shape[:2]
    gain = min(side / height, side / width)
    new_width, new_height = max(round(width * gain), 1), max(round(height * gain), 1)
    if (new_width, new_height) != (width, height):
        image = np.asarray(cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR), np.uint8)
    shape = -(-new_height // STRIDE) * STRIDE, -(-new_width // STRIDE) * STRIDE
    left, top = round((shape[1] - new_width) / 2 - 0.1), round((shape[0] - new_height) / 2 - 0.1)
    rectangle = np.full((*shape, 3), _GREY, np.uint8)
    rectangle[top : top + new_height, left : left + new_width] = image
    return rectangle, Placement(new_width / width, new_height / height, left, top, width, height, shape)


def preprocess(rectangles: Sequence[NDArray[np.uint8]]) -> Array:
    """BGR rectangles of one shape as a batch (n, 3, h, w), RGB float32 from 0 to 1, channels last in memory."""
    batch = np.stack([cv2.cvtColor(rectangle, cv2.COLOR_BGR2RGB) for rectangle in rectangles]).astype(np.float32)
    batch /= 255
    return batch.transpose(0, 3, 1, 2)


def presence(logits: Array) -> Array:
    """How probable it is that there is a character at all: class rows (n, classes) to (n,).

    sigmoid(logsumexp(z)): the odds of all classes together, which is also what the in-place loss trains positives by.
    The largest sigmoid alone would lose what looks like two characters, a bare bar that may be an I or a 1: each has
    half of it.
    """
    greatest = logits.max(axis=1, initial=-np.inf)
    return np.asarray(1 / (1 + np.exp(-greatest) / np.exp(logits - greatest[:, None]).sum(axis=1)), np.float32)


def keep(
    output: Output, classes: int, *, confidence: float = CONFIDENCE, overlap: float = OVERLAP, most: int = MOST
) -> list[Kept]:
    """Suppress overlapping boxes whatever their classes, and keep the others and their class rows; one value a picture.

    The row is the mean of the box's own and those it suppresses, each by its presence: what neighbouring anchors say
    of one character is a vote that costs nothing. On 413 real crops the weights had not seen it brought 2 to 3 more
    plates of 100, and two more whose characters are all within their two best candidates.
    """
    kept = []
    for number, decoded in enumerate(output.decoded):
        if output.logits is not None:
            rows = output.logits[number]
        else:
            sigmoids = np.clip(decoded[4 : 4 + classes], _TINY, 1 - _TINY)
            rows = np.log(sigmoids / (1 - sigmoids))
        # The odds of all classes are at most `classes` times the best one's: most anchors need no exponentials.
        anchors = np.flatnonzero(rows.max(axis=0) > _logit(confidence) - math.log(classes))
        present = presence(rows[:, anchors].T)
        order = np.argsort(-present, kind="stable")
        order = order[present[order] > confidence]
        anchors, present = anchors[order], present[order]
        middle, half = decoded[:2, anchors].T, decoded[2:4, anchors].T / 2
        boxes = np.concatenate((middle - half, middle + half), axis=1)
        groups = _groups(boxes, overlap, most)
        said = rows[:, anchors].T
        voted = [present[group] @ said[group] / present[group].sum() for group in groups]
        apart = [int(group[0]) for group in groups]
        anchors = anchors[apart]
        logits = np.array(voted, np.float32).reshape(-1, classes)
        kept.append(Kept(boxes[apart], present[apart], logits, decoded[4 + classes :, anchors].T, anchors))
    return kept


def _logit(probability: float) -> float:
    return math.log(max(probability, _TINY) / max(1 - probability, _TINY))


def _groups(boxes: Array, overlap: float, most: int) -> list[NDArray[np.intp]]:
    """Boxes (n, 4), best first, as groups: one that no better one overlaps by an IoU above ``overlap``, and then those
    that it overlaps so itself; at most ``most`` groups."""
    x1, y1, x2, y2 = boxes.T
    areas = (x2 - x1) * (y2 - y1)
    left = np.arange(len(boxes))
    groups: list[NDArray[np.intp]] = []
    while len(left) and len(groups) < most:
        best = left[0]
        width = np.minimum(x2[left], x2[best]) - np.maximum(x1[left], x1[best])
        height = np.minimum(y2[left], y2[best]) - np.maximum(y1[left], y1[best])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        inside = shared > overlap * (areas[left] + areas[best] - shared)
        inside[0] = True  # also a box without area
        groups.append(left[inside])
        left = left[~inside]
    return groups


def raw_characters(kept: Kept, protos: Array | None, placement: Placement) -> list[RawCharacter]:
    """The characters of one picture in its own pixels; ``protos``: (masks, h, w) of the same picture or None."""
    if not len(kept.boxes):
        return []
    boxes = kept.boxes.astype(np.float64)
    if protos is None or not kept.coefficients.shape[1]:
        outlines: list[Array | None] = [None] * len(boxes)
    else:
        outlines = _outlines(kept.coefficients, protos, boxes, placement)
    characters = []
    placed: list[list[float]] = placement.back(boxes.reshape(-1, 2)).reshape(-1, 4).tolist()
    for number, (x1, y1, x2, y2) in enumerate(placed):
        if min(x2 - x1, y2 - y1) < _LEAST_SIDE:
            continue  # it lies in the grey beside the picture
        box = (x1, y1, x2, y2)
        polygon = _polygon(outlines[number], box)
        characters.append(RawCharacter(polygon, box, float(kept.confidence[number]), kept.logits[number]))
    return characters


def detect(
    model: Model,
    images: Sequence[NDArray[np.uint8]],
    *,
    classes: int,
    side: int,
    confidence: float = CONFIDENCE,
    overlap: float = OVERLAP,
    most: int = MOST,
) -> list[list[RawCharacter]]:
    """The characters of each BGR picture, best first; ``side`` must be a multiple of the model's stride (32)."""
    placed = [place(image, side) for image in images]
    by_shape: dict[tuple[int, int], list[int]] = {}
    for number, (_, placement) in enumerate(placed):
        by_shape.setdefault(placement.shape, []).append(number)
    found: list[list[RawCharacter]] = [[] for _ in images]
    for (height, width), numbers in by_shape.items():
        size = max(1, min(_BATCH, _BATCH_PIXELS // (height * width)))
        count = -(-len(numbers) // size)
        for part in (numbers[start::count] for start in range(count)):  # batches as equal as can be
            output = model(preprocess([placed[number][0] for number in part]))
            kept = keep(output, classes, confidence=confidence, overlap=overlap, most=most)
            for row, number in enumerate(part):
                protos = None if output.protos is None else output.protos[row]
                found[number] = raw_characters(kept[row], protos, placed[number][1])
    return found


def _outlines(
    coefficients: Array, masks: Array, boxes: NDArray[np.float64], placement: Placement
) -> list[Array | None]:
    """The outline of each character in pixels of the picture, (n, 2); None where there is no area.

    ``coefficients`` (characters, masks) of ``masks`` (masks, h, w), ``boxes`` (characters, 4) on the rectangle. What is
    done to points is done to all of them together: most outlines have a few dozen.
    """
    cell = np.array([placement.shape[1] / masks.shape[2], placement.shape[0] / masks.shape[1]])
    cells = cell.tolist()
    found = [_zero_line(one, masks, box, cells) for one, box in zip(coefficients, boxes.tolist(), strict=True)]
    counts = [0 if one is None else len(one[0]) for one in found]
    there = [one for one in found if one is not None]
    if not there:
        return [None] * len(boxes)
    lines = np.concatenate([line for line, _ in there])
    corners = np.repeat(np.array([corner for _, corner in there]), [count for count in counts if count], axis=0)
    points = ((lines - 1 + 0.5) / _FINE + corners) * cell
    within = np.repeat(boxes, counts, axis=0)
    # np.clip would take longer to look at what it was given
    points = np.minimum(np.maximum(points, within[:, :2]), within[:, 2:])
    parts = np.split(placement.back(points).astype(np.float32), np.cumsum(counts)[:-1])
    return [part if len(part) else None for part in parts]


def _zero_line(
    coefficients: Array, masks: Array, box: Sequence[float], cell: Sequence[float]
) -> tuple[NDArray[np.float64], tuple[int, int]] | None:
    """The zero line of a mask field inside a box and the cell where it begins; None where there is no area.

    The field is the sum of ``masks`` (masks, h, w), each times its coefficient. The line is interpolated between the
    field's samples, which lie in the middle of cells of ``cell`` (width, height) pixels; ``_FINE`` steps are a cell,
    and the first lies at 1.
    """
    count, height, width = masks.shape
    (x1, y1, x2, y2), (cell_x, cell_y) = box, cell
    left, top = max(0, int(x1 / cell_x) - 1), max(0, int(y1 / cell_y) - 1)
    right, bottom = min(width, int(x2 / cell_x) + 2), min(height, int(y2 / cell_y) + 2)
    if right - left < 2 or bottom - top < 2:
        return None
    # Only this part of the field is made. All fields of a picture in one product are so much work that numpy shares it
    # among threads, which lanes side by side pay for twice over.
    samples = masks[:, top:bottom, left:right].reshape(count, -1)
    part = (coefficients @ samples).reshape(bottom - top, right - left)
    # Cubic interpolation rounds the corners that the coarse samples would give.
    fine = cv2.resize(part, None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_CUBIC)
    floor = min(float(fine.min()), -1e-3)
    closed = np.full((fine.shape[0] + 2, fine.shape[1] + 2), floor)
    closed[1:-1, 1:-1] = fine
    # contour_generator() comes to the same, but takes twice the time to look at what it was given.
    generator = SerialContourGenerator(
        *_grid(closed.shape),
        closed,
        None,  # type: ignore[arg-type]  # no mask
        corner_mask=True,
        line_type=LineType.Separate,
        fill_type=FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=ZInterp.Linear,
    )
    found: list[NDArray[np.float64]] = generator.lines(0.0)  # type: ignore[assignment]
    lines = [line for line in found if len(line) >= 4]
    if not lines:
        return None
    return lines[0] if len(lines) == 1 else max(lines, key=lambda points: abs(_area(points))), (left, top)


@lru_cache(maxsize=1024)
def _grid(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of every sample of a field."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return x, y


def _area(points: NDArray[Any]) -> float:
    x, y = points[:, 0], points[:, 1]
    return 0.5 * float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:]) + x[-1] * y[0] - y[-1] * x[0])


def _polygon(outline: Array | None, box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """The outline, simplified below a pixel; the box where there is no outline worth the name."""
    x1, y1, x2, y2 = box
    if outline is not None:
        tolerance = max(0.15, 0.004 * math.hypot(x2 - x1, y2 - y1))
        simple = cv2.approxPolyDP(outline, tolerance, True)[:, 0, :].astype(np.float64)
        if len(simple) >= 3 and abs(_area(simple)) >= 0.05 * abs((x2 - x1) * (y2 - y1)):
            return simple
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
