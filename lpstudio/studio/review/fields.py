"""Input fields that keep their own keys: what is typed into them is no command and no character of a plate."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget

_OWN_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Left, Qt.Key.Key_Right})


def _keeps(event: QEvent) -> bool:
    """Whether a would-be shortcut is a plain key that belongs into the field."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    if held != Qt.KeyboardModifier.NoModifier:
        return False
    return event.key() in _OWN_KEYS or bool(event.text() and event.text().isprintable())


class NumberField(QSpinBox):
    """A whole number; what a person typed is taken over with Enter or by leaving (``entered``)."""

    entered = Signal(int)

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setKeyboardTracking(False)
        # NoButtons leaves no room for the number under a style sheet; buttons without width do.
        self.setStyleSheet(
            "QSpinBox::up-button, QSpinBox::down-button { width: 0; }"
            "QSpinBox::up-arrow, QSpinBox::down-arrow { image: none; width: 0; }"
        )
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.typing = False  # a person is typing, and has not finished
        self.lineEdit().textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)

    def _edited(self) -> None:
        self.typing = True

    def _finished(self) -> None:
        if self.typing:
            self.typing = False
            self.entered.emit(self.value())

    def event(self, event: QEvent) -> bool:
        if _keeps(event):
            event.accept()
            return True
        return super().event(event)


class TextField(QLineEdit):
    """One line of text; Enter and leaving take it over (``editingFinished``)."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)

    def event(self, event: QEvent) -> bool:
        if _keeps(event):
            event.accept()
            return True
        return super().event(event)
