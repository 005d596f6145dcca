"""The list of runs: newest first, two lines a run, with a box to lay its curves over those of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.icons import draw_icon
from lpstudio.studio.train.following import FollowedRun
from lpstudio.studio.train.run_colours import compared_colour
from lpstudio.studio.train.wording import counted, day_and_time, duration, figure, ordinal, percent
from lpstudio.studio.widgets.row_paint import paint_ground
from lpstudio.training.runs import RunStatus

RUN_ROLE = int(Qt.ItemDataRole.UserRole) + 1
COLOUR_ROLE = RUN_ROLE + 1
ROW_HEIGHT = 60
MOST_COMPARED = 6

# (icon, colour token) of each state; the icons differ in form, so that colour is never alone
STATE_MARKS: dict[RunStatus, tuple[str, str]] = {
    RunStatus.QUEUED: ("clock", "warning"),
    RunStatus.STARTING: ("loader-circle", "accent_text"),
    RunStatus.RUNNING: ("circle-play", "accent_text"),
    RunStatus.PAUSED: ("circle-pause", "warning"),
    RunStatus.STOPPED: ("circle-stop", "text_dim"),
    RunStatus.FINISHED: ("circle-check", "verified"),
    RunStatus.FAILED: ("circle-x", "error"),
    RunStatus.DIED: ("triangle-alert", "error"),
}


def epochs_text(followed: FollowedRun) -> str:
    """ "12 of 300 epochs"; whole epochs that were measured."""
    done = followed.history.epochs[-1] if followed.history.epochs else 0
    settings = followed.settings
    planned = followed.history.progress.epochs or (settings.epochs if settings is not None else 0)
    return f"{done} of {counted(planned, 'epoch')}"


def measures_text(followed: FollowedRun) -> str:
    """The best mAP of the masks and the best first-candidate accuracy, or an empty text before the first epoch."""
    history = followed.history
    best_map, top1 = history.best("mask_map"), history.best("char_top1")
    if best_map is None and top1 is None:
        return ""
    return f"mAP {figure(best_map)} · top-1 {percent(top1)}"


def loss_name(followed: FollowedRun) -> str:
    """The name of the loss the run trains with."""
    settings = followed.settings
    return settings.loss.name if settings is not None else str(followed.run.record["settings"].get("loss", ""))


def state_text(followed: FollowedRun) -> str:
    """The state in words; a run that waits in the queue says at which place."""
    return f"{ordinal(followed.place)} in the queue" if followed.place else str(followed.status)


def state_mark(followed: FollowedRun) -> tuple[str, str]:
    """(icon, colour token) of the state."""
    return STATE_MARKS[RunStatus.QUEUED if followed.place else followed.status]


def spoken(followed: FollowedRun) -> str:
    """One sentence about a run, for tool tips and screen readers."""
    parts = [f"{followed.name}: {state_text(followed)}", epochs_text(followed)]
    if measures_text(followed):
        parts.append(f"best {measures_text(followed)}")
    parts += [f"{loss_name(followed)} loss", f"begun {day_and_time(followed.run.created)}"]
    return ", ".join(parts)


class RunListModel(QAbstractListModel):
    """The runs of the project; the check state of a row says whether its curves are compared."""

    compared_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[FollowedRun] = []
        self._compared: list[str] = []
        self._colours: dict[str, int] = {}  # a run keeps its colour as long as its box is checked

    def set_runs(self, runs: Sequence[FollowedRun]) -> None:
        """Show these runs; rows that stay keep their selection."""
        names = [followed.name for followed in runs]
        if names == [followed.name for followed in self._runs]:
            self._runs = list(runs)
            if runs:
                self.dataChanged.emit(self.index(0), self.index(len(runs) - 1))
            return
        old = [followed.name for followed in self._runs]
        if names[len(names) - len(old) :] == old:  # new runs on top
            self.beginInsertRows(QModelIndex(), 0, len(names) - len(old) - 1)
            self._runs = list(runs)
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._runs = list(runs)
            self._set_compared([name for name in self._compared if name in names])
            self.endResetModel()

    def _set_compared(self, names: list[str]) -> None:
        self._compared = names
        self._colours = {name: at for name, at in self._colours.items() if name in names}
        for name in names:
            if name not in self._colours:
                free = (at for at in range(MOST_COMPARED) if at not in self._colours.values())
                self._colours[name] = next(free)

    def colour_of(self, name: str) -> int:
        """The number of a compared run's colour, the same wherever it is shown; -1 when it is not compared."""
        return self._colours.get(name, -1)

    def compare(self, names: Sequence[str]) -> None:
        """Check the boxes of these runs and no others; the last ones where there are too many."""
        known = {followed.name for followed in self._runs}
        self._set_compared([name for name in names if name in known][-MOST_COMPARED:])
        if self._runs:
            self.dataChanged.emit(self.index(0), self.index(len(self._runs) - 1))
        self.compared_changed.emit()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._runs)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self._runs):
            return None
        followed = self._runs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return followed.name
        if role == RUN_ROLE:
            return followed
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(followed)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if followed.name in self._compared else Qt.CheckState.Unchecked
        if role == COLOUR_ROLE:
            return self.colour_of(followed.name)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(200, ROW_HEIGHT)
        return None

    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: Any, role: int = int(Qt.ItemDataRole.EditRole)
    ) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        name = self._runs[index.row()].name
        checked = Qt.CheckState(value) == Qt.CheckState.Checked
        if checked and name not in self._compared:
            self.compare([*self._compared, name])
        elif not checked and name in self._compared:
            self.compare([other for other in self._compared if other != name])
        return True

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    @property
    def compared(self) -> list[str]:
        """Names of the runs whose boxes are checked, in the order they were checked."""
        return list(self._compared)

    def row_of(self, name: str) -> int:
        """The row of a run, -1 when there is none."""
        return next((row for row, followed in enumerate(self._runs) if followed.name == name), -1)


class _RunDelegate(QStyledItemDelegate):
    """Paints a run: box, state mark, name and date; below epochs and measures; below state and loss."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    @staticmethod
    def _box(row: QRect) -> QRect:
        return QRect(row.left() + 8, row.top() + 10, 16, 16)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        followed = index.data(RUN_ROLE)
        row: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, row, state)
        painter.setPen(theme.color("separator"))
        painter.drawLine(row.bottomLeft(), row.bottomRight())
        self._paint_box(painter, self._box(row), index.data(COLOUR_ROLE))
        mark, token = state_mark(followed)
        draw_icon(painter, mark, QRect(row.left() + 32, row.top() + 10, 16, 16), token)
        left, right = row.left() + 56, row.right() - 8
        first = QRect(left, row.top() + 6, right - left, 20)
        second = QRect(left, row.top() + 24, right - left, 16)
        third = QRect(left, row.top() + 40, right - left, 16)
        small = theme.font("small")
        date = day_and_time(followed.run.created)
        painter.setFont(small)
        painter.setPen(theme.color("text_dim"))
        painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, date)
        room = first.width() - QFontMetrics(small).horizontalAdvance(date) - 8
        strong = theme.font("strong")
        painter.setFont(strong)
        painter.setPen(theme.color("text"))
        name = QFontMetrics(strong).elidedText(followed.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(first, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(small)
        metrics = QFontMetrics(small)
        measures = f"{measures_text(followed) or 'nothing measured yet'} · {loss_name(followed)}"
        lines = ((second, measures), (third, self._third_line(followed)))
        for place, text in lines:
            painter.setPen(theme.color("text" if place is second else "text_dim"))
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.drawRect(row.adjusted(0, 0, -1, -2))
        painter.restore()

    @staticmethod
    def _third_line(followed: FollowedRun) -> str:
        parts = [state_text(followed), epochs_text(followed)]
        if followed.status == RunStatus.RUNNING and followed.history.progress.left_s is not None:
            parts.insert(1, f"{duration(followed.history.progress.left_s)} left")
        return " · ".join(parts)

    @staticmethod
    def _paint_box(painter: QPainter, place: QRect, colour: int) -> None:
        """A box; that of a compared run is checked and has the colour of its curves."""
        checked = colour >= 0
        painter.setPen(compared_colour(colour) if checked else theme.color("line"))
        painter.setBrush(compared_colour(colour) if checked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if checked:
            draw_icon(painter, "check", place.adjusted(2, 2, -2, -2), "panel")

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        place: QPoint = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or not self._box(option.rect).contains(place):  # type: ignore[attr-defined]
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            checked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            state = Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked
            model.setData(index, state, int(Qt.ItemDataRole.CheckStateRole))
        return True  # the box alone: the row is not selected


class RunListView(QListView):
    """The list as a widget. ``chosen`` comes with the name of the run that a person selected."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs_model = RunListModel(self)
        self.setModel(self.runs_model)
        self.setItemDelegate(_RunDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Runs")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.notifier().changed.connect(self.viewport().update)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        followed = current.data(RUN_ROLE) if current.isValid() else None
        if followed is not None:
            self.chosen.emit(followed.name)

    @property
    def current_name(self) -> str:
        """The name of the selected run, or an empty text."""
        followed = self.currentIndex().data(RUN_ROLE) if self.currentIndex().isValid() else None
        return followed.name if followed is not None else ""

    def choose(self, name: str) -> bool:
        """Select a run by name; False when it is not there."""
        row = self.runs_model.row_of(name)
        if row < 0:
            return False
        self.setCurrentIndex(self.runs_model.index(row))
        return True

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            index = self.currentIndex()
            checked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            state = Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked
            self.runs_model.setData(index, state, int(Qt.ItemDataRole.CheckStateRole))
            return
        super().keyPressEvent(event)
