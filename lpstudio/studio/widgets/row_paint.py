"""What rows of lists have in common when they are painted."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle

from lpstudio.studio import theme


def paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    """The ground of a row: selected, under the pointer, or neither."""
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, theme.color("accent_soft"))
        painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, theme.color("hover"))


def paint_two_lines(painter: QPainter, rect: QRect, first: str, second: str) -> None:
    """What is said, and where, below it."""
    upper = QRect(rect.left(), rect.top() + 4, rect.width(), 18)
    lower = QRect(rect.left(), rect.top() + 22, rect.width(), 18)
    for place, text, role, ink in ((upper, first, "body", "text"), (lower, second, "small", "text_dim")):
        painter.setFont(theme.font(role))
        painter.setPen(theme.color(ink))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
