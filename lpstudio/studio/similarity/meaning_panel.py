"""What the similarity means for the loss: two mistakes side by side, term by term, with the numbers of a training."""

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
ROW = 20


@dataclass(frozen=True)
class BarLine:
    """One line of a term: what it is, how it comes about, its value."""

    title: str
    formula: str
    value: float
    strong: bool = False


def lines_of(terms: LossTerms) -> list[BarLine]:
    """The loss as lines, from the parts to the sum."""
    lines = [BarLine("Cross entropy", "CE", terms.cross_entropy)]
    for rank, term in enumerate(terms.topk_terms, start=1):
        formula = f"{term.char}: {term.probability:.3f} × (1 − {term.similarity:.2f})"
        lines.append(BarLine(f"Best {rank}", formula, term.penalty))
    lines.append(BarLine("Similarity term", "T, their sum", terms.similarity_term))
    formula = f"{terms.base_weight:g} · CE + {terms.topk_weight:g} · T"
    lines.append(BarLine("Loss", formula, terms.total, strong=True))
    lines.append(BarLine("In the curves", f"{terms.gain:g} × loss", terms.logged))
    return lines


class TermBars(QWidget):
    """The lines with a bar each; bars of all columns have the same scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[BarLine] = []
        self._longest = 1.0
        self._token = "bar"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def show_lines(self, lines: list[BarLine], longest: float) -> None:
        """``longest``: the value of a bar over the whole width."""
        self.lines, self._longest = lines, max(longest, 1e-9)
        self.setFixedHeight(2 * ROW * len(lines))
        self.setAccessibleName("; ".join(f"{line.title} {line.value:.4f}" for line in lines))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 2 * ROW * max(len(self.lines), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = self.width()
        for at, line in enumerate(self.lines):
            top = at * 2 * ROW
            if line.strong:
                painter.fillRect(0, top, width, 2 * ROW - 2, theme.color("hover"))
            upper = QRect(4, top, width - 8, ROW)
            painter.setFont(theme.font("strong" if line.strong else "body"))
            painter.setPen(theme.color("text"))
            painter.drawText(upper, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line.title)
            numbers = theme.font("number")
            numbers.setBold(line.strong)
            painter.setFont(numbers)
            painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{line.value:.4f}")
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text_dim"))
            middle = QRect(100, top, width - 170, ROW)
            painter.drawText(middle, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line.formula)
            track = QRect(4, top + ROW + 4, width - 8, 6)
            painter.fillRect(track, theme.color("field"))
            length = round(track.width() * min(1.0, line.value / self._longest))
            painter.fillRect(track.x(), track.y(), length, track.height(), theme.color("bar"))
        painter.end()


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
        self.first_title, self.second_title = QLabel(self), QLabel(self)
        self.first, self.second = TermBars(self), TermBars(self)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.verdict)
        for title, bars in ((self.first_title, self.first), (self.second_title, self.second)):
            title.setFont(theme.font("strong"))
            layout.addWidget(title)
            layout.addWidget(bars)
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
        longest = max(first.cross_entropy, second.cross_entropy, first.total, second.total)
        self.first_title.setText(_title(true, predicted))
        self.second_title.setText(_title(true, other))
        self.first.show_lines(lines_of(first), longest)
        self.second.show_lines(lines_of(second), longest)
        self.verdict.setText(self._verdict(true, predicted, other, first.total, second.total))

    def _verdict(self, true: str, predicted: str, other: str, first: float, second: float) -> str:
        difference = second - first
        if abs(difference) < 5e-5:
            return f"Both mistakes cost the same: {first:.4f}."
        less, more = (predicted, other) if difference > 0 else (other, predicted)
        why = f", because {true} and {less} look alike" if self._similarity.is_similar(true, less) else ""
        return f"Taking {true} for {less} costs {abs(difference):.4f} less than taking it for {more}{why}."


def _title(true: str, predicted: str) -> str:
    return f"{true} taken for {predicted}" if true != predicted else f"{true} read as {true}"
