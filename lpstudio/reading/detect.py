"""From pictures to characters through a YOLO segmentation model: the one path of reading, evaluation and validation.

:func:`place` puts a picture on the rectangle the model sees: its longer side as given, both sides filled up with grey
to whole strides, as rectangular training does. What is read of a picture depends on it alone, never on its company.
:func:`preprocess` makes a batch of pictures of one such shape, :func:`predict` runs the model, :func:`keep` suppresses
overlaps whatever their classes and keeps the whole class row of what is left, :func:`raw_characters` brings boxes and
outlines back to the pixels of each picture. :func:`detect` is all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from contourpy import contour_generator
from numpy.typing import NDArray

from lpstudio.reading import CONFIDENCE

Model = Callable[[torch.Tensor], Any]
"""A network of Ultralytics, or a runtime that returns the same."""

OVERLAP = 0.5
MOST = 120  # characters kept of one picture
STRIDE = 32
_BATCH = 16
_BATCH_PIXELS = 4_000_000  # of the model's input: larger batches take gigabytes and no less time
_GREY = 114  # what Ultralytics pads with in training
_TINY = 1e-7
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
        x = np.clip((points[:, 0] - self.left) / self.gain_x, 0, self.width)
        y = np.clip((points[:, 1] - self.top) / self.gain_y, 0, self.height)
        return np.stack([x, y], axis=1).astype(np.float64)


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

    decoded: torch.Tensor
    logits: torch.Tensor | None
    protos: torch.Tensor | None


@dataclass(frozen=True)
class Kept:
    """What is left of one picture after suppression, best first, in pixels of the model's rectangle.

    ``boxes`` (n, 4) x1, y1, x2, y2; ``confidence`` (n,); ``logits`` (n, classes) float32; ``coefficients`` (n, masks);
    ``anchors`` (n,) the anchor of each.
    """

    boxes: torch.Tensor
    confidence: torch.Tensor
    logits: torch.Tensor
    coefficients: torch.Tensor
    anchors: torch.Tensor


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


def preprocess(rectangles: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """BGR rectangles of one shape as a batch (n, 3, h, w), RGB float32 from 0 to 1, channels last in memory."""
    batch = np.stack([rectangle[..., ::-1] for rectangle in rectangles])
    return torch.from_numpy(batch).permute(0, 3, 1, 2).float().div_(255)


def output_of(returned: Any) -> Output:
    """Sort what an Ultralytics segmentation (or detection) model returns in evaluation mode."""
    decoded, raw = returned if isinstance(returned, (tuple, list)) else (returned, None)
    protos = None
    if isinstance(decoded, (tuple, list)):
        decoded, protos = decoded[0], decoded[1]
    if isinstance(raw, dict):
        raw = raw.get("one2many", raw)
        protos = raw.get("proto", protos)
    return Output(decoded, raw.get("scores") if isinstance(raw, dict) else None, protos)


@torch.inference_mode()
def predict(model: Model, batch: torch.Tensor) -> Output:
    """Run a model on a batch of :func:`preprocess`."""
    return output_of(model(batch))


def presence(logits: torch.Tensor) -> torch.Tensor:
    """How probable it is that there is a character at all: (batch, classes, anchors) to (batch, 1, anchors).

    sigmoid(logsumexp(z)): the odds of all classes together, which is also what the character loss trains positives by.
    The largest sigmoid alone would lose what looks like two characters, a bare bar that may be an I or a 1: each has
    half of it.
    """
    return torch.sigmoid(logits.logsumexp(1, keepdim=True))


def keep(
    output: Output, classes: int, *, confidence: float = CONFIDENCE, overlap: float = OVERLAP, most: int = MOST
) -> list[Kept]:
    """Suppress overlapping boxes whatever their classes, and keep the class rows of the others; one value a picture."""
    from ultralytics.utils.nms import non_max_suppression

    decoded = output.decoded.float()
    logits = output.logits
    if logits is None:
        logits = torch.logit(decoded[:, 4 : 4 + classes], eps=_TINY)
    logits = logits.float()
    present = torch.cat((decoded[:, :4], presence(logits), decoded[:, 4 + classes :]), 1)
    rows, anchors = non_max_suppression(
        present,
        conf_thres=confidence,
        iou_thres=overlap,
        max_det=most,
        nc=1,
        max_time_img=10.0,  # a slow machine must not lose characters
        return_idxs=True,
    )
    kept = []
    for number, (row, index) in enumerate(zip(rows, anchors, strict=True)):
        index = index.reshape(-1).long()
        kept.append(Kept(row[:, :4], row[:, 4], logits[number, :, index].T, row[:, 6:], index))
    return kept


def raw_characters(kept: Kept, protos: torch.Tensor | None, placement: Placement) -> list[RawCharacter]:
    """The characters of one picture in its own pixels; ``protos``: (masks, h, w) of the same picture or None."""
    if not len(kept.boxes):
        return []
    boxes = kept.boxes.cpu().numpy().astype(np.float64)
    confidence = kept.confidence.cpu().numpy()
    logits = kept.logits.cpu().numpy().astype(np.float32)
    fields = None
    if protos is not None and kept.coefficients.shape[1]:
        count, height, width = protos.shape
        fields = (kept.coefficients.float() @ protos.float().reshape(count, -1)).view(-1, height, width).cpu().numpy()
    characters = []
    for number, box in enumerate(boxes):
        corners = placement.back(box.reshape(2, 2))
        if (corners[1] - corners[0]).min() < _LEAST_SIDE:
            continue  # it lies in the grey beside the picture
        outline = None if fields is None else _outline(fields[number], box, placement.shape)
        polygon = _polygon(None if outline is None else placement.back(outline), corners)
        (x1, y1), (x2, y2) = corners.tolist()
        characters.append(RawCharacter(polygon, (x1, y1, x2, y2), float(confidence[number]), logits[number]))
    return characters


def detect(
    model: Model,
    images: Sequence[NDArray[np.uint8]],
    *,
    classes: int,
    side: int,
    device: torch.device | str = "cpu",
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
        for start in range(0, len(numbers), size):
            part = numbers[start : start + size]
            output = predict(model, preprocess([placed[number][0] for number in part]).to(device))
            kept = keep(output, classes, confidence=confidence, overlap=overlap, most=most)
            for row, number in enumerate(part):
                protos = None if output.protos is None else output.protos[row]
                found[number] = raw_characters(kept[row], protos, placed[number][1])
    return found


def _outline(
    field: NDArray[np.float32], box: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64] | None:
    """The zero line of a mask field (h, w) inside a box, as points of the rectangle; None where there is no area.

    The line is interpolated between the field's samples, which lie in the middle of cells of shape[1] / w pixels.
    """
    height, width = field.shape
    cell_x, cell_y = shape[1] / width, shape[0] / height
    left, top = max(0, int(box[0] / cell_x) - 1), max(0, int(box[1] / cell_y) - 1)
    right, bottom = min(width, int(box[2] / cell_x) + 2), min(height, int(box[3] / cell_y) + 2)
    if right - left < 2 or bottom - top < 2:
        return None
    part = field[top:bottom, left:right]
    scale = 2  # cubic interpolation rounds the corners that the coarse samples would give
    fine = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    floor = min(float(fine.min()), -1e-3)
    closed = np.full((fine.shape[0] + 2, fine.shape[1] + 2), floor, np.float32)
    closed[1:-1, 1:-1] = fine
    found: list[NDArray[np.float64]] = contour_generator(z=closed).lines(0.0)  # type: ignore[assignment]
    lines = [line for line in found if len(line) >= 4]
    if not lines:
        return None
    line = max(lines, key=lambda points: abs(_area(points)))
    x = ((line[:, 0] - 1 + 0.5) / scale + left) * cell_x
    y = ((line[:, 1] - 1 + 0.5) / scale + top) * cell_y
    return np.stack([np.clip(x, box[0], box[2]), np.clip(y, box[1], box[3])], axis=1)


def _area(points: NDArray[Any]) -> float:
    x, y = points[:, 0], points[:, 1]
    return 0.5 * float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:]) + x[-1] * y[0] - y[-1] * x[0])


def _polygon(outline: NDArray[np.float64] | None, corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outline, simplified below a pixel; the box where there is no outline worth the name."""
    (x1, y1), (x2, y2) = corners
    if outline is not None:
        tolerance = max(0.15, 0.004 * float(np.hypot(x2 - x1, y2 - y1)))
        simple = cv2.approxPolyDP(outline.astype(np.float32), tolerance, True)[:, 0, :].astype(np.float64)
        if len(simple) >= 3 and abs(_area(simple)) >= 0.05 * abs((x2 - x1) * (y2 - y1)):
            return simple
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
