"""The log of a run with its levels, appended as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.editors import QuietComboBox
from lpstudio.studio.train.wording import clock, counted
from lpstudio.training.history import LOG_LINES, LogLine

_RANK = {"debug": 0, "info": 1, "warning": 2, "error": 3, "critical": 3}
_LEVELS = (("Everything", 0), ("Warnings and errors", 2), ("Errors", 3))
_WORDS = {2: "warning", 3: "error"}
_TOKENS = {0: "text_dim", 1: "text", 2: "warning", 3: "error"}


class LogView(QWidget):
    """Shows log lines from a chosen level on; stays at the end while the end is in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[LogLine, ...] = ()
        self._level = QuietComboBox()
        self._level.setAccessibleName("Level")
        for title, rank in _LEVELS:
            self._level.addItem(title, rank)
        self._count = QLabel()
        self._count.setFont(theme.font("small"))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFont(theme.font("mono"))
        self._text.setMaximumBlockCount(LOG_LINES)
        self._text.setAccessibleName("Log")
        head = QHBoxLayout()
        head.setContentsMargins(8, 4, 8, 4)
        head.setSpacing(8)
        head.addWidget(self._level)
        head.addWidget(self._count, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._text, 1)
        self._level.currentIndexChanged.connect(self._rebuild)
        theme.notifier().changed.connect(self._rebuild)

    def set_lines(self, lines: Sequence[LogLine]) -> None:
        """Show these lines; only what is new is appended."""
        new = tuple(lines)
        known = len(self._lines)
        if new[:known] == self._lines:
            self._lines = new
            self._append(new[known:])
        else:
            self._lines = new
            self._rebuild()
        warnings = sum(_RANK.get(line.level, 1) == 2 for line in new)
        errors = sum(_RANK.get(line.level, 1) == 3 for line in new)
        self._count.setText(f"{counted(len(new), 'line')}, {counted(warnings, 'warning')}, {counted(errors, 'error')}")

    @property
    def text(self) -> str:
        """What can be read."""
        return self._text.toPlainText()

    def _rebuild(self) -> None:
        self._text.clear()
        self._append(self._lines)

    def _append(self, lines: Sequence[LogLine]) -> None:
        least = int(self._level.currentData())
        bar = self._text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        empty = self._text.document().isEmpty()
        for line in lines:
            rank = _RANK.get(line.level, 1)
            if rank < least:
                continue
            style = QTextCharFormat()
            style.setForeground(theme.color(_TOKENS[rank]))
            word = f"{_WORDS[rank]}: " if rank in _WORDS else ""
            cursor.insertText(f"{'' if empty else chr(10)}{clock(line.t)}  {word}{line.text}", style)
            empty = False
        cursor.endEditBlock()
        if at_end:
            bar.setValue(bar.maximum())
