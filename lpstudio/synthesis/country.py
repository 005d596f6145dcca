"""The plates of a country as data: which texts there are, and how the plates look. Read from a TOML file.

``resources/plates/ph.toml`` says what every key means. Another country is another file, not other code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lpstudio.alphabet import CHARACTERS
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.plates.formats import DEFAULT_FORMATS, Format, FormatSet
from lpstudio.resources import resource
from lpstudio.synthesis.glyphs import font_names, glyph
from lpstudio.synthesis.toml_file import Table, TomlFile

Colour = tuple[float, float, float]  # blue, green, red, 0 to 1
Span = tuple[float, float]  # from, to

CAPTION_FONT = "BarlowCondensed-Medium"
_CAPTION_CHARACTERS = frozenset(f"{CHARACTERS}-. ")
_FONT_SUFFIXES = (".ttf", ".otf")
_FORMAT_KEYS = frozenset({"id", "title", "pattern", "length", "texts", "first", "weight", "since", "lines", "style"})
_SLIMMEST = 8.0
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


@dataclass(frozen=True)
class Style:
    """How the plates of one kind look. Lengths in millimetres; spans and gaps in heights of the characters."""

    id: str
    size: tuple[float, float]
    colours: tuple[tuple[float, Colour, Colour], ...]  # weight, ground, ink
    fonts: tuple[str, ...]
    cap: Span = (0.49, 0.58)
    stretch: Span = (0.85, 1.15)
    stroke: Span = (-0.012, 0.022)
    gap: Span = (0.09, 0.2)
    group_gap: Span = (0.15, 0.5)
    captions: tuple[str, ...] = ()
    captions_share: float = 0.8
    captions_above: float = 0.4
    two_lines: float = 0.0
    two_lines_size: tuple[float, float] | None = None
    two_lines_cap: Span = (0.33, 0.42)
    border: float = 0.45
    bolts: float = 0.6
    frame: float = 0.18
    emblem: float = 0.0
    embossed: bool = True


@dataclass(frozen=True)
class Variety:
    """How far the plates on the road stray from their style: shares of all plates (``odd_light_ink``: of the odd)."""

    odd_colours: float = 0.34
    odd_light_ink: float = 0.72
    odd_fonts: float = 0.12
    odd_heights: float = 0.35
    separators: float = 0.3


@dataclass(frozen=True)
class Country:
    """All that is needed to draw the plates of a country. ``styles``: by the id of the format."""

    name: str
    formats: tuple[Format, ...]
    styles: Mapping[str, Style]
    variety: Variety
    fonts: tuple[str, ...]
    narrow: Mapping[str, float]

    def choose(self, ids: Sequence[str]) -> tuple[Format, ...]:
        """The formats of these ids, all of them for none. Raises UsageError for an id that is not there."""
        known = {one.id: one for one in self.formats}
        for one in ids:
            if one not in known:
                raise UsageError(f"{self.name} has no plate format {one!r}", remedy=f"Known: {', '.join(known)}")
        return tuple(known[one] for one in dict.fromkeys(ids)) or self.formats


def load_country(path: Path | None = None) -> Country:
    """Read a country's file, the shipped one for None. Raises LpStudioError with file and line."""
    path = path or resource("plates", f"{DEFAULT_FORMATS}.toml")
    try:
        found = path.stat()
        stamp = found.st_mtime_ns, found.st_size
    except OSError:
        stamp = 0, 0  # reading says what is wrong
    return _load(path, stamp)


@lru_cache(maxsize=8)
def _load(path: Path, _stamp: tuple[int, int]) -> Country:
    file = TomlFile(path)
    top = file.top()
    top.only({"name", "format", "style", "colours", "fonts", "narrow", "variety"})
    colours = _colours(file.table("colours"))
    lists = _font_lists(file.table("fonts"))
    styles: dict[str, Style] = {}
    for table in file.tables("style"):
        style = _style(table, colours, lists)
        if style.id in styles:
            table.fault(f"the style {style.id!r} is there twice", "id")
        styles[style.id] = style
    if not styles:
        raise LpStudioError("there is no [[style]] in it", path=file.path, remedy="Say how the plates look")
    formats: dict[str, Format] = {}
    looks: dict[str, Style] = {}
    for number, table in enumerate(file.tables("format"), 1):
        one = _format(table, number, file)
        if one.id in formats:
            table.fault(f"the format {one.id!r} is there twice", "id")
        name = table.text("style", next(iter(styles)))
        if name not in styles:
            table.fault(f"there is no style {name!r}. Known: {', '.join(styles)}", "style")
        formats[one.id], looks[one.id] = one, styles[name]
    if not formats:
        raise LpStudioError("there is no [[format]] in it", path=file.path, remedy="Say which texts there are")
    fonts = tuple(dict.fromkeys(font for style in styles.values() for font in style.fonts))
    narrow = {
        _font(name, file.table("narrow"), name): file.table("narrow").number(name, 1.0, 0.3, 2.0)
        for name in file.table("narrow").data
    }
    name = top.text("name", file.path.stem)
    return Country(name, tuple(formats.values()), looks, _variety(file.table("variety")), fonts, narrow)


def _format(table: Table, number: int, file: TomlFile) -> Format:
    table.only(_FORMAT_KEYS)
    try:
        return FormatSet.from_dict({"name": "", "free": 0.5, "format": [table.data]}, file.path).formats[0]
    except LpStudioError as error:
        what = error.what.replace("format 1", f"format {number}", 1)
        keys = ("pattern", "length", "texts", "weight", "first")
        key = next((key for key in keys if key in table.data and (key in what or str(table.data[key]) in what)), "")
        raise LpStudioError(what, path=file.path, line=file.line(f"format.{number}", key)) from None


def _variety(table: Table) -> Variety:
    usual = Variety()
    known = {key: getattr(usual, key) for key in Variety.__dataclass_fields__}
    table.only(known)
    return Variety(**{key: table.number(key, value, 0.0, 1.0) for key, value in known.items()})


def _colours(table: Table) -> dict[str, Colour]:
    return {name: _colour(table.text(name), {}, table, name) for name in table.data}


def _colour(text: object, named: Mapping[str, Colour], table: Table, key: str) -> Colour:
    if isinstance(text, str) and text in named:
        return named[text]
    found = _HEX.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        known = f", or one of {', '.join(named)}" if named else ""
        table.fault(f"{text!r} is no colour: write #rrggbb{known}", key)
    red, green, blue = (int(part, 16) / 255 for part in found.groups())
    return blue, green, red


def _font_lists(table: Table) -> dict[str, tuple[str, ...]]:
    return {name: tuple(_font(font, table, name) for font in table.texts(name)) for name in table.data}


def _font(name: str, table: Table, key: str) -> str:
    """A shipped font by its name, or a font file beside the country's file by its whole path; letters are checked."""
    if name in font_names():
        return name
    if not name.lower().endswith(_FONT_SUFFIXES):
        table.fault(f"there is no font {name!r}. Shipped: {', '.join(font_names())}; or a .ttf or .otf file", key)
    path = (table.folder / name).resolve()
    if not path.is_file():
        table.fault(f"there is no font file {name!r} beside this file", key)
    try:
        for char in CHARACTERS:
            glyph(str(path), char)
    except LpStudioError as error:
        table.fault(error.what, key)
    return str(path)


def _size(table: Table, key: str) -> tuple[float, float]:
    """Width and height of a plate in millimetres."""
    width, height = table.pair(key, None, 20, 2000)
    if not 1 / _SLIMMEST <= width / height <= _SLIMMEST:
        table.fault(f"no side can be more than {_SLIMMEST:g} times as long as the other", key)
    return width, height


def _style(table: Table, colours: Mapping[str, Colour], lists: Mapping[str, tuple[str, ...]]) -> Style:
    usual = Style
    table.only(Style.__dataclass_fields__.keys())
    rows = []
    for weight, ground, ink in table.rows("colours", 3):
        share = table.check_number(weight, "colours", 0.0, 1e6)
        rows.append((share, _colour(ground, colours, table, "colours"), _colour(ink, colours, table, "colours")))
    if sum(share for share, _, _ in rows) <= 0:
        table.fault("at least one [how often, ground, ink] is needed", "colours")
    fonts: list[str] = []
    for name in table.texts("fonts"):
        fonts += lists[name] if name in lists else [_font(name, table, "fonts")]
    if not fonts:
        table.fault("at least one font is needed", "fonts")
    captions = table.texts("captions")
    for caption in captions:
        if bad := set(caption) - _CAPTION_CHARACTERS:
            table.fault(f"{sorted(bad)[0]!r} cannot be drawn: A to Z, 0 to 9, hyphen, full stop, blank", "captions")
    two_lines = table.number("two_lines", usual.two_lines, 0.0, 1.0)
    size_two = _size(table, "two_lines_size") if "two_lines_size" in table.data else None
    return Style(
        id=table.text("id"),
        size=_size(table, "size"),
        colours=tuple(rows),
        fonts=tuple(dict.fromkeys(fonts)),
        cap=table.span("cap", usual.cap, 0.1, 0.85),
        stretch=table.span("stretch", usual.stretch, 0.4, 2.0),
        stroke=table.span("stroke", usual.stroke, -0.04, 0.08),
        gap=table.span("gap", usual.gap, 0.04, 1.0),
        group_gap=table.span("group_gap", usual.group_gap, 0.0, 2.0),
        captions=captions,
        captions_share=table.number("captions_share", usual.captions_share, 0.0, 1.0),
        captions_above=table.number("captions_above", usual.captions_above, 0.0, 1.0),
        two_lines=two_lines,
        two_lines_size=size_two,
        two_lines_cap=table.span("two_lines_cap", usual.two_lines_cap, 0.1, 0.45),
        border=table.number("border", usual.border, 0.0, 1.0),
        bolts=table.number("bolts", usual.bolts, 0.0, 1.0),
        frame=table.number("frame", usual.frame, 0.0, 1.0),
        emblem=table.number("emblem", usual.emblem, 0.0, 1.0),
        embossed=table.flag("embossed", usual.embossed),
    )
