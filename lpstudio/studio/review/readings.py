"""What a reader said of one picture or frame: the result line of ``read``, as values the workspace works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lpstudio.alphabet import normalise_name
from lpstudio.dataset.types import Candidate, Polygon
from lpstudio.errors import LpStudioError
from lpstudio.reading.plate import all_found

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ReadCharacter:
    """One character found by a model. ``chosen`` is what the plate's text has in its place, empty for nothing.

    ``polygon`` and ``box`` (x1, y1, x2, y2): pixels of the picture after EXIF orientation. ``candidates``: best first.
    """

    polygon: Polygon
    box: Box
    confidence: float
    candidates: tuple[Candidate, ...]
    similar: bool
    changed: bool
    chosen: str

    @property
    def first(self) -> Candidate:
        return self.candidates[0]

    @property
    def second(self) -> Candidate | None:
        return self.candidates[1] if len(self.candidates) > 1 else None

    @property
    def margin(self) -> float:
        """The difference of the two best probabilities: small where the model hesitates."""
        second = self.second
        return self.first.probability - (second.probability if second else 0.0)

    @property
    def alternative(self) -> str:
        """What Tab takes: the best candidate other than the chosen one, or an empty string."""
        return next((c.char for c in self.candidates if c.char != self.chosen), "")

    def moved(self, dx: float, dy: float) -> ReadCharacter:
        """The same character in a picture whose origin lies at (-dx, -dy) of this one."""
        x1, y1, x2, y2 = self.box
        return replace(
            self,
            polygon=tuple((x + dx, y + dy) for x, y in self.polygon),
            box=(x1 + dx, y1 + dy, x2 + dx, y2 + dy),
        )


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One text that the plate may say."""

    text: str
    probability: float
    format: str


@dataclass(frozen=True, slots=True)
class ReadPlate:
    """One plate: its characters in reading order and the ranked texts they may say."""

    box: Box
    text: str
    probability: float
    format: str
    hypotheses: tuple[Hypothesis, ...]
    characters: tuple[ReadCharacter, ...]


@dataclass(frozen=True, slots=True)
class PictureReading:
    """The whole result for one picture or frame; ``error`` says why there is none."""

    source: str
    frame: int | None
    time_s: float | None
    width: int
    height: int
    error: str
    weights: str
    calibrated: bool
    plates: tuple[ReadPlate, ...]

    @property
    def characters(self) -> tuple[ReadCharacter, ...]:
        """The characters of every plate, plate after plate, in reading order."""
        return tuple(character for plate in self.plates for character in plate.characters)

    @property
    def text(self) -> str:
        """The texts of all plates, separated by a blank."""
        return " ".join(plate.text for plate in self.plates)

    @property
    def margin(self) -> float | None:
        """The smallest margin among its characters; None where nothing was read."""
        return min((character.margin for character in self.characters), default=None)

    @property
    def has_similar_pair(self) -> bool:
        return any(character.similar for character in self.characters)

    def plate_of(self, index: int) -> int:
        """The plate to which the ``index``-th of :attr:`characters` belongs. Raises IndexError."""
        for number, plate in enumerate(self.plates):
            if index < len(plate.characters):
                return number
            index -= len(plate.characters)
        raise IndexError(index)

    def first_of(self, plate: int) -> int:
        """The index among :attr:`characters` of a plate's first one."""
        return sum(len(earlier.characters) for earlier in self.plates[:plate])

    @classmethod
    def failed(cls, source: str, error: str, frame: int | None = None) -> PictureReading:
        """The result of a picture that could not be read."""
        return cls(source, frame, None, 0, 0, error, "", False, ())

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> PictureReading:
        """From one line of ``read --json``. Raises LpStudioError when it is none of schema 1."""
        if line.get("schema") != 1:
            raise LpStudioError(f"a reading of schema {line.get('schema')!r} is not understood", remedy="Restart.")
        try:
            return cls(
                source=str(line["source"]),
                frame=None if line.get("frame") is None else int(line["frame"]),
                time_s=None if line.get("time_s") is None else float(line["time_s"]),
                width=int(line.get("width") or 0),
                height=int(line.get("height") or 0),
                error=str(line.get("error") or ""),
                weights=str(line.get("weights") or ""),
                calibrated=bool(line.get("calibrated")),
                plates=tuple(_plate(plate) for plate in line.get("plates") or ()),
            )
        except (KeyError, TypeError, ValueError, IndexError) as fault:
            raise LpStudioError(f"the reader sent a reading that lacks or garbles {fault}") from fault


def _box(values: Any) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def _plate(data: Mapping[str, Any]) -> ReadPlate:
    return ReadPlate(
        box=_box(data["box"]),
        text=str(data["text"]),
        probability=float(data["probability"]),
        format=str(data.get("format") or ""),
        hypotheses=tuple(
            Hypothesis(str(h["text"]), float(h["probability"]), str(h.get("format") or ""))
            for h in data.get("hypotheses") or ()
        ),
        characters=tuple(_character(row) for row in all_found(data)),
    )


def _character(data: Mapping[str, Any]) -> ReadCharacter:
    candidates = tuple(Candidate(normalise_name(c["char"]), float(c["probability"])) for c in data["candidates"])
    return ReadCharacter(
        polygon=tuple((float(x), float(y)) for x, y in data["polygon"]),
        box=_box(data["box"]),
        confidence=float(data["confidence"]),
        candidates=candidates,
        similar=bool(data.get("similar")),
        changed=bool(data.get("changed")),
        chosen=normalise_name(data["chosen"] or ""),
    )
