"""What the similarity means for the loss: two mistakes term by term, with the numbers of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.similarity.value_slider import ValueSlider
from lpstudio.training.loss_terms import LossTerms, explain_confusion
from lpstudio.training.settings import LossSettings

STRENGTH = 5.0  # the logit of the sanity check that the default shows
HIGHEST = 12.0
TITLE_ROW = 20
LINE_ROW = 20
GAP = 4


@dataclass(frozen=True)
class Term:
    """One part of the loss: what it is called, how it is made, and its value for each mistake."""

    title: str
    formula: str
    details: tuple[str, ...]
    values: tuple[float, ...]
    strong: bool = False


def terms_of(losses: Sequence[LossTerms]) -> list[Term]:
    """The losses of several mistakes, part by part, from the parts to the sum."""

    def part(title: str, formula: str, values: list[float], strong: bool = False) -> Term:
        return Term(title, formula, ("",) * len(values), tuple(values), strong)

    first = losses[0]
    parts = [part("Cross entropy CE", "−log p(true)", [loss.cross_entropy for loss in losses])]
    for rank in range(len(first.topk_terms)):
        tops = [loss.topk_terms[rank] for loss in losses]
        details = tuple(f"{top.char}: {top.probability:.3f} × (1 − {top.similarity:.2f})" for top in tops)
        parts.append(Term(_rank_title(rank + 1), "p × (1 − S)", details, tuple(top.penalty for top in tops)))
    parts.append(part("Similarity term T", "their sum", [loss.similarity_term for loss in losses]))
    formula = f"{first.base_weight:g} · CE + {first.topk_weight:g} · T"
    parts.append(part("Loss", formula, [loss.total for loss in losses], strong=True))
    parts.append(part("In the curves", f"{first.gain:g} × loss", [loss.logged for loss in losses]))
    return parts


def _rank_title(rank: int) -> str:
    """What the class of this rank is called: "Best class", "2nd best class"."""
    if rank == 1:
        return "Best class"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th") if rank % 100 not in (11, 12, 13) else "th"
    return f"{rank}{ending} best class"


class TermBars(QWidget):
    """Every term with one bar a mistake below one another; all bars have the same scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.terms: list[Term] = []
        self._mistakes: tuple[str, ...] = ()
        self._longest = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def show_terms(self, terms: list[Term], mistakes: tuple[str, ...]) -> None:
        """``mistakes``: the short names of the compared mistakes, as "O→0"."""
        self.terms, self._mistakes = terms, mistakes
        self._longest = max([value for term in terms for value in term.values] + [1e-9])
        self.setFixedHeight(self.sizeHint().height())
        said = (f"{m} {term.title} {v:.4f}" for term in terms for m, v in zip(mistakes, term.values, strict=True))
        self.setAccessibleName("; ".join(said))
        self.update()

    def _term_height(self) -> int:
        return TITLE_ROW + LINE_ROW * len(self._mistakes) + GAP

    def sizeHint(self) -> QSize:
        return QSize(280, max(1, len(self.terms)) * self._term_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for at, term in enumerate(self.terms):
            top = at * self._term_height()
            if term.strong:
                painter.fillRect(0, top, self.width(), self._term_height() - GAP + 2, theme.color("hover"))
            head = QRect(4, top, self.width() - 8, TITLE_ROW)
            painter.setFont(theme.font("strong" if term.strong else "body"))
            painter.setPen(theme.color("text"))
            painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, term.title)
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text_dim"))
            painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, term.formula)
            for number, value in enumerate(term.values):
                row = QRect(4, top + TITLE_ROW + number * LINE_ROW, self.width() - 8, LINE_ROW)
                self._paint_line(painter, row, number, term, value)
        painter.end()

    def _paint_line(self, painter: QPainter, row: QRect, number: int, term: Term, value: float) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, self._mistakes[number])
        figures = theme.font("number")
        figures.setBold(term.strong)
        painter.setFont(figures)
        painter.setPen(theme.color("text"))
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, f"{value:.4f}")
        track = QRect(row.x() + 36, row.y() + 8, row.width() - 36 - 56, 4)
        if term.details[number]:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text_dim"))
            upper = QRect(track.x(), row.y(), track.width(), 14)
            painter.drawText(upper, Qt.AlignmentFlag.AlignLeft | middle, term.details[number])
            track.moveTop(row.y() + 15)
        painter.fillRect(track, theme.color("separator"))
        length = round(track.width() * min(1.0, value / self._longest))
        painter.fillRect(track.x(), track.y(), max(length, 1), track.height(), theme.color("bar"))


class MeaningPanel(QWidget):
    """Choose a true and a predicted character and how sure the model is; beside it another mistake to compare with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._similarity = Similarity()
        self._settings = LossSettings()
        self.true, self.predicted, self.other = (QComboBox(self) for _ in range(3))
        for combo, name in ((self.true, "True"), (self.predicted, "Taken for"), (self.other, "Compared with")):
            combo.setAccessibleName(name)
            combo.setMaxVisibleItems(18)
            combo.currentIndexChanged.connect(lambda _index: self.refresh())
        self.strength = ValueSlider("Logit of the predicted character", 0.0, HIGHEST, 0.1, self, decimals=1)
        self.strength.set_value(STRENGTH)
        self.strength.changed.connect(lambda _value: self.refresh())
        self.true_strength = ValueSlider("Logit of the true character", 0.0, HIGHEST, 0.1, self, decimals=1)
        self.true_strength.set_value(0.0)
        self.true_strength.changed.connect(lambda _value: self.refresh())
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(4)
        form.addRow("True", self.true)
        form.addRow("Taken for", self.predicted)
        form.addRow("Compared with", self.other)
        form.addRow("Its logit", self.strength)
        form.addRow("Logit of the true", self.true_strength)
        self.bars = TermBars(self)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.verdict)
        layout.addWidget(self.bars)
        layout.addStretch(1)

    def show_similarity(self, names: Sequence[str], similarity: Similarity, settings: LossSettings) -> None:
        """``names``: all classes of the dataset, in class order, as in its training."""
        self._similarity, self._settings = similarity, settings
        if tuple(names) != self._names:
            self._names = tuple(names)
            for combo, wanted in ((self.true, "O"), (self.predicted, "0"), (self.other, "X")):
                combo.blockSignals(True)
                combo.clear()
                combo.addItems(list(self._names))
                combo.setCurrentIndex(max(0, combo.findText(wanted)))
                combo.blockSignals(False)
        self.refresh()

    def choose(self, true: str, predicted: str) -> None:
        """Show the mistake of a cell of the matrix."""
        self.true.setCurrentText(true)
        self.predicted.setCurrentText(predicted)

    def explain(self, predicted: str) -> LossTerms:
        """The loss when the true character is taken for ``predicted``."""
        return explain_confusion(
            self.true.currentText(),
            predicted,
            self.strength.value,
            self._similarity.matrix(self._names),
            self._names,
            self._settings,
            true_strength=self.true_strength.value,
        )

    def refresh(self) -> None:
        """Compute and show both columns anew."""
        if not self._names:
            return
        true, predicted, other = self.true.currentText(), self.predicted.currentText(), self.other.currentText()
        first, second = self.explain(predicted), self.explain(other)
        self.bars.show_terms(terms_of((first, second)), (f"{true}→{predicted}", f"{true}→{other}"))
        self.verdict.setText(self._verdict(true, predicted, other, first.total, second.total))

    def _verdict(self, true: str, predicted: str, other: str, first: float, second: float) -> str:
        difference = second - first
        if abs(difference) < 5e-5:
            return f"Both mistakes cost the same: {first:.4f}."
        less, more = (predicted, other) if difference > 0 else (other, predicted)
        why = f", because {true} and {less} look alike" if self._similarity.is_similar(true, less) else ""
        return f"Taking {true} for {less} costs {abs(difference):.4f} less than taking it for {more}{why}."
