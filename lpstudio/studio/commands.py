"""The one command table: every command is at once menu entry, toolbar button, shortcut and palette line."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """All commands with their QActions. Menus, toolbars, palette and cheat sheet are made from it.

    Keys are Qt's portable text in one spelling (see :func:`spelled`). A command has its own keys unless others were
    given to it (:meth:`set_changed_keys`); what another command was given by a person is no key of it any more.
    """

    changed = Signal()  # a command was registered
    keys_changed = Signal()  # commands have other keys now

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        self._available: dict[str, Callable[[], bool]] = {}
        self._own: dict[str, list[str]] = {}  # key: ids that have it by themselves
        self._given: dict[str, list[str]] = {}  # key: ids that a person gave it to
        self._changed_keys: dict[str, tuple[str, ...]] = {}
        self._tips: dict[str, str] = {}  # with which keys a tip was written
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
        keys = tuple(spelled(text) for text in command.shortcuts)
        for key in keys:
            for other in self._own.get(key, ()):
                if _meet(command, self._commands[other]):
                    raise ValueError(f"{key} of {command.id} is taken by {other}")
        for key in keys:
            self._own.setdefault(key, []).append(command.id)
        action = QAction(command.title, self._window)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        if command.checkable:
            action.triggered.connect(lambda checked: run(checked))  # type: ignore[call-arg]
        else:
            action.triggered.connect(lambda _checked=False: run())  # type: ignore[call-arg]
        self._commands[command.id] = command
        self._actions[command.id] = action
        self._show_keys(command.id)
        self._window.addAction(action)
        if available is not None:
            self._available[command.id] = available
        self._refresh_one(command.id)
        if command.id in self._changed_keys:
            self._show_all_keys()  # what a person gave to this command is taken from the others now
        self.changed.emit()
        return action

    def unregister(self, command_id: str) -> None:
        """Take a command away that a person made, such as a saved filter. Nothing happens when there is none."""
        command = self._commands.pop(command_id, None)
        if command is None:
            return
        action = self._actions.pop(command_id)
        self._available.pop(command_id, None)
        self._tips.pop(command_id, None)
        for key in command.shortcuts:
            self._own[spelled(key)].remove(command_id)
        self._window.removeAction(action)
        action.deleteLater()
        self.changed.emit()

    # -- keys ------------------------------------------------------------------------------------------------------

    def own_keys(self, command_id: str) -> tuple[str, ...]:
        """The keys that a command has when nobody changed them."""
        return tuple(spelled(text) for text in self._commands[command_id].shortcuts)

    def keys(self, command_id: str) -> tuple[str, ...]:
        """The keys that run a command now, the main one first."""
        command, changed = self._commands[command_id], self._changed_keys.get(command_id)
        wanted = self.own_keys(command_id) if changed is None else changed
        return tuple(key for key in wanted if not self._given_away(key, command))

    def _given_away(self, key: str, command: Command) -> bool:
        """Whether a person gave this key to another command that can be on the screen too; the first one keeps it."""
        for other in self._given.get(key, ()):
            if other == command.id:
                return False
            if other in self._commands and _meet(command, self._commands[other]):
                return True
        return False

    def taken_by(self, command_id: str, key: str) -> list[Command]:
        """The commands that a key would clash with if this command had it."""
        command = self._commands[command_id]
        return [
            other
            for other in self._commands.values()
            if other.id != command_id and _meet(command, other) and key in self.keys(other.id)
        ]

    @property
    def changed_keys(self) -> dict[str, tuple[str, ...]]:
        """The keys that a person gave to commands (also to commands that are not registered), by id."""
        return dict(self._changed_keys)

    def set_changed_keys(self, changed: Mapping[str, Iterable[str]]) -> None:
        """Give commands other keys than their own; those not named get their own back."""
        self._changed_keys = {command_id: tuple(keys) for command_id, keys in changed.items()}
        self._given = {}
        for command_id, keys in self._changed_keys.items():
            for key in keys:
                self._given.setdefault(key, []).append(command_id)
        self._show_all_keys()
        self.keys_changed.emit()

    def _show_all_keys(self) -> None:
        for command_id in self._commands:
            self._show_keys(command_id)

    def _show_keys(self, command_id: str) -> None:
        command, action, keys = self._commands[command_id], self._actions[command_id], self.keys(command_id)
        if self._tips.get(command_id) == (told := "\n".join(keys)):
            return
        self._tips[command_id] = told
        action.setShortcuts([QKeySequence(key) for key in keys])
        tip = command.tip or command.title.rstrip("…").replace("&", "")
        action.setToolTip(f"{tip} ({shown(keys[0])})" if keys else tip)

    # -- commands --------------------------------------------------------------------------------------------------

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


def _meet(first: Command, second: Command) -> bool:
    """Whether both can be on the screen at once."""
    return not first.workspace or not second.workspace or first.workspace == second.workspace


@functools.lru_cache(maxsize=1024)
def spelled(key: str) -> str:
    """A key in Qt's own portable spelling: "ctrl+return" gives "Ctrl+Return"; empty for what is no key."""
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText).toString(
        QKeySequence.SequenceFormat.PortableText
    )


@functools.lru_cache(maxsize=1024)
def shown(key: str) -> str:
    """A key as people of this system read it."""
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    return re.sub(r"\bReturn$", "Enter", text)
