"""What the store keeps of one crop, and its form in ``crops.jsonl``, the text file made for version control."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lpstudio.alphabet import normalise_name
from lpstudio.dataset.types import Candidate, Character, CropState, Origin


@dataclass(frozen=True, slots=True)
class KeptCharacter:
    """A character that stands in no label file (unreadable, or without class), and its place among all of them."""

    at: int
    character: Character


@dataclass(frozen=True, slots=True)
class CropRecord:
    """What is known of a crop beside its picture and label file. ``changed``: seconds since 1970, UTC."""

    key: str
    state: CropState | None = None
    text: str | None = None
    kept: tuple[KeptCharacter, ...] = ()
    origin: Origin | None = None
    changed: float = 0.0

    @property
    def is_draft_only(self) -> bool:
        """Whether nothing but a draft, which is machine-made, is known."""
        return self.state is CropState.DRAFT and self.text is None and not self.kept and self.origin is None


def character_to_dict(character: Character) -> dict[str, Any]:
    """Plain data; polygons in pixels with four decimals."""
    data: dict[str, Any] = {"polygon": [[round(x, 4), round(y, 4)] for x, y in character.polygon]}
    if character.char:
        data["char"] = character.char
    if character.unreadable:
        data["unreadable"] = True
    if character.confidence is not None:
        data["confidence"] = round(character.confidence, 6)
    if character.candidates:
        data["candidates"] = [[c.char, round(c.probability, 6)] for c in character.candidates]
    return data


def character_from_dict(data: Any) -> Character:
    """The inverse of :func:`character_to_dict`. Raises ValueError, KeyError or TypeError for anything else."""
    polygon = tuple((float(x), float(y)) for x, y in data["polygon"])
    if len(polygon) < 3 or not all(math.isfinite(value) for point in polygon for value in point):
        raise ValueError("a polygon needs three points or more")
    confidence = data.get("confidence")
    return Character(
        polygon,
        normalise_name(data.get("char", "")),
        bool(data.get("unreadable", False)),
        tuple(Candidate(normalise_name(c), float(p)) for c, p in data.get("candidates", ())),
        None if confidence is None else float(confidence),
    )


def character_id(character: Character) -> str:
    """A short name for one character of a crop that holds as long as its polygon (to half a pixel) stays."""
    points = ",".join(f"{round(x * 2)}:{round(y * 2)}" for x, y in character.polygon)
    return hashlib.blake2b(points.encode("ascii"), digest_size=8).hexdigest()


def characters_to_json(characters: Iterable[Character]) -> str:
    return json.dumps([character_to_dict(c) for c in characters], separators=(",", ":"))


def characters_from_json(text: str) -> tuple[Character, ...]:
    return tuple(character_from_dict(data) for data in json.loads(text))


def kept_to_list(kept: Iterable[KeptCharacter]) -> list[dict[str, Any]]:
    return [{"at": k.at, **character_to_dict(k.character)} for k in kept]


def kept_from_list(data: Any) -> tuple[KeptCharacter, ...]:
    return tuple(KeptCharacter(int(entry.get("at", 0)), character_from_dict(entry)) for entry in data)


def origin_to_dict(origin: Origin) -> dict[str, Any]:
    data: dict[str, Any] = {"source": origin.source}
    if origin.frame is not None:
        data["frame"] = origin.frame
    if origin.time_s is not None:
        data["time_s"] = origin.time_s
    if origin.rectangle is not None:
        data["rectangle"] = list(origin.rectangle)
    return data


def origin_from_dict(data: Any) -> Origin:
    rectangle = data.get("rectangle")
    if rectangle is not None:
        x1, y1, x2, y2 = (float(value) for value in rectangle)
        rectangle = (x1, y1, x2, y2)
    frame, time_s = data.get("frame"), data.get("time_s")
    return Origin(
        str(data["source"]),
        None if frame is None else int(frame),
        None if time_s is None else float(time_s),
        rectangle,
    )


def record_to_line(record: CropRecord) -> str:
    """One line of ``crops.jsonl``. A draft is machine-made and lives in the database only, so its state is left out."""
    data: dict[str, Any] = {"key": record.key}
    if record.state is not None and record.state is not CropState.DRAFT:
        data["state"] = record.state.value
    if record.text is not None:
        data["text"] = record.text
    if record.kept:
        data["unreadable"] = kept_to_list(record.kept)
    if record.origin is not None:
        data["origin"] = origin_to_dict(record.origin)
    data["changed"] = round(record.changed, 3)
    try:
        line = json.dumps(data, ensure_ascii=False)
        line.encode("utf-8")
    except UnicodeEncodeError:  # a file name that is no UTF-8
        line = json.dumps(data)
    return line


def record_from_line(line: str) -> CropRecord:
    """The inverse of :func:`record_to_line`. Raises ValueError for a line that is none."""
    try:
        data = json.loads(line)
        state = data.get("state")
        text = data.get("text")
        changed = float(data.get("changed", 0.0))
        if not math.isfinite(changed):
            raise ValueError("changed is not a number")
        return CropRecord(
            str(data["key"]),
            None if state is None else CropState(state),
            None if text is None else str(text),
            kept_from_list(data.get("unreadable", ())),
            None if data.get("origin") is None else origin_from_dict(data["origin"]),
            changed,
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"not understood: {error}") from error


def parse_records(text: str) -> tuple[dict[str, CropRecord], list[int]]:
    """The records of a ``crops.jsonl`` and the numbers (from 1) of the lines that were not understood.

    Where a key comes twice (two sides of a merge), the newer one counts; the marks of a merge conflict are passed over.
    """
    records: dict[str, CropRecord] = {}
    unread: list[int] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = line.strip()
        if not line or line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
            continue
        try:
            record = record_from_line(line)
        except ValueError:
            unread.append(number)
            continue
        known = records.get(record.key)
        if known is None or record.changed >= known.changed:
            records[record.key] = record
    return records, unread
