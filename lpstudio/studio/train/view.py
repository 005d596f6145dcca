"""The widgets of Train and where they stand; no behaviour."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.slices import run_out
from lpstudio.studio.train.preflight import PreflightPanel
from lpstudio.studio.train.queue_panel import QueuePanel
from lpstudio.studio.train.run_list import RunListView
from lpstudio.studio.train.run_page import RunPage
from lpstudio.studio.train.settings_form import SettingsForm

SIDE_WIDTH = 336
NEW_RUN, RUNS, QUEUE = 0, 1, 2
# the actions above the curves; those with a word on their button, then those with an icon alone
WORDED = ("pause", "resume", "stop_after_epoch", "stop")
PLAIN = ("reuse", "folder", "export", "review")
IN_QUEUE = ("queue_up", "queue_down", "queue_remove", "queue_undo", "queue_hold", "queue_go")


class TrainView(QSplitter):
    """At the left the form or the list of runs, in the middle what belongs to it."""

    def __init__(self, commands: CommandTable, parent: QWidget | None = None, *, whole: bool = True) -> None:
        """``whole=False``: its maker runs :attr:`steps` to their end, in slices, before anything else is done."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.steps = self._make(commands)
        if whole:
            run_out(self.steps)

    def _make(self, commands: CommandTable) -> Iterator[None]:
        # From the outside in: what is moved into another widget when it is full costs as much as making it.
        self.side = QTabWidget(self)
        self.side.setDocumentMode(True)
        self.side.setMinimumWidth(300)
        self.main = QStackedWidget(self)
        self.addWidget(self.side)
        self.addWidget(self.main)
        self.setStretchFactor(1, 1)
        self.setSizes([SIDE_WIDTH, 900])
        self.setChildrenCollapsible(False)
        new_run, runs = QWidget(), QWidget()
        self.side.addTab(new_run, "New run")
        self.side.addTab(runs, "Runs")
        yield
        self.form = SettingsForm(new_run, whole=False)
        yield from self.form.steps
        self.start_button = self._make_start_button(commands.action("train.start"))
        self.variants_button = self._make_variants_button(commands.action("train.queue_variants"))
        self.start_note = QLabel()
        self.start_note.setWordWrap(True)
        self.start_note.setFont(theme.font("small"))
        self._fill_new_run(new_run)
        yield
        self.run_list = RunListView()
        self._fill_runs(runs)
        yield
        self.queue = QueuePanel([commands.action(f"train.{name}") for name in IN_QUEUE])
        self.side.addTab(self.queue, "Queue")
        yield
        self.preflight = PreflightPanel()
        self.main.addWidget(self.preflight)
        yield
        self.page = RunPage(
            [commands.action(f"train.{name}") for name in WORDED],
            [commands.action(f"train.{name}") for name in PLAIN],
            commands.action("train.resume"),
        )
        yield
        self.main.addWidget(self.page)
        yield from self.page.grid.prepare()
        self.no_runs = QLabel("No runs yet. Start a training under “New run”; its curves will stand here.")
        self.no_runs.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_runs.setWordWrap(True)
        self.main.addWidget(self.no_runs)

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

    def _make_variants_button(self, queue: QAction) -> QPushButton:
        button = QPushButton("Queue variants…")
        button.setIcon(icon("list"))
        button.setToolTip(queue.toolTip())
        button.clicked.connect(queue.trigger)
        queue.enabledChanged.connect(button.setEnabled)
        button.setEnabled(queue.isEnabled())
        return button

    def _fill_new_run(self, page: QWidget) -> None:
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        foot.setSpacing(4)
        foot.addWidget(self.start_note)
        foot.addWidget(self.start_button)
        foot.addWidget(self.variants_button)
        column.addLayout(foot)

    def _fill_runs(self, page: QWidget) -> None:
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        hint = QLabel("Tick runs to lay their curves over the chosen one.")
        hint.setFont(theme.font("small"))
        hint.setWordWrap(True)
        hint.setContentsMargins(8, 4, 8, 4)
        column.addWidget(hint)
        column.addWidget(self.run_list, 1)

    @property
    def shows_runs(self) -> bool:
        """Whether the list of runs (or the queue) is in front, not the form."""
        return self.side.currentIndex() != NEW_RUN

    def show_start_note(self, text: str, *, bad: bool) -> None:
        """The line above the start button."""
        self.start_note.setText(text)
        theme.tint(self.start_note, "error" if bad else "text_dim")
