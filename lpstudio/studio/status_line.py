"""The line at the bottom: is it saved, how much is verified, which reader, and what is running."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from lpstudio.studio import theme
from lpstudio.studio.icons import icon

HEIGHT = 28
SHOWN_TASKS = 2


@dataclass
class Task:
    """Running work. ``fraction``: 0 to 1, None while unknown; ``cancel_command``: the id that stops it, or empty."""

    text: str
    fraction: float | None = None
    cancel_command: str = ""


class _TaskView(QWidget):
    """One running piece of work: text, progress, stop."""

    def __init__(self, parent: StatusLine) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.text = parent.make_button()
        self.text.clicked.connect(parent.details_wanted)
        self.bar = QProgressBar(self)
        self.bar.setFixedSize(96, 10)
        self.bar.setTextVisible(False)
        self.stop = QToolButton(self)
        self.stop.setIcon(icon("circle-stop"))
        self.stop.setIconSize(QSize(16, 16))
        self.stop.setFixedSize(24, 24)
        self.stop.setToolTip("Stop this work")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._command = ""
        self.stop.clicked.connect(lambda: parent.command_wanted.emit(self._command))
        for widget in (self.text, self.bar, self.stop):
            layout.addWidget(widget)

    def show_task(self, task: Task) -> None:
        self.text.setText(task.text)
        if task.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(task.fraction * 1000))
        self._command = task.cancel_command
        self.stop.setVisible(bool(task.cancel_command))


class StatusLine(QWidget):
    """Made of buttons: each part tells more, or goes where it is mended, when clicked."""

    command_wanted = Signal(str)
    details_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_line")
        self.setFixedHeight(HEIGHT)
        self._tasks: dict[str, Task] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(12)
        self.saved = self.make_button()
        self.saved.clicked.connect(self.details_wanted)
        self.verified = self.make_button()
        self.verified.clicked.connect(lambda: self.command_wanted.emit("go.annotate"))
        self.reader = self.make_button()
        self.reader.clicked.connect(self.details_wanted)
        self._views = [_TaskView(self) for _ in range(SHOWN_TASKS)]
        self.more = self.make_button()
        self.more.clicked.connect(self.details_wanted)
        for part in (self.saved, self.verified, self.reader):
            layout.addWidget(part)
        layout.addStretch(1)
        for view in self._views:
            layout.addWidget(view)
        layout.addWidget(self.more)
        self.set_saved("", "")
        self.verified.hide()
        self.set_reader("reader: not started")
        self._show_tasks()

    def make_button(self) -> QToolButton:
        """A flat button of this line."""
        button = QToolButton(self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFont(theme.font("small"))
        button.setIconSize(QSize(14, 14))
        button.setFixedHeight(HEIGHT - 4)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def set_saved(self, what: str, tip: str) -> None:
        """``what``: "saved", "saving", "kept" (in the journal alone), "conflict", "read only" or "failed"; empty when
        no project is open.
        """
        text, name, token = {
            "saved": ("saved ✓", "", "icon"),
            "saving": ("saving…", "", "icon"),
            "kept": ("kept in journal", "triangle-alert", "warning"),
            "conflict": ("two versions", "triangle-alert", "warning"),
            "read only": ("read only", "eye", "icon"),
            "failed": ("not saved", "triangle-alert", "error"),
        }.get(what, ("", "", "icon"))
        self.saved.setVisible(bool(what))
        self.saved.setText(text)
        self.saved.setIcon(icon(name, token))
        self.saved.setToolTip(tip)

    def set_verified(self, verified: int, total: int, tip: str) -> None:
        self.verified.setVisible(True)
        self.verified.setText(f"{verified:,}/{total:,} verified")
        self.verified.setToolTip(tip)

    def hide_verified(self) -> None:
        self.verified.hide()

    def set_reader(self, text: str) -> None:
        self.reader.setText(text)
        self.reader.setToolTip("The process that reads plates; click for its log")

    @property
    def tasks(self) -> dict[str, Task]:
        """Running work by id, in the order it began."""
        return dict(self._tasks)

    def set_task(self, task_id: str, task: Task) -> None:
        self._tasks[task_id] = task
        self._show_tasks()

    def end_task(self, task_id: str) -> None:
        if self._tasks.pop(task_id, None) is not None:
            self._show_tasks()

    def _show_tasks(self) -> None:
        shown = list(self._tasks.values())
        for position, view in enumerate(self._views):
            view.setVisible(position < len(shown))
            if position < len(shown):
                view.show_task(shown[position])
        hidden = len(shown) - len(self._views)
        self.more.setVisible(hidden > 0)
        self.more.setText(f"{hidden} more running")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        painter.fillRect(0, 0, self.width(), 1, theme.color("separator"))
        painter.end()
