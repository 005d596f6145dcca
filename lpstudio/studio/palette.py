"""The command palette: type a few letters of any command, Enter runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)
from shiboken6 import isValid

from lpstudio.studio import theme
from lpstudio.studio.commands import Command, CommandTable, shown
from lpstudio.studio.fuzzy import best_matches
from lpstudio.studio.icons import draw_icon

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

WIDTH = 600
ROW = 32
ROWS = 12
_COMMAND_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


def plain_title(command: Command) -> str:
    """The title without the mark of its mnemonic."""
    return command.title.replace("&&", "\0").replace("&", "").replace("\0", "&")


def place_of(command: Command) -> str:
    """Where a command belongs, for people: its menu, or the part of its id before the dot."""
    return command.menu or command.id.partition(".")[0].capitalize()


class CommandModel(QAbstractListModel):
    """The commands that fit what was typed: first those that can run now."""

    def __init__(self, table: CommandTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._query = ""
        self._rows: list[Command] = []
        self.enabled_count = 0  # those that can run now; they stand first
        self.search("")

    def search(self, query: str) -> None:
        """Show the commands that fit the query."""
        self.beginResetModel()
        self._query = query
        entries = [
            (f"{place_of(command)} {plain_title(command)}", command)
            for command in self._table
            if command.id != "view.palette"
        ]
        rows = best_matches(query, entries)
        rows.sort(key=lambda command: not self._table.action(command.id).isEnabled())
        self._rows = rows
        self.enabled_count = sum(self._table.action(command.id).isEnabled() for command in rows)
        self.endResetModel()

    def refresh(self) -> None:
        """A command came in."""
        self.search(self._query)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        command = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return plain_title(command)
        if role == _COMMAND_ROLE:
            return command
        if role == Qt.ItemDataRole.ToolTipRole:
            return command.tip
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        enabled = self._table.action(self._rows[index.row()].id).isEnabled()
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled if enabled else Qt.ItemFlag.NoItemFlags


class _CommandDelegate(QStyledItemDelegate):
    """Icon, place, title, and the shortcut at the right."""

    def __init__(self, table: CommandTable, parent: QObject) -> None:
        super().__init__(parent)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(WIDTH, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        command: Command = index.data(_COMMAND_ROLE)
        action = self._table.action(command.id)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("accent_soft"))
            painter.fillRect(rect.x(), rect.y(), 3, rect.height(), theme.color("accent"))
        ink = "text" if action.isEnabled() else "text_disabled"
        name = "check" if action.isCheckable() and action.isChecked() else command.icon
        if name:
            draw_icon(painter, name, QRect(rect.x() + 12, rect.y() + 8, 16, 16), ink)
        left = rect.x() + 40
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim" if action.isEnabled() else "text_disabled"))
        painter.drawText(QRect(left, rect.y(), 72, rect.height()), Qt.AlignmentFlag.AlignVCenter, place_of(command))
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color(ink))
        title = QRect(left + 76, rect.y(), rect.width() - 260, rect.height())
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, plain_title(command).rstrip("…"))
        keys = self._table.keys(command.id)
        self._paint_shortcut(painter, rect, shown(keys[0]) if keys else "")
        painter.restore()

    def _paint_shortcut(self, painter: QPainter, rect: QRect, text: str) -> None:
        if not text:
            return
        painter.setFont(theme.font("small"))
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        key = QRect(rect.right() - width - 12, rect.y() + 6, width, rect.height() - 12)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(key, 4, 4)
        painter.setPen(theme.color("text_dim"))
        painter.drawText(key, Qt.AlignmentFlag.AlignCenter, text)


class CommandPalette(QFrame):
    """Lies over the window until a command is run or Esc is pressed."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("command_palette")
        self._window = window
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search commands")
        self.search.setAccessibleName("Search commands")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(32)
        self.search.installEventFilter(self)
        self.model = CommandModel(window.commands, self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_CommandDelegate(window.commands, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setStyleSheet("border: none;")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._run)
        self._nothing = QLabel("No command has these letters", self)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.search, self.list, self._nothing):
            layout.addWidget(widget)
        self._nothing.hide()
        self.search.textChanged.connect(self._search)
        self._came_in = QTimer(self)  # many commands come in at once when a workspace is built
        self._came_in.setSingleShot(True)
        self._came_in.setInterval(60)
        self._came_in.timeout.connect(self._refresh)
        window.commands.changed.connect(self._came_in.start)
        self._focus_before = window.focusWidget()
        window.installEventFilter(self)

    @classmethod
    def show_over(cls, window: MainWindow) -> CommandPalette:
        """Open the palette, or give the open one the focus."""
        window.commands.refresh()
        palette = window.findChild(cls)
        if palette is None:
            palette = cls(window)
        palette._place()
        palette._select(0)
        palette.show()
        palette.raise_()
        palette.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        # Commands of workspaces that were not opened yet come in a moment later, the palette is there at once.
        QTimer.singleShot(0, palette, window.build_all)
        return palette

    def _place(self) -> None:
        width = min(WIDTH, self._window.width() - 32)
        rows = min(ROWS, max(1, self.model.rowCount()))
        search = max(self.search.minimumHeight(), self.search.sizeHint().height())
        self.setFixedSize(width, ROW * rows + search + 24)
        self.move((self._window.width() - width) // 2, 48)

    def _search(self, query: str) -> None:
        self.model.search(query)
        self._after_search()

    def _refresh(self) -> None:
        self.model.refresh()
        self._after_search()

    def _after_search(self) -> None:
        empty = self.model.rowCount() == 0
        self.list.setVisible(not empty)
        self._nothing.setVisible(empty)
        self._place()
        self._select(0)

    def _select(self, row: int) -> None:
        if 0 <= row < self.model.enabled_count:
            self.list.setCurrentIndex(self.model.index(row))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() == QEvent.Type.Resize:
                self._place()
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        if event.type() == QEvent.Type.FocusOut:
            QTimer.singleShot(0, self, self._close_unless_focused)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        row, last = self.list.currentIndex().row(), self.model.enabled_count - 1
        match event.key():
            case Qt.Key.Key_Escape:
                self.dismiss()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._run(self.list.currentIndex())
            case Qt.Key.Key_Down:
                self._select(0 if row >= last else row + 1)
            case Qt.Key.Key_Up:
                self._select(last if row <= 0 else row - 1)
            case Qt.Key.Key_PageDown:
                self._select(min(last, row + ROWS))
            case Qt.Key.Key_PageUp:
                self._select(max(0, row - ROWS))
            case _:
                return False
        return True

    def _close_unless_focused(self) -> None:
        if not self.search.hasFocus():
            self.dismiss(give_focus_back=False)

    def dismiss(self, give_focus_back: bool = True) -> None:
        """Close; the focus goes back to where it was unless the person took it elsewhere."""
        if not self.isVisible():
            return
        self._window.removeEventFilter(self)
        self._window.commands.changed.disconnect(self._came_in.start)
        self._came_in.stop()
        before = self._focus_before
        if give_focus_back and before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.setParent(None)
        self.deleteLater()

    def _run(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        command: Command = index.data(_COMMAND_ROLE)
        self.dismiss()
        self._window.run_command(command.id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
