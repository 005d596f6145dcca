"""What every edit of the open crop goes through: the document, undo, saving, selection, faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.check import project_formats
from lpstudio.dataset.faults import KnownTexts
from lpstudio.dataset.journal_records import DO, MERGE, REDO, UNDO, StepNote
from lpstudio.dataset.types import Character, CropState
from lpstudio.studio.annotate.checks import Fault, find_text_faults
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import Content, Edit
from lpstudio.studio.annotate.fault_finder import FaultFinder
from lpstudio.studio.annotate.recalled import standing
from lpstudio.studio.session import ProjectSession


class DocumentEditor(QObject):
    """Edits one :class:`Document` and hands every change to the session at once.

    ``said``: a short word on what just happened, or why not (shown beside the canvas, never as a dialog).
    """

    document_changed = Signal()  # another crop (or none)
    content_changed = Signal()  # and perhaps the selection with it
    selection_changed = Signal()
    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: ProjectSession | None = None
        self.document: Document | None = None
        self._blocked = ""
        self._finder = FaultFinder(self)
        self._finder.changed.connect(self.reread)
        self._text_faults: tuple[object, KnownTexts, list[Fault]] | None = None

    # -- which crop ---------------------------------------------------------------------------------------------

    def open(self, document: Document | None, blocked: str = "") -> None:
        """Edit this document. ``blocked``: why nothing may be changed, empty when it may."""
        self.document = document
        self._blocked = blocked
        self._finder.forget()
        self.document_changed.emit()

    def block(self, why: str) -> None:
        """From now on nothing may be changed (or everything again, when ``why`` is empty)."""
        if why != self._blocked:
            self._blocked = why
            self.content_changed.emit()

    def reread(self) -> None:
        """The document was changed, perhaps by other hands: tell all views."""
        self.content_changed.emit()

    @property
    def editable(self) -> bool:
        return self.document is not None and not self._blocked

    @property
    def blocked(self) -> str:
        """Why nothing may be changed; empty when it may."""
        return self._blocked

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the characters of the open crop; of many, the rest comes with ``content_changed``."""
        document, session = self.document, self.session
        if document is None or session is None:
            return []
        return self._finder.faults(document.content.items, document.size, session.project.alphabet)

    @property
    def text_faults(self) -> list[Fault]:
        """Where the open crop's reading order, text, formats and ``plates.csv`` do not go together."""
        document, session = self.document, self.session
        if document is None or session is None:
            return []
        items = document.content.items
        csv = session.csv_text(document.key)
        known = KnownTexts(document.content.text, csv, project_formats(session.project))
        if self._text_faults is None or self._text_faults[0] is not items or self._text_faults[1] != known:
            self._text_faults = (items, known, find_text_faults(items, document.lines(), known))
        return self._text_faults[2]

    def close(self) -> None:
        """The window closes."""
        self._finder.close()

    # -- doing and undoing --------------------------------------------------------------------------------------

    def do(self, edit: Edit) -> bool:
        """Apply an edit and save. False when it may not be, or changes nothing."""
        document = self.document
        if document is None or not self.editable:
            if self._blocked:
                self.said.emit(self._blocked)
            return False
        before = document.content
        if not document.do(edit):
            return False
        self._after_change(before, MERGE if document.history.merged_last else DO, document.history.undo_title)
        return True

    def undo(self) -> None:
        self._walk("Undone", UNDO, lambda document: document.undo())

    def redo(self) -> None:
        self._walk("Done again", REDO, lambda document: document.redo())

    def _walk(self, word: str, op: str, step: Callable[[Document], str]) -> None:
        document = self.document
        if document is None or not self.editable:
            return
        before = document.content
        title = step(document)
        if title:
            self._after_change(before, op, title)
            self.said.emit(f"{word}: {title}")

    def _after_change(self, before: Content, op: str, title: str) -> None:
        document = self.document
        assert document is not None
        self._save(document, before, StepNote(op, title, standing(before), standing(document.content)))
        self.reread()

    def _save(self, document: Document, before: Content, step: StepNote) -> None:
        """Hand what changed to the session's writer, in one piece; nothing waits for the disk."""
        session, after = self.session, document.content
        assert session is not None
        text = after.text if after.text != before.text else None
        drawn = after.items is not before.items or after.unread is not before.unread
        ignoring = CropState.IGNORED in (before.state, after.state) and before.state is not after.state
        if drawn or (after.state is not before.state and not ignoring):
            session.save(document.key, document.crop_content(), after.state, text=text, step=step)
        elif ignoring:
            session.set_state(document.key, after.state, text=text, step=step)
        elif text is not None:
            session.set_text(document.key, text, step=step)

    # -- selection ----------------------------------------------------------------------------------------------

    def select(self, ids: Iterable[int]) -> None:
        document = self.document
        if document is not None:
            before = document.selection
            document.select(ids)
            if document.selection != before:
                self.selection_changed.emit()

    def select_all(self) -> None:
        if self.document is not None:
            self.select(self.document.reading())

    def step(self, by: int) -> None:
        """Select the next or previous character in reading order."""
        document = self.document
        if document is None or not document.content.items:
            return
        order = document.reading()
        if not document.selection:
            self.select([order[0] if by > 0 else order[-1]])
            return
        there = document.neighbour(document.selection[-1], by)
        if there is not None:
            self.select([there])

    @property
    def selected(self) -> list[Character]:
        """The selected characters."""
        return [item.character for item in self.document.selected] if self.document is not None else []

    def selected_ids(self) -> frozenset[int]:
        """The numbers of the selected items."""
        return frozenset(self.document.selection) if self.document is not None else frozenset()
