"""The canvas of Review: over every character its two best candidates with their probabilities, similar pairs marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from lpstudio.studio import theme
from lpstudio.studio.review.wording import percent
from lpstudio.studio.widgets.canvas_view import CanvasMode, CanvasView
from lpstudio.studio.widgets.reading_strip import typed_character

_GROUND = QColor(16, 16, 16, 215)
_BRIGHT = QColor(255, 255, 255)
_DIM = QColor(186, 186, 186)
_GAP = 4.0
_LINE = 16.0
LEFT_OUT = "–"  # stands for the class of a character that is left out


@dataclass(frozen=True)
class Tag:
    """What stands at one character: its two best candidates; ``chosen`` is the class that counts now."""

    first: str
    first_probability: float
    second: str
    second_probability: float
    chosen: str
    similar: bool
    decided: bool
    disagrees: bool
    hue: QColor

    @property
    def lines(self) -> list[tuple[str, float | None]]:
        """The lines of the full tag: class and probability; a class of a person's own has none."""
        lines: list[tuple[str, float | None]] = [(self.first, self.first_probability)]
        if self.second:
            lines.append((self.second, self.second_probability))
        if self.chosen not in (self.first, self.second):
            lines.insert(0, (self.chosen or LEFT_OUT, None))
        return lines

    @property
    def short(self) -> str:
        """What stands there where room is short."""
        return (self.chosen or LEFT_OUT) + ("≈" if self.similar else "")

    @property
    def marks(self) -> str:
        """≈ for a similar pair, ≠ for a label that says something else, ✓ for a person's word."""
        return ("≈" if self.similar else "") + ("≠" if self.disagrees else "") + ("✓" if self.decided else "")


class ReviewCanvas(CanvasView):
    """A :class:`CanvasView` whose first shapes have tags. Keys that mean something to the reading are signalled."""

    typed = Signal(str)  # a letter or digit
    moved = Signal(int, int)  # arrow keys: horizontal step, vertical step
    tab_pressed = Signal()
    space_tapped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tags: list[Tag] = []
        self._space_clean = False
        self.takes_tab = False
        self.set_labels(False)
        self.set_handles(False)

    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Tag ``i`` belongs to shape ``i``; shapes beyond have none."""
        self._tags = list(tags)
        self.update()

    @property
    def tags(self) -> Sequence[Tag]:
        return self._tags

    # -- keys ------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        char = typed_character(event)
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if char:
            self.typed.emit(char)
        elif plain and event.key() in arrows:
            self.moved.emit(*arrows[Qt.Key(event.key())])
        else:
            if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
                self._space_clean = True
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        tapped = event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self._space_clean
        super().keyReleaseEvent(event)
        if tapped:
            self._space_clean = False
            self.space_tapped.emit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes the second candidate while there is one; otherwise it leaves the canvas as usual."""
        if forward and self.takes_tab:
            self.tab_pressed.emit()
            return True
        return super().focusNextPrevChild(forward)

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._space_clean = False
        if self.mode is CanvasMode.SELECT:
            # One character at a time is reviewed: no band, no adding.
            hit = self.hit(place)
            self._select([] if hit is None else [hit.index])
            return
        super().press(place, modifiers)

    # -- tags ------------------------------------------------------------------------------------------------------

    def paint_tool(self, painter: QPainter) -> None:
        super().paint_tool(painter)
        if not self.overlay_shown or not self._tags:
            return
        current = self.selection[-1] if self.selection else -1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, rect, full in self._layout(current):
            if index >= len(self._tags):
                self._paint_missed(painter, rect, self._missed_text(index))
            elif rect.intersects(QRectF(self.rect())):
                self._paint_tag(painter, rect, self._tags[index], full=full, current=index == current)

    def _layout(self, current: int) -> list[tuple[int, QRectF, bool]]:
        """Index, place and fullness of every tag that has room, the current one last.

        Full tags above the characters; where neighbours would cover each other, every other one below; where that is
        not enough, the class alone; and where even that is too much, nothing but the current character's tag.
        """
        tags = range(min(len(self._tags), len(self.shapes)))
        missed = [(index, self._missed_place(index), False) for index in range(len(tags), len(self.shapes))]
        by_place = sorted(tags, key=lambda index: self.shapes[index].box[0])
        below = set(by_place[1::2])
        for full, lower in ((True, set[int]()), (True, below), (False, set[int]()), (False, below)):
            places = {index: self._place(index, full=full, below=index in lower) for index in tags}
            if not _any_overlap(list(places.values())):
                break
        else:
            places = {}
        result = [(index, rect, full) for index, rect in places.items() if index != current]
        if current in tags:
            result.append((current, places[current] if full and places else self._alone(current), True))
        return missed + result

    def _missed_place(self, index: int) -> QRectF:
        """The tag of a drawn character that was not read, inside its box, where no other tag is."""
        box = self.shapes[index].box
        x, y = self.view.to_view((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        width = QFontMetricsF(_fonts()[0]).horizontalAdvance(self._missed_text(index)) + 8
        return QRectF(round(x - width / 2), round(y - _LINE / 2 - 2), round(width), _LINE + 4)

    def _missed_text(self, index: int) -> str:
        return f"! {self.shapes[index].label}"

    def _alone(self, index: int) -> QRectF:
        """The full tag of one character among characters too small for tags: above all of them, to hide none."""
        place = self._place(index, full=True, below=False)
        highest = min(shape.box[1] for shape in self.shapes)
        if self.rectangle is not None:
            highest = min(highest, self.rectangle.top())
        top = self.view.to_view(0.0, highest)[1] - place.height() - _GAP
        if top >= 0:
            place.moveTop(round(top))
        return place

    def _place(self, index: int, *, full: bool, below: bool) -> QRectF:
        """Above the character's box, or below it; the other way where there is no room."""
        tag = self._tags[index]
        box = self.shapes[index].box
        x1, y1 = self.view.to_view(box[0], box[1])
        x2, y2 = self.view.to_view(box[2], box[3])
        face, small = _fonts()
        if full:
            height = _LINE * len(tag.lines) + 4
            number = QFontMetricsF(small).horizontalAdvance("99.9%")
            width = QFontMetricsF(face).horizontalAdvance("W") + number + 10
            width += QFontMetricsF(small).horizontalAdvance(tag.marks) + (2 if tag.marks else 0)
        else:
            height = _LINE + 4
            width = QFontMetricsF(face).horizontalAdvance(tag.short) + 8
        above, under = y1 - height - _GAP, y2 + _GAP
        fits_above, fits_under = above >= 0, under + height <= self.height()
        top = under if (below and fits_under) or (not fits_above and fits_under) else above
        left = min(max(0.0, (x1 + x2 - width) / 2), max(0.0, self.width() - width))
        return QRectF(round(left), round(max(0.0, top)), round(width), round(height))

    @staticmethod
    def _paint_missed(painter: QPainter, rect: QRectF, text: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_GROUND)
        painter.drawRoundedRect(rect, 3, 3)
        painter.setFont(_fonts()[0])
        painter.setPen(QColor("#ff8a78"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_tag(self, painter: QPainter, rect: QRectF, tag: Tag, *, full: bool, current: bool) -> None:
        face, small = _fonts()
        painter.setPen(QPen(theme.color("accent"), 1.5) if current else Qt.PenStyle.NoPen)
        painter.setBrush(_GROUND)
        painter.drawRoundedRect(rect, 3, 3)
        if not full:
            painter.setFont(face)
            painter.setPen(tag.hue)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tag.short)
            return
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        marks_width = QFontMetricsF(small).horizontalAdvance(tag.marks) + (2 if tag.marks else 0)
        for row, (char, probability) in enumerate(tag.lines):
            line = QRectF(rect.left() + 3, rect.top() + 2 + row * _LINE, rect.width() - 6, _LINE)
            stands = char == (tag.chosen or LEFT_OUT)
            painter.setFont(face)
            painter.setPen(tag.hue if stands else _DIM)
            painter.drawText(line, left, char)
            if probability is not None:
                painter.setFont(small)
                painter.setPen(_BRIGHT if stands else _DIM)
                painter.drawText(line.adjusted(0, 0, -marks_width, 0), right, _percent(probability))
        if tag.marks:
            painter.setFont(small)
            painter.setPen(QColor("#f5b53d"))
            painter.drawText(QRectF(rect.left(), rect.top() + 2, rect.width() - 3, _LINE), right, tag.marks)


def _percent(probability: float) -> str:
    """Two digits in the middle of the scale, three at its ends, where they matter."""
    return f"{probability:.0%}" if 0.01 <= probability < 0.99 else percent(probability)


def _fonts() -> tuple[QFont, QFont]:
    """The face of classes and the small one of probabilities."""
    face, small = theme.font("plate"), theme.font("number")
    face.setPixelSize(14)
    small.setPixelSize(11)
    return face, small


def _any_overlap(rects: Sequence[QRectF]) -> bool:
    """Whether two of the rectangles cover each other; sorted by x, so that only neighbours are compared."""
    ordered = sorted(rects, key=lambda rect: rect.left())
    for at, rect in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if other.left() >= rect.right():
                break
            if rect.intersects(other):
                return True
    return False
