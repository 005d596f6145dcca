"""The settings a run was started with, as a table; what differs from the defaults stands out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from lpstudio.studio import theme
from lpstudio.studio.train.settings_form import value_text
from lpstudio.training.settings import TrainSettings


class RunSettingsTable(QTableWidget):
    """Setting, value, default; changed ones first and bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setHorizontalHeaderLabels(["Setting", "Value", "Default"])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.setShowGrid(False)
        self.setAccessibleName("Settings of the run")
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._settings: TrainSettings | None = None

    def set_settings(self, settings: TrainSettings | None) -> None:
        """Show the settings of a run; None when they cannot be read here."""
        if settings is not None and settings == self._settings:
            return
        self._settings = settings
        self.setRowCount(0)
        if settings is None:
            return
        entries = []
        for info in TrainSettings.infos():
            holder: object = settings.loss if info.name.startswith("loss.") else settings
            value = getattr(holder, info.name.removeprefix("loss."))
            entries.append((value == info.default, info, value))
        entries.sort(key=lambda entry: entry[0])
        self.setRowCount(len(entries))
        for row, (is_default, info, value) in enumerate(entries):
            texts = (f"{info.group}: {info.title}", value_text(info, value), value_text(info, info.default))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(info.help)
                item.setFont(theme.font("body" if is_default else "strong"))
                self.setItem(row, column, item)
