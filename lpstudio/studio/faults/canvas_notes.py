"""What the checks put over the canvas: a note on the crop as a whole, and the model's outline beside the label's.

Both are small widgets of their own over the canvas, so that nothing moves when they come and go.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QWidget

from lpstudio.dataset.types import Candidate, Character
from lpstudio.studio import theme
from lpstudio.studio.widgets.canvas_view import CanvasView

_AIR = 24  # px around the model's outline for its label
_MODEL = QColor("#e879f9")


class FaultNote(QLabel):
    """A word on what is wrong with the crop, at the canvas's upper left."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("fault_note")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(theme.font("small"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.move(8, 8)
        self.hide()
        theme.notifier().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        ink, ground, line = (theme.color(token).name() for token in ("text", "error_soft", "fault"))
        self.setStyleSheet(
            f"color: {ink}; background: {ground}; border: 1px solid {line}; border-radius: 4px; padding: 3px 8px;"
        )

    def say(self, lines: list[str]) -> None:
        """Show these, or nothing."""
        text = "\n".join(lines)
        if text != self.text() or bool(lines) == self.isHidden():
            self.setText(text)
            self.adjustSize()
            self.setVisible(bool(lines))


class ModelOutline(QWidget):
    """One character as the model sees it, dashed, with its class and probability."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self.setObjectName("model_outline")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._canvas = canvas
        self._character: Character | None = None
        self.hide()
        canvas.view_changed.connect(self._place)
        canvas.installEventFilter(self)

    @property
    def character(self) -> Character | None:
        """What is shown."""
        return self._character

    def show_character(self, character: Character | None) -> None:
        """Show this character, or none."""
        self._character = character
        self.setVisible(character is not None)
        self._place()

    def _polygon(self) -> QPolygonF:
        assert self._character is not None
        return QPolygonF([QPointF(self._canvas.to_widget(x, y)) for x, y in self._character.polygon])

    def _place(self) -> None:
        if self._character is not None:
            self.setGeometry(self._polygon().boundingRect().adjusted(-2 * _AIR, -_AIR, 2 * _AIR, _AIR).toAlignedRect())
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        character = self._character
        if character is None or not self._canvas.overlay_shown:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        polygon = self._polygon().translated(-QPointF(self.pos()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        dashed = QPen(_MODEL, 1.8, Qt.PenStyle.DashLine)
        for pen in (QPen(QColor(14, 14, 14), 3.4), dashed):
            painter.setPen(pen)
            painter.drawPolygon(polygon)
        first = (
            character.candidates[0] if character.candidates else Candidate(character.char, character.confidence or 0)
        )
        text = f"model {first.char} {first.probability:.0%}"
        painter.setFont(theme.font("small"))
        width = painter.fontMetrics().horizontalAdvance(text) + 8
        box = polygon.boundingRect()
        place = QRectF(min(max(0.0, box.center().x() - width / 2), self.width() - width), box.bottom() + 4, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(14, 14, 14))
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(_MODEL)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
