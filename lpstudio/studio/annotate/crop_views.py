"""Between the editor and its views: canvas and strip show the document, and their gestures become edits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from lpstudio.similarity import Similarity
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.doubt_walk import DoubtWalk
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.key_canvas import KeyCanvas
from lpstudio.studio.annotate.presentation import STRIP_MOST, Prepared, Presentation, faults_by_item, second_candidate
from lpstudio.studio.shortcuts.words import with_keys
from lpstudio.studio.widgets.canvas_geometry import FloatArray
from lpstudio.studio.widgets.reading_strip import ReadingStrip


class CropViews(QObject):
    """Keeps canvas and strip in step with :class:`CropEditor`. ``picture``: the one on the canvas, for the glyphs."""

    text_begun = Signal(str)  # the first letter was typed on a crop where nothing is drawn

    def __init__(self, editor: CropEditor, canvas: KeyCanvas, strip: ReadingStrip, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._canvas = canvas
        self._strip = strip
        self._presentation = Presentation()
        self._prepared: Document | None = None
        self.doubts = DoubtWalk(editor, self)
        self.picture: QImage | None = None
        editor.document_changed.connect(self.show_content)
        editor.content_changed.connect(self.show_content)
        editor.selection_changed.connect(self.show_selection)
        canvas.selection_changed.connect(self._canvas_selected)
        canvas.drawn.connect(editor.add_drawn)
        canvas.moved.connect(editor.move)
        canvas.nudged.connect(editor.nudge)
        canvas.reshaped.connect(self._reshaped)
        canvas.typed.connect(self._typed)
        canvas.second_wanted.connect(self._second_wanted)
        canvas.step_wanted.connect(editor.step)
        canvas.delete_wanted.connect(self._delete)
        strip.activated.connect(self._strip_activated)
        strip.typed.connect(self._strip_typed)
        strip.second_taken.connect(self._strip_second)
        strip.removed.connect(lambda _index: editor.delete())

    def forget(self) -> None:
        """Nothing made so far looks right any more: another crop, theme or similarity."""
        self._prepared = None
        self._presentation.forget()

    @staticmethod
    def prepare(document: Document, similarity: Similarity) -> Prepared:
        """What takes long of showing a crop with many characters; for a thread."""
        return Presentation.prepare(document, similarity)

    def take_prepared(self, document: Document, shapes: Prepared) -> None:
        """Show these when the crop is opened next."""
        assert self._editor.session is not None
        self._prepared = document
        self._presentation.take(shapes, self._editor.session.similarity)

    def is_prepared(self, document: Document) -> bool:
        return self._prepared is document

    # -- showing ------------------------------------------------------------------------------------------------

    def show_content(self) -> None:
        """Bring canvas and strip up to the document."""
        editor = self._editor
        document, session = editor.document, editor.session
        self._canvas.set_editable(editor.editable)
        self._strip.set_editable(editor.editable)
        self._strip.set_empty_text(
            with_keys(
                "Type the plate's text and press Enter, or draw the characters ({annotate.draw_tool}) "
                "or click them ({annotate.magic_tool})"
            )
            if editor.editable
            else ""
        )
        if document is None or session is None:
            self._canvas.set_shapes([])
            self._strip.set_lines([])
        else:
            faults = faults_by_item(editor.faults)
            self._canvas.set_shapes(self._presentation.shapes(document, faults, session.similarity))
        self.show_selection()

    def show_selection(self) -> None:
        """Bring selection and strip up to the document."""
        editor = self._editor
        document, session = editor.document, editor.session
        if document is None or session is None:
            return
        self._canvas.set_selection(document.positions(document.selection))
        faults = faults_by_item(editor.faults)
        self._strip.set_lines(self._presentation.lines(document, faults, session.similarity, self.picture))
        order = document.reading()
        last = document.selection[-1] if document.selection else None
        self._strip.set_active(order.index(last) if last in order and len(order) <= STRIP_MOST else None)
        chosen = document.selected
        second = len(chosen) == 1 and second_candidate(chosen[0].character) is not None
        self._canvas.set_second_available(second)

    # -- hands --------------------------------------------------------------------------------------------------

    def _canvas_selected(self, indices: tuple[int, ...]) -> None:
        document = self._editor.document
        if document is not None:
            self._editor.select([document.content.items[index].id for index in indices])

    def _typed(self, char: str) -> None:
        document, selecting = self._editor.document, self._canvas.tool is Tool.SELECT
        if document is not None and not document.content.items and not self._canvas.busy:
            self.text_begun.emit(char)  # nothing can be labelled yet: it is the plate's text
        elif document is not None and self._canvas.pointed is not None:
            item_id = document.content.items[self._canvas.pointed].id
            if self._editor.set_class(item_id, char):
                self.doubts.answered(item_id)
        else:
            self._name_selected(lambda: self._editor.type_char(char, only_open=not selecting))

    def _name_selected(self, name: Callable[[], object]) -> None:
        """Give the selection its class; where it was a doubtful character, go on to the next of those."""
        document = self._editor.document
        chosen = document.selection if document is not None else ()
        standing = self.doubts.standing
        before = document.content if document is not None else None
        name()
        if document is not None and document.content is not before:
            for item_id in chosen if standing else ():
                self.doubts.answered(item_id)

    def _second_wanted(self) -> None:
        self._name_selected(self._editor.take_second)

    def _delete(self, index: int) -> None:
        document = self._editor.document
        if document is not None and index < len(document.content.items):
            self._editor.delete_one(document.content.items[index].id)

    def _reshaped(self, index: int, points: FloatArray, verb: str) -> None:
        document = self._editor.document
        if document is not None:
            self._editor.reshape(document.content.items[index].id, points, verb)

    def _strip_activated(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        document = self._editor.document
        if document is None:
            return
        item_id = document.reading()[index]
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            kept = [i for i in document.selection if i != item_id]
            self._editor.select(kept if item_id in document.selection else [*kept, item_id])
        else:
            self._editor.select([item_id])
        if self._canvas.selection:
            self._canvas.show_in_sight(self._canvas.selection[-1])

    def _strip_typed(self, index: int, char: str) -> None:
        document = self._editor.document
        if document is not None:
            self._editor.set_class(document.reading()[index], char)

    def _strip_second(self, index: int) -> None:
        document = self._editor.document
        if document is not None:
            self._editor.select([document.reading()[index]])
            self._editor.take_second(move_on=False)
