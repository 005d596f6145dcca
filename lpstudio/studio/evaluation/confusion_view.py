"""The confusion matrix: a row what stands there, a column what was read, look-alikes side by side."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.evaluation.facts import MISSED, Facts
from lpstudio.studio.similarity.matrix_view import mix

HEAD = 24  # px
SMALLEST_CELL, LARGEST_CELL = 11, 32
MISSED_WIDTH = 52  # px, the column of missed characters
MISSED_GAP = 8


class ConfusionView(QWidget):
    """Paints the counts; a cell is chosen by mouse or arrow keys, Enter goes to its crops."""

    chosen = Signal(str, str)  # stands there, read ("": missed)
    hovered = Signal(str)  # what the cell under the mouse says; empty when there is none
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: Facts | None = None
        self._cell: tuple[int, int] | None = None  # row, column; the column after the last is "missed"
        self._hover: tuple[int, int] | None = None
        self._picture: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")
        theme.notifier().changed.connect(self._repaint)

    def show_facts(self, facts: Facts | None) -> None:
        """Show an evaluation; a chosen cell stays where both characters are there again."""
        before = self.cell
        self._facts, self._cell, self._hover = facts, None, None
        if facts is not None and before is not None and before[0] in facts.order:
            row = facts.order.index(before[0])
            column = len(facts.order) if before[1] == MISSED else -1
            if before[1] in facts.order:
                column = facts.order.index(before[1])
            self._cell = (row, column) if column >= 0 else None
        self.updateGeometry()
        self._repaint()

    @property
    def cell(self) -> tuple[str, str] | None:
        """The chosen cell: (stands there, read)."""
        if self._facts is None or self._cell is None:
            return None
        return self._names(self._cell)

    def _names(self, cell: tuple[int, int]) -> tuple[str, str]:
        order = self._facts.order if self._facts is not None else ()
        return order[cell[0]], order[cell[1]] if cell[1] < len(order) else MISSED

    def choose(self, true: str, read: str) -> None:
        """Choose a cell by its characters (``read`` empty: missed)."""
        if self._facts is None or true not in self._facts.order:
            return
        order = self._facts.order
        self._choose((order.index(true), len(order) if read == MISSED else order.index(read)))

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cell = cell
        self.update()
        true, read = self._names(cell)
        self.setAccessibleDescription(self.sentence(true, read))
        self.chosen.emit(true, read)

    def sentence(self, true: str, read: str) -> str:
        """What a cell says, in words."""
        if self._facts is None:
            return ""
        of = sum(len(cases) for (char, _read), cases in self._facts.cells.items() if char == true)
        count = self._facts.count(true, read)
        if read == MISSED:
            return f"{true} missed: {count} of {of}"
        if read == true:
            return f"{true} read right: {count} of {of}"
        value = self._similarity().value(true, read)
        return f"{true} read as {read}: {count} of {of}" + (f", look-alikes (S {value:g})" if value > 0 else "")

    def _similarity(self) -> Similarity:
        return self._facts.head.similarity if self._facts is not None else Similarity()

    # -- geometry --------------------------------------------------------------------------------------------------

    @property
    def _count(self) -> int:
        return len(self._facts.order) if self._facts is not None else 0

    def sizeHint(self) -> QSize:
        side = HEAD + 18 * max(self._count, 10)
        return QSize(side + MISSED_GAP + MISSED_WIDTH, side)

    def minimumSizeHint(self) -> QSize:
        side = HEAD + SMALLEST_CELL * max(self._count, 10)
        return QSize(side + MISSED_GAP + MISSED_WIDTH, side)

    def cell_size(self) -> int:
        """The side of a cell, px."""
        room = min(self.width() - MISSED_GAP - MISSED_WIDTH, self.height()) - HEAD
        return max(SMALLEST_CELL, min(room // max(self._count, 1), LARGEST_CELL))

    def cell_rect(self, row: int, column: int) -> QRect:
        """Where a cell is painted."""
        size = self.cell_size()
        if column >= self._count:
            return QRect(HEAD + size * self._count + MISSED_GAP, HEAD + row * size, MISSED_WIDTH, size)
        return QRect(HEAD + column * size, HEAD + row * size, size, size)

    def rect_of(self, true: str, read: str) -> QRect:
        """Where the cell of two characters is painted."""
        order = self._facts.order if self._facts is not None else ()
        return self.cell_rect(order.index(true), self._count if read == MISSED else order.index(read))

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        size, count = self.cell_size(), self._count
        row, column = (point.y() - HEAD) // size, (point.x() - HEAD) // size
        if not 0 <= row < count or point.x() < HEAD:
            return None
        if column < count:
            return row, column
        return (row, count) if self.cell_rect(row, count).contains(point) else None

    # -- painting --------------------------------------------------------------------------------------------------

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, event: object) -> None:
        self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._facts is None or not self._count:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme.color("window"))
            canvas = QPainter(self._picture)
            self._paint_cells(canvas, self._facts)
            self._paint_heads(canvas, self._facts)
            canvas.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._hover is not None:
            painter.setPen(theme.color("text"))
            painter.drawRect(self.cell_rect(*self._hover).adjusted(0, 0, -1, -1))
        if self._cell is not None:
            rect = self.cell_rect(*self._cell).adjusted(-1, -1, 0, 0)
            painter.setPen(QPen(theme.color("outline_outer"), 4 if self.hasFocus() else 3))
            painter.drawRect(rect)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(rect)
        painter.end()

    def _paint_cells(self, painter: QPainter, facts: Facts) -> None:
        similarity, size = facts.head.similarity, self.cell_size()
        small = QFont(theme.font("small"))
        small.setPixelSize(max(8, min(12, size - 5)))
        painter.setFont(small)
        side = size * self._count
        painter.fillRect(QRect(HEAD, HEAD, side, side), theme.color("separator"))
        for row, true in enumerate(facts.order):
            for column, read in enumerate(facts.order):
                rect = self.cell_rect(row, column).adjusted(0, 0, -1, -1)
                count = facts.count(true, read)
                ground = self.ground(true, read, count, facts, similarity)
                painter.fillRect(rect, ground)
                if count:
                    dim = true == read
                    painter.setPen(theme.color("text_dim") if dim else theme.readable_on(ground))
                    text = str(count) if count < 1000 else f"{count / 1000:.0f}k"
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
                if true != read and similarity.is_similar(true, read):  # a frame, so that colour is not alone
                    painter.setPen(theme.group_hue(true, similarity))
                    painter.drawRect(rect.adjusted(0, 0, -1, -1))
            missed = facts.count(true, MISSED)
            if missed:
                painter.setPen(theme.color("text_dim"))
                painter.drawText(self.cell_rect(row, self._count), Qt.AlignmentFlag.AlignCenter, str(missed))

    def ground(self, true: str, read: str, count: int, facts: Facts, similarity: Similarity) -> QColor:
        """The colour of a cell: look-alikes in the hue of their group, errors amber there and red elsewhere."""
        nothing = theme.color("field")
        if true == read:
            return theme.color("hover")
        alike = similarity.is_similar(true, read)
        if not count:
            return mix(nothing, theme.group_hue(true, similarity), 0.28) if alike else nothing
        return mix(nothing, theme.color("warning" if alike else "error"), 0.35 + 0.65 * count / facts.most)

    def _paint_heads(self, painter: QPainter, facts: Facts) -> None:
        font = QFont(theme.font("strong"))
        font.setPixelSize(min(13, self.cell_size() + 1))
        painter.setFont(font)
        size, similarity = self.cell_size(), facts.head.similarity
        for at, char in enumerate(facts.order):
            above = QRect(HEAD + at * size, 0, size, HEAD - 6)
            beside = QRect(0, HEAD + at * size, HEAD - 6, size)
            hue = theme.group_hue(char, similarity)
            painter.setPen(theme.color("text_dim"))
            if hue != theme.color("ungrouped"):
                painter.fillRect(QRect(above.x() + 1, above.bottom() + 1, above.width() - 3, 3), hue)
                painter.fillRect(QRect(beside.right() + 1, beside.y() + 1, 3, beside.height() - 3), hue)
                painter.setPen(theme.color("text"))
            for rect in (above, beside):
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, char)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        place = self.cell_rect(0, self._count)
        painter.drawText(QRect(place.x(), 0, place.width(), HEAD - 6), Qt.AlignmentFlag.AlignCenter, "missed")

    # -- pointing and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._set_hover(self._cell_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)

    def _set_hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hover:
            self._hover = cell
            self.hovered.emit(self.sentence(*self._names(cell)) if cell is not None else "")
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if key in moves and self._count:
            row, column = self._cell or (0, -1)
            row = min(max(row + moves[key][0], 0), self._count - 1)
            self._choose((row, min(max(column + moves[key][1], 0), self._count)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._cell is not None:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
