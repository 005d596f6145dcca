"""What the plate is taken to say: its text large, and the hypotheses with their probabilities."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from lpstudio.plates.formats import formats_from, shipped_sets
from lpstudio.studio import theme
from lpstudio.studio.review.items import ReviewItem
from lpstudio.studio.review.readings import Hypothesis

_ROW = 24
_SHOWN = 5


def format_title(format_id: str) -> str:
    """What people call a format; a pattern of one's own is called by itself."""
    for name in shipped_sets():
        for known in formats_from(name).formats:
            if known.id == format_id:
                return known.title
    return format_id


class _PlateText(QWidget):
    """One text in the plate face, as large as the width allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setFixedHeight(48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(f"Plate text {text}" if text else "No plate text")
        self.update()

    @property
    def text(self) -> str:
        return self._text

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font("plate")
        for size in range(36, 11, -2):
            font.setPixelSize(size)
            if QFontMetrics(font).horizontalAdvance(self._text or "–") <= self.width() - 24:
                break
        painter.setFont(font)
        painter.setPen(theme.color("text" if self._text else "text_disabled"))
        painter.drawText(
            self.rect().adjusted(12, 0, -12, 0),
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            self._text or "–",
        )


class HypothesisList(QWidget):
    """The ranked texts with their probabilities as bars; a click takes one."""

    taken = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hypotheses: tuple[Hypothesis, ...] = ()
        self._current = ""
        self._hover: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_SHOWN * _ROW)
        self.setAccessibleName("Hypotheses")

    def sizeHint(self) -> QSize:
        return QSize(240, _SHOWN * _ROW)

    def show_hypotheses(self, hypotheses: tuple[Hypothesis, ...], current: str) -> None:
        """Show the best of these; ``current`` is the text that stands now."""
        self._hypotheses = hypotheses[:_SHOWN]
        self._current = current
        self.setToolTip("Click a text to take it" if hypotheses else "")
        self.setAccessibleDescription(", ".join(f"{h.text} {h.probability:.1%}" for h in self._hypotheses))
        self.update()

    def row_rect(self, row: int) -> QRect:
        """Where a row is in the widget."""
        return QRect(0, row * _ROW, self.width(), _ROW)

    def _row_at(self, point: QPoint) -> int | None:
        row = point.y() // _ROW
        return row if 0 <= row < len(self._hypotheses) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._row_at(event.position().toPoint())
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.taken.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mono, number = theme.font("mono"), theme.font("number")
        mono.setPixelSize(13)
        number.setPixelSize(12)
        longest = max((QFontMetrics(mono).horizontalAdvance(h.text) for h in self._hypotheses), default=0)
        text_width = min(max(72, longest + 8), self.width() // 2)
        for row, hypothesis in enumerate(self._hypotheses):
            rect = self.row_rect(row)
            stands = hypothesis.text == self._current
            if row == self._hover:
                painter.fillRect(rect, theme.color("hover"))
            if stands:
                painter.fillRect(QRect(0, rect.top() + 4, 2, _ROW - 8), theme.color("accent"))
            painter.setFont(mono)
            painter.setPen(theme.color("text" if stands else "text_dim"))
            middle = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            shown = QFontMetrics(mono).elidedText(hypothesis.text, Qt.TextElideMode.ElideRight, text_width)
            painter.drawText(rect.adjusted(12, 0, 0, 0), middle, shown)
            bar = QRectF(12 + text_width + 4, rect.center().y() - 2, self.width() - text_width - 84, 5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("separator"))
            painter.drawRoundedRect(bar, 2, 2)
            bar.setWidth(max(1.0, bar.width() * hypothesis.probability))
            painter.setBrush(theme.color("bar"))
            painter.drawRoundedRect(bar, 2, 2)
            painter.setFont(number)
            painter.setPen(theme.color("text" if stands else "text_dim"))
            right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.drawText(rect.adjusted(0, 0, -12, 0), right, f"{hypothesis.probability:.1%}")


class PlatePanel(QWidget):
    """Text, format and hypotheses of one plate. ``taken`` says which hypothesis a person took."""

    taken = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = _PlateText()
        self._about = QLabel()
        self._about.setContentsMargins(12, 0, 12, 4)
        self._about.setWordWrap(True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hypotheses = HypothesisList()
        self.hypotheses.taken.connect(self.taken)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(0)
        layout.addWidget(self._text)
        layout.addWidget(self._about)
        layout.addWidget(self.hypotheses)
        theme.notifier().changed.connect(self.update)

    @property
    def text(self) -> str:
        """The plate text on the screen."""
        return self._text.text

    @property
    def about(self) -> str:
        """The line below it."""
        return self._about.text()

    def show_item(self, item: ReviewItem | None, plate: int) -> None:
        """Show one plate of an item."""
        reading = item.reading if item is not None else None
        if item is None or reading is None or plate >= len(reading.plates):
            self._text.set_text("")
            why = "Nothing read yet" if reading is None else reading.error or "No characters found"
            self._about.setText(why if item is not None else "")
            self.hypotheses.show_hypotheses((), "")
            return
        shown = reading.plates[plate]
        text = "".join(item.marks[at].char for at in item.span(plate))
        self._text.set_text(text)
        said = [f"{shown.probability:.1%}", format_title(shown.format) if shown.format else "fits no format"]
        if text != shown.text:
            said = ["corrected", f"read as {shown.text}"]
        if len(reading.plates) > 1:
            said.insert(0, f"plate {plate + 1} of {len(reading.plates)}")
        if not reading.calibrated:
            said.append("not calibrated")
        self._about.setText(" · ".join(said))
        self.hypotheses.show_hypotheses(shown.hypotheses, text)
