"""The sliders: what the plates shall be like."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.similarity.value_slider import ValueSlider

# field of a request, what a person calls it, start value, what holds while it is off, tip
_WISHES = (
    ("difficulty", "Difficulty", 0.5, "mixed", "0: clean plates near by. 1: the worst CCTV"),
    ("night", "Night", 0.3, "by difficulty", "Share of captures at dusk, at night or in infra-red"),
    ("blur", "Blur", 0.3, "by difficulty", "Share of captures out of focus or moving"),
    ("low_resolution", "Few pixels", 0.4, "by difficulty", "Share of plates less than 80 pixels wide"),
    ("two_lines", "Two lines", 0.5, "as usual", "Share of plates on two lines, where a format has several groups"),
)


class WishForm(QWidget):
    """A row for each wish, on or off, and the formats. ``changed`` comes while a slider moves, too."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self.switches: dict[str, QCheckBox] = {}
        self.sliders: dict[str, ValueSlider] = {}
        for row, (name, title, start, off, tip) in enumerate(_WISHES):
            switch = QCheckBox(title, self)
            switch.setToolTip(f"{tip}. Off: {off}")
            slider = ValueSlider(title, 0.0, 1.0, 0.01, self)
            slider.set_value(start)
            slider.setToolTip(tip)
            slider.setVisible(False)
            said = QLabel(off, self)
            said.setFont(theme.font("small"))
            said.setMinimumHeight(slider.sizeHint().height())
            switch.toggled.connect(slider.setVisible)
            switch.toggled.connect(said.setHidden)
            switch.toggled.connect(self.changed)
            slider.changed.connect(self.changed)
            grid.addWidget(switch, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(said, row, 1)
            self.switches[name], self.sliders[name] = switch, slider
        grid.setColumnStretch(1, 1)
        heading = QLabel("Formats", self)
        heading.setFont(theme.font("strong"))
        self.formats = QListWidget(self)
        self.formats.setAccessibleName("Formats")
        self.formats.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.formats.setToolTip("Only the checked formats are drawn; none checked counts as all")
        self.formats.itemChanged.connect(self.changed)
        self.formats.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.formats.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.formats.setMinimumHeight(96)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(grid)
        layout.addWidget(heading)
        layout.addWidget(self.formats, 1)

    def show_formats(self, formats: list[dict[str, str]]) -> None:
        """List the formats of a country, all of them checked."""
        self.formats.blockSignals(True)
        self.formats.clear()
        for one in formats:
            item = QListWidgetItem(one["title"], self.formats)
            item.setToolTip(f"{one['title']} ({one['id']})")
            item.setData(Qt.ItemDataRole.UserRole, one["id"])
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
        self.formats.blockSignals(False)

    def wishes(self) -> dict[str, Any]:
        """The fields of a request to the plate maker; a wish that is off is left out."""
        found: dict[str, Any] = {
            name: round(self.sliders[name].value, 3) for name, switch in self.switches.items() if switch.isChecked()
        }
        items = [self.formats.item(row) for row in range(self.formats.count())]
        checked = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]
        if checked and len(checked) < len(items):
            found["formats"] = checked
        return found
