"""How the rows of the faults page are painted: a heading, or two lines with a mark."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from lpstudio.studio import theme
from lpstudio.studio.faults.fault_model import Group, Role, heading
from lpstudio.studio.icons import draw_icon
from lpstudio.studio.widgets.row_paint import paint_ground, paint_two_lines

_Index = QModelIndex | QPersistentModelIndex

ROW = 44


class FaultDelegate(QStyledItemDelegate):
    """Headings and faults."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        group: Group | None = index.data(Role.GROUP)
        if group is not None:
            self._paint_heading(painter, rect, group, bool(index.data(Role.CLOSED)))
        else:
            fault = index.data(Role.FAULT)
            paint_ground(painter, rect, state)
            name = "wand-sparkles" if fault.fixable else "triangle-alert"
            token = "icon" if fault.fixable else "fault"
            draw_icon(painter, name, QRect(rect.left() + 12, rect.top() + 6, 14, 14), token)
            where = fault.key.rpartition("/")[2].rpartition(".")[0]
            if fault.at is not None:
                where = f"{where} · character {fault.at + 1}"
            elif fault.line is not None:
                where = f"{where} · line {fault.line}"
            paint_two_lines(painter, rect.adjusted(34, 0, -8, 0), fault.message, where)
        painter.restore()

    @staticmethod
    def _paint_heading(painter: QPainter, rect: QRect, group: Group, closed: bool) -> None:
        painter.fillRect(rect, theme.color("panel"))
        painter.setPen(theme.color("separator"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        mark = "chevron-right" if closed else "chevron-down"
        draw_icon(painter, mark, QRect(rect.left() + 10, rect.center().y() - 7, 16, 16), "icon")
        words = rect.adjusted(34, 0, -12, 0)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.color("text_dim"))
        count = f"{len(group.faults):,}"
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(words, right, count)
        room = words.width() - painter.fontMetrics().horizontalAdvance(count) - 8
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("text"))
        shown = painter.fontMetrics().elidedText(heading(group.kind), Qt.TextElideMode.ElideRight, room)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
