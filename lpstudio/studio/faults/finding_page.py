"""What the pages of findings at the left of Annotate have in common: a list, or a word where it is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedLayout, QStyledItemDelegate, QVBoxLayout, QWidget

from lpstudio.studio import theme
from lpstudio.studio.faults.fault_delegate import ROW
from lpstudio.studio.widgets.row_view import RowView
from lpstudio.studio.widgets.work_line import WorkLine


class FindingPage(QWidget):
    """``wanted(key, character or -1)`` when a person goes to a finding; ``counted``: how many there are."""

    wanted = Signal(str, int)
    counted = Signal(int)

    def _build_list(
        self,
        name: str,
        title: str,
        model: QAbstractItemModel,
        delegate: QStyledItemDelegate,
        stop: Callable[[], object],
    ) -> None:
        """The list of ``model``, the line of work that ``stop`` ends, and the words below."""
        self.work = WorkLine(stop, self)
        self.view = RowView(self)
        self.view.setObjectName(name)
        self.view.setAccessibleName(title)
        self.view.setModel(model)
        self.view.setItemDelegate(delegate)
        self.view.set_row_height(ROW)
        self.view.setMouseTracking(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.nothing = QLabel(self)
        self.nothing.setObjectName(f"no_{name}")
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(16)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.said = QLabel(self)
        self.said.setObjectName(f"{name}_said")
        self.said.setFont(theme.font("small"))
        self.said.setWordWrap(True)
        self.said.setMargin(4)
        self.said.hide()

    def _arrange(self, head: Sequence[QWidget], above: QWidget | None = None, below: QWidget | None = None) -> None:
        """The first of ``head`` takes the room of its row; ``above`` and ``below`` stand around the list."""
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 4, 4)
        row.setSpacing(4)
        for number, widget in enumerate(head):
            row.addWidget(widget, 0 if number else 1)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.nothing)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(row)
        whole.addWidget(self.work)
        if above is not None:
            whole.addWidget(above)
        whole.addLayout(self._pages, 1)
        whole.addWidget(self.said)
        if below is not None:
            whole.addWidget(below)

    def _show_list_or(self, text: str) -> None:
        """The list where it has rows, else ``text``."""
        self.nothing.setText(text)
        self._pages.setCurrentIndex(0 if self.view.model().rowCount() else 1)

    def say(self, text: str) -> None:
        """A word below the list."""
        self.said.setText(text)
        self.said.setVisible(bool(text))
