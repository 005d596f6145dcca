"""Fit how logits become probabilities, on what a run set aside of train, or on a part of a split; val only scores.

Characters found by the weights are matched one to one with labelled ones. Of softmax(z / τ) and the normalised sigmoids
of z / τ, each with the τ of the least negative log-likelihood, the likelier is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.create import split_by_plate
from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import TrainingCrop, collect
from lpstudio.dataset.types import Character
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.evaluation.calibration import bin_sums, error_of_sums, negative_log_likelihood
from lpstudio.evaluation.measures import match_boxes
from lpstudio.plates.order import box_of
from lpstudio.reading.pictures import Picture, load_picture
from lpstudio.reading.posterior import METHODS, Posterior, calibration_path, sha256_of
from lpstudio.reading.reader import CharacterReader

if TYPE_CHECKING:
    from lpstudio.training.runs import Run

LEAST_CHARACTERS = 50
SCORING_SPLIT = "val"
_RANGE = (0.05, 20.0)  # of τ
_BATCH = 16

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Scores:
    """What probabilities are worth: mean negative log-likelihood (natural), expected calibration error (0 to 1)."""

    nll: float
    ece: float
    characters: int

    def to_dict(self) -> dict[str, Any]:
        return {"nll": round(self.nll, 6), "ece": round(self.ece, 6), "characters": self.characters}


@dataclass(frozen=True)
class Matched:
    """Characters that were found and labelled: class rows (n, classes), true classes (n,), and of how many crops."""

    logits: NDArray[np.float64]
    truth: NDArray[np.intp]
    crops: int

    def scores(self, posterior: Posterior) -> Scores | None:
        """None where no character was matched."""
        if not len(self.truth):
            return None
        p = posterior.probabilities(self.logits)
        nll = negative_log_likelihood(p[np.arange(len(p)), self.truth]).mean()
        sums = bin_sums(p.max(axis=1), p.argmax(axis=1) == self.truth).sum(axis=0, keepdims=True)
        return Scores(float(nll), float(error_of_sums(sums)[0]), len(self.truth))


@dataclass(frozen=True)
class Calibration:
    """A fitted posterior, and its scores beside those of softmax(z) on the part it was fitted on and on val.

    ``candidates``: the best of each method with its likelihood on the fitting part. ``trained_on``: how many crops of
    that part the weights were trained on; None where that is not known.
    """

    weights: Path
    posterior: Posterior
    split: str
    share: float
    seed: int
    crops: int
    trained_on: int | None
    candidates: tuple[tuple[Posterior, Scores], ...]
    before: Scores
    after: Scores
    val_before: Scores | None
    val_after: Scores | None

    def to_dict(self) -> dict[str, Any]:
        """The content of the calibration file but for the hash of the weights."""
        result: dict[str, Any] = {
            "temperature": round(self.posterior.temperature, 6),
            "method": self.posterior.method,
            "fitted_on": {
                "split": self.split,
                "share": self.share,
                "seed": self.seed,
                "crops": self.crops,
                "trained_on": self.trained_on,
            },
            "compared": {
                one.method: {"temperature": round(one.temperature, 6), **scores.to_dict()}
                for one, scores in self.candidates
            },
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
        }
        if self.val_before is not None and self.val_after is not None:
            result[SCORING_SPLIT] = {"before": self.val_before.to_dict(), "after": self.val_after.to_dict()}
        return result

    def save(self) -> Path:
        """Write ``STEM.calibration.json`` beside the weights. Raises LpStudioError."""
        data = {**self.to_dict(), "weights_sha256": sha256_of(self.weights.read_bytes())}
        path = calibration_path(self.weights)
        write_bytes_atomic(path, (json.dumps(data, indent=1) + "\n").encode())
        return path


def calibrate(
    project: Project,
    reader: CharacterReader,
    split: str = "train",
    share: float = 0.2,
    seed: int = 42,
    progress: Progress = lambda what, done, total: None,
    allow_trained: bool = False,
) -> Calibration:
    """Fit on ``share`` of the labelled crops of a split, whole plates drawn by ``seed``.

    Crops that the weights are known to be trained on stay out unless ``allow_trained``: the model is surer of them than
    of new ones. Raises UsageError for val, LpStudioError when there is too little to fit on.
    """
    if split == SCORING_SPLIT:
        raise UsageError("val only scores, nothing is fitted on it", remedy="Name another split, such as train")
    known = dict.fromkeys(source.split for source in project.sources)
    if split not in known:
        raise LpStudioError(
            f"there is no split {split!r}", path=project.yaml_path, remedy=f"Its splits: {', '.join(known) or 'none'}"
        )
    project.scan()
    found = collect(project, [name for name in (split, SCORING_SPLIT) if name in known])
    selected = select(project, found.splits[split], share, seed)
    trained = _trained_on(reader.weights.path)
    if trained is not None and not allow_trained:
        fresh = [crop for crop in selected if crop.key not in trained]
        if selected and not fresh:
            raise LpStudioError(
                f"the weights were trained on all {len(selected)} crops set aside of {split}: fitted on them, "
                "probabilities of new plates come out too sure",
                path=project.yaml_path,
                remedy="Keep a split out of the training and name it with --split, or give --allow-trained",
            )
        selected = fresh
    return _fitted(
        reader,
        selected,
        found.splits.get(SCORING_SPLIT, ()),
        (split, share, seed),
        None if trained is None else sum(crop.key in trained for crop in selected),
        progress,
        project.yaml_path,
    )


def calibrate_run(
    run: Run,
    reader: CharacterReader,
    progress: Progress = lambda what, done, total: None,
    scoring: bool = False,
) -> Calibration:
    """Fit on the selection part of a run, which its weights were not trained on; ``scoring``: val scores the result.

    Raises LpStudioError when the run has no such part, or too little was found on it.
    """
    selected = _of_run(run, "selection")
    if not selected:
        raise LpStudioError("this run has no selection part", path=run.dir, remedy="Name a split with --split")
    drawn = ("selection", run.settings.selection_share, run.settings.seed)
    return _fitted(reader, selected, _of_run(run, "val") if scoring else (), drawn, 0, progress, run.dir)


def _of_run(run: Run, split: str) -> list[TrainingCrop]:
    names = run.alphabet.names
    return [
        TrainingCrop(
            crop.key,
            crop.image,
            crop.size,
            tuple(
                Character(tuple((float(x), float(y)) for x, y in points * np.array(crop.size)), names[number])
                for number, points in crop.polygons()
            ),
        )
        for crop in run.crops(split)
    ]


def _fitted(
    reader: CharacterReader,
    selected: Sequence[TrainingCrop],
    scored: Sequence[TrainingCrop],
    drawn: tuple[str, float, int],
    trained_on: int | None,
    progress: Progress,
    where: Path,
) -> Calibration:
    """Fit on ``selected``, score on ``scored``. ``drawn``: the split, share and seed that ``selected`` comes from."""
    fitting = match(reader, selected, progress, "fitting")
    if len(fitting.truth) < LEAST_CHARACTERS:
        raise LpStudioError(
            f"too little to fit on: {len(fitting.truth)} characters of {len(selected)} labelled crops were found, "
            f"{LEAST_CHARACTERS} are needed",
            path=where,
            remedy="Label more crops, or set a greater share aside",
        )
    scoring = match(reader, scored, progress, SCORING_SPLIT)
    fitted = [fit(fitting, method) for method in METHODS]
    candidates = [(one, _scored(fitting, one)) for one in fitted]
    posterior = min(candidates, key=lambda pair: pair[1].nll)[0]
    plain = Posterior()
    return Calibration(
        weights=reader.weights.path,
        posterior=posterior,
        split=drawn[0],
        share=drawn[1],
        seed=drawn[2],
        crops=fitting.crops,
        trained_on=trained_on,
        candidates=tuple(candidates),
        before=_scored(fitting, plain),
        after=_scored(fitting, posterior),
        val_before=scoring.scores(plain),
        val_after=scoring.scores(posterior),
    )


def select(project: Project, crops: Sequence[TrainingCrop], share: float, seed: int) -> list[TrainingCrop]:
    """About ``share`` of the crops, the same ones for the same seed; all crops of one plate, or none of them."""
    if share >= 1.0:
        return list(crops)
    texts = [(crop.key, normalise_text(project.text(crop.key) or "") or None) for crop in crops]
    chosen = set(split_by_plate(texts, share, seed)[1])
    return [crop for crop in crops if crop.key in chosen]


def match(reader: CharacterReader, crops: Sequence[TrainingCrop], progress: Progress, what: str) -> Matched:
    """Read crops and match what is found with their labels; pictures that cannot be read are passed over."""
    names = {name: number for number, name in enumerate(reader.weights.alphabet.names)}
    logits: list[NDArray[np.float32]] = []
    truth: list[int] = []
    read = 0
    for start in range(0, len(crops), _BATCH):
        progress(what, start, len(crops))
        batch = [(crop, picture) for crop in crops[start : start + _BATCH] if (picture := _picture(crop)) is not None]
        read += len(batch)
        for (crop, picture), raws in zip(batch, reader.read_raw([one.pixels for _, one in batch]), strict=True):
            scale = np.array(picture.scale * 2)
            pairs = match_boxes([box_of(one.polygon) for one in crop.characters], [raw.box * scale for raw in raws])
            for true, seen in pairs:
                number = names.get(crop.characters[true].char)
                if number is not None:
                    logits.append(raws[seen].logits)
                    truth.append(number)
    progress(what, len(crops), len(crops))
    rows = np.array(logits, np.float64).reshape(-1, len(names))
    return Matched(rows, np.array(truth, np.intp), read)


def fit(matched: Matched, method: str) -> Posterior:
    """The temperature of the least negative log-likelihood for one method.

    As Platt did, every truth counts as if one character in n + 2 were its runner-up instead: when all are read right,
    the likelihood alone would have the least temperature there is.
    """
    logits, truth = matched.logits, matched.truth
    rows = np.arange(len(truth))
    others = logits.copy()
    others[rows, truth] = -np.inf
    runner_up = others.argmax(axis=1)
    doubt = 1.0 / (len(truth) + 2)

    def cost(log_temperature: float) -> float:
        log_p = Posterior(float(np.exp(log_temperature)), method).log_probabilities(logits)
        return -float(((1 - doubt) * log_p[rows, truth] + doubt * log_p[rows, runner_up]).mean())

    grid = np.log(np.geomspace(*_RANGE, 33))
    best = int(np.argmin([cost(value) for value in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return Posterior(float(np.exp(_least(cost, float(low), float(high)))), method)


def _least(cost: Callable[[float], float], low: float, high: float) -> float:
    """Golden-section search between two bounds."""
    ratio = (np.sqrt(5.0) - 1) / 2
    while high - low > 1e-5:
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if cost(a) < cost(b):
            high = b
        else:
            low = a
    return (low + high) / 2


def _scored(matched: Matched, posterior: Posterior) -> Scores:
    scores = matched.scores(posterior)
    assert scores is not None  # there are LEAST_CHARACTERS
    return scores


def _picture(crop: TrainingCrop) -> Picture | None:
    try:
        return load_picture(crop.image)
    except LpStudioError:
        return None


def run_of(weights: Path) -> Run | None:
    """The run whose folder these weights lie in, or None."""
    from lpstudio.training.runs import Run

    folder = weights.absolute().parent.parent
    try:
        return Run.open(folder) if (folder / "run.json").is_file() else None
    except LpStudioError:
        return None


def _trained_on(weights: Path) -> set[str] | None:
    """The keys of the crops that the run that made the weights was trained on; None when they lie in no run."""
    run = run_of(weights)
    try:
        return None if run is None else {crop.key for crop in run.crops("train")}
    except LpStudioError:
        return None
