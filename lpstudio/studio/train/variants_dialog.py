"""A small form: which variants of the present settings are trained one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.train.wording import counted, duration
from lpstudio.training.settings import LOSS_NAMES, TrainSettings

MOST = 100  # trainings at once; more of them are a slip of the hand


def parse_seeds(text: str) -> list[int]:
    """ "1, 2, 5" or "1-3 5" as numbers, each once. Raises ValueError, in words for a person."""
    seeds: list[int] = []
    for part in re.split(r"[\s,;]+", text.strip()):
        match = re.fullmatch(r"(\d{1,9})(?:[-–](\d{1,9}))?", part)
        if match is None:
            raise ValueError(
                f"{part!r} is no seed: write whole numbers, as in 1, 2, 3" if part else "a seed is missing"
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first >= MOST:
            raise ValueError(f"{part} are no seeds that can be used")
        seeds += range(first, last + 1)
    return list(dict.fromkeys(seeds))


def variants(settings: TrainSettings, losses: Sequence[str], seeds: Sequence[int]) -> list[TrainSettings]:
    """The settings with each loss and seed, seed by seed, so that what is done first compares all losses."""
    base = settings.name or "train"
    return [
        replace(settings, name=f"{base}-{loss}-s{seed}", seed=seed, loss=replace(settings.loss, name=loss))
        for seed in seeds
        for loss in losses
    ]


class VariantsDialog(QDialog):
    """``wanted`` comes with the settings of all variants when a person queues them."""

    wanted = Signal(list)

    def __init__(self, settings: TrainSettings, epoch_s: float | None, parent: QWidget | None = None) -> None:
        """``epoch_s``: what an epoch took in the last run here, in seconds; None when that is not known."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Queue variants")
        self._settings, self._epoch_s = settings, epoch_s
        self.losses: dict[str, QCheckBox] = {}
        row = QHBoxLayout()
        row.setSpacing(16)
        for name in LOSS_NAMES:
            box = QCheckBox(name)
            box.setChecked(name == settings.loss.name)
            box.toggled.connect(self._show)
            row.addWidget(box)
            self.losses[name] = box
        row.addStretch(1)
        self.seeds = QLineEdit(str(settings.seed))
        self.seeds.setAccessibleName("Seeds")
        self.seeds.setPlaceholderText("1, 2, 3")
        self.seeds.textChanged.connect(self._show)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.addRow("Losses", row)
        form.addRow("Seeds", self.seeds)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.queue = buttons.addButton("Add to queue", QDialogButtonBox.ButtonRole.AcceptRole)
        self.queue.setProperty("primary", True)
        self.queue.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.close)
        note = QLabel("Every variant has the other settings of the form and the crops as they are now.")
        note.setWordWrap(True)
        note.setFont(theme.font("small"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(note)
        column.addLayout(form)
        column.addWidget(self.said)
        column.addWidget(buttons)
        self.setMinimumWidth(480)
        self._show()

    @property
    def variants(self) -> list[TrainSettings]:
        """What would be queued. Raises ValueError, in words for a person."""
        losses = [name for name, box in self.losses.items() if box.isChecked()]
        if not losses:
            raise ValueError("choose a loss")
        found = variants(self._settings, losses, parse_seeds(self.seeds.text()))
        if len(found) > MOST:
            raise ValueError(f"{len(found)} trainings are more than {MOST}")
        return found

    def _show(self, *_: object) -> None:
        try:
            found = self.variants
        except ValueError as error:
            self.said.setText(str(error)[:1].upper() + str(error)[1:])
            theme.tint(self.said, "error")
            self.queue.setEnabled(False)
            return
        each = counted(self._settings.epochs, "epoch")
        text = f"{counted(len(found), 'training')} of {each}: {', '.join(one.name for one in found[:4])}"
        text += f" and {len(found) - 4} more." if len(found) > 4 else "."
        if self._epoch_s:
            whole = duration(self._epoch_s * self._settings.epochs * len(found))
            text += f" At {self._epoch_s:.1f} s an epoch, as in the last run, all of them take {whole}."
        self.said.setText(text)
        theme.tint(self.said, "text")
        self.queue.setEnabled(True)

    def _accept(self) -> None:
        self.wanted.emit(self.variants)
        self.close()
