"""A slider and a number field for one value from 0 to 1, or any other range."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from lpstudio.studio import theme


class ValueSlider(QWidget):
    """The two show the same number. ``changed`` comes while it moves, ``let_go`` when a gesture ends."""

    changed = Signal(float)
    let_go = Signal()

    def __init__(
        self, name: str, low: float, high: float, step: float, parent: QWidget | None = None, decimals: int = 2
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._low = low
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, round((high - low) / step))
        self.slider.setPageStep(max(1, round((high - low) / step / 10)))
        self.slider.setAccessibleName(name)
        self.spin = QDoubleSpinBox(self)
        self.spin.setRange(low, high)
        self.spin.setSingleStep(max(step, (high - low) / 20))
        self.spin.setDecimals(decimals)
        self.spin.setFont(theme.font("number"))
        self.spin.setFixedWidth(76)
        self.spin.setAccessibleName(name)
        self.spin.setKeyboardTracking(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.spin)
        self.slider.valueChanged.connect(self._from_slider)
        self.slider.sliderReleased.connect(self.let_go)
        self.spin.valueChanged.connect(self._from_spin)
        self.spin.editingFinished.connect(self.let_go)

    @property
    def value(self) -> float:
        return self.spin.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setValue(round((value - self._low) / self._step))
            self.spin.setValue(value)

    def _from_slider(self, position: int) -> None:
        value = self._low + position * self._step
        with QSignalBlocker(self.spin):
            self.spin.setValue(value)
        self.changed.emit(self.spin.value())

    def _from_spin(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value - self._low) / self._step))
        self.changed.emit(value)
