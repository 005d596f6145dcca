"""Where a training starts and where it runs: the editors of starting weights and of the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from lpstudio.resources import resource
from lpstudio.studio.train.devices import CPU, Device
from lpstudio.studio.train.editors import Editor, QuietComboBox, icon_button
from lpstudio.training.settings import MODEL_SIZES

STARTER, SCRATCH, FILE, NAME = "starter", "scratch", "file", "name"
ULTRALYTICS_NAMES = tuple(f"yolo11{size}-seg.pt" for size in MODEL_SIZES)


@dataclass(frozen=True)
class RunWeights:
    """The best weights of an earlier run, offered as a start."""

    run: str
    path: Path


def kind_of(weights: str) -> str:
    """Which of the four ways a setting of ``weights`` means."""
    if weights in (STARTER, SCRATCH):
        return weights
    if _with_suffix(weights) in ULTRALYTICS_NAMES and not Path(weights).exists():
        return NAME
    return FILE


def _with_suffix(name: str) -> str:
    return name if name.endswith(".pt") else f"{name}.pt"


def starter_sizes() -> tuple[str, ...]:
    """The model sizes for which starter weights are shipped."""
    folder = resource("weights")
    return tuple(size for size in MODEL_SIZES if (folder / f"starter-{size}.pt").is_file())


def weights_note(weights: str, size: str) -> tuple[str, bool]:
    """What a person should know of this start, and whether it cannot be used as it is."""
    kind = kind_of(weights)
    if kind == STARTER:
        shipped = starter_sizes()
        if size in shipped:
            return f"The weights that come with LP Studio, size {size}.", False
        lack = f"Starter weights there are only of size {', '.join(shipped)}" if shipped else "No starter weights here"
        return f"{lack}: this run will start from scratch.", False
    if kind == SCRATCH:
        return "Nothing learned yet: needs many crops and epochs.", False
    if kind == NAME:
        return "Trained on everyday pictures. Downloaded once when it is not on this machine.", False
    path = Path(weights)
    if not weights:
        return "Choose a .pt file.", True
    if not path.is_file():
        return f"There is no file {path}.", True
    return "The file brings its own model size.", False


class WeightsEditor(Editor):
    """Starter, scratch, a file, an Ultralytics name, or the best weights of an earlier run."""

    def __init__(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._kind = QuietComboBox()
        self._kind.setAccessibleName("Starting weights")
        for title, kind in (
            ("Starter", STARTER),
            ("From scratch", SCRATCH),
            ("Weights file", FILE),
            ("Ultralytics name", NAME),
        ):
            self._kind.addItem(title, kind)
        self._path = QLineEdit()
        self._path.setPlaceholderText("best.pt")
        self._path.setAccessibleName("Weights file")
        self._browse = icon_button("folder-open", "Choose a weights file…")
        self._name = QuietComboBox()
        self._name.setAccessibleName("Ultralytics name")
        self._name.addItems(ULTRALYTICS_NAMES)
        self._file_row = QWidget()
        row = QHBoxLayout(self._file_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._path, 1)
        row.addWidget(self._browse)
        for widget in (self._kind, self._file_row, self._name):
            column.addWidget(widget)
        super().__init__(body)
        self.setFocusProxy(self._kind)
        self._show_parts()
        self._kind.currentIndexChanged.connect(self._kind_changed)
        self._path.textChanged.connect(self.changed)
        self._name.currentIndexChanged.connect(self.changed)
        self._browse.clicked.connect(self._choose_file)

    def _current_kind(self) -> Any:
        return self._kind.currentData(Qt.ItemDataRole.UserRole)

    def _show_parts(self) -> None:
        kind = self._current_kind()
        self._file_row.setVisible(kind == FILE)
        self._name.setVisible(kind == NAME)

    def _kind_changed(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _choose_file(self) -> None:
        start = self._path.text() or str(Path.home())
        path, _filter = QFileDialog.getOpenFileName(self, "Starting weights", start, "Weights (*.pt)")
        if path:
            self._path.setText(path)

    def offer_runs(self, runs: Sequence[RunWeights]) -> None:
        """List the best weights of earlier runs below the four fixed ways; the choice made stays."""
        value = self.value()
        with QSignalBlocker(self._kind):
            while self._kind.count() > 4:
                self._kind.removeItem(4)
            if runs:
                self._kind.insertSeparator(4)
            for run in runs:
                self._kind.addItem(f"Best of {run.run}", run)
                self._kind.setItemData(self._kind.count() - 1, str(run.path), Qt.ItemDataRole.ToolTipRole)
        self.set_value(value)

    def value(self) -> str:
        kind = self._current_kind()
        if isinstance(kind, RunWeights):
            return str(kind.path)
        if kind == FILE:
            return self._path.text().strip()
        if kind == NAME:
            return self._name.currentText()
        return str(kind)

    def set_value(self, value: Any) -> None:
        weights = str(value)
        kind = kind_of(weights)
        with QSignalBlocker(self._kind), QSignalBlocker(self._path), QSignalBlocker(self._name):
            for index in range(4, self._kind.count()):
                data = self._kind.itemData(index)
                if isinstance(data, RunWeights) and str(data.path) == weights:
                    self._kind.setCurrentIndex(index)
                    break
            else:
                self._kind.setCurrentIndex((STARTER, SCRATCH, FILE, NAME).index(kind))
                if kind == FILE and self._path.text().strip() != weights:
                    self._path.setText(weights)
                if kind == NAME:
                    self._name.setCurrentText(_with_suffix(weights))
        self._show_parts()


class DeviceEditor(Editor):
    """The devices of this machine; one that is remembered but absent stays chosen and says so."""

    def __init__(self) -> None:
        self._box = QuietComboBox()
        super().__init__(self._box)
        self._devices: list[Device] = [CPU]
        self._known = False
        self._value = "auto"
        self._fill()
        self._box.currentIndexChanged.connect(self._chosen)

    def set_devices(self, devices: Sequence[Device], known: bool) -> None:
        """What was found; ``known`` False while the search is still on."""
        self._devices, self._known = list(devices), known
        self._fill()

    def _fill(self) -> None:
        box: QComboBox = self._box
        with QSignalBlocker(box):
            box.clear()
            best = self._devices[0].title if self._known and self._devices else ""
            box.addItem(f"Automatic ({best.split(' – ')[0]})" if best else "Automatic", "auto")
            for device in self._devices:
                box.addItem(device.title, device.id)
            index = box.findData(self._value)
            if index < 0:
                missing = "not found here" if self._known else "looking for it…"
                box.addItem(f"{Device(self._value, '').title} ({missing})", self._value)
                index = box.count() - 1
            box.setCurrentIndex(index)
            for at in range(box.count()):
                box.setItemData(at, box.itemText(at), Qt.ItemDataRole.ToolTipRole)
        box.setToolTip(box.currentText())

    def _chosen(self) -> None:
        self._value = str(self._box.currentData())
        self._box.setToolTip(self._box.currentText())
        self.changed.emit()

    @property
    def missing(self) -> bool:
        """Whether the chosen device is known not to be here."""
        if self._value == "auto" or not self._known:
            return False
        here = {device.id for device in self._devices}
        return any(part not in here for part in self._value.split(","))

    def value(self) -> str:
        return self._value

    def set_value(self, value: Any) -> None:
        self._value = str(value)
        self._fill()
