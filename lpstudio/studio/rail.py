"""The rail at the left: the four workspaces, below them help and settings."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from lpstudio.studio import theme

WIDTH = 64


class _RailButton(QToolButton):
    """One entry; the workspace on the screen has a bar at its left edge, not only another colour."""

    def __init__(self, action: QAction, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = text
        self.setDefaultAction(action)
        action.changed.connect(self._keep_short_text)
        self._keep_short_text()
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(24, 24))
        self.setFixedSize(WIDTH, 60 if text else 44)
        self.setFont(theme.font("small"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(action.text().replace("&", ""))

    def _keep_short_text(self) -> None:
        self.setText(self._text)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            painter = QPainter(self)
            painter.fillRect(0, 8, 3, self.height() - 16, theme.color("accent"))
            painter.end()


class Rail(QWidget):
    """A column of buttons made from actions."""

    def __init__(self, workspaces: list[tuple[QAction, str]], below: list[QAction], parent: QWidget) -> None:
        """``workspaces``: checkable actions with their short names; ``below``: help, settings."""
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(4)
        group = QActionGroup(self)
        group.setExclusive(True)
        self.buttons: list[QToolButton] = []
        for action, text in workspaces:
            group.addAction(action)
            self.buttons.append(self._add(layout, action, text))
        layout.addStretch(1)
        for action in below:
            self._add(layout, action, "")

    def _add(self, layout: QVBoxLayout, action: QAction, text: str) -> QToolButton:
        button = _RailButton(action, text, self)
        layout.addWidget(button)
        return button

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), theme.color("separator"))
        painter.end()
