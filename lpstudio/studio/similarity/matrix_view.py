"""The similarity matrix as a heat map: one cell a pair of characters, in the hue of their group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygon,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.similarity.ordering import block_order

HEAD = 24  # px, the row and column of characters
SMALLEST_CELL = 10
LARGEST_CELL = 32
NUMBER_CELL = 26  # from this size on a cell shows its number
STEP = 0.05


class MatrixView(QWidget):
    """Paints S and lets a pair be pointed at, chosen and set by keys.

    Keys: arrows move; 0 to 9 set 0.0 to 0.9; + and − change by 0.05; Delete gives the cell back to the groups;
    Enter goes to the number field.
    """

    hovered = Signal(str, str)  # empty texts when the pointer left
    chosen = Signal(str, str)
    value_wanted = Signal(str, str, object)  # a, b, float | None
    edit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Similarity matrix")
        self._names: tuple[str, ...] = ()
        self._similarity = Similarity()
        self._by_groups = True
        self._order: list[str] = []
        self._blocks: list[tuple[int, int]] = []
        self._hover: tuple[int, int] | None = None
        self._pair: tuple[str, str] = ("", "")
        self._values: list[list[float]] = []
        self._proposed: dict[tuple[str, str], float] = {}
        self._picture: QPixmap | None = None  # cells, blocks and characters; hover and choice are painted over it
        theme.notifier().changed.connect(self._forget_picture)

    def sizeHint(self) -> QSize:
        side = HEAD + 16 * max(len(self._names), 36)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = HEAD + SMALLEST_CELL * max(len(self._names), 36)
        return QSize(side, side)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_similarity(self, names: Sequence[str], similarity: Similarity) -> None:
        """Show S over these characters."""
        self._names = tuple(names)
        self._similarity = similarity
        self._arrange()

    def set_proposed(self, values: Mapping[tuple[str, str], float]) -> None:
        """Show beside the present value of some pairs (sorted) the one that is proposed; none: as usual."""
        if dict(values) != self._proposed:
            self._proposed = dict(values)
            self._forget_picture()

    @property
    def proposed(self) -> dict[tuple[str, str], float]:
        """The proposed values that are shown."""
        return dict(self._proposed)

    def set_by_groups(self, by_groups: bool) -> None:
        """Groups as blocks, or the order of the alphabet."""
        self._by_groups = by_groups
        self._arrange()

    def _arrange(self) -> None:
        if self._by_groups:
            self._order, self._blocks = block_order(self._names, self._similarity)
        else:
            self._order, self._blocks = list(self._names), []
        self._values = self._similarity.matrix(self._order).tolist()
        self._hover = None
        self._forget_picture()

    def _forget_picture(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._forget_picture()

    @property
    def order(self) -> list[str]:
        """The characters from left to right (and top to bottom)."""
        return list(self._order)

    @property
    def pair(self) -> tuple[str, str]:
        """The chosen pair; empty texts when none is."""
        return self._pair

    def choose(self, a: str, b: str) -> None:
        """Choose a pair."""
        if (a, b) != self._pair and a in self._order and b in self._order:
            self._pair = (a, b)
            self.update()
            self.chosen.emit(a, b)

    # -- geometry --------------------------------------------------------------------------------------------------

    def cell_size(self) -> int:
        """The side of a cell in px."""
        count = max(len(self._order), 1)
        side = (min(self.width(), self.height()) - HEAD) // count
        return max(SMALLEST_CELL, min(side, LARGEST_CELL))

    def _origin(self) -> QPoint:
        side = HEAD + self.cell_size() * len(self._order)
        return QPoint(max(0, (self.width() - side) // 2) + HEAD, HEAD)

    def cell_rect(self, row: int, column: int) -> QRect:
        """Where a cell is painted."""
        size, origin = self.cell_size(), self._origin()
        return QRect(origin.x() + column * size, origin.y() + row * size, size, size)

    def rect_of(self, a: str, b: str) -> QRect:
        """Where the cell in the row of ``a`` and the column of ``b`` is painted."""
        return self.cell_rect(self._order.index(a), self._order.index(b))

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        size, origin = self.cell_size(), self._origin()
        column, row = (point.x() - origin.x()) // size, (point.y() - origin.y()) // size
        count = len(self._order)
        return (row, column) if 0 <= row < count and 0 <= column < count else None

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._order:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme.color("panel"))
            canvas = QPainter(self._picture)
            self._paint_cells(canvas)
            self._paint_blocks(canvas)
            self._paint_heads(canvas)
            canvas.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        self._paint_marks(painter)
        painter.end()

    def _paint_cells(self, painter: QPainter) -> None:
        size, origin, order = self.cell_size(), self._origin(), self._order
        cells = self._similarity.cells
        nothing, diagonal = theme.color("field"), theme.color("hover")
        count = len(order)
        gap = 1 if size > SMALLEST_CELL else 0
        painter.fillRect(QRect(origin.x(), origin.y(), count * size, count * size), theme.color("separator"))
        painter.setFont(theme.font("small"))
        for row, a in enumerate(order):
            for column, b in enumerate(order):
                value = self._values[row][column]
                ground = diagonal if row == column else nothing
                if row != column and value > 0.0:
                    ground = mix(nothing, self._hue(a, b), 0.15 + 0.85 * value)
                x, y = origin.x() + column * size, origin.y() + row * size
                painter.fillRect(x, y, size - gap, size - gap, ground)
                by_hand = row != column and (min(a, b), max(a, b)) in cells
                if size >= NUMBER_CELL and row != column and (value > 0.0 or by_hand):
                    painter.setPen(theme.readable_on(ground))
                    text = "1" if value >= 0.995 else f"{value:.2f}"[1:].rstrip("0").ljust(2, "0")
                    painter.drawText(QRect(x, y, size - gap, size - gap), Qt.AlignmentFlag.AlignCenter, text)
                if by_hand:  # set by hand: a corner, whatever the colour
                    corner = max(4, size // 4)
                    painter.fillRect(x + size - gap - corner, y, corner, corner, theme.readable_on(ground))
                proposed = self._proposed.get((min(a, b), max(a, b)))
                if proposed is not None and row != column:
                    self._paint_proposed(painter, QRect(x, y, size - gap, size - gap), proposed)

    def _paint_proposed(self, painter: QPainter, cell: QRect, value: float) -> None:
        """The lower right half of a cell in the strength of a proposed value, in the colour of drafts."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.color("field"), theme.color("draft"), 0.15 + 0.85 * value))
        corners = [cell.bottomLeft() + QPoint(0, 1), cell.topRight() + QPoint(1, 0), cell.bottomRight() + QPoint(1, 1)]
        painter.drawPolygon(QPolygon(corners))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color("draft"))
        painter.drawRect(cell.adjusted(0, 0, -1, -1))
        painter.restore()

    def _hue(self, a: str, b: str) -> QColor:
        first, second = theme.group_hue(a, self._similarity), theme.group_hue(b, self._similarity)
        return first if first == second else theme.color("ungrouped")

    def _paint_blocks(self, painter: QPainter) -> None:
        for first, last in self._blocks:
            block = self.cell_rect(first, first).united(self.cell_rect(last, last))
            painter.setPen(QPen(theme.group_hue(self._order[first], self._similarity), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(block.adjusted(-1, -1, 0, 0))

    def _paint_heads(self, painter: QPainter) -> None:
        painter.setFont(self._head_font())
        for at, char in enumerate(self._order):
            hue = theme.group_hue(char, self._similarity)
            above, beside = self._head_rects(at)
            if hue != theme.color("ungrouped"):  # a stripe in the hue between character and cells
                painter.fillRect(QRect(above.x() + 1, above.bottom() + 1, above.width() - 3, 3), hue)
                painter.fillRect(QRect(beside.right() + 1, beside.y() + 1, 3, beside.height() - 3), hue)
                painter.setPen(theme.color("text"))
            else:
                painter.setPen(theme.color("text_dim"))
            for rect in (above, beside):
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, char)

    def _head_font(self) -> QFont:
        font = theme.font("strong")
        font.setPixelSize(min(13, self.cell_size() + 1))
        return font

    def _head_rects(self, at: int) -> tuple[QRect, QRect]:
        """Where a character stands above its column, and beside its row."""
        size, origin = self.cell_size(), self._origin()
        above = QRect(origin.x() + at * size, origin.y() - HEAD, size, HEAD - 6)
        return above, QRect(origin.x() - HEAD, origin.y() + at * size, HEAD - 6, size)

    def _paint_marks(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._hover is not None:
            painter.setPen(QPen(theme.color("text"), 1))
            painter.drawRect(self.cell_rect(*self._hover).adjusted(0, 0, -1, -1))
            row, column = self._hover
            painter.setFont(self._head_font())
            for at, rect in ((column, self._head_rects(column)[0]), (row, self._head_rects(row)[1])):
                painter.fillRect(rect, theme.color("accent_soft"))
                painter.setPen(theme.color("text"))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._order[at])
            painter.setBrush(Qt.BrushStyle.NoBrush)
        a, b = self._pair
        if a in self._order and b in self._order:
            mirrored = self.rect_of(b, a).adjusted(0, 0, -1, -1)
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
            painter.drawRect(mirrored)
            rect = self.rect_of(a, b)
            painter.setPen(QPen(theme.color("outline_outer"), 3 if self.hasFocus() else 2))
            painter.drawRect(rect.adjusted(-1, -1, 0, 0))
            painter.setPen(QPen(theme.color("accent"), 2 if self.hasFocus() else 1))
            painter.drawRect(rect.adjusted(-1, -1, 0, 0))

    # -- pointing --------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._set_hover(self._cell_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)

    def _set_hover(self, cell: tuple[int, int] | None) -> None:
        if cell == self._hover:
            return
        self._hover = cell
        self.hovered.emit(*((self._order[cell[0]], self._order[cell[1]]) if cell else ("", "")))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self.choose(self._order[cell[0]], self._order[cell[1]])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._cell_at(event.position().toPoint()) is not None:
            self.edit_wanted.emit()

    # -- keys ------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is not None:
            self._move(*move)
            return
        a, b = self._pair
        if not a or a == b:
            super().keyPressEvent(event)
            return
        text = event.text()
        if len(text) == 1 and text in "0123456789":
            self.value_wanted.emit(a, b, int(text) / 10)
        elif text and text in "+-":
            value = self._similarity.value(a, b) + (STEP if text == "+" else -STEP)
            self.value_wanted.emit(a, b, min(1.0, max(0.0, value)))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.value_wanted.emit(a, b, None)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _move(self, rows: int, columns: int) -> None:
        if not self._order:
            return
        a, b = self._pair
        last = len(self._order) - 1
        if a not in self._order or b not in self._order:
            self.choose(self._order[0], self._order[min(1, last)])
            return
        row = min(last, max(0, self._order.index(a) + rows))
        column = min(last, max(0, self._order.index(b) + columns))
        self.choose(self._order[row], self._order[column])

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def mix(ground: QColor, ink: QColor, share: float) -> QColor:
    """``share`` of ``ink`` laid over ``ground``."""
    return QColor.fromRgbF(
        ground.redF() + (ink.redF() - ground.redF()) * share,
        ground.greenF() + (ink.greenF() - ground.greenF()) * share,
        ground.blueF() + (ink.blueF() - ground.blueF()) * share,
    )
