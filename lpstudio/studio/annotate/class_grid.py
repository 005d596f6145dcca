"""All classes as small buttons, in a menu: how a character gets its class by the mouse alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QMenu, QToolButton, QWidget, QWidgetAction

from lpstudio.alphabet import CHARACTERS
from lpstudio.studio import theme

_COLUMNS = 9
_SIDE = 26


class ClassGrid(QWidget):
    """``chosen`` is called with the character whose button was pressed. ``marked``: the one it has now."""

    def __init__(self, chosen: Callable[[str], object], marked: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 6, 8, 6)
        grid.setSpacing(2)
        font = theme.font("plate")
        font.setPixelSize(15)
        for place, char in enumerate(CHARACTERS):
            button = QToolButton(self)
            button.setText(char)
            button.setObjectName(f"class_{char}")
            button.setAccessibleName(f"Label {char}")
            button.setFont(font)
            button.setFixedSize(_SIDE, _SIDE)
            button.setCheckable(True)
            button.setChecked(char == marked)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, char=char: chosen(char))
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)


def add_class_grid(menu: QMenu, chosen: Callable[[str], object], marked: str) -> None:
    """Put the grid into a menu, which closes when a class was chosen."""

    def choose(char: str) -> None:
        menu.close()
        chosen(char)

    action = QWidgetAction(menu)
    action.setDefaultWidget(ClassGrid(choose, marked, menu))
    menu.addAction(action)
    menu.addSeparator()
