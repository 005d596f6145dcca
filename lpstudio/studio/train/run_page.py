"""One run in the main area: state and progress, what can be done, curves, log and settings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.train.comparison import CHOSEN, Column, ComparisonTable
from lpstudio.studio.train.curves import Compared, CurveGrid
from lpstudio.studio.train.elided_label import ElidedLabel
from lpstudio.studio.train.following import FollowedRun
from lpstudio.studio.train.log_view import LogView
from lpstudio.studio.train.run_list import STATE_MARKS, loss_name, state_mark, state_text
from lpstudio.studio.train.run_settings import RunSettingsTable
from lpstudio.studio.train.wording import (
    counted,
    day_and_time,
    duration,
    figure,
    memory,
    ordinal,
    percent,
    without_tags,
)
from lpstudio.training.history import METRICS, LogLine, RunHistory
from lpstudio.training.runs import RunStatus

LEAST_WIDTH = 640  # px; whatever a run is called
CURVES, REPORT, COMPARISON = 0, 1, 2  # the views of a run


def progress_text(followed: FollowedRun) -> str:
    """ "epoch 13 of 300, batch 9 of 22", or what else the run is at."""
    progress = followed.history.progress
    if followed.place:
        return f"begins as the {ordinal(followed.place)} of the queue"
    if followed.status == RunStatus.QUEUED:
        return "waits for another training on this device"
    if followed.status == RunStatus.STARTING:
        return "starting…"
    if not progress.epochs:
        return "no epoch yet"
    if not followed.is_live:
        done = followed.history.epochs[-1] if followed.history.epochs else 0
        return f"{done} of {counted(progress.epochs, 'epoch')}"
    text = f"epoch {max(progress.epoch, 1)} of {progress.epochs}"
    return f"{text}, batch {progress.batch} of {progress.batches}" if progress.batches else text


def trouble(followed: FollowedRun) -> tuple[str, str]:
    """What is wrong and what to do about it; two empty texts when nothing is."""
    history = followed.history
    done = history.epochs[-1] if history.epochs else 0
    if followed.place:
        return f"{ordinal(followed.place)} in the queue.", "It begins by itself when its turn comes."
    after = f"after epoch {done}" if done else "before the end of the first epoch"
    if followed.status == RunStatus.DIED:
        return (
            f"The training process is gone without a word, {after}: killed, out of memory, or the machine went down.",
            "Resume goes on after the last epoch that was saved."
            if done
            else "No epoch was saved: Resume begins anew.",
        )
    if followed.status == RunStatus.FAILED:
        where = (
            f" ({history.failure_path})" if history.failure_path and history.failure_path not in history.failure else ""
        )
        return f"Failed {after}: {history.failure or 'no message'}{where}", "Mend the cause, then resume."
    if followed.status == RunStatus.QUEUED:
        return "Another training uses this device.", "This one begins by itself when that one ends."
    if followed.status == RunStatus.STOPPED:
        return f"Stopped {after}.", "Resume goes on from there." if done else "Resume begins anew."
    if followed.status == RunStatus.PAUSED:
        return "Paused in the middle of its work.", "Resume goes on from exactly there."
    return "", ""


def facts(followed: FollowedRun) -> list[tuple[str, str]]:
    """(name, value) pairs below the progress bar; every value with its unit."""
    history, progress = followed.history, followed.history.progress
    result = []
    if followed.status == RunStatus.RUNNING:
        result.append(("left", duration(progress.left_s)))
    speed = progress.images_per_s
    if followed.is_live:
        result.append(("speed", f"{speed:.1f} images/s" if speed is not None else "–"))
        result.append(("memory", memory(progress.memory_mb)))
    result.append(("epoch takes", duration(progress.epoch_s)))
    device = history.device or (followed.settings.device if followed.settings is not None else "")
    result.append(("device", {"": "–"}.get(device, device)))
    if history.weights:
        result.append(("from", history.weights))
    result.append(("loss", loss_name(followed)))
    if history.best_epoch is not None:
        result.append(("best epoch", str(history.best_epoch)))
    missed, extra = history.last(METRICS, "missed"), history.last(METRICS, "extra")
    count = history.last(METRICS, "characters")
    if missed is not None and extra is not None:
        of_all = f" of {count:.0f}" if count is not None else ""
        result.append(("val characters missed", f"{missed:.0f}{of_all}"))
        result.append(("extra", f"{extra:.0f}"))
    result.append(("begun", day_and_time(followed.run.created)))
    return result


class _TroubleBar(QFrame):
    """What happened to the run, with the one action that mends it."""

    def __init__(self, resume: QAction) -> None:
        super().__init__()
        self._resume = resume
        self._mark = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton("Resume")
        self._button.clicked.connect(resume.trigger)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self._status: RunStatus | None = None

    def show_run(self, followed: FollowedRun) -> None:
        what, remedy = trouble(followed)
        self.setVisible(bool(what))
        if not what:
            return
        self._status = RunStatus.QUEUED if followed.place else followed.status
        self._text.setText(f"{what} {remedy}")
        self._button.setVisible(not followed.place and (followed.can_resume or followed.status == RunStatus.PAUSED))
        self.recolour()

    @property
    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    @property
    def button(self) -> QPushButton:
        return self._button

    def recolour(self) -> None:
        if self._status is None:
            return
        bad = self._status in (RunStatus.DIED, RunStatus.FAILED)
        ground = theme.color("error_soft" if bad else "info_soft").name()
        self.setStyleSheet(f"_TroubleBar {{ background: {ground}; }}")
        name, token = STATE_MARKS[self._status]
        self._mark.setPixmap(icon(name, token).pixmap(QSize(16, 16), self.devicePixelRatio()))


class RunPage(QWidget):
    """Shows one :class:`FollowedRun`: its training, and what it came to."""

    report_wanted = Signal()  # the report came into sight

    def __init__(
        self, worded: Sequence[QAction], plain: Sequence[QAction], resume: QAction, parent: QWidget | None = None
    ) -> None:
        """The actions above the curves: those with a word on their button, those with an icon alone."""
        super().__init__(parent)
        self._followed: FollowedRun | None = None
        self._compared: list[Column] = []
        self._asked = ""
        self._worded: list[QToolButton] = []
        self._mark = QLabel()
        self._name = ElidedLabel()
        self._name.setFont(theme.font("title"))
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._state = ElidedLabel()
        head = self._head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 0)
        head.setSpacing(8)
        for widget in (self._mark, self._name, self._state):
            head.addWidget(widget)
        head.addStretch(1)
        for action in (*worded, *plain):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(action.text().replace("&", "").rstrip("…"))
            if action in worded:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                self._worded.append(button)
            head.addWidget(button)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName("Progress of the training")
        self._progress = QLabel()
        self._progress.setFont(theme.font("number"))
        self._facts = QLabel()
        self._facts.setFont(theme.font("small"))
        self._facts.setWordWrap(True)
        self._facts.setTextFormat(Qt.TextFormat.RichText)
        self._trouble = _TroubleBar(resume)
        middle = QVBoxLayout()
        middle.setContentsMargins(12, 4, 12, 4)
        middle.setSpacing(4)
        middle.addWidget(self._bar)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self._progress)
        line.addWidget(self._facts, 1)
        middle.addLayout(line)
        self._log_scale = QCheckBox("Logarithmic losses")
        self._epoch = QLabel()
        self._epoch.setFont(theme.font("number"))
        self._epoch.setTextFormat(Qt.TextFormat.RichText)
        strip = QHBoxLayout()
        strip.setContentsMargins(12, 0, 12, 0)
        strip.addWidget(self._epoch, 1)
        strip.addWidget(self._log_scale)
        self._curves = QWidget()
        self._curves_column = QVBoxLayout(self._curves)
        self._curves_column.setContentsMargins(0, 0, 0, 0)
        self._curves_column.setSpacing(0)
        self._beside = QLabel()  # a line of its own, which takes the lines that it needs
        self._beside.setFont(theme.font("small"))
        self._beside.setTextFormat(Qt.TextFormat.RichText)
        self._beside.setWordWrap(True)
        self._beside.setContentsMargins(12, 0, 12, 2)
        self._beside.hide()
        self._curves_column.addLayout(strip)
        self._curves_column.addWidget(self._beside)
        self.grid = CurveGrid()
        self.grid.epoch_hovered.connect(self._show_epoch)
        self._log_scale.toggled.connect(self.grid.set_log)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        scroll.viewport().setAutoFillBackground(False)
        self.grid.setAutoFillBackground(False)
        self._curves_column.addWidget(scroll, 1)
        self.log = LogView()
        self.settings_table = RunSettingsTable()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.log, "Log")
        self.tabs.addTab(self.settings_table, "Settings of this run")
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self._curves)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([480, 150])
        self.splitter.setChildrenCollapsible(False)
        self.tabs.setMinimumHeight(80)
        self.splitter.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(middle)
        column.addWidget(self._trouble)
        self.report_place = QWidget()  # the report is put here when it is first looked at
        place = QVBoxLayout(self.report_place)
        place.setContentsMargins(0, 0, 0, 0)
        self.views = QTabWidget()
        self.views.setDocumentMode(True)
        self.views.addTab(self.splitter, "Training")
        self.views.addTab(self.report_place, "Report")
        self.comparison = ComparisonTable()
        self.views.addTab(self.comparison, "Comparison")
        self.views.currentChanged.connect(lambda view: self.report_wanted.emit() if view == REPORT else None)
        column.addWidget(self.views, 1)
        theme.notifier().changed.connect(self._recolour)

    # -- what it shows ---------------------------------------------------------------------------------------------

    @property
    def followed(self) -> FollowedRun | None:
        return self._followed

    @property
    def trouble_text(self) -> str:
        """The sentence in the bar about what happened, empty when nothing did."""
        return self._trouble.text

    @property
    def resume_button(self) -> QPushButton:
        return self._trouble.button

    @property
    def state_text(self) -> str:
        return self._state.text()

    @property
    def progress_text(self) -> str:
        return self._progress.text()

    @property
    def facts_text(self) -> str:
        return self._facts.text()

    def show_run(self, followed: FollowedRun, compared: Sequence[Column], asked: str = "") -> None:
        """Show a run as it stands now, with the curves of others over it and all of them in a table.

        ``asked``: what it was told to do and has not done yet, in words.
        """
        self._followed, self._compared = followed, list(compared)
        name, token = state_mark(followed)
        self._mark.setPixmap(icon(name, token).pixmap(QSize(20, 20), self.devicePixelRatio()))
        self._name.setText(followed.name)
        self._name.setToolTip(followed.name)
        reason = followed.history.reason
        finished = followed.status == RunStatus.FINISHED and reason
        state = f"{followed.status}: {reason}" if finished else state_text(followed)
        self._state.setText(f"{state} – {asked}" if asked else state)
        self._asked = asked
        self._fit_words()
        self._progress.setText(progress_text(followed))
        dim = theme.color("text_dim").name()
        parts = [
            f'<span style="color:{dim}">{key}</span>&nbsp;{value.replace(" ", "&nbsp;")}'
            for key, value in facts(followed)
        ]
        self._facts.setText("&nbsp;&nbsp; ".join(parts))
        self._trouble.show_run(followed)
        when = followed.history.last_at or followed.run.created
        words = tuple(LogLine(when, "error", text) for text in followed.last_words)
        self.log.set_lines(followed.history.log + words)
        others = [Compared(one.followed.name, one.followed.history, one.colour) for one in self._compared]
        self.grid.set_data(followed.history, others)
        self._beside.setText(f"beside it {self.grid.legend}")
        self._beside.setVisible(bool(others))
        QTimer.singleShot(0, self, self._show_rest)  # in a turn of its own
        self.views.setTabText(COMPARISON, f"Comparison ({1 + len(self._compared)})" if self._compared else "Comparison")
        self._show_epoch(math.nan)

    def _show_rest(self) -> None:
        if self._followed is not None:
            self._bar.setValue(round(1000 * self._followed.history.progress.fraction))  # paints at once
            self.settings_table.set_settings(self._followed.settings)
            self.comparison.show_runs([Column(self._followed, CHOSEN), *self._compared])

    def _show_epoch(self, epoch: float) -> None:
        """The line above the curves: which epoch they read out."""
        history = self._followed.history if self._followed is not None else RunHistory()
        if not history.epochs:
            text = "Curves begin with the end of the first epoch"
        elif math.isnan(epoch):
            best = f"best mAP {figure(history.best('mask_map'))}, best top-1 {percent(history.best('char_top1'))}"
            text = f"Epoch {history.epochs[-1]} (newest) · {best}"
        else:
            text = f"Epoch {epoch:.0f}"
        self._epoch.setText(text)

    @property
    def epoch_text(self) -> str:
        """What stands above the curves, as plain text."""
        beside = f" · {without_tags(self._beside.text())}" if self._beside.isVisibleTo(self) else ""
        return without_tags(self._epoch.text()) + beside

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_words()
        super().resizeEvent(event)

    def _fit_words(self) -> None:
        """Where there is little room, the buttons go without their words, so that the run's name can be read."""
        for style in (Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly):
            for button in self._worded:
                button.setToolButtonStyle(style)
            self._head.invalidate()  # else it answers with the width that it had
            if self._head.sizeHint().width() <= self.width():
                return

    def _recolour(self) -> None:
        self._trouble.recolour()
        if self._followed is not None:
            self.show_run(self._followed, self._compared, self._asked)
