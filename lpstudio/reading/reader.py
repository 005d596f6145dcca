"""The reader: weights and pictures in, characters with candidates out. All reading goes through here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Candidate, Character
from lpstudio.reading import CONFIDENCE
from lpstudio.reading.detect import Model, RawCharacter, detect
from lpstudio.reading.looks import larger, together
from lpstudio.reading.weights import Weights

CANDIDATES = 5
_LEAST = 0.001  # probability of candidates after the second that are still told
_LARGE = 2.5  # times the trained side: larger pictures are looked at in more than one size
_MOST_SIDE = 1280


class CharacterReader:
    """Reads characters with given weights.

    ``side``: pixels of the longer side of what the model sees, a multiple of 32; None: what the weights were trained
    at, and for pictures far larger also their own size (a plate in a whole frame would be too small otherwise).
    ``twice``: look at every picture a second time, larger (:mod:`lpstudio.reading.looks`), near three times the work.
    """

    def __init__(
        self, weights: Weights, side: int | None = None, confidence: float = CONFIDENCE, *, twice: bool = False
    ) -> None:
        self.weights = weights
        self.side = None if side is None else max(32, (side + 31) // 32 * 32)
        self.confidence = confidence
        self.twice = twice

    def for_many(self) -> CharacterReader:
        """A reader that reads the same, faster once it is made (:meth:`Model.for_many`)."""
        return self._with(self.weights.model.for_many())

    def lane(self, around: Callable[[Model], Any] = lambda model: model) -> CharacterReader:
        """A reader that reads the same, in another thread at the same time and on that thread alone.

        ``around`` makes of its model what is called in its place.
        """
        return self._with(around(self.weights.model.lane()))

    def _with(self, model: Model) -> CharacterReader:
        weights = replace(self.weights, model=model)
        return CharacterReader(weights, self.side, self.confidence, twice=self.twice)

    def read(self, images: Sequence[NDArray[np.uint8]]) -> list[list[Character]]:
        """The characters of each BGR picture, in no particular order, with their candidates best first.

        Polygons are in pixels of the picture given.
        """
        return [[character for character, _ in self.with_posterior(found)] for found in self.read_raw(images)]

    def read_raw(self, images: Sequence[NDArray[np.uint8]]) -> list[list[RawCharacter]]:
        """As :meth:`read`, with the whole class rows."""
        side = self.side or self.weights.side
        results = self._detect(images, side)
        if self.twice:
            looks = zip(results, self._detect(images, larger(side)), strict=True)
            results = [together(seen, self.confidence) for seen in looks]
        if self.side is None:
            for number, image in enumerate(images):
                large = min(_MOST_SIDE, (max(image.shape[:2]) + 31) // 32 * 32)
                if large >= _LARGE * self.weights.side:
                    other = self._detect([image], large)[0]
                    if _trust(other) > _trust(results[number]):
                        results[number] = other
        return results

    def with_posterior(self, found: Sequence[RawCharacter]) -> list[tuple[Character, dict[str, float]]]:
        """The detections of a picture as characters (named class, ranked candidates), each with its whole posterior
        by class name."""
        if not found:
            return []
        names = self.weights.alphabet.names
        rows = self.weights.posterior.probabilities(np.stack([raw.logits for raw in found]))
        orders = np.argsort(-rows, axis=1, kind="stable")[:, :CANDIDATES]
        return [
            (self._character(raw, probabilities, order), dict(zip(names, probabilities, strict=True)))
            for raw, probabilities, order in zip(found, rows.tolist(), orders.tolist(), strict=True)
        ]

    def _character(self, raw: RawCharacter, probabilities: Sequence[float], order: Sequence[int]) -> Character:
        names = self.weights.alphabet.names
        candidates = tuple(
            Candidate(names[i], probabilities[i])
            for rank, i in enumerate(order)
            if rank < 2 or probabilities[i] >= _LEAST
        )
        polygon = tuple(map(tuple, raw.polygon.tolist()))
        return Character(polygon, candidates[0].char, candidates=candidates, confidence=raw.confidence)

    def _detect(self, images: Sequence[NDArray[np.uint8]], side: int) -> list[list[RawCharacter]]:
        return detect(
            self.weights.model,
            images,
            classes=len(self.weights.alphabet),
            side=side,
            confidence=self.confidence,
        )


def _trust(found: Sequence[RawCharacter]) -> float:
    return sum(character.confidence for character in found)
