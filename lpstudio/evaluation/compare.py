"""What a comparison comes to: every variant read on val, decided in two ways, with formats and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.project import Project
from lpstudio.errors import LpStudioError
from lpstudio.evaluation.decisions import DECISIONS, PROBABLE, decided_figures
from lpstudio.evaluation.evaluate import evaluate
from lpstudio.evaluation.figures import CropFigures, Figures, differences_of, figures_of
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.statistics import Estimate
from lpstudio.plates.formats import NO_FORMATS, FormatSet, formats_from
from lpstudio.reading.posterior import sha256_of
from lpstudio.reading.reader import CharacterReader
from lpstudio.reading.weights import load_weights
from lpstudio.training.runs import Run
from lpstudio.training.variants import Comparison, Variant

VERSION = 1
SPLIT = "val"
BASELINE = "stock"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Measured:
    """One variant on val. ``crops``: what each adds, by (decision, whether formats took part), in the order of keys.

    ``temperature``, ``method``: how its logits become probabilities, fitted on its selection part; ``calibrated`` is
    False where too little was found there. ``mask_map``: mask mAP50-95 of its best weights.
    """

    loss: str
    seed: int
    run: str
    weights_sha256: str
    truth: str
    formats: str
    temperature: float
    method: str
    calibrated: bool
    mask_map: float | None
    crops: Mapping[tuple[str, bool], tuple[CropFigures, ...]]


@dataclass(frozen=True)
class Row:
    """One line of the table: a loss, a decision, with formats or without; all its seeds together.

    ``over_baseline``: how much more each figure is than with the stock loss, decided by the most probable class under
    the same formats; None for that line itself, and where stock took no part. ``by_seed``: character and plate accuracy
    and mask mAP50-95 of each seed.
    """

    loss: str
    decision: str
    formats: bool
    figures: Figures
    over_baseline: Mapping[str, Estimate | None] | None
    temperatures: tuple[float, ...]
    by_seed: Mapping[int, Mapping[str, float | None]]

    @property
    def mask_map(self) -> float | None:
        values = [one["mask_map"] for one in self.by_seed.values() if one["mask_map"] is not None]
        return float(np.mean(values)) if values else None

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        over = self.over_baseline
        return {
            "loss": self.loss,
            "decision": self.decision,
            "formats": self.formats,
            "temperatures": [round(value, 6) for value in self.temperatures],
            "mask_map": None if self.mask_map is None else round(self.mask_map, 6),
            "by_seed": {str(seed): dict(values) for seed, values in self.by_seed.items()},
            **self.figures.to_dict(),
            "over_baseline": None
            if over is None
            else {name: one.to_dict() if one is not None else None for name, one in over.items()},
        }


@dataclass(frozen=True)
class ComparisonTable:
    """All lines, and what they have in common."""

    name: str
    budget: str
    formats: str
    seeds: tuple[int, ...]
    measured: tuple[Measured, ...]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        losses = tuple(dict.fromkeys(one.loss for one in self.measured))
        return tuple(
            self._row(loss, decision, formats) for loss in losses for decision in DECISIONS for formats in (False, True)
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "schema": 1,
            "comparison": self.name,
            "budget": self.budget,
            "formats": self.formats,
            "seeds": list(self.seeds),
            "runs": [
                {
                    "loss": one.loss,
                    "seed": one.seed,
                    "run": one.run,
                    "weights_sha256": one.weights_sha256,
                    "temperature": one.temperature,
                    "method": one.method,
                    "calibrated": one.calibrated,
                }
                for one in self.measured
            ],
            "rows": [row.to_dict() for row in self.rows],
        }

    def _row(self, loss: str, decision: str, formats: bool) -> Row:
        key = decision, formats
        own = [one for one in self.measured if one.loss == loss]
        base = [one for one in self.measured if one.loss == BASELINE]
        crops = [crop for one in own for crop in one.crops[key]]
        over = None
        if base and (loss, decision) != (BASELINE, PROBABLE):
            over = differences_of(crops, [crop for one in base for crop in one.crops[PROBABLE, formats]])
        by_seed = {}
        for one in own:
            figures = figures_of(one.crops[key], draws=1)
            by_seed[one.seed] = {
                "character_top1": _value(figures.character_top1),
                "plate_first": _value(figures.plate_first),
                "mask_map": one.mask_map,
            }
        return Row(loss, decision, formats, figures_of(crops), over, tuple(one.temperature for one in own), by_seed)


def measure(
    comparison: Comparison, project: Project, formats: str, device: str | None = None, progress: Progress | None = None
) -> ComparisonTable:
    """Read val with the best weights of every variant; what was read before with the same weights is not read again.

    Raises LpStudioError when a variant is not trained, or labels and texts of val changed in between.
    """
    chosen = formats_from(formats)
    measured = []
    for number, variant in enumerate(comparison.variants, start=1):
        what = f"reading val {number}/{len(comparison.variants)}"

        def show(_: str, done: int, total: int, what: str = what) -> None:
            if progress is not None:
                progress(what, done, total)

        measured.append(_measured(comparison, variant, project, chosen, device, show))
    if len({one.truth for one in measured}) > 1:
        raise LpStudioError(
            "labels or texts of val were changed while the comparison was made",
            path=comparison.dir,
            remedy="Remove the folder figures in it, and resume: val is read anew",
        )
    return ComparisonTable(comparison.name, comparison.budget(), chosen.name, comparison.seeds, tuple(measured))


def _measured(
    comparison: Comparison,
    variant: Variant,
    project: Project,
    formats: FormatSet,
    device: str | None,
    progress: Progress,
) -> Measured:
    run, path = variant.run, comparison.dir / "figures" / f"{variant.run.name}.json"
    weights = run.best_weights
    if weights is None:
        raise LpStudioError("this variant has no best weights yet", path=run.dir)
    hashed = sha256_of(weights.read_bytes())
    known = _read(path)
    if known is not None and known.weights_sha256 == hashed and known.formats == formats.name:
        return known
    reader = CharacterReader(load_weights(weights, device), run.settings.imgsz)
    similarity = project.settings.similarity
    crops: dict[tuple[str, bool], tuple[CropFigures, ...]] = {}
    truth = ""
    for with_formats in (False, True):
        result = evaluate(project, reader, formats if with_formats else formats_from(NO_FORMATS), SPLIT, progress)
        if result.faults:
            key, message = result.faults[0]
            raise LpStudioError(message or f"{key} cannot be read")
        truth = sha256_of(repr([(crop.key, crop.text, crop.true) for crop in result.crops]).encode())
        for decision in DECISIONS:
            crops[decision, with_formats] = tuple(
                decided_figures(crop, decision, with_formats, similarity) for crop in result.crops
            )
    posterior = reader.weights.posterior
    measured = Measured(
        loss=variant.loss,
        seed=variant.seed,
        run=run.name,
        weights_sha256=hashed,
        truth=truth,
        formats=formats.name,
        temperature=posterior.temperature,
        method=posterior.method,
        calibrated=reader.weights.calibrated,
        mask_map=_mask_map(run),
        crops=crops,
    )
    _write(path, measured)
    return measured


def _mask_map(run: Run) -> float | None:
    """Mask mAP50-95 of the best weights on val, as the training's end told it; of the best epoch where val chose."""
    if run.chooser != SPLIT:
        try:
            return float(json.loads((run.dir / "scores.json").read_bytes())["metrics"]["mask_map"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
    best = [event for event in run.events(kinds={"epoch"}, max_bytes=1 << 30)[0] if event.get("best")]
    return float(best[-1]["metrics"]["mask_map"]) if best else None


def _value(one: Estimate | None) -> float | None:
    return None if one is None else round(one.value, 6)


def _write(path: Path, measured: Measured) -> None:
    data = {name: value for name, value in vars(measured).items() if name != "crops"}
    parts = [
        {"decision": decision, "with_formats": formats, "crops": [asdict(crop) for crop in crops]}
        for (decision, formats), crops in measured.crops.items()
    ]
    write_bytes_atomic(path, json.dumps({"v": VERSION, **data, "parts": parts}).encode())


def _read(path: Path) -> Measured | None:
    """What was measured before, or None."""
    try:
        data = json.loads(path.read_bytes())
        if data.pop("v") != VERSION:
            return None
        parts = data.pop("parts")
        crops = {
            (str(part["decision"]), bool(part["with_formats"])): tuple(_crop(crop) for crop in part["crops"])
            for part in parts
        }
        return Measured(**data, crops=crops)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _crop(data: Mapping[str, Any]) -> CropFigures:
    lists: dict[str, Sequence[Any]] = {name: tuple(data[name]) for name in ("likelihoods", "confidences", "right")}
    return CropFigures(**{**data, "counts": CharacterCounts(**data["counts"]), **lists})
