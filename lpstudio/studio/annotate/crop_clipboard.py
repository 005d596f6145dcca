"""Copy, cut, paste and duplicate: characters on the clipboard of the system."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from lpstudio.dataset.types import Character
from lpstudio.studio.annotate import clipboard
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.edits import AddCharacters, RemoveCharacters
from lpstudio.studio.widgets.canvas_geometry import as_array, bounds


class CropClipboard:
    """What the editor's selection exchanges with the clipboard."""

    def __init__(self, editor: CropEditor) -> None:
        self._editor = editor
        self._copied = b""  # what this window put on the clipboard last

    def copy(self) -> None:
        """Put the selection on the clipboard, in reading order, and its text beside it."""
        document = self._editor.document
        if document is None or not document.selection:
            return
        chosen = set(document.selection)
        by_id = {item.id: item.character for item in document.content.items}
        characters = [by_id[item_id] for item_id in document.reading() if item_id in chosen]
        self._copied = clipboard.to_bytes(characters, self._editor.crop_size())
        data = QMimeData()
        data.setData(clipboard.MIME, self._copied)
        data.setText("".join(c.char for c in characters))
        QGuiApplication.clipboard().setMimeData(data)
        self._editor.said.emit(f"{len(characters)} copied")

    def release(self) -> None:
        """The program ends: leave plain text. Our own data on the clipboard would be destroyed after Python itself."""
        board = QGuiApplication.clipboard()
        data = board.mimeData()
        if self._copied and data is not None and bytes(data.data(clipboard.MIME).data()) == self._copied:
            board.setText(data.text())
        self._copied = b""

    def cut(self) -> None:
        """Copy the selection and delete it."""
        ids = self._editor.selected_ids()
        if ids and self._editor.editable:
            self.copy()
            self._editor.do(RemoveCharacters(ids, "Cut"))

    @staticmethod
    def can_paste() -> bool:
        """Whether there are characters on the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        return data is not None and data.hasFormat(clipboard.MIME)

    def paste(self) -> None:
        """Paste at the same place of the picture; beside it where the very same character stands there already."""
        document = self._editor.document
        if document is None or not self.can_paste():
            return
        data = QGuiApplication.clipboard().mimeData().data(clipboard.MIME).data()
        size = self._editor.crop_size()
        characters = clipboard.fitted(clipboard.from_bytes(bytes(data), size), size)
        if not characters:
            return
        there = {bounds(as_array(item.character.polygon)) for item in document.content.items}
        for _ in range(20):
            if not any(bounds(as_array(c.polygon)) in there for c in characters):
                break
            characters = clipboard.shifted(characters, *clipboard.beside(characters, self._editor.crop_size()))
        self._editor.do(AddCharacters(tuple(clipboard.fitted(characters, self._editor.crop_size())), "Paste"))

    def duplicate(self) -> None:
        """Copies of the selection beside it."""
        chosen = [Character(c.polygon, c.char, c.unreadable) for c in self._editor.selected]
        if chosen:
            shift = clipboard.beside(chosen, self._editor.crop_size())
            copies = clipboard.fitted(clipboard.shifted(chosen, *shift), self._editor.crop_size())
            self._editor.do(AddCharacters(tuple(copies), "Duplicate"))
