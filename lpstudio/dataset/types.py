"""The words of a dataset: crop states, characters, and what stands on one crop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]
Polygon = tuple[Point, ...]


class CropState(StrEnum):
    """The state of a crop; only LABELLED and VERIFIED crops are trained on."""

    UNLABELLED = "unlabelled"
    IN_PROGRESS = "in progress"  # a person began to draw and has not confirmed
    LABELLED = "labelled"  # found on disk, nobody here confirmed it
    DRAFT = "draft"  # characters proposed by a machine; they live in the database only
    VERIFIED = "verified"  # a person confirmed it, "no characters" included
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible class of a character with its probability (0 to 1)."""

    char: str
    probability: float


@dataclass(frozen=True, slots=True)
class Character:
    """One character on a crop.

    ``polygon``: at least three points in pixels of the crop after EXIF orientation, subpixel, y down.
    ``char``: the normalised class name; empty while no class was given.
    ``unreadable``: kept, but never trained on and never written to the label file.
    ``candidates`` and ``confidence``: what a model said of it, best first; empty for hand-drawn characters.
    """

    polygon: Polygon
    char: str = ""
    unreadable: bool = False
    candidates: tuple[Candidate, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line of a label file that was not understood; it is written back unchanged."""

    line: int  # 1-based, where it was found
    text: str
    fault: str


@dataclass(frozen=True, slots=True)
class CropContent:
    """All that stands on one crop: what is edited, saved, drafted and undone as a whole."""

    characters: tuple[Character, ...] = ()
    unread: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a crop was cut from. ``rectangle``: x1, y1, x2, y2 in pixels of the frame."""

    source: str
    frame: int | None = None
    time_s: float | None = None
    rectangle: tuple[float, float, float, float] | None = None
