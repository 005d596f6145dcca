"""Small editors for one setting each; every one has ``value()``, ``set_value()`` and a ``changed`` signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from lpstudio.studio.icons import icon
from lpstudio.studio.train.wording import plain_number
from lpstudio.training.settings import SettingInfo

EDITOR_WIDTH = 128  # px; one column of editors, so that the eye runs down it
_WHOLE_LIMIT = 2**31 - 1


class Editor(QWidget):
    """Base of the editors: a widget around one control."""

    changed = Signal()

    def __init__(self, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(control)
        self.setFocusProxy(control)
        self.control = control

    def value(self) -> Any:
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value without telling ``changed``."""
        raise NotImplementedError


class _QuietWheel:
    """A mixin: the wheel scrolls the form unless the control has the focus, so that no value changes in passing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class _WholeBox(_QuietWheel, QSpinBox):
    pass


class _NumberBox(_QuietWheel, QDoubleSpinBox):
    """Shows a number as it was typed (0.0005), not with a fixed count of digits."""

    def textFromValue(self, value: float) -> str:
        return plain_number(value)


class QuietComboBox(_QuietWheel, QComboBox):
    """A combo box that the wheel passes over and that never asks for more width than it is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _prepare(box: QAbstractSpinBox) -> None:
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setLocale(QLocale.c())
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
    box.setAccelerated(True)
    box.setKeyboardTracking(False)


class WholeEditor(Editor):
    """A whole number with its unit."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = _WholeBox()
        _prepare(self._box)
        self._box.setRange(
            int(info.minimum if info.minimum is not None else -_WHOLE_LIMIT),
            int(info.maximum if info.maximum is not None else _WHOLE_LIMIT),
        )
        self._box.setSuffix(f" {info.unit}" if info.unit else "")
        if info.name == "imgsz":
            self._box.setSingleStep(32)
        super().__init__(self._box)
        self._box.valueChanged.connect(self.changed)

    def value(self) -> int:
        return self._box.value()

    def set_value(self, value: Any) -> None:
        self._box.blockSignals(True)
        self._box.setValue(int(value))
        self._box.blockSignals(False)


class NumberEditor(Editor):
    """A number with its unit; the arrow keys step by its leading digit."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = _NumberBox()
        _prepare(self._box)
        self._box.setDecimals(9)
        self._box.setRange(
            info.minimum if info.minimum is not None else -1e9, info.maximum if info.maximum is not None else 1e9
        )
        self._box.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self._box.setSuffix(f" {info.unit}" if info.unit else "")
        super().__init__(self._box)
        self._box.valueChanged.connect(self.changed)

    def value(self) -> float:
        return float(plain_number(self._box.value()))

    def set_value(self, value: Any) -> None:
        self._box.blockSignals(True)
        self._box.setValue(float(value))
        self._box.blockSignals(False)


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = QCheckBox("on")
        super().__init__(self._box)
        self._box.toggled.connect(self.changed)

    def value(self) -> bool:
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        self._box.blockSignals(True)
        self._box.setChecked(bool(value))
        self._box.blockSignals(False)


class ChoiceEditor(Editor):
    """One of a few names."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = QuietComboBox()
        self._box.addItems(info.choices)
        super().__init__(self._box)
        self._box.currentIndexChanged.connect(self.changed)

    def value(self) -> str:
        return self._box.currentText()

    def set_value(self, value: Any) -> None:
        self._box.blockSignals(True)
        self._box.setCurrentText(str(value))
        self._box.blockSignals(False)


class SegmentEditor(Editor):
    """One of a few short names, all of them in sight (the model sizes)."""

    def __init__(self, info: SettingInfo) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._buttons = QButtonGroup(row)
        for choice in info.choices:
            button = QToolButton()
            button.setText(choice)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"{info.title} {choice}")
            self._buttons.addButton(button)
            layout.addWidget(button)
        super().__init__(row)
        self._buttons.buttonToggled.connect(self._toggled)

    def _toggled(self, _button: object, checked: bool) -> None:
        if checked:
            self.changed.emit()

    def value(self) -> str:
        button = self._buttons.checkedButton()
        return button.text() if button is not None else ""

    def set_value(self, value: Any) -> None:
        self._buttons.blockSignals(True)
        for button in self._buttons.buttons():
            button.setChecked(button.text() == value)
        self._buttons.blockSignals(False)


class TextEditor(Editor):
    """A short text."""

    def __init__(self, info: SettingInfo) -> None:
        self._line = QLineEdit()
        self._line.setPlaceholderText("train" if info.name == "name" else "")
        super().__init__(self._line)
        self._line.textChanged.connect(self.changed)

    def value(self) -> str:
        return self._line.text().strip()

    def set_value(self, value: Any) -> None:
        if self._line.text().strip() != str(value):
            self._line.blockSignals(True)
            self._line.setText(str(value))
            self._line.blockSignals(False)


def make_editor(info: SettingInfo) -> Editor:
    """The editor for a setting's kind."""
    if info.name == "size":
        return SegmentEditor(info)
    kinds: dict[str, Callable[[SettingInfo], Editor]] = {
        "int": WholeEditor,
        "float": NumberEditor,
        "bool": SwitchEditor,
        "choice": ChoiceEditor,
        "str": TextEditor,
    }
    return kinds[info.kind](info)


def icon_button(icon_name: str, tip: str, size: int = 16) -> QToolButton:
    """A flat button with an icon, its meaning as tool tip and for screen readers."""
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(size, size))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
