"""The queue of trainings: what begins next, in which order, and whether it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QToolButton, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.following import FollowedRun
from lpstudio.studio.train.run_list import loss_name
from lpstudio.studio.train.wording import counted
from lpstudio.training.queue import QueueState


class QueuePanel(QWidget):
    """Lists what waits. ``chosen_changed`` comes when another one is current."""

    chosen_changed = Signal()

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setFont(theme.font("small"))
        self.list = QListWidget()
        self.list.setAccessibleName("Queue of trainings")
        self.list.setAlternatingRowColors(False)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSpacing(2)
        self.list.currentRowChanged.connect(lambda _row: self.chosen_changed.emit())
        row = QHBoxLayout()
        row.setSpacing(4)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.state)
        column.addWidget(self.list, 1)
        column.addLayout(row)

    def show_queue(self, state: QueueState, is_served: bool, runs: dict[str, FollowedRun]) -> None:
        """Show what waits; the chosen one stays chosen."""
        shown = (state.waiting, state.held, is_served, tuple(state.problems.items()), len(runs))
        if shown == self._shown:
            return
        self._shown = shown
        self._say(state, is_served)
        before, row = self.current, self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for at, name in enumerate(state.waiting, 1):
            followed = runs.get(name)
            self.list.addItem(QListWidgetItem(f"{at}.  {name}\n     {_details(followed)}"))
        if before in state.waiting:
            self.list.setCurrentRow(state.waiting.index(before))
        elif state.waiting:
            self.list.setCurrentRow(min(max(row, 0), len(state.waiting) - 1))
        self.list.blockSignals(False)
        self._names = state.waiting
        self.chosen_changed.emit()

    _names: tuple[str, ...] = ()

    @property
    def current(self) -> str:
        """The chosen run; empty when there is none."""
        row = self.list.currentRow()
        return self._names[row] if 0 <= row < len(self._names) else ""

    def _say(self, state: QueueState, is_served: bool) -> None:
        count = counted(len(state.waiting), "training")
        if not state.waiting:
            text = "Nothing waits. “Queue variants…” below the form adds trainings that begin one after the other."
        elif state.held:
            text = f"{count} wait. The queue is held: what is at work goes on, nothing else begins."
        elif is_served:
            text = f"{count} wait, also without this window. The next of a device begins when that one is free."
        else:
            text = f"{count} wait, but nothing starts them: their process was ended. Let the queue go on."
        for name, problem in state.problems.items():
            text += f"\n{name} could not be started: {problem}"
        self.state.setText(text)
        stuck = bool(state.problems) or bool(state.waiting and not is_served and not state.held)
        theme.tint(self.state, "warning" if stuck else "text_dim")


def _details(followed: FollowedRun | None) -> str:
    """ "similarity · seed 3 · 300 epochs · cpu"."""
    settings = followed.settings if followed is not None else None
    if followed is None or settings is None:
        return "…"
    return f"{loss_name(followed)} · seed {settings.seed} · {counted(settings.epochs, 'epoch')} · {settings.device}"
