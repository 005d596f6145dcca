"""A thin line that shows how far work in the background is, with a button that stops it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.icons import icon


class WorkLine(QWidget):
    """Hidden while nothing runs."""

    def __init__(self, stop: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel(self)
        self.words.setFont(theme.font("small"))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.stop = QToolButton(self)
        self.stop.setObjectName("stop_work")
        self.stop.setIcon(icon("x"))
        self.stop.setIconSize(QSize(14, 14))
        self.stop.setToolTip("Stop")
        self.stop.setAccessibleName("Stop")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.clicked.connect(stop)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self.words)
        left.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 4, 4)
        row.setSpacing(4)
        row.addLayout(left, 1)
        row.addWidget(self.stop)
        self.hide()

    def show_work(self, text: str, done: int, total: int) -> None:
        """``total`` 0: not known yet."""
        self.words.setText(f"{text}  {done:,} of {total:,}" if total else f"{text}…")
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.show()
