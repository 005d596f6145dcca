"""The widgets of Train and where they stand; no behaviour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.train.editors import tint
from lpstudio.studio.train.preflight import PreflightPanel
from lpstudio.studio.train.run_list import RunListView
from lpstudio.studio.train.run_page import RunPage
from lpstudio.studio.train.settings_form import SettingsForm

SIDE_WIDTH = 336
NEW_RUN, RUNS = 0, 1
# the actions above the curves; those with a word on their button, then those with an icon alone
WORDED = ("pause", "resume", "stop_after_epoch", "stop")
PLAIN = ("reuse", "folder", "export", "review")


class TrainView(QSplitter):
    """At the left the form or the list of runs, in the middle what belongs to it."""

    def __init__(self, commands: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.form = SettingsForm()
        self.run_list = RunListView()
        self.start_button = self._make_start_button(commands.action("train.start"))
        self.start_note = QLabel()
        self.start_note.setWordWrap(True)
        self.start_note.setFont(theme.font("small"))
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.addTab(self._new_run_page(), "New run")
        self.side.addTab(self._runs_page(), "Runs")
        self.side.setMinimumWidth(300)
        self.preflight = PreflightPanel()
        self.page = RunPage(
            [commands.action(f"train.{name}") for name in WORDED],
            [commands.action(f"train.{name}") for name in PLAIN],
            commands.action("train.resume"),
        )
        self.no_runs = QLabel("No runs yet. Start a training under “New run”; its curves will stand here.")
        self.no_runs.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_runs.setWordWrap(True)
        self.main = QStackedWidget()
        for widget in (self.preflight, self.page, self.no_runs):
            self.main.addWidget(widget)
        self.addWidget(self.side)
        self.addWidget(self.main)
        self.setStretchFactor(1, 1)
        self.setSizes([SIDE_WIDTH, 900])
        self.setChildrenCollapsible(False)

    def _make_start_button(self, start: QAction) -> QPushButton:
        button = QPushButton("Start training")
        button.setIcon(icon("play", "text_on_accent"))
        button.setProperty("primary", True)
        button.setMinimumHeight(32)
        button.setToolTip(start.toolTip())
        button.clicked.connect(start.trigger)
        start.enabledChanged.connect(button.setEnabled)
        button.setEnabled(start.isEnabled())
        return button

    def _new_run_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        foot.setSpacing(4)
        foot.addWidget(self.start_note)
        foot.addWidget(self.start_button)
        column.addLayout(foot)
        return page

    def _runs_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        hint = QLabel("Tick runs to lay their curves over the chosen one.")
        hint.setFont(theme.font("small"))
        hint.setWordWrap(True)
        hint.setContentsMargins(8, 4, 8, 4)
        column.addWidget(hint)
        column.addWidget(self.run_list, 1)
        return page

    @property
    def shows_runs(self) -> bool:
        """Whether the list of runs is in front, not the form."""
        return self.side.currentIndex() == RUNS

    def show_start_note(self, text: str, *, bad: bool) -> None:
        """The line above the start button."""
        self.start_note.setText(text)
        tint(self.start_note, "error" if bad else "text_dim")
