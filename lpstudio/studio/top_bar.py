"""The row at the top: menus, the project, what the workspace puts there, and the command palette."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QSizePolicy, QStackedWidget, QToolButton, QWidget

from lpstudio.studio import theme
from lpstudio.studio.icons import icon

HEIGHT = 40


class TopBar(QWidget):
    """Menus and project at the left, the palette at the right, the workspace's own widget between them."""

    def __init__(self, palette_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top_bar")
        self.setFixedHeight(HEIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 8, 0)
        layout.setSpacing(8)
        self.menu_bar = QMenuBar(self)
        self.menu_bar.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.project_menu = QMenu(self)
        self.project_menu.setLayoutDirection(self.layoutDirection())  # and not the mirrored one of its button
        self.project = QToolButton(self)
        self.project.setObjectName("project_button")
        self.project.setText("No project")
        self.project.setIcon(icon("chevron-down"))
        self.project.setIconSize(QSize(16, 16))
        self.project.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.project.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands after the name
        self.project.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.project.setMenu(self.project_menu)
        self.project.setFont(theme.font("strong"))
        self.project.setMaximumWidth(280)
        self.project.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.project.setToolTip("Open another project")
        self.middle = QStackedWidget(self)
        self.middle.addWidget(QWidget(self.middle))
        self.palette_button = QToolButton(self)
        self.palette_button.setObjectName("palette_button")
        self.palette_button.setDefaultAction(palette_action)
        self.palette_button.setText("Commands")
        self.palette_button.setIconSize(QSize(22, 16))
        self.palette_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.palette_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout.addWidget(self.menu_bar)
        layout.addWidget(self.project)
        layout.addWidget(self.middle, 1)
        layout.addWidget(self.palette_button)

    def set_project(self, name: str, tip: str) -> None:
        metrics = self.project.fontMetrics()
        self.project.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 240))
        self.project.setToolTip(tip)

    def show_middle(self, widget: QWidget | None) -> None:
        """Put a workspace's own widget between project and palette (None: nothing)."""
        if widget is None:
            self.middle.setCurrentIndex(0)
            return
        if self.middle.indexOf(widget) < 0:
            self.middle.addWidget(widget)
        self.middle.setCurrentWidget(widget)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("separator"))
        painter.end()
