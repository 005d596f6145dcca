"""The row above the canvas (tools, undo, zoom, verify) and the quiet line below it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.menus import icon_action


class NameLabel(QLabel):
    """A name to be selected and copied; where there is too little room its middle gives way."""

    @property
    def shown(self) -> str:
        """The text as it is painted."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.shown == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.shown)
        painter.end()


class CanvasBar(QWidget):
    """Buttons of the command table; the verify button says its word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(40)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        self._row.setSpacing(2)
        self.name = NameLabel(self)
        self.name.setObjectName("crop_name")
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def fill(self, commands: CommandTable) -> None:
        """Put the buttons in."""
        for group in (
            ("select_tool", "draw_tool", "magic_tool", "box_tool", "knife_tool"),
            ("undo", "redo"),
            ("unreadable", "delete"),
        ):
            for name in group:
                self._row.addWidget(self._button(commands, name))
            self._row.addWidget(self._line())
        self._row.addStretch(1)
        self._row.addWidget(self.name)
        self._row.addStretch(1)
        for name in ("zoom_out", "zoom_fit", "zoom_in"):
            self._row.addWidget(self._button(commands, name))
        self._row.addWidget(self._line())
        for name in ("previous", "next"):
            self._row.addWidget(self._button(commands, name))
        self._row.addSpacing(4)
        self._row.addWidget(self._verify_button(commands))

    def _button(self, commands: CommandTable, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(icon_action(commands, f"annotate.{name}"))
        button.setIconSize(QSize(18, 18))
        button.setFixedSize(28, 28)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setObjectName(f"button_{name}")
        return button

    def _verify_button(self, commands: CommandTable) -> QPushButton:
        action = commands.action("annotate.verify")
        button = QPushButton(" Verify", self)
        button.setObjectName("button_verify")
        button.setIcon(icon("badge-check", "verified"))
        button.setIconSize(QSize(16, 16))
        button.setToolTip(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(action.trigger)
        action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
        return button

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setFixedSize(9, 20)
        line.setFrameShape(QFrame.Shape.VLine)
        line.setForegroundRole(self.foregroundRole())
        line.setStyleSheet("color: palette(mid);")
        return line

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.end()


class WordLine(QWidget):
    """What was just done or why not, at the left; pointer and zoom at the right. Its height never changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(24)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(16)
        self.word = QLabel(self)
        self.word.setObjectName("said")
        self.pointer = QLabel(self)
        self.zoom = QLabel(self)
        self.zoom.setObjectName("zoom")
        for label in (self.word, self.pointer, self.zoom):
            label.setFont(theme.font("small"))
        numbers = theme.font("number")
        numbers.setPixelSize(11)
        self.pointer.setFont(numbers)
        self.zoom.setFont(numbers)
        row.addWidget(self.word, 1)
        row.addWidget(self.pointer)
        row.addWidget(self.zoom)

    def say(self, text: str) -> None:
        self.word.setText(text)

    def show_pointer(self, place: tuple[float, float] | None) -> None:
        self.pointer.setText("" if place is None else f"{place[0]:.1f}, {place[1]:.1f} px")

    def show_zoom(self, zoom: float | None) -> None:
        self.zoom.setText("" if zoom is None else f"{zoom * 100:.0f} %")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.end()
