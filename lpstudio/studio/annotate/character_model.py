"""The table of the inspector: characters in reading order, with class, candidates and faults."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lpstudio.alphabet import normalise_name
from lpstudio.studio import theme
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.icons import icon

_Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("", "class", "candidates", "points", "")


class CharacterModel(QAbstractTableModel):
    """Rows follow the reading order of the editor's document. The class can be edited."""

    def __init__(self, editor: CropEditor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._items: list[Item] = []
        self._faults: dict[int, list[str]] = {}

    def reload(self) -> None:
        """Read the document again."""
        document = self._editor.document
        self.beginResetModel()
        self._items = self._in_order(document) if document is not None else []
        self._faults = {}
        for fault in self._editor.faults:
            self._faults.setdefault(fault.item_id, []).append(fault.text)
        self.endResetModel()

    @staticmethod
    def _in_order(document: Document) -> list[Item]:
        by_id = {item.id: item for item in document.content.items}
        return [by_id[item_id] for item_id in document.reading()]

    def id_at(self, row: int) -> int:
        return self._items[row].id

    def row_of(self, item_id: int) -> int | None:
        return next((row for row, item in enumerate(self._items) if item.id == item_id), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 3:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == 1 and self._editor.editable:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if not 0 <= row < len(self._items):
            return None
        item = self._items[row]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(row, column)
        if role == Qt.ItemDataRole.EditRole and column == 1:
            return item.character.char
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("mono" if column in (1, 2) else "number")
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (0, 3):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and (column in (0, 2, 3) or not item.character.char):
            return theme.color("text_dim")
        faults = self._faults.get(item.id, [])
        if role == Qt.ItemDataRole.DecorationRole and column == 4:
            if faults:
                return icon("triangle-alert", "fault")
            return icon("eye-off", "text_dim") if item.character.unreadable else None
        if role == Qt.ItemDataRole.ToolTipRole:
            unreadable = ["unreadable: kept, not trained on"] if item.character.unreadable else []
            return "\n".join([*faults, *unreadable]) or None
        return None

    def _shown(self, row: int, column: int) -> str:
        character = self._items[row].character
        if column == 0:
            return str(row + 1)
        if column == 1:
            return character.char or "?"
        if column == 2:
            return "  ".join(f"{c.char} {c.probability * 100:.0f}" for c in character.candidates[:2])
        return str(len(character.polygon)) if column == 3 else ""

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        char = normalise_name(value)
        if role != Qt.ItemDataRole.EditRole or len(char) != 1:
            return False
        return self._editor.set_class(self._items[index.row()].id, char)
