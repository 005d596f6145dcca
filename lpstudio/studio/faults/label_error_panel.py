"""The page of likely label errors: the queue, and what label and model say of the one that is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.evaluation.disagreements import Disagreement
from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.faults.fault_delegate import ROW
from lpstudio.studio.faults.finding_page import FindingPage
from lpstudio.studio.faults.model_pass import LabelError, ModelPass
from lpstudio.studio.menus import icon_action
from lpstudio.studio.review.weights import WeightsChoice
from lpstudio.studio.widgets.row_paint import paint_ground, paint_two_lines

_Index = QModelIndex | QPersistentModelIndex
_ERROR = Qt.ItemDataRole.UserRole + 1
_CHOOSE = "choose"
_NO_WEIGHTS = (
    "There are no weights yet.\nTrain a run in Train, or choose a file of weights: "
    "the model then looks through the labels."
)


class _QueueModel(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue: list[LabelError] = []

    def set_queue(self, queue: list[LabelError]) -> None:
        self.beginResetModel()
        self.queue = queue
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.queue)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.queue):
            return None
        error = self.queue[index.row()]
        if role == _ERROR:
            return error
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{error.key.rpartition('/')[2]}: {error.finding.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{error.key}\n{error.finding.text}, {error.finding.score:.0%}"
        return None


class _QueueDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        error: LabelError = index.data(_ERROR)
        painter.save()
        paint_ground(painter, rect, state)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.color("text_dim"))
        share = QRect(rect.right() - 48, rect.top() + 4, 40, 18)
        painter.drawText(
            share, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{error.finding.score:.0%}"
        )
        words = rect.adjusted(12, 0, -52, 0)
        paint_two_lines(painter, words, error.finding.text, error.key.rpartition("/")[2].rpartition(".")[0])
        painter.restore()


class LabelErrorPanel(FindingPage):
    """The queue, and a card of the chosen one; ``chosen_changed`` when that is another."""

    chosen_changed = Signal()

    def __init__(self, model_pass: ModelPass, commands: CommandTable, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("label_error_panel")
        self._pass = model_pass
        self._commands = commands
        self._own: list[WeightsChoice] = []  # from files of the person
        self.model = _QueueModel(self)
        self._build()
        model_pass.changed.connect(self._show_queue)
        model_pass.weights_changed.connect(self._show_weights)
        model_pass.progressed.connect(self._show_progress)
        model_pass.failed.connect(self.say)
        self._show_weights()
        self._show_queue()

    def _build(self) -> None:
        self.weights = QComboBox(self)
        self.weights.setObjectName("label_error_weights")
        self.weights.setAccessibleName("Look through the labels with")
        self.weights.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.weights.setMinimumContentsLength(6)
        self.weights.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.weights.activated.connect(self._weights_chosen)
        self.run = QToolButton(self)
        self.run.setIconSize(QSize(16, 16))
        self.run.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._build_list("label_errors", "Likely label errors", self.model, _QueueDelegate(self), self._pass.stop)
        self.view.clicked.connect(lambda index: self._go(index.row()))
        self.view.activated.connect(lambda index: self._go(index.row()))
        self._build_card()
        self._arrange((self.weights, self.run), below=self.card)

    def _build_card(self) -> None:
        """Label and model side by side, and what can be done."""
        self.card = QFrame(self)
        self.card.setObjectName("label_error_card")
        self.label_side, self.model_side = QLabel(self.card), QLabel(self.card)
        sides = QHBoxLayout()
        sides.setSpacing(8)
        for title, side in (("label", self.label_side), ("model", self.model_side)):
            column = QVBoxLayout()
            column.setSpacing(0)
            name = QLabel(title, self.card)
            name.setFont(theme.font("small"))
            side.setFont(theme.font("plate"))
            column.addWidget(name)
            column.addWidget(side)
            sides.addLayout(column, 1)
        self.accept = QPushButton("Take the model's", self.card)
        self.accept.setObjectName("accept_model")
        self.keep = QPushButton("Label is right", self.card)
        self.keep.setObjectName("dismiss_finding")
        column = QVBoxLayout(self.card)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(sides)
        column.addWidget(self.accept)
        column.addWidget(self.keep)
        self.card.hide()

    def add_commands(self) -> None:
        """The buttons of commands, once these are registered."""
        self.run.setDefaultAction(icon_action(self._commands, "annotate.find_label_errors"))
        for button, name in ((self.accept, "accept_model"), (self.keep, "dismiss_finding")):
            action = self._commands.action(f"annotate.{name}")
            button.setToolTip(action.toolTip())
            button.setText(f"{button.text()}  ({action.shortcut().toString()})")
            button.clicked.connect(action.trigger)

    # -- showing ------------------------------------------------------------------------------------------------

    def _show_weights(self) -> None:
        chosen = self.choice
        self.weights.clear()
        for choice in [*(self._pass.weights or ()), *self._own]:
            self.weights.addItem(choice.title, choice)
        if not self.weights.count():
            self.weights.addItem("looking for weights…" if self._pass.weights is None else "no weights", None)
        self.weights.addItem("choose a file…", _CHOOSE)
        kept = next((i for i in range(self.weights.count()) if self.weights.itemData(i) == chosen), 0)
        self.weights.setCurrentIndex(kept)
        self._show_nothing()
        self._commands.refresh()

    def _weights_chosen(self, index: int) -> None:
        if self.weights.itemData(index) != _CHOOSE:
            return
        self.weights.setCurrentIndex(0)
        name, _ = QFileDialog.getOpenFileName(self, "Weights", "", "Weights (*.pt *.onnx *.zip);;All files (*)")
        if name:
            self.use_weights(Path(name))

    def use_weights(self, path: Path) -> None:
        """Look through the labels with the weights in this file."""
        choice = WeightsChoice.of_file(path)
        self._own = [choice, *(one for one in self._own if one != choice)]
        self._show_weights()
        self.weights.setCurrentIndex(next(i for i in range(self.weights.count()) if self.weights.itemData(i) == choice))
        self._commands.refresh()

    @property
    def choice(self) -> WeightsChoice | None:
        """The weights that are chosen."""
        chosen = self.weights.currentData()
        return chosen if isinstance(chosen, WeightsChoice) else None

    def _show_queue(self) -> None:
        row, current = self.view.currentIndex().row(), self.current
        offset = self.view.verticalScrollBar().value()
        self.model.set_queue(self._pass.queue)
        self.view.verticalScrollBar().setValue(offset)
        if current is not None and self.model.queue:
            near = range(max(0, row - 50), min(len(self.model.queue), row + 51))
            again = next((at for at in near if self.model.queue[at] == current), None)
            if again is not None:
                self._choose(again)
        self._show_nothing()
        self.counted.emit(len(self._pass.queue))
        self.chosen_changed.emit()
        self._show_card()
        self._commands.refresh()

    def _show_nothing(self) -> None:
        if self._pass.weights == [] and not self._own:
            text = _NO_WEIGHTS
        elif self._pass.running:
            text = "Nothing found so far."
        elif self._pass.read_count:
            text = f"The model agrees with the labels of all {self._pass.read_count:,} crops it read."
        else:
            text = "Choose weights and let the model read the labelled crops: where it is sure and the label says "
            text += "something else, the crop comes here, the surest first."
        self._show_list_or(text)

    def _show_progress(self, told: tuple[int, int, float | None] | None) -> None:
        if told is None:
            self.work.hide()
        else:
            self.say("")
            self.work.show_work("Loading weights" if not told[1] else "Reading", told[0], told[1])
        self._show_nothing()
        self._commands.refresh()

    def _show_card(self) -> None:
        error = self.current
        self.card.setVisible(error is not None)
        if error is None:
            return
        finding = error.finding
        self.label_side.setText(finding.label or "–")
        self.model_side.setText(finding.model or "–")
        words = {
            Disagreement.CLASS: f"Take {finding.model}",
            Disagreement.EXTRA: f"Add {finding.model}",
            Disagreement.MISSED: f"Delete {finding.label}",
            Disagreement.OUTLINE: "Take the model's outline",
        }
        action = self._commands.action("annotate.accept_model")
        self.accept.setText(f"{words[finding.kind]}  ({action.shortcut().toString()})")

    # -- the queue ----------------------------------------------------------------------------------------------

    @property
    def current(self) -> LabelError | None:
        """The finding that is chosen."""
        row = self.view.currentIndex().row()
        return self.model.queue[row] if 0 <= row < len(self.model.queue) else None

    def _choose(self, row: int) -> None:
        index = self.model.index(row, 0)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def _go(self, row: int) -> None:
        if not 0 <= row < len(self.model.queue):
            return
        self.say("")
        self._choose(row)
        self._show_card()
        self.chosen_changed.emit()
        self._commands.refresh()
        error = self.model.queue[row]
        self.wanted.emit(error.key, -1 if error.finding.at is None else error.finding.at)

    def step(self, by: int) -> None:
        """To the next or previous finding."""
        row = self.view.currentIndex().row() + by
        if 0 <= row < len(self.model.queue):
            self._go(row)
        elif self.model.queue:
            self.say("This is the last one of the queue" if by > 0 else "This is the first one of the queue")

    def go_on(self) -> None:
        """The chosen finding is settled: to the one that follows it, which takes its row once the queue is anew."""
        row = self.view.currentIndex().row()
        if row + 1 < len(self.model.queue):
            self._go(row + 1)
        else:
            self.view.selectionModel().clear()
            self._show_card()
            self.chosen_changed.emit()
            self.say("That was the last one of the queue")
