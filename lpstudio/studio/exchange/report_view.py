"""What came over and what could not: counts in words, every loss in a list that can be copied and saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QHBoxLayout, QLabel, QListView, QPushButton, QWidget
from PySide6.QtWidgets import QVBoxLayout as _Column

from lpstudio.studio import theme


def loss_line(loss: Mapping[str, Any]) -> str:
    """One loss as one line: where, and why."""
    where = str(loss.get("file") or "")
    if where and loss.get("line") is not None:
        where = f"{where}:{loss['line']}"
    reason = str(loss.get("reason") or "")
    return f"{where}: {reason}" if where else reason


class ReportView(QWidget):
    """Empty until :meth:`show_report`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = QLabel(self)
        self.summary.setObjectName("exchange_summary")
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.lines = QStringListModel(self)
        self.list = QListView(self)
        self.list.setObjectName("exchange_losses")
        self.list.setModel(self.lines)
        self.list.setUniformItemSizes(True)
        self.list.setFont(theme.font("small"))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setAccessibleName("What could not come over")
        self.list.setMinimumHeight(120)
        self.copy = QPushButton("Copy", self)
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        self.save = QPushButton("Save list…", self)
        self.save.setAutoDefault(False)
        self.save.clicked.connect(self._save)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        column = _Column(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.summary)
        column.addWidget(self.list, 1)
        column.addLayout(buttons)
        column.addStretch(0)
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.say("")

    def say(self, text: str) -> None:
        """Show a sentence alone."""
        self.summary.setText(text)
        self.lines.setStringList([])
        self._show_list(False)

    def _show_list(self, shown: bool) -> None:
        for widget in (self.list, self.copy, self.save):
            widget.setVisible(shown)

    def show_report(self, report: Mapping[str, Any], title: str, loss_title: str) -> None:
        """Show a report as :meth:`lpstudio.dataset.exchange.report.Report.to_dict` gives it."""
        counts = ", ".join(f"{number:,} {what}" for what, number in report["counts"].items() if number) or "nothing"
        lost: Mapping[str, int] = report["lost"]
        losses = ", ".join(f"{number:,} {what}" for what, number in lost.items()) or "nothing"
        notes = [str(note)[:1].upper() + str(note)[1:] + "." for note in report["notes"]]
        self.summary.setText("\n".join([f"{title}: {counts}", f"{loss_title}: {losses}", *notes]))
        lines = [loss_line(loss) for loss in report["losses"]]
        left = sum(lost.values()) - len(lines)
        if left > 0:
            lines.append(f"… and {left:,} more; lpstudio import or export with --json FILE lists them all")
        self.lines.setStringList(lines)
        self._show_list(bool(lines))

    def _text(self) -> str:
        return "\n".join([self.summary.text(), "", *self.lines.stringList()])

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text())

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save list", "import-losses.txt", "Text (*.txt);;All files (*)")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the whole into a text file, and say when that fails."""
        from lpstudio.dataset.atomic import write_bytes_atomic
        from lpstudio.errors import LpStudioError

        try:
            write_bytes_atomic(path, (self._text() + "\n").encode("utf-8", "replace"))
        except LpStudioError as error:
            self.summary.setText(f"{self.summary.text()}\nNot saved: {error.message}")
