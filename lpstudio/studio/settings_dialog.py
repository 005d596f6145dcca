"""The few settings of the window itself; what belongs to a project stands in its workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import shell_commands, theme
from lpstudio.studio.places import log_file, settings_folder
from lpstudio.studio.shortcuts.editor import ShortcutsPage

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow


class SettingsDialog(QDialog):
    """Every change counts at once; there is nothing to confirm."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self._window = window
        window.build_all()  # the list of commands is to be whole
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.shortcuts = ShortcutsPage(window.commands, window.keys, self)
        self.tabs.addTab(self._general_page(), "General")
        self.tabs.addTab(self.shortcuts, "Keyboard")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.tabs, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)  # Enter can be given to a command
        layout.addWidget(buttons)
        self.setMinimumWidth(560)
        self.resize(720, 640)

    def _general_page(self) -> QWidget:
        window = self._window
        page = QWidget(self)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Colours", self._theme_row())
        self.reopen = QCheckBox("Open the last project", self)
        self.reopen.setChecked(bool(window.settings.value("start/reopen", False, type=bool)))
        self.reopen.toggled.connect(lambda checked: window.settings.setValue("start/reopen", checked))
        form.addRow("At the start", self.reopen)
        form.addRow("Settings file", self._place_row(str(settings_folder() / "studio.ini"), str(settings_folder())))
        form.addRow("Log", self._place_row(str(log_file()), str(log_file().parent)))
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 16, 0, 0)
        layout.setSpacing(16)
        layout.addLayout(form)
        note = QLabel("Groups, formats and training settings belong to a project and stand in its lpstudio.toml.", self)
        note.setFont(theme.font("small"))
        note.setWordWrap(True)
        layout.addWidget(note)
        layout.addStretch(1)
        return page

    @classmethod
    def show_for(cls, window: MainWindow, page: str = "") -> SettingsDialog:
        """Open the dialog, or bring the open one to the front; ``page`` "keys": where keys are changed."""
        dialog = window.findChild(cls) or cls(window)
        if page == "keys":
            dialog.tabs.setCurrentWidget(dialog.shortcuts)
            dialog.shortcuts.search.setFocus()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def _theme_row(self) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        group = QButtonGroup(row)
        self.theme_buttons: dict[str, QRadioButton] = {}
        for mode, text in (("system", "As the system"), ("light", "Light"), ("dark", "Dark")):
            button = QRadioButton(text, row)
            button.setChecked(theme.mode() == mode)
            button.toggled.connect(
                lambda checked, mode=mode: shell_commands.choose_theme(self._window, mode) if checked else None
            )
            group.addButton(button)
            layout.addWidget(button)
            self.theme_buttons[mode] = button
        layout.addStretch(1)
        return row

    def _place_row(self, text: str, folder: str) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        label = QLabel(text, row)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        button = QPushButton("Show", row)
        button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
        layout.addWidget(label, 1)
        layout.addWidget(button)
        return row
