"""Chosen runs beside each other: the settings in which they differ and what they came to, a column a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from lpstudio.evaluation.figures import titled
from lpstudio.evaluation.statistics import Estimate
from lpstudio.studio import theme
from lpstudio.studio.train.following import FollowedRun
from lpstudio.studio.train.run_colours import compared_colour
from lpstudio.studio.train.run_list import epochs_text, state_text
from lpstudio.studio.train.settings_form import value_text
from lpstudio.studio.train.wording import duration, figure
from lpstudio.training.history import METRICS
from lpstudio.training.settings import TrainSettings

CHOSEN = -1  # the colour of the run whose page it is: the accent
_NOT_COMPARED = ("name",)


@dataclass(frozen=True)
class Column:
    """A run and the number of its colour (:data:`CHOSEN`: the chosen one)."""

    followed: FollowedRun
    colour: int


@dataclass(frozen=True)
class Row:
    """One line: its title, a text for each column, the title of the part that begins with it (else empty)."""

    title: str
    texts: tuple[str, ...]
    help: str = ""


def differing_settings(runs: Sequence[FollowedRun]) -> list[Row]:
    """The settings that are not the same in all runs."""
    known = [followed.settings for followed in runs]
    rows = []
    for info in TrainSettings.infos():
        if info.name in _NOT_COMPARED:
            continue
        values = []
        for settings in known:
            holder: object = settings.loss if settings is not None and info.name.startswith("loss.") else settings
            values.append(getattr(holder, info.name.removeprefix("loss."), None))
        if len({repr(value) for value in values}) > 1:
            texts = tuple("–" if value is None else value_text(info, value) for value in values)
            rows.append(Row(f"{info.group}: {info.title}", texts, info.help))
    crops = [followed.run.counts.get("crops") or {} for followed in runs]
    for split in ("train", "val"):
        numbers = tuple(f"{int(count.get(split, 0)):,}" for count in crops)
        if len(set(numbers)) > 1:
            rows.append(Row(f"Crops in {split}", numbers))
    return rows


def outcomes(runs: Sequence[FollowedRun]) -> list[Row]:
    """What the runs came to: epochs and curves' ends, then the figures of their evaluations with intervals."""
    rows = [
        Row("State", tuple(f"{state_text(followed)}, {epochs_text(followed)}" for followed in runs)),
        Row("Time an epoch takes", tuple(duration(followed.history.progress.epoch_s) for followed in runs)),
        Row("Best epoch", tuple(str(followed.history.best_epoch or "–") for followed in runs)),
        Row("Best mAP 50–95 of masks", tuple(figure(followed.history.best("mask_map")) for followed in runs)),
    ]
    lrs = tuple(figure(followed.history.last(METRICS, "lr"), 5) for followed in runs)
    if len(set(lrs)) > 1:
        rows.append(Row("Last learning rate", lrs))
    shown = [titled(followed.summary.figures) if followed.summary is not None else None for followed in runs]
    titles = next((figures for figures in shown if figures is not None), [])
    for at, (title, _estimate, is_share) in enumerate(titles):
        texts = tuple(
            "not evaluated" if figures is None else _with_interval(figures[at][1], is_share) for figures in shown
        )
        rows.append(Row(title[:1].upper() + title[1:], texts, "With its 95 % interval, drawn by plate"))
    return rows


def _with_interval(one: Estimate | None, is_share: bool) -> str:
    """ "91.3 % (88.0 to 94.1)"."""
    if one is None:
        return "–"
    factor, digits, unit = (100, 1, " %") if is_share else (1, 3, "")
    text = f"{factor * one.value:.{digits}f}{unit}"
    if one.low is None or one.high is None:
        return text
    return f"{text} ({factor * one.low:.{digits}f} to {factor * one.high:.{digits}f})"


class ComparisonTable(QTableWidget):
    """The table; the head of a column has the colour of the run's curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.setIconSize(QSize(10, 10))
        self.setAccessibleName("Comparison of runs")
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._columns: list[Column] = []
        self._shown: tuple[object, ...] = ()
        theme.notifier().changed.connect(self._rebuild)

    def show_runs(self, columns: Sequence[Column]) -> None:
        """Show these runs; nothing is done when nothing about them has changed."""
        self._columns = list(columns)
        shown = tuple((c.followed.name, c.colour, c.followed.status, c.followed.place, c.followed.evaluation,
                       c.followed.history.epochs[-1:]) for c in columns)  # fmt: skip
        if shown != self._shown:
            self._shown = shown
            self._rebuild()

    def _rebuild(self) -> None:
        runs = [column.followed for column in self._columns]
        differing, came_to = differing_settings(runs), outcomes(runs)
        self.clear()
        self.setColumnCount(1 + len(runs))
        self.setRowCount(len(differing) + len(came_to) + (0 if differing else 1))
        for at, column in enumerate(self._columns, 1):
            head = QTableWidgetItem(column.followed.name)
            head.setIcon(_swatch(column.colour))
            head.setToolTip(column.followed.name)
            self.setHorizontalHeaderItem(at, head)
        self.setHorizontalHeaderItem(0, QTableWidgetItem("Settings that differ, and what came of it"))
        row = 0
        if not differing:
            self._put(row, Row("All settings are the same", ("",) * len(runs)), dim=True)
            row += 1
        for line in (*differing, *came_to):
            self._put(row, line, dim=False, strong=row < len(differing))
            row += 1
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def _put(self, row: int, line: Row, *, dim: bool, strong: bool = False) -> None:
        for column, text in enumerate((line.title, *line.texts)):
            item = QTableWidgetItem(text)
            item.setFont(theme.font("strong" if strong and column else "body"))
            item.setToolTip(line.help)
            if dim or text in ("not evaluated", "–") or column == 0:
                item.setForeground(theme.color("text_dim"))
            self.setItem(row, column, item)

    def sizeHintForColumn(self, column: int) -> int:
        """With air, so that the figures of two runs do not touch."""
        return super().sizeHintForColumn(column) + 12

    @property
    def texts(self) -> list[list[str]]:
        """What can be read, row by row."""
        return [
            [
                item.text() if (item := self.item(row, column)) is not None else ""
                for column in range(self.columnCount())
            ]
            for row in range(self.rowCount())
        ]


def _swatch(colour: int) -> QIcon:
    """A small square in the colour of a run."""
    pixmap = QPixmap(20, 20)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent") if colour == CHOSEN else compared_colour(colour))
    painter.drawRoundedRect(0, 0, 10, 10, 2, 2)
    painter.end()
    return QIcon(pixmap)
