"""Collecting one crop from a file, character by character: what cannot be one is named in the report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lpstudio.alphabet import normalise_name
from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.model import NO_CLASS, ExchangedCrop, Place, resolved_state, state_from_name
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.shapes import ShapeError
from lpstudio.dataset.types import Candidate, Character, CropState, Origin, Polygon
from lpstudio.errors import LpStudioError


class CropReader:
    """Build one :class:`ExchangedCrop`. ``place`` is where its annotation stands."""

    def __init__(self, name: str, place: Place, report: Report) -> None:
        self.name = name
        self.place = place
        self.report = report
        self.characters: list[Character] = []
        self.incomplete = False
        self.text: str | None = None
        self.state: CropState | None = None
        self.origin: Origin | None = None
        self._tried = 0

    def add(
        self,
        label: Any,
        outline: Callable[[], Polygon],
        *,
        item: str = "",
        line: int | None = None,
        unreadable: bool = False,
        confidence: Any = None,
        candidates: Any = None,
    ) -> None:
        """Add a character; ``outline`` may raise ShapeError. ``item`` says which one it is in the file."""
        place = self.place if line is None else Place(self.place.file, line)
        prefix = f"{item}: " if item else ""
        self._tried += 1
        if self._tried > limits.MAX_CHARACTERS:
            if self._tried == limits.MAX_CHARACTERS + 1:
                self.incomplete = True
                reason = f"more than {limits.MAX_CHARACTERS} characters on one crop; the rest is left out"
                self.report.lose("characters", reason, place)
            return
        if not isinstance(label, (str, int)) or isinstance(label, bool):
            self.lose(f"{prefix}the class is missing", line)
            return
        name = normalise_name(label)
        try:
            polygon = outline()
            score = probability(confidence)
            proposed = candidates_from(candidates)
        except ShapeError as error:
            self.lose(f"{prefix}{error}", line)
            return
        char = "" if name == NO_CLASS else name
        self.characters.append(Character(polygon, char, unreadable, proposed, score))

    def lose(self, reason: str, line: int | None = None) -> None:
        """Name a character that could not be read; the crop then counts as half-drawn."""
        self.incomplete = True
        self.report.lose("characters", reason, self.place if line is None else Place(self.place.file, line))

    def lose_part(self, reason: str, line: int | None = None) -> None:
        """Name what a character lost that came over otherwise."""
        self.report.lose("parts of masks", reason, self.place if line is None else Place(self.place.file, line))

    def say_state(self, value: object) -> None:
        """Note the state that the file gives in words; others are passed over and named."""
        if value is None or value == "":
            return
        self.state = state_from_name(value)
        if self.state is None:
            self.report.lose("states", f"“{value}” is no state of a crop", self.place)

    def say_origin(self, data: Any) -> None:
        """Note where the crop was cut from, given as plain data."""
        from lpstudio.dataset.records import origin_from_dict

        if data is None:
            return
        try:
            origin = origin_from_dict(data)
            values = (*(origin.rectangle or ()), origin.time_s or 0.0)
            if not all(math.isfinite(value) for value in values):
                raise ValueError
            self.origin = origin
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            self.report.lose("origins", "the origin is not understood", self.place)

    def crop(
        self,
        *,
        size: tuple[int, int] | None = None,
        relative: bool = False,
        split: str | None = None,
        picture: str | None = None,
        embedded: bytes | None = None,
    ) -> ExchangedCrop:
        """The crop with all that was added."""
        characters = tuple(self.characters)
        return ExchangedCrop(
            self.name,
            self.place,
            characters,
            resolved_state(self.state, characters),
            size,
            relative,
            self.text,
            split,
            self.origin,
            picture,
            embedded,
            self.incomplete,
        )


def probability(value: Any) -> float | None:
    """A confidence where one is given. Raises ShapeError for what is none."""
    if value is None or value == "":
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ShapeError("the confidence is not a number") from None
    if not 0.0 <= result <= 1.0:
        raise ShapeError("the confidence is not between 0 and 1")
    return result


def candidates_to(character: Character) -> str:
    """Candidates as one short text: ``O 0.62 0 0.35``."""
    return " ".join(f"{c.char} {c.probability!r}" for c in character.candidates)


def candidates_from(value: Any) -> tuple[Candidate, ...]:
    """The inverse of :func:`candidates_to`. Raises ShapeError."""
    if value is None or value == "":
        return ()
    words = value.split() if isinstance(value, str) else [value]
    if len(words) % 2 or len(words) > 200:
        raise ShapeError("the candidates are not understood")
    pairs = zip(words[::2], words[1::2], strict=True)
    return tuple(Candidate(normalise_name(char), probability(share) or 0.0) for char, share in pairs)


def lose_file(report: Report, error: LpStudioError) -> None:
    """A whole file that could not be read."""
    report.lose("files", error.what, Place(str(error.path or ""), error.line))
