"""Colours as named tokens (dark and light), the type scale, and the hues of similarity groups.

``color("accent")`` gives the colour of the theme on the screen; custom-painted widgets ask at every paint and repaint
on ``notifier().changed``. Everything measures in steps of 4 px (:data:`GRID`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from lpstudio.studio import dressing
from lpstudio.studio.slices import paint_in_a_turn_of_its_own

if TYPE_CHECKING:
    from lpstudio.similarity import Similarity

GRID = 4  # px; every margin and gap is a multiple of it
MODES = ("system", "light", "dark")


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme. Text on any surface has a contrast of at least 4.5, lines and icons at least 3."""

    # surfaces, from the picture's surroundings outwards
    canvas: str
    field: str
    window: str
    panel: str
    raised: str
    hover: str
    # lines
    line: str  # outlines of controls
    separator: str  # between surfaces; decoration only
    # writing
    text: str
    text_dim: str
    text_disabled: str
    icon: str
    # the one accent
    accent: str  # selection, focus, handles
    accent_text: str  # the accent as text or icon
    accent_fill: str  # the ground of the main button
    accent_soft: str  # the ground of a selected row
    text_on_accent: str
    # states of crops; each also has a mark of its own (see widgets.state_marks)
    unlabelled: str
    in_progress: str
    labelled: str
    draft: str
    verified: str
    ignored: str
    fault: str
    # notices
    info_soft: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str
    # polygons over pictures: bright inside dark shows on any plate
    outline_outer: str
    outline_inner: str
    # figures
    bar: str
    ungrouped: str  # characters that look like no other


DARK = Tokens(
    canvas="#181818",
    field="#1d1d1d",
    window="#232323",
    panel="#292929",
    raised="#333333",
    hover="#3b3b3b",
    line="#7d7d7d",
    separator="#3a3a3a",
    text="#e8e8e8",
    text_dim="#b0b0b0",
    text_disabled="#7a7a7a",
    icon="#d0d0d0",
    accent="#56b4f5",
    accent_text="#74c2f8",
    accent_fill="#2a70ad",
    accent_soft="#22435f",
    text_on_accent="#ffffff",
    unlabelled="#a6a6a6",
    in_progress="#c9a7f5",
    labelled="#9cc4e8",
    draft="#f0b040",
    verified="#4fc3a1",
    ignored="#8f8f8f",
    fault="#ff7a66",
    info_soft="#22374a",
    warning="#f0b040",
    warning_soft="#45381c",
    error="#ff8a78",
    error_soft="#4f2722",
    outline_outer="#000000",
    outline_inner="#ffffff",
    bar="#6fa8d6",
    ungrouped="#9a9a9a",
)

LIGHT = Tokens(
    canvas="#cfcfcf",
    field="#ffffff",
    window="#e9e9e9",
    panel="#f3f3f3",
    raised="#fdfdfd",
    hover="#dedede",
    line="#7a7a7a",
    separator="#d0d0d0",
    text="#1b1b1b",
    text_dim="#545454",
    text_disabled="#9a9a9a",
    icon="#3c3c3c",
    accent="#0f6cb6",
    accent_text="#0b5a9a",
    accent_fill="#1467ab",
    accent_soft="#c9e0f4",
    text_on_accent="#ffffff",
    unlabelled="#666666",
    in_progress="#7140b0",
    labelled="#2f6596",
    draft="#8a5700",
    verified="#0a6f57",
    ignored="#7a7a7a",
    fault="#8f0f22",
    info_soft="#d9e8f5",
    warning="#7d4f00",
    warning_soft="#fbeccb",
    error="#a32015",
    error_soft="#fadcd7",
    outline_outer="#000000",
    outline_inner="#ffffff",
    bar="#3d7fb6",
    ungrouped="#757575",
)

# One slot per connected similarity group, same family of colour in both themes; ordered so that the first eight,
# which a new project uses, are told apart also with red-green blindness (they differ in lightness or in blue-yellow).
_GROUP_HUES_DARK = (
    "#6883f3", "#db6a01", "#fdf05d", "#f072b3", "#04a072", "#7cd466", "#61fefb", "#b9bcfe",
    "#d3db9f", "#dc9523", "#95b78a", "#f7b8d7",
)  # fmt: skip
_GROUP_HUES_LIGHT = (
    "#063fa0", "#a85a00", "#673e00", "#ab3e82", "#036554", "#698b62", "#1a8abe", "#6d55c5",
    "#9d7e18", "#8b470a", "#407b39", "#874399",
)  # fmt: skip

# Where a group with this character would like to be; it keeps a group's hue when other groups come and go.
_PREFERRED_SLOT = {
    **dict.fromkeys("O0QD", 0), **dict.fromkeys("I1L", 1), **dict.fromkeys("S5", 2), **dict.fromkeys("Z2", 3),
    **dict.fromkeys("B8", 4), **dict.fromkeys("GC", 5), **dict.fromkeys("UV", 6), **dict.fromkeys("PR", 7),
    **dict.fromkeys("A4", 8), **dict.fromkeys("EF3", 9), **dict.fromkeys("HMNW", 10), **dict.fromkeys("JKTXY679", 11),
}  # fmt: skip


class _Notifier(QObject):
    """Tells painted widgets that the colours changed."""

    changed = Signal()


_mode = "system"
_tokens = DARK
_colors: dict[str, QColor] = {}
_notifier: _Notifier | None = None
_dresser: dressing.Dresser | None = None


def notifier() -> _Notifier:
    """The object whose ``changed`` signal says that the theme on the screen is another."""
    global _notifier
    if _notifier is None:
        _notifier = _Notifier()
    return _notifier


def tokens() -> Tokens:
    """The tokens of the theme on the screen."""
    return _tokens


def is_dark() -> bool:
    return _tokens is DARK


def mode() -> str:
    """What was chosen: "system", "light" or "dark"."""
    return _mode


def color(token: str, alpha: float = 1.0) -> QColor:
    """A colour of the theme on the screen; ``alpha`` 0 to 1. Raises AttributeError for a token there is not."""
    found = _colors.get(token)
    if found is None:
        found = _colors[token] = QColor(getattr(_tokens, token))
    result = QColor(found)
    if alpha < 1.0:
        result.setAlphaF(alpha)
    return result


def set_mode(wanted: str) -> None:
    """Choose "system", "light" or "dark" and repaint everything in it."""
    global _mode
    if wanted not in MODES:
        wanted = "system"
    _mode = wanted
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    hints = application.styleHints()
    if wanted == "system":
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(Qt.ColorScheme.Dark if wanted == "dark" else Qt.ColorScheme.Light)
    _apply(application)


def install(application: QApplication, wanted: str) -> None:
    """Set up style, font and colours once, before the first window is shown."""
    application.setStyle("Fusion")
    application.setFont(font("body"))
    application.styleHints().colorSchemeChanged.connect(_follow_system)
    set_mode(wanted)


def _follow_system() -> None:
    application = QApplication.instance()
    if _mode == "system" and isinstance(application, QApplication):
        _apply(application)


def _apply(application: QApplication) -> None:
    global _tokens, _dresser
    if _mode == "system":
        dark = QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light
    else:
        dark = _mode == "dark"
    _tokens = DARK if dark else LIGHT
    _colors.clear()
    for window in application.topLevelWidgets():
        if window.isVisible():
            paint_in_a_turn_of_its_own(window)
    application.setPalette(dressing.palette(color))
    if _dresser is None:
        _dresser = dressing.Dresser(color, application)
        application.setStyleSheet(dressing.sheet())
    for window in application.topLevelWidgets():
        if window.parentWidget() is None:
            dress(window)
    _dresser.dress()
    notifier().changed.emit()


def dress(window: QWidget) -> None:
    """Dress a new window that has no parent; what stands in it and its dialogs follow."""
    dressing.mark(window, dark=is_dark())


def tint(label: QWidget, token: str) -> None:
    """Write a label in a colour of the theme, also of the next. (A sheet of its own would cost ten times as much.)"""
    dressing.tint(label, token, color)


def is_dressed() -> bool:
    """Whether all that is hidden wears the colours of the present theme, too."""
    return _dresser is None or _dresser.is_done


_SIZES = {"small": 11, "body": 13, "strong": 13, "number": 13, "mono": 12, "title": 17, "display": 24, "plate": 20}


@lru_cache(maxsize=16)
def _font(role: str) -> QFont:
    if role in ("mono", "plate"):
        face = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    else:
        face = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    face.setPixelSize(_SIZES[role])
    if role in ("strong", "title", "display"):
        face.setWeight(QFont.Weight.DemiBold)
    if role == "plate":
        face.setWeight(QFont.Weight.Bold)
    if role == "number":
        face.setFeature(QFont.Tag("tnum"), 1)
    return face


def font(role: str = "body") -> QFont:
    """A font of the type scale: small, body, strong, number (tabular figures), mono, title, display, plate."""
    return QFont(_font(role))


def contrast(first: QColor | str, second: QColor | str) -> float:
    """The contrast of two opaque colours as WCAG 2 defines it: 1 (none) to 21."""
    lighter, darker = sorted((_luminance(QColor(first)), _luminance(QColor(second))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = []
    for value in (colour.redF(), colour.greenF(), colour.blueF()):
        parts.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def readable_on(ground: QColor) -> QColor:
    """Black or white, whichever is read better on ``ground``."""
    white, black = QColor("#ffffff"), QColor("#101010")
    return white if contrast(white, ground) >= contrast(black, ground) else black


def connected_groups(similarity: Similarity) -> list[tuple[str, ...]]:
    """Characters that hang together through overlapping groups (O 0 Q and D 0 give O 0 Q D), each sorted."""
    parent: dict[str, str] = {}

    def root(char: str) -> str:
        while parent[char] != char:
            char = parent[char]
        return char

    for group in similarity.groups:
        for char in group.chars:
            parent.setdefault(char, char)
        for char in group.chars[1:]:
            parent[root(char)] = root(group.chars[0])
    members: dict[str, list[str]] = {}
    for char in parent:
        members.setdefault(root(char), []).append(char)
    return [tuple(sorted(chars)) for chars in members.values() if len(chars) > 1]


_slots_of: tuple[Similarity | None, dict[str, int]] = (None, {})


def _slots(similarity: Similarity) -> dict[str, int]:
    """The hue slot of every grouped character; kept for the last similarity asked about."""
    global _slots_of
    if _slots_of[0] is not similarity:
        slots: dict[str, int] = {}
        taken: set[int] = set()
        count = len(_GROUP_HUES_DARK)
        for chars in sorted(connected_groups(similarity), key=lambda chars: (-len(chars), chars)):
            wanted = min(_PREFERRED_SLOT.get(char, count - 1) for char in chars)
            free = [slot for slot in (*range(wanted, count), *range(wanted)) if slot not in taken]
            slot = free[0] if free else wanted
            taken.add(slot)
            slots.update(dict.fromkeys(chars, slot))
        _slots_of = (similarity, slots)
    return _slots_of[1]


def group_hue(char: str, similarity: Similarity, *, bright: bool = False) -> QColor:
    """The colour that all characters of one connected group share; the neutral ``ungrouped`` for all others.

    ``bright``: the one for dark grounds in either theme, as outlines over pictures need it.
    """
    slot = _slots(similarity).get(char)
    if slot is None:
        return color("ungrouped")
    return QColor((_GROUP_HUES_DARK if bright or is_dark() else _GROUP_HUES_LIGHT)[slot])


def is_grouped(char: str, similarity: Similarity) -> bool:
    """Whether a character looks like another one."""
    return char in _slots(similarity)
