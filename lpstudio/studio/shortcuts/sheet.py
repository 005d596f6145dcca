"""The cheat sheet: what can be done here and with which keys, over the window, made from the command table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from lpstudio.studio import theme
from lpstudio.studio.commands import Command, CommandTable, shown
from lpstudio.studio.fuzzy import best_matches
from lpstudio.studio.palette import place_of, plain_title

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

MARGIN = 24  # between the sheet and the window's edge
ROW = 22
HEAD = 32  # a group's heading with the room above it
LEAST_COLUMN = 268
_KEY_GAP = 8
_ORDER = {title: place for place, title in enumerate(("Edit", "View", "File"))}


@dataclass(frozen=True)
class Group:
    """Commands of one menu, with the keys that run them."""

    title: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]  # title, keys as people read them

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.lines)


def groups_for(table: CommandTable, workspace: str, query: str = "") -> list[Group]:
    """What can be done in a workspace and everywhere, by menu; with a query only what fits it.

    Commands without a key come last in their group. Nothing of another workspace is listed: its keys do not count here.
    """
    here = [command for command in table if command.workspace in ("", workspace)]
    if query.strip():
        entries = [
            (f"{place_of(command)} {plain_title(command)} {' '.join(map(shown, table.keys(command.id)))}", command)
            for command in here
        ]
        fitting = {command.id for command in best_matches(query, entries)}
        here = [command for command in here if command.id in fitting]
    places: dict[str, list[Command]] = {}
    for command in here:
        places.setdefault(place_of(command), []).append(command)
    # The workspace's own first: that is what is looked for.
    titles = sorted(places, key=lambda title: (title.lower() != workspace, _ORDER.get(title, len(_ORDER))))
    result = []
    for title in titles:
        commands = sorted(places[title], key=lambda command: not table.keys(command.id))
        lines = tuple(
            (plain_title(c).rstrip("…"), tuple(dict.fromkeys(map(shown, table.keys(c.id))))) for c in commands
        )
        result.append(Group(title, lines))
    return result


class _Columns(QWidget):
    """Paints the groups in as many columns as fit, filled one after the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[Group] = []
        self._placed: list[tuple[int, int, str, str, tuple[str, ...]]] = []  # column, y, kind, title, keys
        self._columns = 1

    def show_groups(self, groups: list[Group]) -> None:
        self._groups = groups
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        """Flow headings and lines into columns of about the same height; a heading never stands alone at the foot."""
        self._columns = max(1, self.width() // LEAST_COLUMN)
        whole = sum(group.height for group in self._groups)
        limit = max(whole / self._columns + HEAD, 4 * ROW)
        self._placed = []
        column, y, deepest = 0, 0, 0
        for group in self._groups:
            if y and y + HEAD + 2 * ROW > limit and column < self._columns - 1:
                column, y = column + 1, 0
            self._placed.append((column, y, "head", group.title, ()))
            y += HEAD
            for title, keys in group.lines:
                if y + ROW > limit and column < self._columns - 1:
                    column, y = column + 1, 0
                    self._placed.append((column, y, "head", f"{group.title}, further", ()))
                    y += HEAD
                self._placed.append((column, y, "line", title, keys))
                y += ROW
                deepest = max(deepest, y)
        self.setMinimumHeight(deepest + 8)
        self.setAccessibleName("Keyboard shortcuts")
        self.setAccessibleDescription(self.text())
        self.update()

    def text(self) -> str:
        """What can be read, one command a line."""
        return "\n".join(
            title if kind == "head" else f"{title}: {', '.join(keys) or 'no key'}"
            for _column, _y, kind, title, keys in self._placed
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = self.width() // self._columns
        small = QFontMetrics(theme.font("small"))
        for column, y, kind, title, keys in self._placed:
            area = QRect(column * width, y, width - 20, ROW)
            if not event.rect().intersects(area.adjusted(0, 0, 0, HEAD)):
                continue
            if kind == "head":
                painter.setFont(theme.font("strong"))
                painter.setPen(theme.color("accent_text"))
                painter.drawText(area.translated(0, HEAD - ROW - 2), Qt.AlignmentFlag.AlignVCenter, title)
            else:
                left = self._paint_keys(painter, area, keys, small)
                painter.setFont(theme.font("body"))
                painter.setPen(theme.color("text" if keys else "text_dim"))
                room = area.adjusted(0, 0, left - area.right() - 8, 0)
                words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    @staticmethod
    def _paint_keys(painter: QPainter, area: QRect, keys: tuple[str, ...], metrics: QFontMetrics) -> int:
        """Paint the keys at the right, the main one first; where they begin."""
        right = area.right()
        painter.setFont(theme.font("small"))
        for key in reversed(keys[:2]):
            width = metrics.horizontalAdvance(key) + 10
            cap = QRect(right - width, area.y() + 2, width, ROW - 5)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(cap, 3, 3)
            painter.setPen(theme.color("text"))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
            right = cap.x() - _KEY_GAP // 2
        return right


class CheatSheet(QFrame):
    """Lies over the window. Letters narrow it down; Esc, Enter, ``?``, any command's key or a click closes it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("cheat_sheet")
        self._window = window
        title = QLabel("Keyboard shortcuts", self)
        title.setFont(theme.font("title"))
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Type to search")
        self.search.setAccessibleName("Search shortcuts")
        self.search.setFixedWidth(240)
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.columns = _Columns()
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }"
        )
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.columns)
        note = QLabel(
            "Letters and digits alone label the selected character. Esc closes. Keys are changed in Settings."
        )
        note.setFont(theme.font("small"))
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        layout.addWidget(note)
        self._soon = QTimer(self)  # many commands come in at once when a workspace is built
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._fill)
        self.search.textChanged.connect(lambda _text: self._fill())
        window.commands.changed.connect(self._soon.start)
        window.commands.keys_changed.connect(self._soon.start)
        theme.notifier().changed.connect(self.columns.update)
        self._focus_before = window.focusWidget()
        window.installEventFilter(self)

    @classmethod
    def show_over(cls, window: MainWindow) -> CheatSheet:
        """Open the sheet; ``?`` on an open one closes it."""
        sheet = window.findChild(cls)
        if sheet is not None:
            sheet.dismiss()
            return sheet
        sheet = cls(window)
        sheet._place()
        sheet._fill()
        sheet.show()
        sheet.raise_()
        sheet.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return sheet

    def _place(self) -> None:
        self.setGeometry(self._window.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))

    def _fill(self) -> None:
        self._soon.stop()
        self.columns.show_groups(groups_for(self._window.commands, self._window.current_workspace, self.search.text()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() == QEvent.Type.Resize:
                self._place()
            return False
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.text() == "?":  # the field would take it for a letter
                event.ignore()
                return True
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.FocusOut:
            QTimer.singleShot(0, self, self._close_unless_focused)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        bar = self.area.verticalScrollBar()
        page = self.area.viewport().height() - ROW
        steps = {Qt.Key.Key_Down: ROW, Qt.Key.Key_Up: -ROW, Qt.Key.Key_PageDown: page, Qt.Key.Key_PageUp: -page}
        code = Qt.Key(event.key())
        if code in steps and bar.maximum():
            bar.setValue(bar.value() + steps[code])
            return True
        editing = code in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Right)
        modifier = event.key() in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if modifier or editing or (plain and event.text().isprintable() and event.text() not in ("", "?")):
            return False
        self.dismiss()
        return True

    def _close_unless_focused(self) -> None:
        if not self.search.hasFocus():
            self.dismiss(give_focus_back=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dismiss()

    def dismiss(self, give_focus_back: bool = True) -> None:
        """Close; the focus goes back to where it was unless the person took it elsewhere."""
        if not self.isVisible():
            return
        self._soon.stop()
        self._window.removeEventFilter(self)
        self._window.commands.changed.disconnect(self._soon.start)
        self._window.commands.keys_changed.disconnect(self._soon.start)
        theme.notifier().changed.disconnect(self.columns.update)
        before = self._focus_before
        self.hide()
        if give_focus_back and before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setParent(None)
        self.deleteLater()

    def sizeHint(self) -> QSize:
        return QSize(1200, 720)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
