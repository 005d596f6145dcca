"""What runs, what is not saved, and what the worker processes said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
)

from lpstudio.studio import theme
from lpstudio.studio.places import log_file

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

REFRESH_MS = 1000
LOG_TAIL = 64 * 1024


class ActivityDialog(QDialog):
    """Looked at when something takes long or went wrong; refreshes itself."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Activity and logs")
        self._window = window
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tabs = QTabWidget(self)
        self.views: dict[str, QPlainTextEdit] = {}
        for name in ("Reader", "Tools", "Plates", "Studio"):
            view = QPlainTextEdit(self.tabs)
            view.setReadOnly(True)
            view.setFont(theme.font("mono"))
            view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            view.setPlaceholderText("Nothing was said yet")
            self.tabs.addTab(view, name)
            self.views[name] = view
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        copy = QPushButton("Copy", self)
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.summary)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(buttons)
        self.resize(760, 480)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(REFRESH_MS)
        self.refresh()

    @classmethod
    def show_for(cls, window: MainWindow) -> ActivityDialog:
        """Open the dialog, or bring the open one to the front."""
        dialog = window.findChild(cls) or cls(window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def refresh(self) -> None:
        """Show what is known now."""
        lines = []
        for task in self._window.status.tasks.values():
            share = "" if task.fraction is None else f" – {task.fraction:.0%}"
            lines.append(f"{task.text}{share}")
        session = self._window.session
        if session is not None:
            lines += [f"not saved: {key}: {message}" for key, message in session.failures.items()]
            waiting = session.pending - len(session.failures)
            if waiting:
                lines.append(f"{waiting} waiting to be written")
        self.summary.setText("\n".join(lines) or "Nothing is running; everything is saved.")
        workers = self._window.workers
        self._show("Reader", workers.reader.log_lines)
        self._show("Tools", workers.tools.log_lines)
        self._show("Plates", workers.plates.log_lines + workers.factory.log_lines)
        self._show("Studio", _log_tail())

    def _show(self, name: str, lines: list[str]) -> None:
        view, text = self.views[name], "\n".join(lines)
        if view.toPlainText() != text:
            view.setPlainText(text)
            view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())

    def _copy(self) -> None:
        view = self.tabs.currentWidget()
        if isinstance(view, QPlainTextEdit):
            QGuiApplication.clipboard().setText(f"{self.summary.text()}\n\n{view.toPlainText()}")


def _log_tail() -> list[str]:
    """The end of the studio's own log."""
    try:
        with log_file().open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - LOG_TAIL))
            return stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
