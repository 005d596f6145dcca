"""The panel before a start: which crops take part, characters per class and split, what to know."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.train.class_bars import ClassBars
from lpstudio.studio.train.preflight_data import OvertakenError, Preflight, SplitSummary, Warning, summarise

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.similarity import Similarity

SETTLE_MS = 600  # edits often come several at once
TELL_S = 0.1


class PreflightReader(QObject):
    """Collects the summary in a thread; asked again, the answer under way is overtaken."""

    ready = Signal(object)  # Preflight
    failed = Signal(str)
    progress = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(self, threads=1)
        self._stop = threading.Event()
        self._job = 0
        self._project: Project | None = None
        self._verified_only = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)

    def ask(self, project: Project, verified_only: bool, *, at_once: bool = False) -> None:
        """Collect soon (several asks within a moment count as one), or at once."""
        self._project, self._verified_only = project, verified_only
        self._timer.start(0 if at_once else SETTLE_MS)

    def _start(self) -> None:
        project, verified_only = self._project, self._verified_only
        if project is None:
            return
        self._overtake()
        stop = self._stop
        told = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if stop.is_set():
                raise OvertakenError
            if time.monotonic() - told > TELL_S:
                told = time.monotonic()
                self.progress.emit(done, total)

        self._job = self._jobs.run(
            lambda: summarise(project, verified_only, tell),
            self.ready.emit,
            lambda error: self.failed.emit(plain_message(error)),
        )

    def _overtake(self) -> None:
        self._jobs.forget(self._job)
        self._stop.set()
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Forget what was asked."""
        self._timer.stop()
        self._project = None
        self._overtake()

    def stop(self) -> None:
        """Cancel and wait until no thread is left."""
        self.cancel()
        self._jobs.close()


class _WarningLine(QWidget):
    def __init__(self, warning: Warning) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        mark = QLabel()
        name, token = ("octagon-x", "error") if warning.stops else ("triangle-alert", "warning")
        mark.setPixmap(icon(name, token).pixmap(QSize(16, 16), mark.devicePixelRatio()))
        text = QLabel(warning.text)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)


class PreflightPanel(QScrollArea):
    """Shows a :class:`Preflight`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._preflight: Preflight | None = None
        self._similarity: Similarity | None = None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        self._headline = QLabel("Counting the crops…")
        self._headline.setFont(theme.font("title"))
        self._headline.setWordWrap(True)
        self._busy = QProgressBar()
        self._busy.setTextVisible(False)
        self._busy.setFixedHeight(6)
        policy = self._busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._busy.setSizePolicy(policy)
        self._table = QTableWidget(0, 0)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.setShowGrid(False)
        self._table.setStyleSheet(
            "QTableWidget, QHeaderView, QHeaderView::section, QTableCornerButton::section"
            " { background: transparent; border: none; }"
        )
        self._table.setAccessibleName("Crops per split and state")
        self._table.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._table.verticalHeader().setDefaultSectionSize(24)
        self._table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight)
        self._table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._warnings = QWidget()
        self._warnings_column = QVBoxLayout(self._warnings)
        self._warnings_column.setContentsMargins(0, 4, 0, 4)
        self._warnings_column.setSpacing(4)
        title = QLabel("Characters per class")
        title.setFont(theme.font("strong"))
        self._legend = QLabel("filled: train · open: val · ▲ fewer than 10 in train · ✕ none in train")
        self._legend.setFont(theme.font("small"))
        theme.tint(self._legend, "text_dim")
        self._bars = ClassBars()
        self._faults_title = QLabel("Faulty crops that stay out")
        self._faults_title.setFont(theme.font("strong"))
        self._faults = QPlainTextEdit()
        self._faults.setReadOnly(True)
        self._faults.setFont(theme.font("mono"))
        self._faults.setAccessibleName("Faulty crops that stay out")
        self._faults.setMinimumHeight(96)
        for widget in (
            self._headline,
            self._busy,
            self._table,
            self._warnings,
            title,
            self._legend,
            self._bars,
            self._faults_title,
            self._faults,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(body)
        theme.notifier().changed.connect(self._recolour)
        self.clear()

    @property
    def preflight(self) -> Preflight | None:
        """What is shown, None while it is being collected."""
        return self._preflight

    @property
    def headline(self) -> str:
        return self._headline.text()

    def warning_texts(self) -> list[str]:
        """The warnings as they are read."""
        return [warning.text for warning in self._preflight.warnings] if self._preflight is not None else []

    def table_text(self) -> list[list[str]]:
        """The table with its headings, row by row."""
        table = self._table
        heads = [self._text(table.horizontalHeaderItem(column)) for column in range(table.columnCount())]
        rows = [["", *heads]]
        for row in range(table.rowCount()):
            cells = [self._text(table.item(row, column)) for column in range(table.columnCount())]
            rows.append([self._text(table.verticalHeaderItem(row)), *cells])
        return rows

    @staticmethod
    def _text(item: QTableWidgetItem | None) -> str:
        return item.text() if item is not None else ""

    def clear(self) -> None:
        """Nothing is known yet."""
        self._preflight = None
        self._headline.setText("Counting the crops…")
        self._busy.setRange(0, 0)
        self._busy.show()
        self._table.hide()
        self._show_warnings(())
        self._bars.set_counts((), None)
        self._show_faults(())

    def show_progress(self, done: int, total: int) -> None:
        """How many crops were looked at."""
        self._busy.setRange(0, max(total, 1))
        self._busy.setValue(done)
        self._busy.show()

    def show_failure(self, message: str) -> None:
        """The crops could not be counted."""
        self._busy.hide()
        self._headline.setText("The crops could not be counted")
        self._show_warnings((Warning(message, stops=True),))

    def show_preflight(self, preflight: Preflight, similarity: Similarity) -> None:
        self._preflight, self._similarity = preflight, similarity
        self._busy.hide()
        self._headline.setText(preflight.headline)
        self._fill_table(preflight)
        self._show_warnings(preflight.warnings)
        self._bars.set_counts(preflight.characters, similarity)
        self._show_faults(preflight.faults)

    def set_similarity(self, similarity: Similarity) -> None:
        """The groups changed: take their hues."""
        self._similarity = similarity
        if self._preflight is not None:
            self._bars.set_counts(self._preflight.characters, similarity)

    def _fill_table(self, preflight: Preflight) -> None:
        states = sorted({state for summary in preflight.splits for state in summary.by_state})
        reasons = sorted({reason for summary in preflight.splits for reason in summary.left_out})
        heads = ["all", "take part", *states, *[f"out: {reason}" for reason in reasons]]
        table = self._table
        table.clear()
        table.setColumnCount(len(heads))
        table.setRowCount(len(preflight.splits))
        table.setHorizontalHeaderLabels(heads)
        table.setVerticalHeaderLabels([summary.split for summary in preflight.splits])
        for row, summary in enumerate(preflight.splits):
            for column, count in enumerate(self._cells(summary, states, reasons)):
                item = QTableWidgetItem(f"{count:,}" if count else "–")
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setFont(theme.font("strong" if column == 1 else "number"))
                table.setItem(row, column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        height = header.sizeHint().height() + 24 * max(table.rowCount(), 1) + 4
        wide = header.length() + table.verticalHeader().sizeHint().width() > self.viewport().width() - 32
        table.setFixedHeight(height + (table.horizontalScrollBar().sizeHint().height() if wide else 0))
        table.show()

    @staticmethod
    def _cells(summary: SplitSummary, states: list[str], reasons: list[str]) -> list[int]:
        return [
            summary.total,
            summary.taking_part,
            *[summary.by_state.get(state, 0) for state in states],
            *[summary.left_out.get(reason, 0) for reason in reasons],
        ]

    def _show_warnings(self, warnings: tuple[Warning, ...]) -> None:
        while self._warnings_column.count():
            item = self._warnings_column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for warning in warnings:
            self._warnings_column.addWidget(_WarningLine(warning))
        self._warnings.setVisible(bool(warnings))

    def _show_faults(self, faults: tuple[str, ...]) -> None:
        self._faults.setPlainText("\n".join(faults))
        self._faults.setVisible(bool(faults))
        self._faults_title.setVisible(bool(faults))

    def _recolour(self) -> None:
        theme.tint(self._legend, "text_dim")
        if self._preflight is not None:
            self._show_warnings(self._preflight.warnings)
