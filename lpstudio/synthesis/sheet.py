"""A contact sheet: many crops on one picture, with their texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import UsageError
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.crops import SyntheticCrop, make_plate
from lpstudio.synthesis.video import Pixels

CELL = (208, 104)  # width and height of a crop on the sheet, in pixels
COLUMNS, ROWS = 8, 9
TEXT, GAP = 18, 8  # pixels for the words below a crop, and between crops
_GROUND, _INK, _OUTLINE, _UNREADABLE = (42, 40, 40), (214, 214, 214), (60, 220, 255), (60, 60, 255)
_FINE = 4  # binary places of outline coordinates


def sample_crops(
    seed: int, wishes: Wishes, count: int, progress: Callable[[int, int], None] | None = None
) -> list[SyntheticCrop]:
    """The first capture of the first ``count`` plates of a seed: as a dataset of the same wishes has them."""
    wishes.check()
    crops = []
    for number in range(1, count + 1):
        crops += make_plate(seed, number, 1, wishes)
        if progress is not None:
            progress(number, count)
    return crops


def cells_in(width: float, height: float, scale: float) -> tuple[int, int, float]:
    """Columns and rows of crops that fill so much room, at least one each, and the scale near the wished one."""
    columns = max(1, math.ceil((width / scale - GAP) / (CELL[0] + GAP) - 0.1))
    scale = width / (columns * (CELL[0] + GAP) + GAP + 1)
    rows = (height / scale - GAP) // (CELL[1] + TEXT + GAP)
    return columns, max(1, int(rows)), scale


def contact_sheet(
    crops: Sequence[SyntheticCrop],
    columns: int = COLUMNS,
    *,
    outlines: bool = False,
    scale: float = 1.0,
    ground: tuple[int, int, int] = _GROUND,
    ink: tuple[int, int, int] = _INK,
) -> Pixels:
    """Shape (height, width, 3), blue green red, ``columns`` × (CELL width + GAP) + GAP pixels wide at ``scale`` 1.

    ``outlines``: draw the polygons. ``ground``, ``ink``: the colours of the sheet and of what is written on it.
    """
    cell_width, cell_height = (round(side * scale) for side in CELL)
    text, gap = round(TEXT * scale), round(GAP * scale)
    rows = -(-len(crops) // columns)
    size = (rows * (cell_height + text + gap) + gap, columns * (cell_width + gap) + gap, 3)
    sheet = np.full(size, ground, np.uint8)
    for index, crop in enumerate(crops):
        y = gap + index // columns * (cell_height + text + gap)
        x = gap + index % columns * (cell_width + gap)
        picture = _fitted(crop, (cell_width, cell_height), outlines)
        height, width = picture.shape[:2]
        down, right = y + (cell_height - height) // 2, x + (cell_width - width) // 2
        sheet[down : down + height, right : right + width] = picture
        said = f"{crop.text}  {crop.size[0]} x {crop.size[1]}"
        place = (x, y + cell_height + text - round(5 * scale))
        cv2.putText(sheet, said, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38 * scale, ink, 1, cv2.LINE_AA)
    return sheet


def _fitted(crop: SyntheticCrop, cell: tuple[int, int], outlines: bool) -> Pixels:
    """The crop as large as the cell allows; enlarged pixels stay squares."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(crop.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    share = min(cell[0] / crop.size[0], cell[1] / crop.size[1])
    size = max(1, round(crop.size[0] * share)), max(1, round(crop.size[1] * share))
    way = cv2.INTER_NEAREST if share > 1 else cv2.INTER_AREA
    picture = np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)
    if outlines:
        for character in crop.characters:
            points = np.rint((np.array(character.polygon) * share - 0.5) * (1 << _FINE)).astype(np.int32)
            colour = _UNREADABLE if character.unreadable else _OUTLINE
            cv2.polylines(picture, [points], True, colour, 1, cv2.LINE_AA, _FINE)
    return picture


def check_sheet_path(path: Path) -> None:
    """Raise UsageError unless the name is that of a picture that can be written."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UsageError("a contact sheet is a .png or a .jpg", path=path)


def write_sheet(path: Path, sheet: Pixels) -> None:
    """Write a sheet as PNG or JPEG, by the ending of its name. Raises LpStudioError."""
    check_sheet_path(path)
    done, data = cv2.imencode(path.suffix.lower(), sheet)
    if not done:
        raise MemoryError("the contact sheet could not be encoded")
    write_bytes_atomic(path, data.tobytes())
