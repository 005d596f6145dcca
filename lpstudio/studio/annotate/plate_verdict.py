"""What a person says of the whole plate: it is right, it is empty, it is to be left out, and what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lpstudio.dataset.faults import DISAGREEMENTS
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import UNVERIFIED
from lpstudio.studio.shortcuts.words import key_of

if TYPE_CHECKING:
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace


class PlateVerdict(QObject):
    """Belongs to the Annotate workspace: Enter and the commands that verify, ignore or name the open crop."""

    def __init__(self, workspace: AnnotateWorkspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._editor = workspace.editor
        self._desk = workspace.desk
        self._crops = workspace.crops
        self._words = workspace.words
        self._inspector = workspace.inspector
        self._typing = workspace.typing
        workspace.canvas.confirm_wanted.connect(self.confirm)
        workspace.views.text_begun.connect(self._begin_text)
        workspace.inspector.text.textEdited.connect(self._text_edited)

    def verify(self) -> None:
        """Confirm the crop and go to the next one to verify."""
        if self._editor.verify():
            self._go_on()

    def confirm(self) -> None:
        """Enter: the crop is right as it stands. Where it is not, go to what is wrong; walk through a verified one."""
        document = self._editor.document
        open_states = UNVERIFIED - {CropState.UNLABELLED}
        right = document is not None and bool(document.content.items) and document.content.state in open_states
        faults = self._editor.faults
        doubts = [fault for fault in self._editor.text_faults if fault.kind in DISAGREEMENTS]
        if document is not None and not document.content.items and document.content.text and not self._typing.waiting:
            self.lay_text()  # its text is known: look for its characters
        elif not right:
            self._editor.step(1)
        elif not (faults or doubts) or (faults and faults[0].blocking):
            self.verify()  # which says what forbids it
        else:
            first = (faults or doubts)[0]
            self._editor.select([first.item_id])
            what = f"it {first.text}" if faults else first.text
            self._words.say(f"Look here first: {what}. {key_of('annotate.verify')} verifies all the same")

    def verify_empty(self) -> None:
        """Confirm that there are no characters and go on."""
        if self._editor.verify_empty():
            self._go_on()

    def _go_on(self) -> None:
        key = self._crops.next_in(self._desk.current, UNVERIFIED)
        if key is not None:
            self._workspace.walk.go(key)
        else:
            self._words.say("Verified. Nothing in the list is left to verify")

    def toggle_ignored(self) -> None:
        """Leave the crop out of everything, or take it back in."""
        self._editor.toggle_ignored()
        self._workspace.commands_changed()

    def plate_text(self) -> str:
        """What stands in the text field."""
        return self._inspector.text.text()

    def edit_text(self) -> None:
        """Go to the field of the plate's text."""
        self._workspace.show_inspector(True)
        self._workspace.studio.commands.action("annotate.inspector_panel").setChecked(True)
        self._inspector.edit_text()

    def _begin_text(self, char: str) -> None:
        if self._editor.editable:
            self._workspace.show_inspector(True)
            self._workspace.studio.commands.action("annotate.inspector_panel").setChecked(True)
            self._inspector.begin_text(char)
            self._typing.make_ready()

    def _text_edited(self) -> None:
        document = self._editor.document
        if document is not None and not document.content.items:
            self._typing.make_ready()

    def lay_text(self) -> None:
        """Lay the plate's text on the characters; where none is drawn, they are looked for."""
        self._editor.lay_text(self.plate_text())
