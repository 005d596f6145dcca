"""Two ways to decide what a character is, given its posterior: the most probable class, or the one of the least cost.

The cost of saying j where i stands is 1 − S[i, j]. A posterior of O 0.4, 0 0.35, 8 0.25 is an O either way; with
8 0.41, O 0.3, 0 0.29 the most probable is 8, but O costs less, as it is nearly right where a 0 stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lpstudio.alphabet import CHARACTERS
from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.evaluation.figures import CropFigures
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.results import CropResult
from lpstudio.reading.plate import all_found
from lpstudio.similarity import Similarity

PROBABLE = "most probable"
COST = "least cost"
DECISIONS = (PROBABLE, COST)


def least_cost(posterior: Mapping[str, float], similarity: Similarity) -> str:
    """The plate character of the least expected cost. Raises ValueError without any plate character."""
    names = list(posterior)
    costs = (1.0 - similarity.matrix(names)).T @ np.array([posterior[name] for name in names])
    ranked = [(float(cost), place) for place, (name, cost) in enumerate(zip(names, costs, strict=True)) if _is(name)]
    return names[min(ranked)[1]]


def least_cost_text(hypotheses: Sequence[tuple[str, float]], similarity: Similarity) -> str:
    """Of (text, probability), likeliest first, the text of the least expected cost; other lengths cost every place."""

    def cost(text: str) -> float:
        total = 0.0
        for other, probability in hypotheses:
            if len(other) != len(text):
                total += probability * max(len(other), len(text))
            else:
                total += probability * sum(1.0 - similarity.value(a, b) for a, b in zip(text, other, strict=True))
        return total

    return min((text for text, _ in hypotheses), key=cost)


def decided(crop: CropResult, decision: str, formats: bool, similarity: Similarity) -> tuple[tuple[str, ...], str]:
    """What each found character is taken for, and the text of the plate that counts.

    Without ``formats`` every character is decided by itself; with them the plate is, among the texts they allow.
    """
    characters: list[str] = []
    said, best, at = "", crop.best_plate, 0
    for plate in crop.plates:
        count = len(all_found(plate))
        chars, text = _of_plate(plate, crop.posteriors[at : at + count], decision, formats, similarity)
        characters += chars
        if plate is best:
            said = text
        at += count
    return tuple(characters), normalise_text(said)


def decided_figures(crop: CropResult, decision: str, formats: bool, similarity: Similarity) -> CropFigures:
    """What a crop adds to the figures when its characters are decided so."""
    chars, said = decided(crop, decision, formats, similarity)
    pairs = [(crop.true[t].char, chars[f]) for t, f in crop.pairs] if crop.true is not None else []
    wrong = [(true, read) for true, read in pairs if true != read]
    counts = crop.counts
    rated = [one for one in crop.readings if one.likelihood is not None]
    return CropFigures(
        plate=crop.plate,
        counts=CharacterCounts(counts.characters, len(pairs) - len(wrong), counts.top2, counts.missed, counts.extra),
        text_known=crop.text is not None,
        text_right=crop.text is not None and said == crop.text,
        text_among_two=crop.plate_among_two,
        wrong=len(wrong),
        wrong_within=sum(similarity.is_similar(true, read) for true, read in wrong),
        severity=sum(1.0 - similarity.value(true, read) for true, read in wrong),
        likelihoods=tuple(one.likelihood for one in rated if one.likelihood is not None),
        confidences=tuple(one.confidence for one in rated),
        right=tuple(one.true == one.read for one in rated),
    )


def _of_plate(
    plate: Mapping[str, Any],
    posteriors: Sequence[Mapping[str, float]],
    decision: str,
    formats: bool,
    similarity: Similarity,
) -> tuple[list[str], str]:
    found = all_found(plate)
    first = [one["chosen"] for one in found]
    best = [one["candidates"][0]["char"] for one in found]
    text = str(plate["text"])
    if decision == PROBABLE:
        return [chosen or char for chosen, char in zip(first, best, strict=True)], text
    if not formats:
        least = [least_cost(posterior, similarity) for posterior in posteriors]
        return least, "".join(char for char, chosen in zip(least, first, strict=True) if chosen is not None)
    text = least_cost_text([(one["text"], one["probability"]) for one in plate["hypotheses"]], similarity)
    if len(text) != sum(chosen is not None for chosen in first):  # it leaves others out than the first hypothesis
        return [chosen or char for chosen, char in zip(first, best, strict=True)], text
    rest = iter(text)
    return [next(rest) if chosen is not None else char for chosen, char in zip(first, best, strict=True)], text


def _is(name: str) -> bool:
    return len(name) == 1 and name in CHARACTERS
