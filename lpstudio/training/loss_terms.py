"""The character loss in numpy: the twin of the torch loss, for screens that show what it means term by term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpstudio.alphabet import normalise_name
from lpstudio.training.settings import LossSettings


@dataclass(frozen=True, slots=True)
class TopKTerm:
    """One of the best classes: ``penalty = probability · (1 − similarity to the true class)``."""

    char: str
    probability: float
    similarity: float
    penalty: float


@dataclass(frozen=True, slots=True)
class LossTerms:
    """The loss of one character, taken apart.

    ``similarity_term`` is T, the sum of the penalties; ``total = base_weight · cross_entropy + topk_weight · T``;
    ``logged = gain · total`` is what the curves show.
    """

    cross_entropy: float
    topk_terms: tuple[TopKTerm, ...]
    similarity_term: float
    base_weight: float
    topk_weight: float
    total: float
    gain: float
    logged: float


def explain_loss(
    logits: ArrayLike, true: str, matrix: ArrayLike, names: Sequence[str], settings: LossSettings | None = None
) -> LossTerms:
    """The loss of one character from its class logits.

    ``logits``: shape (nc,); ``matrix``: S, shape (nc, nc); ``names[i]``: the character of class i. Classes of equal
    probability rank in class order. Raises ValueError when ``true`` is no class or the shapes do not fit.
    """
    settings = settings or LossSettings()
    z = np.asarray(logits, dtype=np.float64)
    similarity = np.asarray(matrix, dtype=np.float64)
    count = len(names)
    if z.shape != (count,) or similarity.shape != (count, count):
        raise ValueError(f"expected {count} logits and a {count}×{count} matrix, got {z.shape} and {similarity.shape}")
    target = _class_of(true, names)

    base_weight, topk_weight = settings.weights
    cross_entropy = -float(_log_softmax(z)[target])
    probabilities = np.exp(_log_softmax(z / settings.temperature))
    best = np.argsort(-probabilities, kind="stable")[: min(settings.k, count)]
    terms = tuple(
        TopKTerm(
            normalise_name(names[j]),
            float(probabilities[j]),
            float(similarity[target, j]),
            float(probabilities[j] * (1.0 - similarity[target, j])),
        )
        for j in best
    )
    similarity_term = sum(term.penalty for term in terms)
    total = base_weight * cross_entropy + topk_weight * similarity_term
    gain = 0.0 if settings.is_stock else settings.gain
    return LossTerms(cross_entropy, terms, similarity_term, base_weight, topk_weight, total, gain, gain * total)


def explain_confusion(
    true: str,
    predicted: str,
    strength: float,
    matrix: ArrayLike,
    names: Sequence[str],
    settings: LossSettings | None = None,
    true_strength: float = 1.0,
) -> LossTerms:
    """The loss when ``predicted`` has the logit ``strength``, the true character ``true_strength``, all others 0."""
    return explain_loss(
        confusion_logits(true, predicted, strength, names, true_strength), true, matrix, names, settings
    )


def confusion_logits(
    true: str, predicted: str, strength: float, names: Sequence[str], true_strength: float = 1.0
) -> NDArray[np.float64]:
    """Class logits, shape (nc,), of a model that takes ``true`` for ``predicted``."""
    logits = np.zeros(len(names))
    logits[_class_of(true, names)] = true_strength
    logits[_class_of(predicted, names)] = strength
    return logits


def _log_softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = z - z.max()
    return shifted - np.log(np.exp(shifted).sum())


def _class_of(char: str, names: Sequence[str]) -> int:
    wanted = normalise_name(char)
    for index, name in enumerate(names):
        if normalise_name(name) == wanted:
            return index
    raise ValueError(f"{char!r} is no class of this dataset")
