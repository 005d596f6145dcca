"""What Review shows in the place of a picture: what to do next, with the commands that do it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon


class Guide(QWidget):
    """A title, a sentence, and buttons for commands; the first is the main one."""

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self.title = QLabel()
        self.title.setFont(theme.font("title"))
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        for label in (self.title, self.detail):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setMinimumWidth(420)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self.buttons: list[QPushButton] = []
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.detail)
        column.addSpacing(8)
        column.addLayout(self._row)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(column)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(middle)
        layout.addStretch(3)

    def say(self, title: str, detail: str, command_ids: Sequence[str]) -> None:
        """Show these words and buttons."""
        self.title.setText(title)
        self.detail.setText(detail)
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for at, command_id in enumerate(command_ids):
            command = self._commands.command(command_id)
            button = QPushButton(command.title)
            button.setProperty("primary", at == 0)
            button.setIcon(icon(command.icon, "text_on_accent" if at == 0 else "icon"))
            button.setIconSize(QSize(16, 16))
            button.clicked.connect(self._commands.action(command_id).trigger)
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        painter.end()


class WeightsHint(QWidget):
    """The line that stands above the picture as long as there are no weights to read with."""

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark = QLabel()
        mark.setPixmap(icon("brain", "warning").pixmap(16, 16))
        self.label = QLabel("No weights yet. Train a model first, or choose a .pt file; you can also drop one here.")
        self.label.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(mark)
        layout.addWidget(self.label, 1)
        self.buttons: list[QPushButton] = []
        for command_id, title in (("go.train", "Go to Train"), ("review.choose_weights", "Choose weights…")):
            button = QPushButton(title)
            button.clicked.connect(commands.action(command_id).trigger)
            layout.addWidget(button)
            self.buttons.append(button)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("warning_soft"))
        painter.fillRect(0, 0, 4, self.height(), theme.color("warning"))
        painter.end()
