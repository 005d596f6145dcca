"""The neutral form between a project and other programs' files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lpstudio.dataset.types import Character, CropState, Origin

# How a character without class is called where a format wants a name.
NO_CLASS = "?"


class Part(StrEnum):
    """What a crop can carry, and what a format may have no place for; the values are how a person reads them."""

    OUTLINE = "outline"
    STATE = "state"
    TEXT = "plate text"
    UNREADABLE = "unreadable mark"
    CLASSLESS = "character without class"
    DRAFT = "draft"
    CONFIDENCE = "confidence"
    CANDIDATES = "candidates"
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the source something stands: the file as it is shown to a person, and the line where there are lines."""

    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ExchangedCrop:
    """One crop on its way in or out.

    ``name``: posix path of the picture as the format calls it, not to be trusted as a path. ``size``: width and height
    in pixels after EXIF orientation as the format says, None where it does not. ``relative``: polygons count from 0 to
    1 of width and height instead of pixels. ``picture``: the picture's name in the source (reading), ``embedded``: its
    bytes where they stand in the annotation itself. ``incomplete``: some character of it could not be read.
    ``split``: train, val or test, None where the source does not say.
    """

    name: str
    place: Place
    characters: tuple[Character, ...] = ()
    state: CropState = CropState.UNLABELLED
    size: tuple[int, int] | None = None
    relative: bool = False
    text: str | None = None
    split: str | None = None
    origin: Origin | None = None
    picture: str | None = None
    embedded: bytes | None = None
    incomplete: bool = False


_STATE_NAMES = {state.value: state for state in CropState} | {"in_progress": CropState.IN_PROGRESS}


def state_from_name(value: object) -> CropState | None:
    """The state that a word in a file names, or None."""
    return _STATE_NAMES.get(value.strip().lower()) if isinstance(value, str) else None


def resolved_state(given: CropState | None, characters: tuple[Character, ...]) -> CropState:
    """The state of a crop that was read: what the file says, else draft where a machine gave scores, else labelled."""
    if given is CropState.UNLABELLED and characters:
        given = None
    if given is not None:
        return given
    if not characters:
        return CropState.UNLABELLED
    scored = any(character.confidence is not None for character in characters)
    return CropState.DRAFT if scored else CropState.LABELLED
