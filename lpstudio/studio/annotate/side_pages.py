"""Pages of the panel at the left, chosen by tabs above them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget


class SidePages(QWidget):
    """The tabs are hidden while there is one page only; the panel's width is never theirs to say."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("list_pages")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.tabs.setStyleSheet("QTabBar::tab { padding: 4px 8px; }")
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName("Pages of the panel")
        self.tabs.hide()
        self.tabs.currentChanged.connect(self._chosen)
        self._stack = QStackedWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)

    def add(self, page: QWidget, title: str, tip: str = "") -> None:
        """Another page."""
        page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._stack.addWidget(page)
        self.tabs.setTabToolTip(self.tabs.addTab(title), tip)
        self.tabs.setVisible(self.tabs.count() > 1)

    def name(self, page: QWidget, title: str) -> None:
        """Say something else on a page's tab."""
        self.tabs.setTabText(self._stack.indexOf(page), title)

    def show_page(self, page: QWidget | None) -> None:
        """Bring a page to the front; None: the first one."""
        self.tabs.setCurrentIndex(0 if page is None else self._stack.indexOf(page))

    @property
    def page(self) -> QWidget | None:
        """The page in front."""
        return self._stack.currentWidget()

    def _chosen(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
        self.changed.emit()
