"""Letters and arrows reach the reading strip from wherever the focus is in Review, so that the hand need not move."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from lpstudio.studio.widgets.reading_strip import ReadingStrip, typed_character

_SIDEWAYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class TypingFilter(QObject):
    """Sends typed characters and sideways keys of other widgets to the strip; up and down in it change the picture."""

    def __init__(self, strip: ReadingStrip, move: Callable[[int], object], parent: QObject) -> None:
        super().__init__(parent)
        self._strip = strip
        self._move = move

    def watch(self, widget: QWidget) -> None:
        """Filter the keys of a widget (the strip itself too)."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if watched is self._strip:
            down = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if down and plain and self._single_line():
                self._move(down)
                return True
            return False
        if typed_character(event) or (plain and event.key() in _SIDEWAYS):
            self._strip.keyPressEvent(event)
            return True
        return False

    def _single_line(self) -> bool:
        """Whether up and down mean nothing within the strip."""
        tops = {self._strip.cell_rect(at).top() for at in range(len(self._strip.cells))}
        return len(tops) <= 1
