"""What a run's confusions say against the present groups and cells, pair by pair, to accept or to leave."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lpstudio.evaluation.confusions import LEAST_CASES, LEAST_PLATES, GroupProposal, PairEvidence, Proposal
from lpstudio.studio import theme
from lpstudio.studio.similarity.evidence import Evidence, Source
from lpstudio.studio.train.wording import counted, day_and_time

_NOTHING_YET = (
    "No run of this project was evaluated yet. Evaluate one under Train, Report: then this says which characters it "
    "takes for each other, against the groups you have."
)


class ProposalPanel(QWidget):
    """Shows one :class:`Proposal`. ``chosen`` tells the pair of the current row."""

    source_chosen = Signal(object)  # Source
    chosen = Signal(str, str)

    def __init__(self, accept: Sequence[QAction], parent: QWidget | None = None) -> None:
        """``accept``: the actions that accept the pair, its group and all."""
        super().__init__(parent)
        self._proposal: Proposal | None = None
        self._rows: list[PairEvidence] = []
        self.sources = QComboBox()
        self.sources.setAccessibleName("Run whose confusions are shown")
        self.sources.activated.connect(lambda _at: self._source_activated())
        self.summary = _words()
        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels(["Pair", "Now", "By data", "Seen"])
        self.table.setAccessibleName("Pairs of characters that were mixed up")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        self.table.currentCellChanged.connect(lambda row, *_: self._row_changed(row))
        self.details = _words()
        self.details.setMinimumHeight(4 * self.details.fontMetrics().lineSpacing())
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons = [_button(action, word) for action, word in zip(accept, ("Pair", "Group", "All"), strict=True)]
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(QLabel("Accept"))
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch(1)
        self.never = _words()
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(12, 12, 12, 12)
        column_layout.setSpacing(8)
        for widget in (self.sources, self.summary):
            column_layout.addWidget(widget)
        column_layout.addWidget(self.table, 1)
        column_layout.addWidget(self.details)
        column_layout.addLayout(row)
        column_layout.addWidget(self.never)
        self._show()

    # -- where it comes from ---------------------------------------------------------------------------------------

    def show_sources(self, sources: Sequence[Source], wanted: str) -> Source | None:
        """Offer these runs; returns the one that is shown: the wanted one, else the newest."""
        self.sources.blockSignals(True)
        self.sources.clear()
        for source in sources:
            self.sources.addItem(f"{source.name} · {day_and_time(source.at)}", source)
        at = next((at for at, source in enumerate(sources) if source.name == wanted), 0)
        self.sources.setCurrentIndex(at if sources else -1)
        self.sources.blockSignals(False)
        self.sources.setVisible(bool(sources))
        return sources[at] if sources else None

    def _source_activated(self) -> None:
        source = self.sources.currentData()
        if source is not None:
            self.source_chosen.emit(source)

    # -- what it says ----------------------------------------------------------------------------------------------

    def show_proposal(self, proposal: Proposal | None, evidence: Evidence | None) -> None:
        """Show what the evidence says against the similarity as it is now; the chosen pair stays chosen."""
        before = self.pair
        self._proposal = proposal
        changes = list(proposal.changes) if proposal is not None else []
        fits = [one for one in proposal.evidence if not one.differs] if proposal is not None else []
        self._rows = changes + fits
        self._show(evidence)
        if before is not None:
            self.choose(*before)
        if self.table.currentRow() < 0 and self._rows:
            self.table.setCurrentCell(0, 0)
        self._row_changed(self.table.currentRow())

    def _show(self, evidence: Evidence | None = None) -> None:
        proposal = self._proposal
        has_rows = bool(self._rows)
        self.table.setVisible(has_rows)
        self.details.setVisible(has_rows)
        for button in self.buttons:
            button.setVisible(has_rows)
        least = f"at least {LEAST_CASES} cases on {LEAST_PLATES} plates"
        if proposal is None or evidence is None:
            self.summary.setText(_NOTHING_YET)
        elif not has_rows:
            self.summary.setText(
                f"{proposal.errors:,} of {counted(proposal.characters, 'character')} on "
                f"{counted(evidence.crops, 'crop')} were read as another one; no pair often enough to say anything "
                f"({least})."
            )
        else:
            changes = len(proposal.changes)
            said = f"{counted(changes, 'pair')} differ from the present values" if changes else "The present values fit"
            self.summary.setText(
                f"{proposal.errors:,} of {counted(proposal.characters, 'character')} were read as another one. {said} "
                f"({least}; the interval is in brackets)."
            )
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._rows))
        for row, one in enumerate(self._rows):
            texts = (
                f"{one.pair[0]} – {one.pair[1]}",
                f"{one.present:.2f}",
                f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})",
                f"{one.count} of {one.cases}",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setFont(theme.font("strong" if column in (0, 2) and one.differs else "body"))
                item.setForeground(theme.color("text" if one.differs else "text_dim"))
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        if has_rows:
            self.table.resizeColumnsToContents()
        never = [f"{a} {b} ({cases})" for (a, b), cases in (proposal.never if proposal else ()) if cases]
        self.never.setText(f"Look-alikes never mixed up, of so many seen: {', '.join(never)}." if never else "")

    # -- the chosen pair -------------------------------------------------------------------------------------------

    @property
    def current(self) -> PairEvidence | None:
        """What is known of the chosen pair."""
        row = self.table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    @property
    def pair(self) -> tuple[str, str] | None:
        return self.current.pair if self.current is not None else None

    @property
    def group(self) -> GroupProposal | None:
        """The group that is proposed for the chosen pair."""
        pair = self.pair
        groups = self._proposal.groups if self._proposal is not None else ()
        return next((group for group in groups if pair in group.pairs), None)

    def choose(self, a: str, b: str) -> None:
        """Choose a pair, if it is listed."""
        pair = (min(a, b), max(a, b))
        for row, one in enumerate(self._rows):
            if one.pair == pair and row != self.table.currentRow():
                self.table.setCurrentCell(row, 0)

    def _row_changed(self, row: int) -> None:
        one = self._rows[row] if 0 <= row < len(self._rows) else None
        if one is None:
            self.details.setText("")
            return
        a, b = one.pair
        text = (
            f"{a} read as {b} {one.counts[0]}×, {b} as {a} {one.counts[1]}×, of {one.cases} found, "
            f"on {counted(one.plates, 'plate')}. "
        )
        group = self.group
        if not one.differs:
            text += f"The present {one.present:.2f} fits."
        elif group is not None:
            replaced = f" in place of {', '.join(group.replaces)}" if group.replaces else ""
            text += f"Proposed: the group {' '.join(group.chars)}{replaced}; or this cell alone."
        else:
            text += f"Proposed: this cell {one.value:.2f} instead of {one.present:.2f}."
        self.details.setText(text)
        self.chosen.emit(a, b)


def _button(action: QAction, word: str) -> QPushButton:
    button = QPushButton(word)
    button.setToolTip(action.toolTip())
    button.setAccessibleName(action.text().replace("&", ""))
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    button.setEnabled(action.isEnabled())
    return button


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setFont(theme.font("small"))
    return label
