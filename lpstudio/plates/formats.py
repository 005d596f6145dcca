"""Plate formats: which syntaxes a plate may have, as data. They are soft: they rank readings and discard none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lpstudio.alphabet import CHARACTERS, DIGITS, LETTERS, normalise_name
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.resources import resource

DEFAULT_FORMATS = "ph"
NO_FORMATS = "none"
_KINDS = {"L": LETTERS, "D": DIGITS, "X": CHARACTERS}
_FREE_SHIPPED = 0.03  # share of plates taken to fit no format: of a country's list, and of formats written out
_FREE_WRITTEN = 0.01
_OTHER_FIRST = 0.02  # how much of the first place's prior other letters than the usual ones keep


@dataclass(frozen=True)
class Format:
    """One plate syntax. Exactly one of ``pattern``, ``lengths`` and ``texts`` is set.

    ``pattern``: L a letter, D a digit, X either, blanks for people. ``lengths``: least and most places of any kind.
    ``texts``: the texts themselves. ``first``: letters that the first place usually has. ``weight``: relative.
    """

    id: str
    title: str = ""
    pattern: str = ""
    lengths: tuple[int, int] | None = None
    texts: tuple[str, ...] = ()
    first: str = ""
    weight: float = 1.0

    @classmethod
    def from_pattern(cls, pattern: str) -> Format:
        """A format written out, such as ``LLL DDDD``. Raises UsageError."""
        places = "".join(pattern.upper().split())
        if not places or any(place not in _KINDS for place in places):
            raise UsageError(
                f"{pattern!r} is no plate format", remedy="Write L for a letter, D for a digit, X for either: LLL DDDD"
            )
        tidy = " ".join(pattern.upper().split())
        return cls(id=tidy, title=tidy, pattern=tidy)

    @property
    def places(self) -> tuple[Mapping[str, float], ...]:
        """Per place of the pattern the prior of each character allowed there, summing to 1."""
        priors: list[Mapping[str, float]] = []
        for number, kind in enumerate(self.pattern.replace(" ", "")):
            allowed = _KINDS[kind]
            if number == 0 and self.first:
                rest = [c for c in allowed if c not in self.first]
                usual = 1.0 - (_OTHER_FIRST if rest else 0.0)
                prior = {c: usual / len(self.first) for c in self.first}
                priors.append(prior | {c: _OTHER_FIRST / len(rest) for c in rest})
            else:
                priors.append(dict.fromkeys(allowed, 1.0 / len(allowed)))
        return tuple(priors)

    def fits(self, text: str) -> bool:
        """Whether a text has this syntax."""
        text = normalise_name(text)
        if self.texts:
            return text in self.texts
        if self.lengths is not None:
            return self.lengths[0] <= len(text) <= self.lengths[1] and all(c in CHARACTERS for c in text)
        kinds = self.pattern.replace(" ", "")
        return len(text) == len(kinds) and all(c in _KINDS[kind] for c, kind in zip(text, kinds, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """As an entry of a set: only what is set."""
        given = {
            "pattern": self.pattern,
            "length": list(self.lengths or ()),
            "texts": list(self.texts),
            "first": self.first,
        }
        entry = {"id": self.id, "title": self.title, "weight": self.weight}
        return entry | {key: value for key, value in given.items() if value}


@dataclass(frozen=True)
class FormatSet:
    """The formats that count, and ``free``: the share of plates that are taken to fit none of them (0 to 1)."""

    name: str
    formats: tuple[Format, ...]
    free: float

    def of(self, text: str) -> Format | None:
        """The most usual format that a text fits, those for any letters and digits last; or None."""
        fitting = [f for f in self.formats if f.fits(text)]
        return max(fitting, key=lambda f: (f.lengths is None, f.weight), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which :meth:`from_dict` makes the same set again."""
        return {"name": self.name, "free": self.free, "format": [one.to_dict() for one in self.formats]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], path: Path) -> FormatSet:
        """The inverse of :meth:`to_dict`. Raises LpStudioError that names ``path`` and the entry at fault."""
        try:
            name, free, entries = str(data["name"]), float(data["free"]), list(data["format"])
        except (KeyError, TypeError, ValueError) as error:
            raise LpStudioError(f"these plate formats are broken ({error})", path=path) from None
        if not 0.0 <= free <= 1.0 or (free < 1.0 and not entries):
            raise LpStudioError(f"these plate formats are broken (free is {free})", path=path)
        return cls(name, tuple(_format(entry, number, path) for number, entry in enumerate(entries, 1)), free)


def formats_from(choice: str) -> FormatSet:
    """The formats of a choice: shipped sets such as ``ph`` and patterns, separated by commas, or ``none``.

    Raises UsageError for anything else.
    """
    parts = [part.strip() for part in choice.split(",") if part.strip()]
    if [part.lower() for part in parts] == [NO_FORMATS]:
        return FormatSet(NO_FORMATS, (), 1.0)
    if not parts:
        raise UsageError("no plate format is given", remedy=f"Known: {', '.join(shipped_sets())}, none, or LLL DDDD")
    formats: list[Format] = []
    free = _FREE_WRITTEN
    for part in parts:
        if part.lower() in shipped_sets():
            shipped = load_formats(resource("plates", f"{part.lower()}.toml"))
            formats += shipped.formats
            free = max(free, shipped.free)
        else:
            formats.append(Format.from_pattern(part))
    return FormatSet(", ".join(parts), tuple(formats), free)


def shipped_sets() -> list[str]:
    """The names of the format sets that come with the program."""
    return sorted(path.stem for path in resource("plates").glob("*.toml"))


@cache
def load_formats(path: Path) -> FormatSet:
    """Read a set of formats from TOML. Raises LpStudioError that names the entry at fault."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LpStudioError(f"the plate formats cannot be read ({error})", path=path) from None
    entries = data.get("format")
    if not isinstance(entries, list) or not entries:
        raise LpStudioError("there is no [[format]] in it", path=path)
    formats = tuple(_format(entry, number, path) for number, entry in enumerate(entries, 1))
    return FormatSet(path.stem, formats, _FREE_SHIPPED)


def _format(entry: Mapping[str, Any], number: int, path: Path) -> Format:
    try:
        given = [key for key in ("pattern", "length", "texts") if entry.get(key)]
        if len(given) != 1:
            raise ValueError("it needs exactly one of pattern, length and texts")
        lengths = entry.get("length")
        result = Format(
            id=str(entry["id"]),
            title=str(entry.get("title", entry["id"])),
            pattern=Format.from_pattern(str(entry["pattern"])).pattern if entry.get("pattern") else "",
            lengths=(int(lengths[0]), int(lengths[1])) if lengths else None,
            texts=tuple(normalise_name(text) for text in entry.get("texts", ())),
            first=str(entry.get("first", "")),
            weight=float(entry.get("weight", 1.0)),
        )
        if not result.weight > 0:
            raise ValueError("its weight must be above 0")
        if any(c not in CHARACTERS for text in (result.first, *result.texts) for c in text):
            raise ValueError("it names what is no plate character")
        return result
    except KeyError as error:
        raise LpStudioError(f"format {number} has no {error}", path=path) from None
    except UsageError as error:
        raise LpStudioError(f"format {number}: {error.what}", path=path) from None
    except (ValueError, TypeError, IndexError) as error:
        raise LpStudioError(f"format {number}: {error}", path=path) from None
