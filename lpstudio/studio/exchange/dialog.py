"""What the pages of import and export have in common: a form, how far the work is, its report, a row of buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.exchange.report_view import ReportView
from lpstudio.studio.exchange.work import ExchangeWork
from lpstudio.studio.widgets.work_line import WorkLine


class ExchangeDialog(QDialog):
    """Not modal: the work goes on when it is closed. A page makes its fields, fills a form and calls ``_complete``."""

    line: WorkLine
    report: ReportView
    go: QPushButton

    def __init__(self, work: ExchangeWork, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{title.lower()}_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._work = work
        self._words = words  # what is being done, beside how far it is

    def _ended(self) -> None:
        """Nothing of the work runs any more."""
        self.line.hide()

    def _show_progress(self, done: int, total: int) -> None:
        self.line.show_work(self._words, done, total)

    def closeEvent(self, event: QCloseEvent) -> None:
        """While something runs the page is only put aside: its outcome is shown when it is opened again."""
        if self._work.busy:
            event.ignore()
            self.hide()

    # -- what it is made of -------------------------------------------------------------------------------------------

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        return form

    def _remark(self, text: str = "") -> QLabel:
        """Small print that takes as many lines as it needs."""
        remark = QLabel(text, self)
        remark.setFont(theme.font("small"))
        remark.setWordWrap(True)
        remark.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        return remark

    def _complete(self, form: QFormLayout, other: str, height: int, note: QLabel | None = None) -> QPushButton:
        """Lay out the form, the note, the work, the report and the buttons; returns the one that says ``other``."""
        self.line = WorkLine(self._work.cancel, self)
        self.report = ReportView(self)
        beside = QPushButton(other, self)
        self.go = QPushButton(self.windowTitle(), self)
        self.go.setObjectName(f"do_{self.windowTitle().lower()}")
        self.go.setProperty("primary", True)
        close = QPushButton("Close", self)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(beside)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        if note is not None:
            layout.addWidget(note)
        layout.addWidget(self.line)
        layout.addWidget(self.report, 1)
        layout.addLayout(buttons)
        self.setMinimumWidth(600)
        self.resize(680, height)
        self._work.progressed.connect(self._show_progress)
        self._work.ended.connect(self._ended)
        return beside

    def _row(self, edit: QWidget, *buttons: tuple[str, Callable[[], object]]) -> QHBoxLayout:
        """A field with buttons behind it: what each says, and what it does."""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(edit, 1)
        for text, do in buttons:
            button = QPushButton(text, self)
            button.setAutoDefault(False)
            button.clicked.connect(do)
            row.addWidget(button)
        return row
