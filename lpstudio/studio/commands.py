"""The one command table: every command is at once menu entry, toolbar button, shortcut and palette line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Command:
    """What is known of a command before anything is wired to it.

    ``id``: "annotate.verify"; the part before the dot groups it. ``menu``: the menu it stands in, empty for none.
    ``workspace``: the id of the workspace in which alone it works, empty for everywhere.
    ``shortcuts``: in Qt's portable text ("Ctrl+Z"). Letters and digits alone are never shortcuts: they label.
    ``icon``: the name of a file in ``resources/icons`` without its ending.
    """

    id: str
    title: str
    menu: str = ""
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    workspace: str = ""
    checkable: bool = False
    separator_before: bool = False


class CommandTable(QObject):
    """All commands with their QActions. Menus, toolbars, palette and shortcut sheet are made from it."""

    changed = Signal()  # a command was registered

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        self._available: dict[str, Callable[[], bool]] = {}
        self._workspace = ""

    def register(
        self,
        command: Command,
        run: Callable[[], object] | Callable[[bool], object],
        *,
        available: Callable[[], bool] | None = None,
    ) -> QAction:
        """Add a command. ``run`` gets the checked state when the command is checkable, nothing otherwise.

        ``available`` is asked by :meth:`refresh`. Raises ValueError for an id or shortcut that is taken
        (two workspaces may share a shortcut, since only one of them is on the screen).
        """
        if command.id in self._commands:
            raise ValueError(f"command {command.id} is registered twice")
        for shortcut in command.shortcuts:
            clash = self._clash(command, shortcut)
            if clash is not None:
                raise ValueError(f"{shortcut} of {command.id} is taken by {clash.id}")
        action = QAction(command.title, self._window)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(text) for text in command.shortcuts])
        action.setCheckable(command.checkable)
        shortcut_text = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = command.tip or command.title.rstrip("…")
        action.setToolTip(f"{tip} ({shortcut_text})" if shortcut_text else tip)
        if command.checkable:
            action.triggered.connect(lambda checked: run(checked))  # type: ignore[call-arg]
        else:
            action.triggered.connect(lambda _checked=False: run())  # type: ignore[call-arg]
        self._window.addAction(action)
        self._commands[command.id] = command
        self._actions[command.id] = action
        if available is not None:
            self._available[command.id] = available
        self._refresh_one(command.id)
        self.changed.emit()
        return action

    def _clash(self, command: Command, shortcut: str) -> Command | None:
        wanted = QKeySequence(shortcut)
        for other in self._commands.values():
            apart = command.workspace and other.workspace and command.workspace != other.workspace
            if not apart and any(QKeySequence(text) == wanted for text in other.shortcuts):
                return other
        return None

    def action(self, command_id: str) -> QAction:
        """The QAction of a command; KeyError when there is none."""
        return self._actions[command_id]

    def command(self, command_id: str) -> Command:
        return self._commands[command_id]

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def in_menu(self, menu: str) -> list[Command]:
        return [command for command in self._commands.values() if command.menu == menu]

    def set_workspace(self, workspace: str) -> None:
        """Enable the commands of this workspace and disable those of the others."""
        self._workspace = workspace
        self.refresh()

    def refresh(self) -> None:
        """Ask again which commands are available (after a selection, an undo, the opening of a project…)."""
        for command_id in self._commands:
            self._refresh_one(command_id)

    def _refresh_one(self, command_id: str) -> None:
        command = self._commands[command_id]
        here = not command.workspace or command.workspace == self._workspace
        available = self._available.get(command_id)
        self._actions[command_id].setEnabled(here and (available is None or available()))
