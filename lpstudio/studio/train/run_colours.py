"""The colours of compared runs: the same in the list, the curves, their legend and the table."""

from __future__ import annotations

from PySide6.QtGui import QColor

from lpstudio.studio import theme

# Told apart also with red-green blindness (lightness and blue-yellow differ)
COMPARED_DARK = ("#f2e394", "#2fae8a", "#ffb3c6", "#a98bf0", "#c79a6b", "#8fa3b8")
COMPARED_LIGHT = ("#7d6a00", "#0a6d55", "#c23b72", "#6a45c9", "#85552a", "#4f6478")


def compared_colour(number: int) -> QColor:
    """The colour with a number, counted from 0."""
    colours = COMPARED_DARK if theme.is_dark() else COMPARED_LIGHT
    return QColor(colours[number % len(colours)])
