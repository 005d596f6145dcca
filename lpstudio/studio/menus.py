"""The menu bar, made from the command table."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon

MENUS = ("File", "Edit", "View", "Annotate", "Similarity", "Train", "Review", "Help")


class Menus(QObject):
    """Keeps the menus in step with the table: commands of another workspace stand only in that workspace's own menu."""

    def __init__(self, table: CommandTable, bar: QMenuBar, build: Callable[[str], object]) -> None:
        """``build("Train")`` is called before that menu opens, so that a workspace not built yet adds its commands."""
        super().__init__(bar)
        self._table = table
        self._workspace = ""
        self._menus: dict[str, QMenu] = {}
        for title in MENUS:
            menu = bar.addMenu(f"&{title}")
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(lambda title=title: self._about_to_show(title, build))
            self._menus[title] = menu
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.rebuild)
        table.changed.connect(self._timer.start)

    def menu(self, title: str) -> QMenu:
        return self._menus[title]

    def set_workspace(self, workspace: str) -> None:
        self._workspace = workspace
        self._timer.start()

    def _about_to_show(self, title: str, build: Callable[[str], object]) -> None:
        build(title)
        self._table.refresh()
        self.rebuild()

    def rebuild(self) -> None:
        """Fill all menus anew."""
        self._timer.stop()
        for title, menu in self._menus.items():
            menu.clear()
            for command in self._table.in_menu(title):
                own_menu = title.lower() == command.workspace
                if command.workspace and not own_menu and command.workspace != self._workspace:
                    continue
                if command.separator_before and menu.actions():
                    menu.addSeparator()
                menu.addAction(self._table.action(command.id))
            menu.menuAction().setVisible(bool(menu.actions()) or title in ("Annotate", "Similarity", "Train", "Review"))


def context_menu(table: CommandTable, ids: list[str], parent: QWidget) -> QMenu:
    """A command menu for what is under the pointer; an empty id makes a line between entries."""
    menu = QMenu(parent)
    for command_id in ids:
        if command_id:
            menu.addAction(table.action(command_id))
        elif menu.actions():
            menu.addSeparator()
    return menu


def icon_action(table: CommandTable, command_id: str) -> QAction:
    """The action of a command with its icon set (for toolbars and rails)."""
    action = table.action(command_id)
    name = table.command(command_id).icon
    if name and action.icon().isNull():
        action.setIcon(icon(name))
    return action
