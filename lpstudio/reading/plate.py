"""From characters to plates: the line of JSON that ``lpstudio read`` writes for a picture or frame.

A line: ``schema`` (1), ``source``, ``frame``, ``time_s``, ``width``, ``height``, ``error``, ``weights``, ``calibrated``
and ``plates``. A plate: ``box``, ``track``, ``text``, ``probability``, ``format``, ``hypotheses``, ``characters``
(those of its text, in reading order) and ``left_out`` (what was found beside them; the same, and its ``place`` among
all that was found, counted from 0). A character:

- ``polygon``, ``box`` (x1, y1, x2, y2): pixels of the source after EXIF orientation
- ``confidence``: how probable it is that a character is there, whichever
- ``candidates``: ``char`` and ``probability``, best first
- ``similar``: its two best candidates look alike
- ``chosen``: what the plate's text has in its place, null where the text leaves it out
- ``changed``: ``chosen`` is another than the best candidate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lpstudio.alphabet import CHARACTERS
from lpstudio.dataset.types import Character
from lpstudio.plates.decode import Hypothesis, Observed, decode
from lpstudio.plates.formats import FormatSet
from lpstudio.plates.order import Box, group_plates
from lpstudio.similarity import Similarity

SCHEMA = 1
_LEAST_DOUBT = 0.002
_SINGLE = frozenset(CHARACTERS)
_DOUBLED = 0.25  # doubt of a character that lies for a good part over a more confident one


@dataclass(frozen=True)
class SeenCharacter:
    """A character with the box it was found in and its whole posterior by class name."""

    character: Character
    box: Box
    probabilities: Mapping[str, float]

    @property
    def confidence(self) -> float:
        return self.character.confidence or 0.0


def plates_of(seen: Sequence[SeenCharacter], formats: FormatSet, similarity: Similarity) -> list[dict[str, Any]]:
    """The plates of one picture as in the JSON schema: from top to bottom, characters in reading order."""
    return [_plate([seen[i] for i in group], formats, similarity) for group in group_plates([one.box for one in seen])]


def line(
    source: str,
    *,
    frame: int | None = None,
    time_s: float | None = None,
    width: int | None = None,
    height: int | None = None,
    error: str | None = None,
    weights: str,
    calibrated: bool,
    plates: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """One line of schema 1; with ``error`` set for a picture or frame that could not be read."""
    return {
        "schema": SCHEMA,
        "source": source,
        "frame": frame,
        "time_s": None if time_s is None else round(time_s, 6),
        "width": width,
        "height": height,
        "error": error,
        "weights": weights,
        "calibrated": calibrated,
        "plates": list(plates),
    }


def _plate(seen: Sequence[SeenCharacter], formats: FormatSet, similarity: Similarity) -> dict[str, Any]:
    known = [_plate_characters(one) for one in seen]
    observed = [Observed(one, doubt) for one, doubt in zip(known, _doubts(seen, known), strict=True)]
    hypotheses = decode(observed, formats)
    first = hypotheses[0]
    boxes = [one.box for one in seen]
    found = [_character(one, chosen, similarity) for one, chosen in zip(seen, first.chars, strict=True)]
    return {
        "box": _rounded(
            (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        ),
        "track": None,
        **_hypothesis(first),
        "hypotheses": [_hypothesis(one) for one in hypotheses],
        "characters": [one for one in found if one["chosen"] is not None],
        "left_out": [{**one, "place": place} for place, one in enumerate(found) if one["chosen"] is None],
    }


def all_found(plate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A plate's characters and those its text leaves out, together in reading order."""
    found = list(plate["characters"])
    for one in plate.get("left_out", ()):
        found.insert(one["place"], one)
    return found


def _hypothesis(one: Hypothesis) -> dict[str, Any]:
    return {"text": one.text, "probability": round(one.probability, 6), "format": one.format}


def _character(one: SeenCharacter, chosen: str | None, similarity: Similarity) -> dict[str, Any]:
    candidates = one.character.candidates
    similar = len(candidates) > 1 and similarity.is_similar(candidates[0].char, candidates[1].char)
    return {
        "polygon": [[round(x, 3), round(y, 3)] for x, y in one.character.polygon],
        "box": _rounded(one.box),
        "confidence": round(one.confidence, 6),
        "similar": similar,
        "changed": chosen != candidates[0].char,
        "chosen": chosen,
        "candidates": [{"char": c.char, "probability": round(c.probability, 6)} for c in candidates],
    }


def _plate_characters(one: SeenCharacter) -> dict[str, float]:
    return {char: p for char, p in one.probabilities.items() if char in _SINGLE}


def _doubts(seen: Sequence[SeenCharacter], known: Sequence[Mapping[str, float]]) -> list[float]:
    """How probable it is of each that it is no character of its plate: faint ones, doubled ones, foreign classes."""
    doubts = []
    for one, probabilities in zip(seen, known, strict=True):
        foreign = max(0.0, 1.0 - sum(probabilities.values()))
        doubt = max(_LEAST_DOUBT, 0.3 * (1.0 - one.confidence) ** 2, foreign)
        if any(other is not one and _covers(other, one) for other in seen):
            doubt = max(doubt, _DOUBLED)
        doubts.append(min(doubt, 0.9))
    return doubts


def _covers(other: SeenCharacter, one: SeenCharacter) -> bool:
    """Whether the more confident ``other`` lies over a good part of ``one``."""
    if other.confidence < one.confidence:
        return False
    a, b = other.box, one.box
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = ((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return shared > 0.55 * max(min(areas), 1e-9)


def _rounded(box: Box) -> list[float]:
    return [round(value, 3) for value in box]
