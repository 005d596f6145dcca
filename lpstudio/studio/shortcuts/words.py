"""Keys in running text: hints and help pages name the keys that commands have now.

In a hint ``{annotate.verify}`` stands for the main key of that command; in a help page, which is read elsewhere too,
a link ``[Ctrl+Enter](command:annotate.verify)`` that shows the key as it was made.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from lpstudio.studio.commands import CommandTable, shown

_HOLDER = re.compile(r"\{([a-z]+\.[a-z_]+)\}")
LINK = re.compile(r"\[([^\]\n]+)\]\(command:([a-z]+\.[a-z_]+)\)")
NO_KEY = "a key of your own"

_table: CommandTable | None = None


def use_table(table: CommandTable | None) -> None:
    """From now on keys are looked up in this table."""
    global _table
    _table = table


def key_of(command_id: str) -> str:
    """The main key of a command as people read it; what to say when it has none or is not known yet."""
    if _table is None:
        return NO_KEY
    try:
        keys = _table.keys(command_id)
    except KeyError:
        return NO_KEY
    return shown(keys[0]) if keys else NO_KEY


def with_keys(text: str) -> str:
    """A hint with the keys filled in."""
    return _HOLDER.sub(lambda found: key_of(found.group(1)), text)


def keep_tip(widget: QWidget, text: str) -> None:
    """Give a widget a tool tip with keys in it, and keep it true when they change."""
    _Tip(widget, text)


class _Tip(QObject):
    def __init__(self, widget: QWidget, text: str) -> None:
        super().__init__(widget)
        self._widget, self._text = widget, text
        if _table is not None and isValid(_table):
            _table.changed.connect(self.show)
            _table.keys_changed.connect(self.show)
        self.show()

    def show(self) -> None:
        self._widget.setToolTip(with_keys(self._text))


def page_with_keys(text: str) -> str:
    """A help page with the keys filled in, in bold; a command not known yet keeps the key that the page shows."""
    known = {command.id for command in _table} if _table is not None else set()
    return LINK.sub(lambda found: f"**{key_of(found[2]) if found[2] in known else found[1]}**", text)
