"""What the window shows without a project: open one, make one, try the demo, or go on with a recent one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.recent import shown_path

WIDTH = 560


class EmptyState(QWidget):
    """The first screen."""

    command_wanted = Signal(str)
    project_wanted = Signal(Path)
    forget_wanted = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_state")
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        column = QWidget(self)
        column.setFixedWidth(WIDTH)
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        title = QLabel("Open a dataset of licence plates", column)
        title.setFont(theme.font("display"))
        self._column.addWidget(title)
        self._lead = QLabel(
            "Any Ultralytics segmentation data.yaml opens where it lies; nothing is imported or moved. "
            "Drop a folder, a data.yaml, pictures or weights anywhere on this window.",
            column,
        )
        self._lead.setWordWrap(True)
        self._column.addWidget(self._lead)
        self._column.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        for command_id, text, name in (
            ("file.open", "Open project…", "folder-open"),
            ("file.new", "New from crops…", "folder-plus"),
            ("file.demo", "Try the demo", "sparkles"),
        ):
            button = QPushButton(text, column)
            primary = command_id == "file.open"
            button.setProperty("primary", primary)
            button.setIcon(icon(name, "text_on_accent" if primary else "icon"))
            button.setIconSize(QSize(24, 16))
            button.setMinimumHeight(36)
            button.clicked.connect(lambda _checked=False, command_id=command_id: self.command_wanted.emit(command_id))
            row.addWidget(button)
            self.buttons[command_id] = button
        row.addStretch(1)
        self._column.addLayout(row)
        self._column.addSpacing(16)
        self._recent_title = QLabel("Recent projects", column)
        self._recent_title.setFont(theme.font("strong"))
        self._column.addWidget(self._recent_title)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._column.addLayout(self._recent)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(column)
        centred.addStretch(1)
        outer.addLayout(centred)
        outer.addStretch(3)
        self.recent_buttons: list[QPushButton] = []

    def show_recent(self, projects: list[Path]) -> None:
        """List the recent projects; those that are not reachable stay, and say so when opened."""
        while self._recent.count():
            item = self._recent.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.recent_buttons = []
        self._recent_title.setVisible(bool(projects))
        for path in projects[:6]:
            self._recent.addWidget(self._recent_row(path))

    def _recent_row(self, path: Path) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        name = path.parent.name if path.suffix in (".yaml", ".yml") else path.name
        button = QPushButton(row)
        button.setProperty("row", True)
        button.setIcon(icon("folder"))
        button.setIconSize(QSize(24, 16))
        place = button.fontMetrics().elidedText(shown_path(path), Qt.TextElideMode.ElideMiddle, 340)
        button.setText(f"{name}    {place}")
        button.setToolTip(str(path))
        button.clicked.connect(lambda: self.project_wanted.emit(path))
        away = QToolButton(row)
        away.setIcon(icon("x"))
        away.setToolTip("Take off this list (nothing on disk changes)")
        away.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        away.clicked.connect(lambda: self.forget_wanted.emit(path))
        layout.addWidget(button, 1)
        layout.addWidget(away)
        self.recent_buttons.append(button)
        return row

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.end()
