"""The row above the picture: which weights, which source, which formats; read, stop, progress."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QWidget

from lpstudio.errors import UsageError
from lpstudio.plates.formats import Format
from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.review.command_buttons import CommandButton
from lpstudio.studio.review.fields import TextField
from lpstudio.studio.review.player import format_duration
from lpstudio.studio.review.sources import Source
from lpstudio.studio.review.weights import WeightsChoice, WeightsKind

_CHOOSE = "choose"
_OWN = "own"
_KINDS = {WeightsKind.RUN: "activity", WeightsKind.STARTER: "package", WeightsKind.FILE: "file"}


def valid_pattern(text: str) -> bool:
    """Whether a text is a plate syntax such as LLL DDDD, or several with commas between them."""
    try:
        return all(Format.from_pattern(part) for part in text.split(","))
    except UsageError:
        return False


class HeadBar(QWidget):
    """Choices that every reading needs. Emits what a person chose; it keeps nothing but what it shows."""

    weights_chosen = Signal(object)  # WeightsChoice
    file_wanted = Signal()
    source_chosen = Signal(object)  # Source
    formats_chosen = Signal(str)

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._choices: list[WeightsChoice] = []
        self._splits: list[tuple[str, int]] = []
        self.weights = QComboBox()
        self.weights.setAccessibleName("Weights")
        self.weights.setToolTip("The weights that read: the best of a run, the starter ones, or a file")
        self.weights.setMinimumContentsLength(16)
        self.weights.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.source = QPushButton()
        self.source.setAccessibleName("Source")
        self.source.setIcon(icon("images"))
        self.source.setIconSize(QSize(16, 16))
        self.source.setToolTip("What is read: a split of the project, a folder, files, or a video")
        self.source_menu = QMenu(self.source)
        self.source.setMenu(self.source_menu)
        self.formats = QComboBox()
        self.formats.setAccessibleName("Formats")
        self.formats.setToolTip("Plate formats: a soft preference among what a plate may say, never a filter")
        self.formats.addItem("Philippine", "ph")
        self.formats.addItem("no format", "none")
        self.formats.addItem("own pattern", _OWN)
        self.pattern = TextField(
            "Own pattern", "L is a letter, D a digit, X either; several patterns are separated by commas"
        )
        self.pattern.setPlaceholderText("LLL DDDD")
        self.pattern.setFixedWidth(96)
        self.pattern.hide()
        self.read_button = CommandButton(commands, "review.read", "Read", primary=True)
        self.stop_button = CommandButton(commands, "review.stop", "Stop")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(96, 8)
        self.progress_text = QLabel()
        self.progress_text.setFont(theme.font("number"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        for title, widget in (("Weights", self.weights), ("Source", self.source), ("Formats", self.formats)):
            label = QLabel(title)
            label.setBuddy(widget)
            layout.addWidget(label)
            layout.addWidget(widget)
        layout.addWidget(self.pattern)
        layout.addWidget(self.read_button)
        layout.addWidget(self.stop_button)
        layout.addStretch(1)
        layout.addWidget(self.progress_text)
        layout.addWidget(self.progress)
        self.weights.activated.connect(self._weights_activated)
        self.formats.activated.connect(self._formats_activated)
        self.pattern.editingFinished.connect(self._pattern_entered)
        self.source_menu.aboutToShow.connect(self._fill_sources)
        self.show_weights([], None)
        self.show_source(None)
        self.show_progress(None)

    # -- weights

    def show_weights(self, choices: Sequence[WeightsChoice], current: WeightsChoice | None) -> None:
        """List what can be chosen; ``current`` is added when it is not among them."""
        self._choices = list(choices)
        if current is not None and all(choice.path != current.path for choice in self._choices):
            self._choices.insert(0, current)
        self.weights.blockSignals(True)
        self.weights.clear()
        if current is None:
            self.weights.addItem("none chosen" if self._choices else "no weights yet", None)
        for choice in self._choices:
            self.weights.addItem(icon(_KINDS[choice.kind]), choice.title, choice)
            self.weights.setItemData(self.weights.count() - 1, str(choice.path), Qt.ItemDataRole.ToolTipRole)
        self.weights.insertSeparator(self.weights.count())
        self.weights.addItem(icon("folder-open"), "Choose a file…", _CHOOSE)
        shown = next(
            (row for row in range(self.weights.count()) if _path_of(self.weights.itemData(row)) == _path_of(current)), 0
        )
        self.weights.setCurrentIndex(shown)
        self.weights.blockSignals(False)
        self.weights.setToolTip(str(current.path) if current is not None else "The weights that read")

    def _weights_activated(self, row: int) -> None:
        data = self.weights.itemData(row)
        if data == _CHOOSE:
            self.weights.setCurrentIndex(0)
            self.file_wanted.emit()
        elif isinstance(data, WeightsChoice):
            self.weights_chosen.emit(data)

    # -- source

    def show_splits(self, splits: Sequence[tuple[str, int]]) -> None:
        """The splits of the open project with how many crops each has."""
        self._splits = list(splits)

    def show_source(self, source: Source | None) -> None:
        """Say what is under review."""
        text = source.title if source is not None else "choose…"
        self.source.setText(self.source.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 176))
        self.source.setIcon(icon("film" if source is not None and source.video else "images"))
        if source is not None and source.paths:
            self.source.setToolTip("\n".join(str(path) for path in source.paths[:12]))

    def _fill_sources(self) -> None:
        menu = self.source_menu
        menu.clear()
        for split, count in self._splits:
            action = menu.addAction(icon("split"), f"Split {split} ({count} crops)")
            action.triggered.connect(lambda _=False, name=split: self.source_chosen.emit(Source.of_split(name)))
        if self._splits:
            menu.addSeparator()
        for command_id in ("review.open_folder", "review.open_files", "review.open_video"):
            menu.addAction(self._commands.action(command_id))

    # -- formats

    @property
    def formats_value(self) -> str:
        """The formats as the reader takes them; what is no pattern counts as none."""
        chosen = str(self.formats.currentData())
        if chosen != _OWN:
            return chosen
        return self.pattern.text().upper() if valid_pattern(self.pattern.text()) else "none"

    def set_formats(self, value: str) -> None:
        """Show a choice without emitting it."""
        at = self.formats.findData(value)
        self.formats.setCurrentIndex(at if at >= 0 else self.formats.findData(_OWN))
        self.pattern.setVisible(at < 0)
        if at < 0:
            self.pattern.setText(value)

    def _formats_activated(self) -> None:
        own = self.formats.currentData() == _OWN
        self.pattern.setVisible(own)
        if own and not valid_pattern(self.pattern.text()):
            self.pattern.setFocus()
            return
        self.formats_chosen.emit(self.formats_value)

    def _pattern_entered(self) -> None:
        if not self.pattern.isModified():
            return
        self.pattern.setModified(False)
        good = valid_pattern(self.pattern.text())
        self.pattern.setStyleSheet("" if good else f"border: 1px solid {theme.color('fault').name()};")
        if good:
            self.formats_chosen.emit(self.formats_value)

    # -- progress

    def show_progress(self, done: int | None, total: int = 0, seconds_left: float | None = None) -> None:
        """Show how far the reading is; None: nothing is being read."""
        reading = done is not None
        self.progress.setVisible(reading)
        self.progress_text.setVisible(reading)
        self.stop_button.setVisible(reading)
        self.read_button.setVisible(not reading)
        if done is None:
            return
        self.progress.setMaximum(total)
        self.progress.setValue(done)
        self.progress_text.setText(progress_words(done, total, seconds_left))


def progress_words(done: int, total: int, seconds_left: float | None) -> str:
    """``12 of 142 · 9 s left``."""
    left = f" · {format_duration(seconds_left)} left" if seconds_left is not None and done < total else ""
    return f"{done} of {total}{left}"


def _path_of(data: object) -> Path | None:
    return data.path if isinstance(data, WeightsChoice) else None
