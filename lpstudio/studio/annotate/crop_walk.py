"""From crop to crop: which one is open, where to go from it, and what is shown until document and picture are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.crop_views import CropViews
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.fault_finder import AT_ONCE
from lpstudio.studio.annotate.presentation import Prepared
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.shortcuts.words import with_keys

if TYPE_CHECKING:
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace

_LOADING_AFTER = 250  # ms until a picture that does not come is said to be loading


class CropWalk(QObject):
    """Belongs to the Annotate workspace and brings one crop after the other into its editor and onto its canvas.

    What was begun on a crop is settled before it is left; the place in a project is remembered.
    """

    def __init__(self, workspace: AnnotateWorkspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._editor = workspace.editor
        self._canvas = workspace.canvas
        self._desk = workspace.desk
        self._crops = workspace.crops
        self._words = workspace.words
        self._views = workspace.views
        self._display = workspace.display
        self._loader = workspace.loader
        self._captures = workspace.captures
        self._inspector = workspace.inspector
        self._wanted_character: tuple[str, int] | None = None
        self._preparing = Jobs(self, threads=1)
        self._loading = QTimer(self)
        self._loading.setSingleShot(True)
        self._loading.setInterval(_LOADING_AFTER)
        self._loading.timeout.connect(self._say_loading)
        self._desk.document_ready.connect(self._open_when_whole)
        self._desk.picture_ready.connect(workspace.display.show)
        self._desk.failed.connect(self._picture_failed)
        self._desk.changed_outside.connect(self._changed_outside)
        workspace.display.shown.connect(self._picture_ready)
        workspace.crops.chosen.connect(self.go)
        workspace.crops.filtered.connect(self.crops_known)
        workspace.captures.chosen.connect(self.show)

    def close(self) -> None:
        """The window ends: nothing more is prepared or said."""
        self._preparing.close()
        self._loading.stop()

    def _place_setting(self) -> str:
        assert self._workspace.session is not None
        return f"annotate/crop/{str(self._workspace.session.project.yaml_path).replace('/', '|')}"

    def keep_place(self) -> None:
        """Remember the crop that is open, for the next time this project is."""
        if self._workspace.session is not None and self._desk.current:
            self._workspace.studio.settings.setValue(self._place_setting(), self._desk.current)

    # -- going ------------------------------------------------------------------------------------------------------

    def show(self, key: str, character: int | None = None) -> None:
        """Go to a crop (shown even when the filter hides it) and select one of its characters by its number."""
        session = self._workspace.session
        if session is None or session.index.position(key) is None:
            self._words.say(f"{key} is not in this project")
            return
        if self._crops.model.row_of(key) is None:
            self._crops.clear_filter()
        self._wanted_character = None if character is None else (key, character)
        self.go(key)
        self._select_wanted()

    def _select_wanted(self) -> None:
        """Select the character that was asked for with its crop, as soon as that stands in the editor."""
        document, wanted = self._editor.document, self._wanted_character
        if document is None or wanted is None or document.key != wanted[0]:
            return
        self._wanted_character = None
        if 0 <= wanted[1] < len(document.content.items):
            self._editor.select([document.content.items[wanted[1]].id])

    def go(self, key: str) -> None:
        """Leave the open crop and open another one of the project."""
        if self._workspace.session is None or (key == self._desk.current and self._editor.document is not None):
            return
        self._workspace.settle()
        self._display.forget()
        self._views.picture = None
        self._views.forget()
        self._words.say("")
        if self._loader.cached(key) is None or self._desk.document(key) is None:
            self._editor.open(None)
            self._canvas.set_message("")
            self._loading.start()
        self._workspace.bar.name.setText(key.rpartition("/")[2])
        self._workspace.bar.name.setToolTip(key)
        self._crops.show_current(key)
        self._captures.show_of(key)
        self._desk.go(key)
        ahead = [self._crops.neighbour(key, step) for step in (1, 2, -1)]
        self._desk.fetch_soon(k for k in ahead if k is not None)

    def go_by(self, step: int) -> None:
        """To the next or previous crop of the list."""
        key = self._crops.neighbour(self._desk.current, step)
        if key is not None:
            self.go(key)
        else:
            self._words.say("This is the last crop of the list" if step > 0 else "This is the first crop of the list")

    def go_to_state(self, states: frozenset[CropState], word: str, step: int = 1) -> None:
        """To the next (or, with a step of -1, previous) listed crop in one of these states."""
        key = self._crops.next_in(self._desk.current, states, step)
        if key is not None:
            self.go(key)
        else:
            self._words.say(f"No other crop in the list is {word}")

    def crops_known(self) -> None:
        """The crops, or those that the list shows, are known: go where the person was last, if nowhere yet."""
        session = self._workspace.session
        if session is None or not session.is_scanned:
            return
        if self._desk.current and session.index.position(self._desk.current) is not None:
            return
        if self._desk.current:  # its picture is gone from the disk
            self._desk.current = ""
            self._editor.open(None)
        if not self._crops.model.rowCount():
            self.show_nothing()
            return
        last = str(self._workspace.studio.settings.value(self._place_setting(), ""))
        self.go(last if last and self._crops.model.row_of(last) is not None else self._crops.model.key_at(0))

    def show_nothing(self) -> None:
        """What to do while there is no crop to show."""
        self._loading.stop()
        self._views.picture = None
        self._workspace.bar.name.setText("")
        session = self._workspace.session
        if session is not None and session.is_scanned and len(session.index) == 0:
            self._canvas.set_message(
                "No crops yet", with_keys("Drop pictures of plates on this window, or add them with {file.add_images}.")
            )
        else:
            self._canvas.set_message("")

    def _say_loading(self) -> None:
        if self._views.picture is None and self._desk.current and not self._desk.fault(self._desk.current):
            self._canvas.set_message("Loading…", self._desk.current)

    # -- a crop arrives -----------------------------------------------------------------------------------------

    def _picture_ready(self, key: str, image: QImage) -> None:
        self._loading.stop()
        self._views.picture = image
        if self._editor.document is not None and self._editor.document.key == key == self._desk.current:
            self._canvas.set_picture(image, self._editor.document.size, keep_view=True)  # displayed in another way
            self._views.show_selection()
        self._open_when_whole(key)

    def _open_when_whole(self, key: str) -> None:
        """Document and picture are both there: show them together, so that nothing jumps."""
        document, session = self._desk.document(key), self._workspace.session
        if document is None or session is None or self._views.picture is None or self._editor.document is document:
            return
        if len(document.content.items) > AT_ONCE and not self._views.is_prepared(document):
            similarity = session.similarity
            self._preparing.run(
                lambda: CropViews.prepare(document, similarity),
                lambda shapes: self._prepared(key, document, shapes),
            )
            return
        self._canvas.set_shapes([])
        self._canvas.set_picture(self._views.picture, document.size)
        self._editor.open(document, self._workspace.safety.blocked())
        self._select_wanted()
        self._views.doubts.begin()
        self._inspector.set_origin(self._origin_text(key))
        self._crops.model.note_text(key, document.content.text)

    def _prepared(self, key: str, document: Document, shapes: Prepared) -> None:
        if key == self._desk.current:
            self._views.take_prepared(document, shapes)
            self._open_when_whole(key)

    def _origin_text(self, key: str) -> str:
        origin = self._workspace.session.origin(key) if self._workspace.session is not None else None
        if origin is None:
            return ""
        frame = f", frame {origin.frame}" if origin.frame is not None else ""
        return f"from {Path(origin.source).name}{frame}"

    def _picture_failed(self, key: str, text: str) -> None:
        self._loading.stop()
        self._views.picture = None
        self._editor.open(None)
        self._canvas.set_message(
            f"{key.rpartition('/')[2]} cannot be shown", f"{text}\n\n{self._workspace.locate(key)}"
        )

    def _changed_outside(self, key: str) -> None:
        self._canvas.abort()
        self._editor.reread()
        self._views.doubts.begin()
        self._words.say("This crop was changed elsewhere; undo brings back what stood here")

    def state_changed(self, key: str) -> None:
        """Another workspace may have changed what stands on the open crop."""
        if key == self._desk.current and not self._workspace.isVisible():
            self._desk.look_again()
