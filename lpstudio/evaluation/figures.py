"""The figures of an evaluation, each with an interval that draws whole plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.evaluation.calibration import BINS, Bin, bin_sums, error_of_sums, negative_log_likelihood, reliability
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.statistics import DRAWS, SEED, Estimate, Figure, drawn_sums, estimate, ratio, sums_by_plate


@dataclass(frozen=True)
class CropFigures:
    """What one crop adds to the figures. ``plate``: the same for all crops of one plate.

    ``wrong``: found characters read as another one; ``wrong_within``: as a look-alike; ``severity``: their sum of
    1 - S. Of the found characters whose class the weights know: ``likelihoods`` of the truth, ``confidences`` of the
    best candidate, and whether that is ``right``.
    """

    plate: str
    counts: CharacterCounts
    text_known: bool
    text_right: bool
    text_among_two: bool
    wrong: int
    wrong_within: int
    severity: float
    likelihoods: tuple[float, ...]
    confidences: tuple[float, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True)
class Figures:
    """All figures of a split; None where there is nothing to measure.

    ``character_top1``, ``character_top2``: of the labelled characters (a missed one is wrong). ``plate_first``: the
    first hypothesis is the known text; ``plate_top2``: each of its characters is among the two best candidates.
    ``errors_within``: of the errors of found characters, the share between look-alikes. ``severity``: mean 1 - S of
    those errors. ``nll``, ``ece``: negative log-likelihood (natural) and expected calibration error of the posterior.
    """

    character_top1: Estimate | None
    character_top2: Estimate | None
    plate_first: Estimate | None
    plate_top2: Estimate | None
    errors_within: Estimate | None
    severity: Estimate | None
    nll: Estimate | None
    ece: Estimate | None
    within: int
    across: int
    bins: tuple[Bin, ...]
    draws: int
    seed: int

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """The figures with intervals, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        names = [one.name for one in fields(self) if one.name not in ("within", "across", "bins", "draws", "seed")]
        return {name: values[name] for name in names}

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "figures": {name: one.to_dict() if one is not None else None for name, one in self.estimates.items()},
            "errors": {"within_groups": self.within, "across_groups": self.across},
            "intervals": {"level": 0.95, "method": "bootstrap by plate (BC)", "draws": self.draws, "seed": self.seed},
            "reliability": [
                {
                    "low": round(one.low, 6),
                    "high": round(one.high, 6),
                    "count": one.count,
                    "confidence": round(one.confidence, 6),
                    "accuracy": round(one.accuracy, 6),
                }
                for one in self.bins
            ],
        }


_COLUMNS = (
    "characters", "top1", "top2", "texts", "texts_right", "texts_among_two",
    "wrong", "within", "severity", "rated", "nll",
)  # fmt: skip
_AT = {name: place for place, name in enumerate(_COLUMNS)}


def figures_of(crops: Sequence[CropFigures], draws: int = DRAWS, seed: int = SEED) -> Figures:
    """The figures of a split from what its crops add. The same crops and seed give the same intervals."""
    sums = _sums(crops)
    drawn = drawn_sums(sums, draws, seed)
    estimates = {}
    for name, (figure, whole) in _FIGURES.items():
        cases = sums[:, _AT[whole]]
        estimates[name] = estimate(sums, drawn, figure, round(cases.sum()), int((cases > 0).sum()))
    total = sums.sum(axis=0)
    within = round(total[_AT["within"]])
    return Figures(
        **estimates,
        within=within,
        across=round(total[_AT["wrong"]]) - within,
        bins=reliability(
            [confidence for crop in crops for confidence in crop.confidences],
            [right for crop in crops for right in crop.right],
        ),
        draws=draws,
        seed=seed,
    )


def differences_of(
    crops: Sequence[CropFigures], others: Sequence[CropFigures], draws: int = DRAWS, seed: int = SEED
) -> dict[str, Estimate | None]:
    """How much more each figure is on ``crops`` than on ``others``: the same plates, read in two ways.

    A draw takes the same plates of both, so that what is hard for either of them cancels out. Raises ValueError when
    they are not of the same plates in the same order.
    """
    plates = list(dict.fromkeys(crop.plate for crop in crops))
    if plates != list(dict.fromkeys(crop.plate for crop in others)):
        raise ValueError("these figures are not of the same plates")
    sums = np.concatenate((_sums(crops), _sums(others)), axis=1)
    half = sums.shape[1] // 2
    drawn = drawn_sums(sums, draws, seed)
    result = {}
    for name, (figure, whole) in _FIGURES.items():
        cases = sums[:, _AT[whole]] + sums[:, half + _AT[whole]]

        def difference(both: NDArray[np.float64], figure: Figure = figure) -> NDArray[np.float64]:
            return figure(both[:, :half]) - figure(both[:, half:])

        result[name] = estimate(sums, drawn, difference, round(cases.sum()), int((cases > 0).sum()))
    return result


def _sums(crops: Sequence[CropFigures]) -> NDArray[np.float64]:
    """What the plates add, in the order in which they first come: (plates, quantities)."""
    rows = np.zeros((len(crops), len(_COLUMNS) + 3 * BINS))
    for row, crop in zip(rows, crops, strict=True):
        counts = crop.counts
        row[: len(_COLUMNS)] = (
            counts.characters, counts.top1, counts.top2,
            crop.text_known, crop.text_right, crop.text_among_two,
            crop.wrong, crop.wrong_within, crop.severity,
            len(crop.likelihoods), negative_log_likelihood(crop.likelihoods).sum(),
        )  # fmt: skip
        row[len(_COLUMNS) :] = bin_sums(crop.confidences, crop.right).sum(axis=0)
    return sums_by_plate([crop.plate for crop in crops], rows)


def _calibration_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return error_of_sums(sums[:, len(_COLUMNS) :])


def _share(part: str, whole: str) -> tuple[Figure, str]:
    return ratio(_AT[part], _AT[whole]), whole


# each figure, and the quantity that counts its cases
_FIGURES: dict[str, tuple[Figure, str]] = {
    "character_top1": _share("top1", "characters"),
    "character_top2": _share("top2", "characters"),
    "plate_first": _share("texts_right", "texts"),
    "plate_top2": _share("texts_among_two", "texts"),
    "errors_within": _share("within", "wrong"),
    "severity": _share("severity", "wrong"),
    "nll": _share("nll", "rated"),
    "ece": (_calibration_error, "rated"),
}


def titled(figures: Figures) -> list[tuple[str, Estimate | None, bool]]:
    """The figures for people: (in words, the figure, whether it is a share)."""
    return [
        ("characters: best candidate right", figures.character_top1, True),
        ("characters: right among the two best", figures.character_top2, True),
        ("plates: first hypothesis right", figures.plate_first, True),
        ("plates: every character among the two best", figures.plate_top2, True),
        ("errors between look-alikes", figures.errors_within, True),
        ("mean severity of an error (1 - S)", figures.severity, False),
        ("negative log-likelihood of the truth", figures.nll, False),
        ("expected calibration error", figures.ece, False),
    ]
