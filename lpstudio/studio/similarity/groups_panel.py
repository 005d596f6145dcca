"""The list of similarity groups: add, rename, edit the characters, delete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.similarity.editing import SimilarityEditor, parse_characters

_Index = QModelIndex | QPersistentModelIndex
CHARACTERS, NAME = 0, 1


def swatch(colour: QColor) -> QIcon:
    """A small square of a colour."""
    pixmap = QPixmap(24, 24)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(0, 0, 12, 12, 3, 3)
    painter.end()
    return QIcon(pixmap)


class GroupModel(QAbstractTableModel):
    """The groups of an editor, a row each; both columns can be edited in place."""

    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor: SimilarityEditor | None = None
        self._known: tuple[str, ...] = ()

    def show_groups(self, editor: SimilarityEditor | None, known: Sequence[str]) -> None:
        """Show the groups of an editor as they are now."""
        count = len(editor.value.groups) if editor is not None else 0
        if editor is self._editor and count == self.rowCount() and count:
            self.dataChanged.emit(self.index(0, 0), self.index(count - 1, 1))
            return
        self.beginResetModel()
        self._editor, self._known, self._rows = editor, tuple(known), count
        self.endResetModel()

    _rows = 0

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._rows

    def columnCount(self, parent: _Index | None = None) -> int:
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Characters", "Name")[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._editor is None or index.row() >= len(self._editor.value.groups):
            return None
        group = self._editor.value.groups[index.row()]
        shared = self._editor.shared_with(index.row())
        if index.column() == CHARACTERS:
            return self._characters(group.chars, shared, role)
        if role == Qt.ItemDataRole.EditRole:
            return group.name
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if group.name == " ".join(group.chars) else group.name
        return None

    def _characters(self, chars: tuple[str, ...], shared: dict[str, list[str]], role: int) -> object:
        assert self._editor is not None
        if role == Qt.ItemDataRole.EditRole:
            return " ".join(chars)
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(chars) + (f"   ∩ {' '.join(shared)}" if shared else "")
        if role == Qt.ItemDataRole.DecorationRole:
            return swatch(theme.group_hue(chars[0], self._editor.value) if chars else theme.color("ungrouped"))
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("strong")
        if role == Qt.ItemDataRole.ToolTipRole and shared:
            return "\n".join(f"{char} also stands in {', '.join(names)}" for char, names in shared.items())
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if self._editor is None or role != Qt.ItemDataRole.EditRole:
            return False
        if index.column() == NAME:
            self._editor.rename_group(index.row(), str(value))
            return True
        try:
            self._editor.set_characters(index.row(), parse_characters(str(value), self._known))
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        return True


class GroupsPanel(QWidget):
    """The table with its buttons. Editing in place: double click, F2 or Enter."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor: SimilarityEditor | None = None
        self.model = GroupModel(self)
        self.model.refused.connect(self.say)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setShowGrid(False)
        self.table.setIconSize(QSize(12, 12))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(CHARACTERS, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setAccessibleName("Similarity groups")
        self.table.itemDelegate().closeEditor.connect(self._editing_closed)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _before: self._row_changed(now.row()))
        self.add = QPushButton("Add group", self)
        self.add.setIcon(icon("plus"))
        self.add.setIconSize(QSize(22, 16))
        self.add.clicked.connect(self.add_group)
        self.delete = QPushButton("Delete", self)
        self.delete.setIcon(icon("trash-2"))
        self.delete.setIconSize(QSize(22, 16))
        self.delete.clicked.connect(self.delete_group)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setFont(theme.font("small"))
        self.message.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.add)
        row.addWidget(self.delete)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.message)
        layout.addLayout(row)

    def show_groups(self, editor: SimilarityEditor | None, known: Sequence[str]) -> None:
        """Show the groups of an editor as they are now."""
        self._editor = editor
        self._known = tuple(known)
        self.message.hide()
        self.model.show_groups(editor, known)
        self._row_changed(self.current)

    _known: tuple[str, ...] = ()
    _just_added = False  # the characters of a new group are being typed

    @property
    def current(self) -> int:
        """The chosen row, −1 when there is none."""
        return self.table.currentIndex().row()

    def say(self, text: str) -> None:
        """Say under the table why something was refused."""
        self.message.setStyleSheet(f"color: {theme.tokens().error};")
        self.message.setText(text[:1].upper() + text[1:])
        self.message.show()

    def _row_changed(self, row: int) -> None:
        self.delete.setEnabled(row >= 0)
        self.chosen.emit(row)

    def add_group(self) -> None:
        """Add a group of two characters that stand in none yet, and let its characters be typed."""
        if self._editor is None:
            return
        free = [char for char in self._known if not self._editor.groups_of(char)] or list(self._known)
        if len(free) < 2:
            self.say("there are not two characters for a new group")
            return
        at = self._editor.add_group(free[:2])
        index = self.model.index(at, CHARACTERS)
        self.table.setCurrentIndex(index)
        self.table.edit(index)
        self._just_added = True

    def _editing_closed(self, _field: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Esc while a new group is typed takes the group back: two arbitrary characters must not stay alike."""
        just_added, self._just_added = self._just_added, False
        if just_added and hint == QAbstractItemDelegate.EndEditHint.RevertModelCache and self._editor is not None:
            self._editor.undo()

    def delete_group(self) -> None:
        """Delete the chosen group (undo brings it back)."""
        if self._editor is not None and 0 <= self.current < len(self._editor.value.groups):
            self._editor.delete_group(self.current)

    def rename_group(self) -> None:
        """Type another name for the chosen group."""
        if self.current >= 0:
            self.table.edit(self.model.index(self.current, NAME))
