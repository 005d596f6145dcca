"""The figures with their 95 % intervals as a table, shares also as a bar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from lpstudio.evaluation.figures import Figures, titled
from lpstudio.evaluation.statistics import Estimate
from lpstudio.studio import theme

BAR = 3
_ESTIMATE = int(Qt.ItemDataRole.UserRole) + 1


def value_text(value: float | None, is_share: bool) -> str:
    """ "91.3 %" for a share, "0.213" else; a dash when unknown."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if is_share else f"{value:.3f}"


def interval_text(one: Estimate, is_share: bool) -> str:
    """ "88.0 to 94.1 %", or a dash where one plate says nothing of others."""
    if one.low is None or one.high is None:
        return "–"
    if is_share:
        return f"{100 * one.low:.1f} to {100 * one.high:.1f} %"
    return f"{one.low:.3f} to {one.high:.3f}"


class _IntervalDelegate(QStyledItemDelegate):
    """A share on a line from 0 to 100 %, its interval thick."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        one = index.data(_ESTIMATE)
        if one is None:
            return
        place: QRect = option.rect.adjusted(8, 0, -8, 0)  # type: ignore[attr-defined]
        middle = place.center().y() + 0.5

        def at(share: float) -> QPointF:
            return QPointF(place.left() + share * place.width(), middle)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line"))
        painter.drawLine(at(0), at(1))
        if one.low is not None and one.high is not None:
            painter.setPen(QPen(theme.color("accent"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(at(one.low), at(one.high))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text"))
        painter.drawEllipse(at(one.value), 4, 4)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(104, 32)


class FiguresTable(QTableWidget):
    """One row a figure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.setHorizontalHeaderLabels(["Figure", "Value", "95 % interval", "0 to 100 %", "Of", "Plates"])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        self.setItemDelegateForColumn(BAR, _IntervalDelegate(self))
        self.setAccessibleName("Figures with their intervals")
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(6):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        theme.notifier().changed.connect(self.viewport().update)

    def show_figures(self, figures: Figures) -> None:
        """Show them; those that were not measured are left out."""
        rows = [(title, one, share) for title, one, share in titled(figures) if one is not None]
        self.setRowCount(len(rows))
        for row, (title, one, is_share) in enumerate(rows):
            texts = (
                title[:1].upper() + title[1:],
                value_text(one.value, is_share),
                interval_text(one, is_share),
                "",
                f"{one.count:,}",
                f"{one.plates:,}",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setFont(theme.font("strong" if column == 1 else "body"))
                if column in (1, 4, 5):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
            bar = self.item(row, BAR)
            if is_share and bar is not None:
                bar.setData(_ESTIMATE, one)
        self.resizeRowsToContents()

    def sizeHintForRow(self, row: int) -> int:
        """With air, so that a title of two lines is told from the next one."""
        return super().sizeHintForRow(row) + 8

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resizeRowsToContents()  # titles take the lines they need
