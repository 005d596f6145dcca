"""The reading strip: one cell a character in reading order, the same in Annotate and in Review.

The strip knows nothing of documents, crops or sessions. Its owner gives it lines of :class:`StripCell` and listens:

    strip = ReadingStrip()
    strip.set_lines([[StripCell(char="A", glyph=image, probability=0.97, second="4", second_probability=0.02)]])
    strip.activated.connect(…)     # (index, Qt.KeyboardModifier): a cell was clicked, or reached by arrows or typing
    strip.typed.connect(…)         # (index, char): give this character to the cell; the strip then moves on
    strip.second_taken.connect(…)  # (index): Tab was pressed; take the second candidate; the strip moves on afterwards
    strip.removed.connect(…)       # (index): Delete was pressed
    strip.menu_requested.connect(…)  # (index, global QPoint)

An index counts through all lines in reading order. The strip never changes a cell by itself: after ``typed`` or
``second_taken`` the owner edits its model and calls ``set_lines`` again (at once or later).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontDatabase,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lpstudio.alphabet import CHARACTERS

STRIP_HEIGHT = 112
_GAP = 4
_MARGIN = 8
_CELL_WIDTHS = (92, 60)  # as wide as there is room for, never narrower than the second
_COMPACT_WIDTHS = (104, 76)


@dataclass(frozen=True, slots=True)
class StripCell:
    """What one cell shows. Probabilities run from 0 to 1; None where no model has spoken.

    ``glyph``: the character cut out of the picture. ``similar``: the two best candidates share a group.
    ``changed``: the plate format chose another than the model's first.
    ``disagrees``: the label is not the model's first.
    ``selected``: its polygon is selected. ``fault``: what is wrong with the polygon, empty for nothing.
    ``hue``: the colour of its similarity group, None for none. ``tip``: the tooltip.
    """

    char: str = ""
    glyph: QImage | None = None
    probability: float | None = None
    second: str = ""
    second_probability: float | None = None
    similar: bool = False
    changed: bool = False
    disagrees: bool = False
    unreadable: bool = False
    selected: bool = False
    fault: str = ""
    hue: QColor | None = None
    tip: str = ""


def typed_character(event: QKeyEvent) -> str:
    """The plate character a key press stands for (upper case), or an empty string for every other key."""
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    if held != Qt.KeyboardModifier.NoModifier:
        return ""
    text = event.text().upper()
    return text if len(text) == 1 and text in CHARACTERS else ""


class ReadingStrip(QWidget):
    """Cells in reading order; one row, or two for plates of two lines, in the same height so that nothing jumps."""

    activated = Signal(int, object)
    typed = Signal(int, str)
    second_taken = Signal(int)
    removed = Signal(int)
    menu_requested = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[list[StripCell]] = []
        self._cells: list[StripCell] = []
        self._longest = 0
        self._active: int | None = None
        self._scroll = 0
        self._empty_text = ""
        self._editable = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(STRIP_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Reading strip")
        self.setMouseTracking(True)

    # -- what it shows ------------------------------------------------------------------------------------------

    def set_lines(self, lines: Sequence[Sequence[StripCell]]) -> None:
        """Show these cells: one list a line of the plate. The active cell stays where it was, if it still exists.

        More than two lines (a whole frame) stand in one row after one another.
        """
        self._lines = [list(line) for line in lines if line]
        if len(self._lines) > 2:
            self._lines = [[cell for line in self._lines for cell in line]]
        self._cells = [cell for line in self._lines for cell in line]
        self._longest = max((len(line) for line in self._lines), default=0)
        if self._active is not None and self._active >= len(self._cells):
            self._active = len(self._cells) - 1 if self._cells else None
        self._keep_active_in_sight()
        self.setAccessibleDescription(" / ".join("".join(c.char or "?" for c in line) for line in self._lines))
        self.update()

    @property
    def cells(self) -> Sequence[StripCell]:
        """All cells in reading order."""
        return self._cells

    @property
    def active(self) -> int | None:
        """The index of the active cell, the one typing fills."""
        return self._active

    def set_active(self, index: int | None) -> None:
        """Make a cell active without a signal (the selection changed elsewhere)."""
        self._active = index if index is not None and 0 <= index < len(self._cells) else None
        self._keep_active_in_sight()
        self.update()

    def set_empty_text(self, text: str) -> None:
        """What stands in the strip while there are no cells."""
        self._empty_text = text
        self.update()

    def set_editable(self, editable: bool) -> None:
        """Whether typing, Tab and Delete do anything; selecting always works."""
        self._editable = editable
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, STRIP_HEIGHT)

    # -- where the cells are ------------------------------------------------------------------------------------

    def _cell_size(self) -> QSize:
        rows = max(1, len(self._lines))
        longest = max(1, self._longest)
        widest, narrowest = _CELL_WIDTHS if rows == 1 else _COMPACT_WIDTHS
        room = (self.width() - 2 * _MARGIN + _GAP) // longest - _GAP
        height = (self.height() - 2 * 6 + _GAP) // rows - _GAP
        return QSize(max(narrowest, min(widest, room)), height)

    def cell_rect(self, index: int) -> QRect:
        """Where a cell is in the widget; an empty rectangle when there is none."""
        size = self._cell_size()
        left = _MARGIN - self._scroll
        for row, line in enumerate(self._lines):
            if index < len(line):
                return QRect(QPoint(left + index * (size.width() + _GAP), 6 + row * (size.height() + _GAP)), size)
            index -= len(line)
        return QRect()

    def index_at(self, point: QPoint) -> int | None:
        """The cell under a point of the widget."""
        return next((i for i in self._indices_in(QRect(point, QSize(1, 1))) if self.cell_rect(i).contains(point)), None)

    def _indices_in(self, rect: QRect) -> Iterator[int]:
        """The cells that may meet a part of the widget."""
        step = self._cell_size().width() + _GAP
        first = max(0, (rect.left() - _MARGIN + self._scroll) // step)
        last = (rect.right() - _MARGIN + self._scroll) // step
        before = 0
        for line in self._lines:
            yield from range(before + first, before + min(len(line), last + 1))
            before += len(line)

    def _content_width(self) -> int:
        return 2 * _MARGIN + self._longest * (self._cell_size().width() + _GAP) - _GAP

    def _keep_active_in_sight(self) -> None:
        furthest = max(0, self._content_width() - self.width())
        self._scroll = max(0, min(self._scroll, furthest))
        if self._active is None:
            return
        rect = self.cell_rect(self._active)
        if rect.left() < _MARGIN:
            self._scroll = max(0, self._scroll + rect.left() - _MARGIN)
        elif rect.right() > self.width() - _MARGIN:
            self._scroll = min(furthest, self._scroll + rect.right() - self.width() + _MARGIN)

    # -- hands --------------------------------------------------------------------------------------------------

    def _activate(self, index: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        if 0 <= index < len(self._cells):
            self.set_active(index)
            self.activated.emit(index, modifiers)

    def _vertical(self, step: int) -> int | None:
        """The cell above or below the active one."""
        if self._active is None or len(self._lines) < 2:
            return None
        row, column = 0, self._active
        while column >= len(self._lines[row]):
            column -= len(self._lines[row])
            row += 1
        if not 0 <= row + step < len(self._lines):
            return None
        before = sum(len(line) for line in self._lines[: row + step])
        return before + min(column, len(self._lines[row + step]) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, active = event.key(), self._active
        if active is None:
            if self._cells and key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home):
                self._activate(0)
                return
            super().keyPressEvent(event)
            return
        char = typed_character(event)
        if char and self._editable:
            self.typed.emit(active, char)
            self._activate(active + 1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Backspace):
            self._activate(active - 1)
        elif key == Qt.Key.Key_Right:
            self._activate(active + 1)
        elif key == Qt.Key.Key_Home:
            self._activate(0)
        elif key == Qt.Key.Key_End:
            self._activate(len(self._cells) - 1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            target = self._vertical(-1 if key == Qt.Key.Key_Up else 1)
            if target is not None:
                self._activate(target)
        elif key == Qt.Key.Key_Delete and self._editable:
            self.removed.emit(active)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes the second candidate while the active cell has one; otherwise it leaves the strip as usual."""
        active = self._active
        if forward and self._editable and active is not None and self._cells[active].second:
            self.second_taken.emit(active)
            self._activate(active + 1)
            return True
        return super().focusNextPrevChild(forward)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            index = self.index_at(event.position().toPoint())
            if index is not None:
                self._activate(index, event.modifiers())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.index_at(event.pos())
        if index is not None:
            self._activate(index)
            self.menu_requested.emit(index, event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        self._scroll -= delta.x() or delta.y()
        self._scroll = max(0, min(self._scroll, max(0, self._content_width() - self.width())))
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if index is None else self._tip(self._cells[index]), self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._keep_active_in_sight()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    @staticmethod
    def _tip(cell: StripCell) -> str:
        said = [cell.tip] if cell.tip else []
        if cell.probability is not None:
            said.append(f"{cell.char or '?'}: {cell.probability:.1%}")
        if cell.second and cell.second_probability is not None:
            said.append(f"{cell.second}: {cell.second_probability:.1%} (Tab takes it)")
        if cell.similar:
            said.append("≈ the two candidates look alike")
        if cell.changed:
            said.append("⇄ the plate format chose another than the first candidate")
        if cell.disagrees:
            said.append("≠ the label is not what the model says")
        if cell.unreadable:
            said.append("unreadable: kept, not trained on")
        if cell.fault:
            said.append(f"! {cell.fault}")
        return "\n".join(said)

    # -- paint --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        if not self._cells:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(
                self.rect().adjusted(16, 0, -16, 0),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._empty_text,
            )
            return
        compact = len(self._lines) > 1
        face = self._plate_font()
        for index in self._indices_in(event.rect()):
            rect = self.cell_rect(index)
            _CellPainter(painter, self.palette(), QRectF(rect), self._cells[index], face).paint(
                compact=compact, active=index == self._active, focused=self.hasFocus()
            )

    @staticmethod
    def _plate_font() -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setWeight(QFont.Weight.DemiBold)
        return font


class _CellPainter:
    """Paints one cell: frame, glyph, class, second candidate, bars, marks."""

    def __init__(self, painter: QPainter, palette: QPalette, rect: QRectF, cell: StripCell, face: QFont) -> None:
        self.painter, self.palette, self.rect, self.cell, self.face = painter, palette, rect, cell, face
        self.text = palette.color(QPalette.ColorRole.Text)
        self.muted = palette.color(QPalette.ColorRole.PlaceholderText)
        self.accent = palette.color(QPalette.ColorRole.Highlight)

    def paint(self, *, compact: bool, active: bool, focused: bool) -> None:
        self._frame(active, focused)
        inner = self.rect.adjusted(6, 6, -6, -6)
        bars = 0.0
        if self.cell.probability is not None:
            bars = 9.0 if compact else 26.0
        if compact:
            glyph = QRectF(inner.left(), inner.top(), 30, inner.height() - bars)
            words = QRectF(glyph.right() + 6, inner.top(), inner.right() - glyph.right() - 6, glyph.height())
        else:
            words_height = 28.0
            glyph = QRectF(inner.left(), inner.top(), inner.width(), inner.height() - bars - words_height)
            words = QRectF(inner.left(), glyph.bottom() + 2, inner.width(), words_height - 2)
        self._glyph(glyph)
        self._words(words, compact)
        if bars:
            self._bars(QRectF(inner.left(), inner.bottom() - bars + 4, inner.width(), bars - 4), compact)
        self._marks(compact)

    def _frame(self, active: bool, focused: bool) -> None:
        painter, cell = self.painter, self.cell
        painter.setBrush(self.palette.color(QPalette.ColorRole.Base))
        pen = QPen(self.palette.color(QPalette.ColorRole.Mid), 1)
        if cell.selected or active:
            pen = QPen(self.accent, 2 if active and focused else 1.5)
        painter.setPen(pen)
        inset = pen.widthF() / 2
        painter.drawRoundedRect(self.rect.adjusted(inset, inset, -inset, -inset), 4, 4)
        if cell.hue is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(cell.hue)
            painter.drawRoundedRect(QRectF(self.rect.left() + 3, self.rect.top() + 8, 2, self.rect.height() - 16), 1, 1)

    def _glyph(self, box: QRectF) -> None:
        glyph, painter = self.cell.glyph, self.painter
        if glyph is None or glyph.isNull():
            return
        size = QRectF(glyph.rect()).size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(box.center().x() - size.width() / 2, box.top(), size.width(), size.height())
        target.moveTop(box.center().y() - size.height() / 2)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, size.width() < glyph.width())
        painter.setOpacity(0.45 if self.cell.unreadable else 1.0)
        painter.drawImage(target, glyph)
        painter.setOpacity(1.0)

    def _words(self, box: QRectF, compact: bool) -> None:
        painter, cell = self.painter, self.cell
        big, small = QFont(self.face), QFont(self.face)
        big.setPixelSize(20 if compact else 22)
        small.setPixelSize(12 if compact else 13)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setFont(big)
        painter.setPen(self.text if cell.char and not cell.unreadable else self.muted)
        said = cell.char or "?"
        painter.drawText(box, left if cell.second or compact else centre, said)
        if cell.second:
            after = painter.fontMetrics().horizontalAdvance(said) + 6
            painter.setFont(small)
            painter.setPen(self.muted)
            painter.drawText(box.adjusted(after, 4 if not compact else 3, 0, 0), left, cell.second)
        if cell.unreadable:
            painter.setPen(QPen(self.muted, 1.5))
            y = box.center().y()
            half = 9.0 if compact else 11.0
            middle = box.left() + 6 if cell.second or compact else box.center().x()
            painter.drawLine(QPointF(middle - half, y), QPointF(middle + half, y))

    def _bars(self, box: QRectF, compact: bool) -> None:
        painter, cell = self.painter, self.cell
        values = [cell.probability or 0.0, cell.second_probability or 0.0]
        colours = [self.accent, self.muted]
        row = box.height() / 2
        number = QFont(self.face)
        number.setPixelSize(10)
        painter.setFont(number)
        for index, (value, colour) in enumerate(zip(values, colours, strict=True)):
            top = box.top() + index * row
            width = box.width() - (0 if compact else 22)
            thickness = 2.0 if compact else 4.0
            bar = QRectF(box.left(), top + (row - thickness) / 2, width, thickness)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette.color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(bar, thickness / 2, thickness / 2)
            painter.setBrush(colour)
            bar.setWidth(max(0.0, min(1.0, value)) * width)
            painter.drawRoundedRect(bar, thickness / 2, thickness / 2)
            if not compact and (index == 0 or cell.second):
                painter.setPen(self.text if index == 0 else self.muted)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(QRectF(box.right() - 22, top, 22, row), right, f"{value * 100:.0f}")

    def _marks(self, compact: bool) -> None:
        cell, painter = self.cell, self.painter
        marks = [
            m for on, m in ((cell.fault, "!"), (cell.disagrees, "≠"), (cell.changed, "⇄"), (cell.similar, "≈")) if on
        ]
        font = QFont(painter.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for place, mark in enumerate(marks):
            badge = QRectF(self.rect.right() - 18 - place * 16, self.rect.top() + 4, 14, 14)
            warning = mark in "!≠"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(200, 50, 60) if mark == "!" else self.text if warning else self.muted)
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(QColor(255, 255, 255) if mark == "!" else self.palette.color(QPalette.ColorRole.Base))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, mark)
