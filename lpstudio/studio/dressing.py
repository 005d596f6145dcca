"""Dresses the window: the palette, the sheet over it, and everything that stands anew when the colours change.

The sheet names its colours by their places in the palette, so its text is the same in every theme and nothing is read
or laid out again. What Qt has once looked up for a widget it keeps until that widget is polished, which takes 50 µs
each: hundreds of them would hold the window, so what is seen goes first and the rest follows in slices. Widgets of
which the sheet says nothing are only given the palette: to polish them would undo their tint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from lpstudio.studio.slices import Slices, Steps
from lpstudio.studio.stylesheet import stylesheet

# The sheet needs three colours more than controls do; they stand where nothing in this window looks for another: tool
# tips take theirs from the sheet, texts do not tell visited links apart, and Fusion never asks for the midlight.
_PLACES = {
    "Window": "panel",
    "WindowText": "text",
    "Base": "field",
    "AlternateBase": "panel",
    "Text": "text",
    "Button": "raised",
    "ButtonText": "text",
    "BrightText": "text_on_accent",
    "ToolTipBase": "accent_soft",
    "ToolTipText": "text",
    "PlaceholderText": "text_dim",
    "Highlight": "accent_fill",
    "HighlightedText": "text_on_accent",
    "Accent": "accent",
    "Link": "accent_text",
    "LinkVisited": "text_disabled",
    "Light": "hover",
    "Midlight": "window",
    "Mid": "separator",
    "Dark": "line",
    "Shadow": "canvas",
}
Colour = Callable[[str], QColor]
_TINT = "tint"  # a property of labels: the token of their colour
_LIGHT = "light"  # a property of windows: the sheet has drawings for light grounds


def palette(colour: Colour) -> QPalette:
    """The palette with the colours of a theme, asked for by token."""
    result = QPalette()
    role = QPalette.ColorRole
    for place, token in _PLACES.items():
        result.setColor(role[place], colour(token))
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, which, colour("text_disabled"))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, colour("hover"))
    return result


def sheet() -> str:
    """The sheet of the application, for every theme."""
    return stylesheet({token: place for place, token in reversed(_PLACES.items())})


def mark(window: QWidget, *, dark: bool) -> None:
    """Tell a window without a parent for which grounds its small drawings are."""
    if bool(window.property(_LIGHT)) is dark:
        window.setProperty(_LIGHT, not dark)


def tint(label: QWidget, token: str, colour: Colour) -> None:
    """Write a label in a colour of the theme, of this one and of the next."""
    label.setProperty(_TINT, token)
    palette = label.palette()
    if palette.color(QPalette.ColorRole.WindowText) != colour(token):
        palette.setColor(QPalette.ColorRole.WindowText, colour(token))
        label.setPalette(palette)


class Dresser(QObject):
    """Gives the widgets that stand the colours of the palette; ``colour`` tells those of tokens."""

    def __init__(self, colour: Colour, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        self._slices = Slices(self)

    @property
    def is_done(self) -> bool:
        """Whether everything wears the colours of the present palette."""
        return self._slices.is_idle

    def dress(self) -> None:
        """Dress what is seen now and the rest in slices."""
        self._slices.stop()  # colours that are no more
        hidden = []
        for widget in QApplication.allWidgets():
            if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
                continue  # is when it is shown
            if widget.isVisible():
                self._dress(widget)
            else:
                hidden.append(widget)
        if hidden:
            self._slices.add(self._in_turn(hidden))

    def _in_turn(self, widgets: Iterable[QWidget]) -> Steps:
        for widget in widgets:
            if isValid(widget):
                self._dress(widget)
            yield

    def _dress(self, widget: QWidget) -> None:
        if _is_named(widget) or widget.styleSheet():
            widget.style().polish(widget)
        else:
            own = widget.palette()  # its own colours stay; Qt hands no others down below a sheet
            token = widget.property(_TINT)
            if token:
                own.setColor(QPalette.ColorRole.WindowText, self._colour(token))
            widget.setPalette(own)
        widget.update()


def _is_named(widget: QWidget) -> bool:
    """Whether the sheet says something of widgets of this class."""
    name = widget.metaObject().className()
    known = _known.get(name)
    if known is None:
        known = _known[name] = any(widget.inherits(named) for named in _named_classes())
    return known


_known: dict[str, bool] = {}


@lru_cache(maxsize=1)
def _named_classes() -> frozenset[str]:
    return frozenset(re.findall(r"\bQ[A-Z]\w+", sheet())) | {"QTipLabel"}  # a QToolTip to the sheet
