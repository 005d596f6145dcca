"""The report of a run in the window: figures, confusion matrix, probabilities, second candidates, and the crops."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.evaluation.charts import GainChart, ReliabilityChart
from lpstudio.studio.evaluation.confusion_view import ConfusionView
from lpstudio.studio.evaluation.facts import Case, Facts
from lpstudio.studio.evaluation.figures_table import FiguresTable
from lpstudio.studio.evaluation.gallery import CropGallery
from lpstudio.studio.train.wording import counted, day_and_time

NOTE = (
    "Intervals come from drawing whole plates: characters of one plate are not independent. "
    "One without width says that all plates agree, not that the figure is certain."
)


class ReportPage(QWidget):
    """Shows :class:`Facts`, or why there are none. ``crop_wanted`` comes with the case a person opened."""

    crop_wanted = Signal(object)  # Case

    def __init__(self, evaluate: QAction, stop: QAction, others: Sequence[QAction], parent: QWidget | None = None):
        """``evaluate``, ``stop``: the actions that begin and end it; ``others``: further ones about a report."""
        super().__init__(parent)
        self._facts: Facts | None = None
        self._actions = (evaluate, *others)
        self._saved: tuple[object, object] = (None, None)
        self._built = False
        self._stack = QStackedWidget()
        self._stack.addWidget(self._build_empty(evaluate, stop))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    # -- building --------------------------------------------------------------------------------------------------

    def _build_empty(self, evaluate: QAction, stop: QAction) -> QWidget:
        self.message = QLabel()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(280, 8)
        self.bar.setAccessibleName("Progress of the evaluation")
        self.button = _button(evaluate, "Evaluate")
        self.button.setProperty("primary", True)
        self.stop_button = _button(stop, "Stop")
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self.message)
        for widget in (self.bar, self.button, self.stop_button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return empty

    def build(self) -> None:
        """Make the report itself, when there is one to show for the first time."""
        if not self._built:
            self._built = True
            self._stack.addWidget(self._build_report())
            splitter, tab = self._saved
            if splitter is not None:
                self.splitter.restoreState(splitter)  # type: ignore[arg-type]
            if tab is not None:
                self.tabs.setCurrentIndex(int(str(tab)))

    def _build_report(self) -> QWidget:
        self.head = QLabel()
        self.head.setWordWrap(True)
        self.head.setFont(theme.font("small"))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setFont(theme.font("small"))
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.head, 1)
        for action in self._actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._build_figures(), "Figures")
        self.tabs.addTab(self._build_matrix(), "Taken for others")
        self.tabs.addTab(self._build_probabilities(), "Probabilities")
        self.tabs.addTab(self._build_gain(), "Second candidate")
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tabs)
        self.splitter.addWidget(self._build_crops())
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([560, 330])
        report = QWidget()
        column = QVBoxLayout(report)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.splitter, 1)
        self.note.setContentsMargins(12, 0, 12, 0)
        return report

    def _build_figures(self) -> QWidget:
        self.figures = FiguresTable()
        self.totals = _words()
        return _column(self.figures, self.totals, _words(NOTE))

    def _build_matrix(self) -> QWidget:
        self.matrix = ConfusionView()
        self.matrix.chosen.connect(lambda true, read: self._show_cell(true, read))
        self.matrix.entered.connect(self._enter_gallery)
        self.cell_text = _read_out()
        self.matrix.hovered.connect(lambda text: self.cell_text.setText(text or self._cell_words()))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self.matrix)
        legend = _words(
            "Rows: what stands there. Columns: what was read. Framed: look-alikes. A click shows the crops of a cell."
        )
        page = _column(self.cell_text, area, legend)
        page.layout().setStretch(1, 1)  # type: ignore[union-attr]
        return page

    def _build_probabilities(self) -> QWidget:
        self.reliability = ReliabilityChart()
        said = _read_out()
        hint = "Bars: how often the best candidate is right. Red: what its probability says. Below: how many."
        self.reliability.said.connect(lambda text: said.setText(text or hint))
        said.setText(hint)
        page = _column(said, self.reliability)
        page.layout().setStretch(1, 1)  # type: ignore[union-attr]
        return page

    def _build_gain(self) -> QWidget:
        self.gain = GainChart()
        said = _read_out()
        hint = "Full: read right. On top, paler: right with the second candidate. Below: how many are labelled."
        self.gain.said.connect(lambda text: said.setText(text or hint))
        said.setText(hint)
        page = _column(said, self.gain)
        page.layout().setStretch(1, 1)  # type: ignore[union-attr]
        return page

    def _build_crops(self) -> QWidget:
        self.crops_title = QLabel()
        self.crops_title.setFont(theme.font("strong"))
        self.crops_title.setWordWrap(True)
        self.back = QPushButton("Worst crops")
        self.back.clicked.connect(self.show_worst)
        self.gallery = CropGallery()
        self.gallery.opened.connect(self.crop_wanted)
        hint = _words("A click or Enter opens a crop in Annotate, at that character.")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 8, 0)
        head.addWidget(self.crops_title, 1)
        head.addWidget(self.back)
        side = QWidget()
        side.setMinimumWidth(280)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addLayout(head)
        hint.setContentsMargins(12, 0, 12, 0)
        column.addWidget(hint)
        column.addWidget(self.gallery, 1)
        return side

    # -- what it shows ---------------------------------------------------------------------------------------------

    @property
    def facts(self) -> Facts | None:
        return self._facts

    def say(self, text: str, *, working: bool = False, fraction: float | None = None, can_begin: bool = False) -> None:
        """Instead of a report: why there is none, with its progress or the button that makes one."""
        self._stack.setCurrentIndex(0)
        self.message.setText(text)
        self.bar.setVisible(working)
        self.stop_button.setVisible(working)
        self.button.setVisible(can_begin)
        if fraction is None:
            self.bar.setRange(0, 0 if working else 1)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * fraction))

    def show_facts(self, facts: Facts) -> None:
        """Show a report; the cell and the tab that were chosen stay."""
        self.build()
        self._stack.setCurrentIndex(1)
        if facts is self._facts:
            return
        self._facts = facts
        summary, evaluation = facts.summary, facts.head
        faults = f", {counted(summary.faults, 'crop')} could not be read" if summary.faults else ""
        left_out = sum(evaluation.left_out.values())
        out = f", {counted(left_out, 'crop')} stayed out" if left_out else ""
        self.head.setText(
            f"Best weights on {summary.split}: {counted(summary.crops, 'crop')}{faults}{out} · probabilities "
            f"{'' if evaluation.calibrated else 'not '}calibrated · {day_and_time(summary.at)}"
        )
        self.head.setToolTip("\n".join(message for _key, message in evaluation.faults))
        self.say_stale(facts.stale)
        figures = summary.figures
        counts = facts.counts
        self.figures.show_figures(figures)
        self.totals.setText(
            f"{counted(counts.characters, 'character')} on {counted(facts.labelled, 'labelled crop')}: "
            f"{counts.missed:,} missed, {counts.extra:,} found where none is labelled; "
            f"{counted(figures.within, 'error')} between look-alikes, {figures.across:,} across groups."
        )
        self.matrix.show_facts(facts)
        self.reliability.show_bins(figures.bins)
        self.gain.show_rows(facts.gains)
        cell = self.matrix.cell
        if cell is not None:
            self._show_cell(*cell)
        else:
            self.show_worst()

    def say_stale(self, text: str) -> None:
        """Why the report no longer tells of the weights and labels as they are; empty when it does."""
        self.note.setText(f"{text} Evaluate again to see what it comes to." if text else "")
        self.note.setVisible(bool(text))
        self.note.setStyleSheet(f"color: {theme.tokens().warning};")

    def show_worst(self) -> None:
        """Show the worst crops."""
        cases = self._facts.worst if self._facts is not None else ()
        self._show_cases(f"The {len(cases)} worst crops" if cases else "Every crop is read right", cases)
        self.back.hide()

    def _show_cell(self, true: str, read: str) -> None:
        if self._facts is None:
            return
        cases = self._facts.cases(true, read)
        self.cell_text.setText(self.matrix.sentence(true, read))
        what = f"{true} missed" if not read else f"{true} read right" if true == read else f"{true} read as {read}"
        self._show_cases(f"{what}: {counted(len(cases), 'crop')}" if cases else f"{what}: never", cases)
        self.back.show()

    def _cell_words(self) -> str:
        return self.matrix.sentence(*self.matrix.cell) if self.matrix.cell is not None else ""

    def _show_cases(self, title: str, cases: Sequence[Case]) -> None:
        self.crops_title.setText(title)
        self.gallery.show_cases(cases)

    def _enter_gallery(self) -> None:
        if self.gallery.gallery.cases:
            self.gallery.setFocus()

    # -- the window ------------------------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        splitter, tab = (self.splitter.saveState(), self.tabs.currentIndex()) if self._built else self._saved
        settings.setValue("report", splitter)
        settings.setValue("report_tab", tab)

    def restore_state(self, splitter: object, tab: object) -> None:
        """Put splitter and tab as they were, when the report is made."""
        self._saved = (splitter, tab)

    def close_jobs(self) -> None:
        """Stop the threads that decode pictures."""
        if self._built:
            self.gallery.close_jobs()


def _button(action: QAction, word: str) -> QPushButton:
    """A button for an action, with a word of its own."""
    button = QPushButton(word)
    button.setIcon(action.icon())
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    button.setEnabled(action.isEnabled())
    return button


def _words(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setFont(theme.font("small"))
    return label


def _read_out() -> QLabel:
    """A line for what is pointed at; it keeps its height, so that nothing moves."""
    label = _words()
    label.setFont(theme.font("number"))
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setFixedHeight(2 * QFontMetrics(label.font()).lineSpacing())
    return label


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(12, 8, 12, 8)
    column.setSpacing(8)
    for widget in widgets:
        column.addWidget(widget)
    return page
