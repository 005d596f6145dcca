"""Groups learned from data: shows what a run's confusions say as a difference, and accepts it into the similarity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lpstudio.evaluation.confusions import PairEvidence, Proposal
from lpstudio.similarity import Similarity
from lpstudio.studio.similarity.editing import SimilarityEditor
from lpstudio.studio.similarity.evidence import Evidence, EvidenceReader, Source
from lpstudio.studio.similarity.matrix_view import MatrixView
from lpstudio.studio.similarity.proposal_panel import ProposalPanel
from lpstudio.studio.workspace import Notice, Severity, Studio


class FromData(QObject):
    """Between evaluations, the panel that lists what they say, and the matrix that shows it beside the present."""

    shown = Signal()  # what the matrix shows beside the present values is up to date

    def __init__(
        self,
        studio: Studio,
        panel: ProposalPanel,
        matrix: MatrixView,
        editor: Callable[[], SimilarityEditor | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._panel = panel
        self._matrix = matrix
        self._editor = editor
        self._root: Path | None = None
        self._wanted = ""
        self._source: Source | None = None
        self._evidence: Evidence | None = None
        self.proposal: Proposal | None = None
        self.in_sight = False
        self._reader = EvidenceReader(self)
        self._reader.sources_found.connect(self._offer)
        self._reader.ready.connect(self._take)
        self._reader.failed.connect(self._failed)
        panel.source_chosen.connect(self._read)

    # -- reading ---------------------------------------------------------------------------------------------------

    def set_root(self, root: Path | None) -> None:
        """Another project, or none."""
        self._reader.forget()
        self._root, self._wanted, self._source, self._evidence = root, "", None, None
        self._panel.show_sources([], "")
        self.show()

    def set_in_sight(self, on: bool) -> None:
        """The panel came into sight or went out of it; the difference is shown with it alone."""
        self.in_sight = on
        if on:
            self.look()
        self.show()
        self._studio.commands.refresh()

    def look(self, run: str = "") -> None:
        """Ask which runs were evaluated, and show one of them: the named, else the one that was shown."""
        self._wanted = run or self._wanted
        if self._root is not None:
            self._reader.list_sources(self._root)

    def _offer(self, sources: list[Source]) -> None:
        source = self._panel.show_sources(sources, self._wanted)
        if source is None:
            self._source = self._evidence = None
            self.show()
        elif source != self._source:
            self._read(source)

    def _read(self, source: Source) -> None:
        self._source, self._wanted = source, source.name
        self._reader.read(source)

    def _take(self, evidence: Evidence | None) -> None:
        self._evidence = evidence
        self.show()
        self._studio.commands.refresh()

    def _failed(self, message: str) -> None:
        self._studio.notify(Notice(f"The evaluation cannot be read: {message}", Severity.ERROR))

    def stop(self) -> None:
        """The window closes."""
        self._reader.stop()

    # -- showing ---------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Weigh the evidence against the similarity as it is now; cheap, so it follows every edit."""
        editor = self._editor()
        evidence = self._evidence
        self.proposal = evidence.tally.proposal(editor.value) if evidence is not None and editor is not None else None
        changes = self.proposal.changes if self.proposal is not None and self.in_sight else ()
        self._matrix.set_proposed({one.pair: one.value for one in changes})
        if self.in_sight:
            self._panel.show_proposal(self.proposal, evidence)
        self.shown.emit()

    def of_pair(self, a: str, b: str) -> PairEvidence | None:
        """What the data say of a pair, while they are shown."""
        if self.proposal is None or not self.in_sight:
            return None
        pair = (min(a, b), max(a, b))
        return next((one for one in self.proposal.evidence if one.pair == pair), None)

    # -- accepting -------------------------------------------------------------------------------------------------

    def can_accept(self) -> bool:
        current = self._panel.current
        return self.in_sight and current is not None and current.differs

    def can_accept_group(self) -> bool:
        return self.can_accept() and self._panel.group is not None

    def can_accept_all(self) -> bool:
        return self.in_sight and self.proposal is not None and bool(self.proposal.changes)

    def accept(self) -> None:
        """Take over the value of the chosen pair as a cell."""
        editor, current = self._editor(), self._panel.current
        if editor is not None and current is not None and self.can_accept():
            after = editor.value.with_cell(*current.pair, current.value)
            editor.accept(after, f"{current.pair[0]}–{current.pair[1]}")

    def accept_group(self) -> None:
        """Take over the group that is proposed for the chosen pair, with all of its pairs."""
        group = self._panel.group
        if group is not None and self.can_accept_group():
            self._accept(lambda proposal, similarity: proposal.applied(similarity, set(group.pairs)), "group")

    def accept_all(self) -> None:
        """Take over everything that is proposed."""
        if self.can_accept_all():
            self._accept(lambda proposal, similarity: proposal.applied(similarity), "all")

    def _accept(self, apply: Callable[[Proposal, Similarity], Similarity], what: str) -> None:
        editor = self._editor()
        if editor is not None and self.proposal is not None:
            editor.accept(apply(self.proposal, editor.value), what)
