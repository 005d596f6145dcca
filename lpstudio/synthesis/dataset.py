"""A synthetic dataset on disk: pictures, label files, ``data.yaml`` and ``plates.csv``.

Every plate has its own random stream, made of the seed and the plate's number: the same seed gives the same bytes,
whatever the number of processes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.atomic import write_error
from lpstudio.dataset.labels import format_label_text
from lpstudio.dataset.types import Character, CropContent
from lpstudio.errors import UsageError
from lpstudio.plates.formats import DEFAULT_FORMATS, Format, formats_from
from lpstudio.synthesis.camera import photograph
from lpstudio.synthesis.plate import design_plate
from lpstudio.synthesis.scene import choose_view, draw
from lpstudio.synthesis.texts import choose_format, sample_groups

_MOST_CAPTURES = 3


@dataclass(frozen=True)
class SyntheticCrop:
    """One crop: the JPEG file, its size (width, height) in pixels, its characters in reading order."""

    jpeg: bytes
    size: tuple[int, int]
    characters: tuple[Character, ...]
    text: str
    format: str


@dataclass(frozen=True)
class SynthesisSummary:
    """What was written: crops per split, plates, characters."""

    folder: Path
    train: int
    val: int
    plates: int
    characters: int


@dataclass(frozen=True)
class _Plate:
    """One plate of the plan; ``number`` selects its random stream."""

    number: int
    captures: int
    split: str


def _begin(seed: int, number: int, formats: Sequence[Format]) -> tuple[np.random.Generator, Format, tuple[str, ...]]:
    """The random stream of a plate after its format and its text were drawn from it."""
    rng = np.random.default_rng([seed, number])
    chosen = choose_format(formats, rng)
    return rng, chosen, sample_groups(chosen, rng)


def make_plate(seed: int, number: int, captures: int, formats: Sequence[Format]) -> list[SyntheticCrop]:
    """One plate photographed ``captures`` times; the polygons are those of the drawn glyphs, in pixels."""
    rng, chosen, groups = _begin(seed, number, formats)
    design = design_plate(chosen.id, groups, rng)
    crops = []
    for _ in range(captures):
        view = choose_view(design, rng)
        jpeg = photograph(draw(design, view, rng), view.cap_px, rng)
        characters = tuple(
            Character(tuple((float(x), float(y)) for x, y in view.project(placed.outline)), placed.char)
            for placed in design.characters
        )
        crops.append(SyntheticCrop(jpeg, (view.width, view.height), characters, design.text, design.format))
    return crops


def _plan(count: int, seed: int, val_share: float, formats: Sequence[Format]) -> list[_Plate]:
    """Plates of one to three captures that make ``count`` crops; no two have the same text, no split is empty."""
    rng = np.random.default_rng([seed, 0, count])
    plates: list[tuple[int, int]] = []
    texts: set[str] = set()
    number, left = 0, count
    while left:
        number += 1
        text = "".join(_begin(seed, number, formats)[2])
        if text in texts:
            continue
        texts.add(text)
        most = left if plates else left - 1  # at least two plates, one for each split
        captures = min(int(rng.integers(1, _MOST_CAPTURES + 1)), most)
        plates.append((number, captures))
        left -= captures
    wanted = max(1, round(count * val_share))
    val: set[int] = set()
    for place in rng.permutation(len(plates)):
        number, captures = plates[int(place)]
        if len(val) < len(plates) - 1 and (captures <= wanted or not val):
            val.add(number)
            wanted -= captures
        if wanted <= 0:
            break
    return [_Plate(number, captures, "val" if number in val else "train") for number, captures in plates]


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _make_planned(seed: int, formats: Sequence[Format], plate: _Plate) -> list[SyntheticCrop]:
    return make_plate(seed, plate.number, plate.captures, formats)


def _produce(
    plates: Sequence[_Plate], seed: int, formats: Sequence[Format], jobs: int
) -> Iterator[list[SyntheticCrop]]:
    make = partial(_make_planned, seed, formats)
    if jobs <= 1:
        yield from map(make, plates)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _one_thread) as pool:
        try:
            yield from pool.map(make, plates, chunksize=16)
        except GeneratorExit:
            pool.shutdown(cancel_futures=True)
            raise


def write_dataset(
    out: Path,
    count: int,
    seed: int,
    val_share: float = 0.2,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> SynthesisSummary:
    """Write ``count`` synthetic crops as an Ultralytics dataset; train and val never share a plate.

    ``out`` must be absent or an empty folder. ``data.yaml`` is written last: what was interrupted is no dataset.
    ``progress`` is called with the crops done and ``count``. Raises UsageError or LpStudioError.
    """
    if count < 2:
        raise UsageError("a dataset needs at least 2 crops, one for each split", remedy="Give a larger --count")
    if not 0.0 < val_share < 1.0:
        raise UsageError(f"the share of val crops must be between 0 and 1, not {val_share:g}")
    if seed < 0:
        raise UsageError(f"the seed must not be negative, not {seed}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("it is there already and not an empty folder", path=out, remedy="Name a new folder")

    formats = formats_from(DEFAULT_FORMATS).formats
    alphabet = Alphabet.standard()
    plates = _plan(count, seed, val_share, formats)
    rows: list[tuple[str, str, str, int]] = []
    totals = {"train": 0, "val": 0}
    characters = 0
    try:
        for kind in ("images", "labels"):
            for split in totals:
                (out / kind / split).mkdir(parents=True, exist_ok=True)
        for plate, crops in zip(plates, _produce(plates, seed, formats, jobs), strict=True):
            for capture, crop in enumerate(crops, start=1):
                stem = f"plate{plate.number:06d}_{capture}"
                (out / "images" / plate.split / f"{stem}.jpg").write_bytes(crop.jpeg)
                label = format_label_text(CropContent(crop.characters), alphabet, crop.size)
                (out / "labels" / plate.split / f"{stem}.txt").write_bytes(label.encode())
                rows.append((f"{stem}.jpg", plate.split, crop.text, 1))
                totals[plate.split] += 1
                characters += len(crop.characters)
            if progress is not None:
                progress(len(rows), count)
        (out / "plates.csv").write_bytes(_csv(rows).encode())
        (out / "data.yaml").write_bytes(_yaml(alphabet, seed).encode())
    except OSError as error:
        raise write_error(error, Path(error.filename) if error.filename else out) from error
    return SynthesisSummary(out, totals["train"], totals["val"], len(plates), characters)


def _csv(rows: Sequence[tuple[str, str, str, int]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "split", "text", "has_polygons"))
    writer.writerows(rows)
    return text.getvalue()


def _yaml(alphabet: Alphabet, seed: int) -> str:
    names = "".join(f"  {index}: '{name}'\n" for index, name in enumerate(alphabet.names))
    return (
        f"# Synthetic plate crops with exact polygons, made by: lpstudio synth (seed {seed})\n"
        f"train: images/train\nval: images/val\nnames:\n{names}"
    )
