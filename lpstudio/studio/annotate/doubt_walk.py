"""The selection stands where a person should look: on the most doubtful character of an unverified crop."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lpstudio.dataset.check import project_formats
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.doubts import doubtful
from lpstudio.studio.annotate.filters import UNVERIFIED

_MOST = 60  # characters; more are no plate


class DoubtWalk(QObject):
    """Chooses a character when a crop comes, and the next doubtful one when a class was given to that one."""

    def __init__(self, editor: CropEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._answered: set[int] = set()
        self._stands: int | None = None
        editor.document_changed.connect(self._forget)

    def _forget(self) -> None:
        self._answered.clear()
        self._stands = None

    def begin(self) -> None:
        """A crop is shown, or shown anew: stand on its most doubtful character, where nothing else is selected."""
        document = self._editor.document
        if document is not None and not document.selection:
            self._go_on()

    @property
    def standing(self) -> bool:
        """Whether what is selected is the character that was chosen here."""
        document = self._editor.document
        return document is not None and self._stands is not None and document.selection == (self._stands,)

    def answered(self, item_id: int) -> None:
        """A person said what this character is: it is doubted no more. Go on where the selection was chosen here."""
        standing = self._stands == item_id
        self._answered.add(item_id)
        if standing:
            self._go_on()

    def _go_on(self) -> None:
        """To the most doubtful character that nobody spoke of yet; without one, nothing is selected."""
        editor, document = self._editor, self._editor.document
        self._stands = None
        if document is None or document.content.state not in UNVERIFIED or not editor.editable:
            return
        items = document.content.items
        if not 0 < len(items) <= _MOST or editor.session is None:
            return
        faults = [*editor.faults, *editor.text_faults]
        found = doubtful(items, document.reading(), faults, project_formats(editor.session.project))
        self._stands = next((item_id for item_id in found if item_id not in self._answered), None)
        editor.select([] if self._stands is None else [self._stands])
