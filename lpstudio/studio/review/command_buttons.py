"""Buttons for commands of the table: their icons, titles and tooltips, and whether they can be pressed now."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.menus import icon_action


def command_button(commands: CommandTable, command_id: str, *, text: bool = False) -> QToolButton:
    """A flat button with the command's icon, and its title where there is room."""
    button = QToolButton()
    button.setDefaultAction(icon_action(commands, command_id))
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    style = Qt.ToolButtonStyle
    button.setToolButtonStyle(style.ToolButtonTextBesideIcon if text else style.ToolButtonIconOnly)
    return button


class CommandButton(QPushButton):
    """A push button that follows a command's state and tooltip; ``title`` may be empty: the icon stands alone."""

    def __init__(self, commands: CommandTable, command_id: str, title: str, *, primary: bool = False) -> None:
        super().__init__(title)
        command = commands.command(command_id)
        self._action = commands.action(command_id)
        self.setProperty("primary", primary)
        self.setAccessibleName(title or command.title.replace("&", ""))
        self.setIcon(icon(command.icon, "text_on_accent" if primary else "icon"))
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._action.trigger)
        self._action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
