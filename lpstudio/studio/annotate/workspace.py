"""The Annotate workspace: list, canvas, reading strip and inspector around one open crop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from lpstudio.dataset.faults import DISAGREEMENTS
from lpstudio.dataset.types import CropState
from lpstudio.studio import theme
from lpstudio.studio.annotate import command_set
from lpstudio.studio.annotate.canvas_bar import CanvasBar, WordLine
from lpstudio.studio.annotate.captures import CaptureStrip
from lpstudio.studio.annotate.context_menu import open_canvas_menu, open_character_menu
from lpstudio.studio.annotate.crop_clipboard import CropClipboard
from lpstudio.studio.annotate.crop_delegate import Density
from lpstudio.studio.annotate.crop_desk import CropDesk
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.crop_list import CropList
from lpstudio.studio.annotate.crop_views import CropViews
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.drawing_aids import DrawingAids
from lpstudio.studio.annotate.edit_canvas import Tool
from lpstudio.studio.annotate.fault_finder import AT_ONCE
from lpstudio.studio.annotate.filters import UNVERIFIED
from lpstudio.studio.annotate.inspector import Inspector
from lpstudio.studio.annotate.key_canvas import KeyCanvas
from lpstudio.studio.annotate.outline_tools import HINTS, OutlineTools
from lpstudio.studio.annotate.picture_display import PictureDisplay
from lpstudio.studio.annotate.plate_typing import PlateTyping
from lpstudio.studio.annotate.presentation import Prepared
from lpstudio.studio.faults.feature import ChecksFeature
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.safety.crop_side import CropSafety
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.shortcuts.words import key_of, with_keys
from lpstudio.studio.widgets.reading_strip import ReadingStrip
from lpstudio.studio.workspace import Studio, Workspace

_LOADING_AFTER = 250  # ms until a picture that does not come is said to be loading


class AnnotateWorkspace(Workspace):
    """Wires the parts together. The document is changed by :class:`CropEditor` alone."""

    id = "annotate"
    title = "Annotate"
    icon = "pencil-line"

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self._session: ProjectSession | None = None
        self._wanted_character: tuple[str, int] | None = None
        self._can_paste = False
        self._registered = False

    def prepare(self) -> Iterator[None]:
        studio = self.studio
        self.loader = ImageLoader(self._locate, self, thumbnail_size=QSize(176, 88))
        self.editor = CropEditor(self)
        self.clipboard = CropClipboard(self.editor)
        self.desk = CropDesk(self.loader, self)
        self.display = PictureDisplay(studio.settings, self)
        yield
        self.crops = CropList(self.loader, self)
        yield
        self.canvas = KeyCanvas(self)
        self.aids = DrawingAids(self.editor, self.canvas, studio.settings, self)
        self.outlines = OutlineTools(self.editor, self.canvas, studio.workers.tools, self._locate, self)
        self.typing = PlateTyping(self.editor, studio.workers, self._locate, self)
        self.strip = ReadingStrip(self)
        yield
        self.inspector = Inspector(self.editor, self)
        self._preparing = Jobs(self, threads=1)
        yield
        self.bar = CanvasBar(self)
        self.words = WordLine(self)
        self.captures = CaptureStrip(self.loader, studio.settings, self)
        self.views = CropViews(self.editor, self.canvas, self.strip, self)
        self.safety = CropSafety(self)
        self._loading = QTimer(self)
        self._loading.setSingleShot(True)
        self._loading.setInterval(_LOADING_AFTER)
        self._loading.timeout.connect(self._say_loading)
        yield
        self.checks = ChecksFeature(self)
        yield
        self._lay_out()
        yield
        self._wire()
        self._show_nothing()

    def _lay_out(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.safety.panel)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.captures)
        column.addWidget(self.words)
        column.addWidget(self.strip)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        panels: list[tuple[QWidget, int]] = [(self.crops, 160), (centre, 400), (self.inspector, 216)]
        for panel, least in panels:
            panel.setMinimumWidth(least)
            self.splitter.addWidget(panel)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([224, 732, 260])
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _wire(self) -> None:
        editor, canvas, strip = self.editor, self.canvas, self.strip
        self.desk.document_ready.connect(self._document_ready)
        self.desk.picture_ready.connect(self.display.show)
        self.display.shown.connect(self._picture_ready)
        self.display.said.connect(self.words.say)
        self.desk.failed.connect(self._picture_failed)
        self.desk.changed_outside.connect(self._changed_outside)
        self.crops.chosen.connect(self._go)
        self.captures.chosen.connect(self.show_crop)
        self.crops.entered.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        self.crops.filtered.connect(self._list_filtered)
        editor.content_changed.connect(self._content_changed)
        for change in (editor.document_changed, editor.content_changed, editor.selection_changed):
            change.connect(self._commands_changed)
        editor.said.connect(self.words.say)
        canvas.tool_changed.connect(self._tool_changed)
        canvas.drawing_changed.connect(self._say_drawing)
        canvas.confirm_wanted.connect(self._confirm)
        self.views.text_begun.connect(self._begin_text)
        self.inspector.text.textEdited.connect(self._text_edited)
        canvas.menu_requested.connect(lambda at, place: open_canvas_menu(self.studio.commands, canvas, at, place))
        canvas.pointer_moved.connect(self.words.show_pointer)
        canvas.view_changed.connect(lambda: self.words.show_zoom(canvas.zoom if canvas.picture_size else None))
        strip.menu_requested.connect(lambda _at, place: open_character_menu(self.studio.commands, canvas, place))
        self.inspector.done.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        theme.notifier().changed.connect(self._looks_changed)
        QGuiApplication.clipboard().dataChanged.connect(self._clipboard_changed)
        self._clipboard_changed()

    def _locate(self, key: str) -> Path:
        assert self._session is not None
        return self._session.project.image_path(key)

    # -- the workspace's life -----------------------------------------------------------------------------------

    def register_commands(self) -> Iterator[None]:
        yield from command_set.register(self)
        self.checks.register(command_set.Register(self))
        yield
        self.safety.register_commands()
        self._registered = True
        yield
        self.bar.fill(self.studio.commands)
        self.inspector.add_display_commands(
            self.studio.commands,
            tuple(f"annotate.{n}" for n in ("smooth", "overlay", "labels", "list_panel", "inspector_panel")),
        )

    def set_session(self, session: ProjectSession | None) -> None:
        if self._session is not None:
            self._session.scanned.disconnect(self._scanned)
            self._session.state_changed.disconnect(self._state_changed)
            self._session.similarity_changed.disconnect(self._looks_changed)
        self.canvas.abort()
        self._session = session
        self.editor.session = session
        self.editor.open(None)
        self.loader.clear()
        self.desk.set_session(session)
        self.display.set_project(str(session.project.yaml_path) if session is not None else "")
        self.checks.set_session(session)
        self.crops.set_session(session)
        self.captures.set_session(session)
        self._show_nothing()
        if session is not None:
            session.scanned.connect(self._scanned)
            session.state_changed.connect(self._state_changed)
            session.similarity_changed.connect(self._looks_changed)
        self.safety.set_session(session)

    def top_bar(self) -> QWidget:
        return self.crops.query

    def enter(self) -> None:
        self.desk.look_again()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._settle()
        self._keep_place()

    def _settle(self) -> None:
        """Nothing that was begun on this crop may be lost, or end up on the next one."""
        self.canvas.settle()
        self.inspector.keep_text()

    def save_state(self, settings: QSettings) -> None:
        settings.setValue("annotate/splitter", self.splitter.saveState())
        settings.setValue("annotate/list", not self.crops.isHidden())
        settings.setValue("annotate/inspector", not self.inspector.isHidden())
        settings.setValue("annotate/density", self.crops.delegate.density.value)
        settings.setValue("annotate/smooth", self.canvas.smooth)
        self._keep_place()

    def restore_state(self, settings: QSettings) -> None:
        sizes = settings.value("annotate/splitter")
        if sizes is not None:
            self.splitter.restoreState(sizes)
        commands = self.studio.commands
        for name, panel in (("list", self.crops), ("inspector", self.inspector)):
            shown = settings.value(f"annotate/{name}", True, bool)
            panel.setVisible(bool(shown))
            commands.action(f"annotate.{name}_panel").setChecked(bool(shown))
        density = str(settings.value("annotate/density", Density.LIST.value))
        if density in {d.value for d in Density}:
            self.crops.set_density(Density(density))
        smooth = bool(settings.value("annotate/smooth", False, bool))
        commands.action("annotate.smooth").setChecked(smooth)
        self.canvas.set_smooth(smooth)
        self.aids.restore(commands)
        commands.action("annotate.captures").setChecked(self.captures.restore())

    def _place_setting(self) -> str:
        assert self._session is not None
        return f"annotate/crop/{str(self._session.project.yaml_path).replace('/', '|')}"

    def _keep_place(self) -> None:
        if self._session is not None and self.desk.current:
            self.studio.settings.setValue(self._place_setting(), self.desk.current)

    def shut_down(self) -> None:
        QGuiApplication.clipboard().dataChanged.disconnect(self._clipboard_changed)
        self.clipboard.release()
        self.outlines.close()
        self.checks.close()
        self.typing.forget()
        self.editor.close()
        self.aids.close()
        self._preparing.close()
        self.display.close()
        self._loading.stop()
        self.safety.stop()
        self.crops.close_jobs()
        self.captures.close_jobs()
        self.loader.close()
        self.canvas.set_picture(None)

    # -- going from crop to crop --------------------------------------------------------------------------------

    def show_crop(self, key: str, character: int | None = None) -> None:
        """Go to a crop (shown even when the filter hides it) and select one of its characters by its number."""
        session = self._session
        if session is None or session.index.position(key) is None:
            self.words.say(f"{key} is not in this project")
            return
        if self.crops.model.row_of(key) is None:
            self.crops.clear_filter()
        self._wanted_character = None if character is None else (key, character)
        self._go(key)
        self._select_wanted()

    def _select_wanted(self) -> None:
        """Select the character that was asked for with its crop, as soon as that stands in the editor."""
        document, wanted = self.editor.document, self._wanted_character
        if document is None or wanted is None or document.key != wanted[0]:
            return
        self._wanted_character = None
        if 0 <= wanted[1] < len(document.content.items):
            self.editor.select([document.content.items[wanted[1]].id])

    def _go(self, key: str) -> None:
        if self._session is None or (key == self.desk.current and self.editor.document is not None):
            return
        self._settle()
        self.display.forget()
        self.views.picture = None
        self.views.forget()
        self.words.say("")
        if self.loader.cached(key) is None or self.desk.document(key) is None:
            self.editor.open(None)
            self.canvas.set_message("")
            self._loading.start()
        self.bar.name.setText(key.rpartition("/")[2])
        self.bar.name.setToolTip(key)
        self.crops.show_current(key)
        self.captures.show_of(key)
        self.desk.go(key)
        ahead = [self.crops.neighbour(key, step) for step in (1, 2, -1)]
        self.desk.fetch_soon(k for k in ahead if k is not None)

    def go_by(self, step: int) -> None:
        """To the next or previous crop of the list."""
        key = self.crops.neighbour(self.desk.current, step)
        if key is not None:
            self._go(key)
        else:
            self.words.say("This is the last crop of the list" if step > 0 else "This is the first crop of the list")

    def go_to_state(self, states: frozenset[CropState], word: str, step: int = 1) -> None:
        """To the next (or, with a step of -1, previous) listed crop in one of these states."""
        key = self.crops.next_in(self.desk.current, states, step)
        if key is not None:
            self._go(key)
        else:
            self.words.say(f"No other crop in the list is {word}")

    def _scanned(self) -> None:
        """The crops are known: go where the person was last."""
        self._list_filtered()

    def _list_filtered(self) -> None:
        session = self._session
        if session is None or not session.is_scanned:
            return
        if self.desk.current and session.index.position(self.desk.current) is not None:
            return
        if self.desk.current:  # its picture is gone from the disk
            self.desk.current = ""
            self.editor.open(None)
        if not self.crops.model.rowCount():
            self._show_nothing()
            return
        last = str(self.studio.settings.value(self._place_setting(), ""))
        self._go(last if last and self.crops.model.row_of(last) is not None else self.crops.model.key_at(0))

    def _show_nothing(self) -> None:
        """What to do while there is no crop to show."""
        self._loading.stop()
        self.views.picture = None
        self.bar.name.setText("")
        session = self._session
        if session is not None and session.is_scanned and len(session.index) == 0:
            self.canvas.set_message(
                "No crops yet", with_keys("Drop pictures of plates on this window, or add them with {file.add_images}.")
            )
        else:
            self.canvas.set_message("")

    def _say_loading(self) -> None:
        if self.views.picture is None and self.desk.current and not self.desk.fault(self.desk.current):
            self.canvas.set_message("Loading…", self.desk.current)

    # -- a crop arrives -----------------------------------------------------------------------------------------

    def _document_ready(self, key: str) -> None:
        self._open_when_whole(key)

    def _picture_ready(self, key: str, image: QImage) -> None:
        self._loading.stop()
        self.views.picture = image
        if self.editor.document is not None and self.editor.document.key == key == self.desk.current:
            self.canvas.set_picture(image, self.editor.document.size, keep_view=True)  # displayed in another way
            self.views.show_selection()
        self._open_when_whole(key)

    def _open_when_whole(self, key: str) -> None:
        """Document and picture are both there: show them together, so that nothing jumps."""
        document, session = self.desk.document(key), self._session
        if document is None or session is None or self.views.picture is None or self.editor.document is document:
            return
        if len(document.content.items) > AT_ONCE and not self.views.is_prepared(document):
            similarity = session.similarity
            self._preparing.run(
                lambda: CropViews.prepare(document, similarity),
                lambda shapes: self._prepared(key, document, shapes),
            )
            return
        self.canvas.set_shapes([])
        self.canvas.set_picture(self.views.picture, document.size)
        self.editor.open(document, self.safety.blocked())
        self._select_wanted()
        self.views.doubts.begin()
        self.inspector.set_origin(self._origin_text(key))
        self.crops.model.note_text(key, document.content.text)

    def _prepared(self, key: str, document: Document, shapes: Prepared) -> None:
        if key == self.desk.current:
            self.views.take_prepared(document, shapes)
            self._open_when_whole(key)

    def _origin_text(self, key: str) -> str:
        origin = self._session.origin(key) if self._session is not None else None
        if origin is None:
            return ""
        frame = f", frame {origin.frame}" if origin.frame is not None else ""
        return f"from {Path(origin.source).name}{frame}"

    def _picture_failed(self, key: str, text: str) -> None:
        self._loading.stop()
        self.views.picture = None
        self.editor.open(None)
        self.canvas.set_message(f"{key.rpartition('/')[2]} cannot be shown", f"{text}\n\n{self._locate(key)}")

    def _changed_outside(self, key: str) -> None:
        self.canvas.abort()
        self.editor.reread()
        self.views.doubts.begin()
        self.words.say("This crop was changed elsewhere; undo brings back what stood here")

    # -- showing ------------------------------------------------------------------------------------------------

    def _content_changed(self) -> None:
        document = self.editor.document
        if document is not None:
            self.crops.model.note_text(document.key, document.content.text)

    def _commands_changed(self) -> None:
        """At once, not by a timer: the next key may come before any timer."""
        if not self._registered:
            return
        commands, document = self.studio.commands, self.editor.document
        for name, word in (("undo", "Undo"), ("redo", "Redo")):
            history = document.history if document is not None else None
            title = "" if history is None else history.undo_title if name == "undo" else history.redo_title
            action = commands.action(f"annotate.{name}")
            action.setText(f"&{word}: {title}" if title else f"&{word}")
            action.setToolTip(f"{action.text()[1:]} ({action.shortcut().toString()})")
        ignored = document is not None and document.content.state is CropState.IGNORED
        commands.action("annotate.ignore").setChecked(ignored)
        commands.refresh()

    def _looks_changed(self) -> None:
        """Another theme, or other similarity groups: every outline has another colour."""
        self.views.forget()
        self.views.show_content()

    def _state_changed(self, key: str) -> None:
        if key == self.desk.current and not self.isVisible():
            self.desk.look_again()

    # -- hands --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.strip.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._confirm()
        else:
            super().keyPressEvent(event)

    def choose_tool(self, tool: Tool) -> None:
        """Take a tool in hand; the same again puts it back."""
        again = tool is self.canvas.tool
        self.canvas.set_tool(Tool.SELECT if again else tool)
        self._tool_changed(self.canvas.tool)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tool_changed(self, tool: Tool) -> None:
        for each in Tool:
            self.studio.commands.action(f"annotate.{each.value}_tool").setChecked(tool is each)
        self._say_drawing(0)

    def _say_drawing(self, points: int) -> None:
        if self.canvas.tool is not Tool.DRAW:
            self.words.say(HINTS.get(self.canvas.tool, ""))
        elif points == 0:
            self.words.say(
                "Click the first vertex, or press and draw · a letter or digit labels the last one · Esc ends"
            )
        elif points < 3:
            self.words.say(f"{points} of at least 3 vertices · Backspace takes one back · Esc drops the drawing")
        else:
            self.words.say(f"{points} vertices · double click, Enter or the first vertex closes")

    def _clipboard_changed(self) -> None:
        self._can_paste = self.clipboard.can_paste()
        self._commands_changed()

    def can_paste(self) -> bool:
        """Whether there are characters on the clipboard and a crop to paste them on."""
        return self._can_paste and self.editor.editable

    # -- commands -----------------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the character that is pointed at on the canvas, else the selected ones."""
        if not self.canvas.hasFocus() or not self.canvas.delete_pointed():
            self.editor.delete()

    def verify(self) -> None:
        """Confirm the crop and go to the next one to verify."""
        if self.editor.verify():
            self._go_on()

    def _confirm(self) -> None:
        """Enter: the crop is right as it stands. Where it is not, go to what is wrong; walk through a verified one."""
        document = self.editor.document
        open_states = UNVERIFIED - {CropState.UNLABELLED}
        right = document is not None and bool(document.content.items) and document.content.state in open_states
        faults = self.editor.faults
        doubts = [fault for fault in self.editor.text_faults if fault.kind in DISAGREEMENTS]
        if document is not None and not document.content.items and document.content.text and not self.typing.waiting:
            self.lay_text()  # its text is known: look for its characters
        elif not right:
            self.editor.step(1)
        elif not (faults or doubts) or (faults and faults[0].blocking):
            self.verify()  # which says what forbids it
        else:
            first = (faults or doubts)[0]
            self.editor.select([first.item_id])
            what = f"it {first.text}" if faults else first.text
            self.words.say(f"Look here first: {what}. {key_of('annotate.verify')} verifies all the same")

    def verify_empty(self) -> None:
        """Confirm that there are no characters and go on."""
        if self.editor.verify_empty():
            self._go_on()

    def _go_on(self) -> None:
        key = self.crops.next_in(self.desk.current, UNVERIFIED)
        if key is not None:
            self._go(key)
        else:
            self.words.say("Verified. Nothing in the list is left to verify")

    def toggle_ignored(self) -> None:
        """Leave the crop out of everything, or take it back in."""
        self.editor.toggle_ignored()
        self._commands_changed()

    def plate_text(self) -> str:
        """What stands in the text field."""
        return self.inspector.text.text()

    def edit_text(self) -> None:
        """Go to the field of the plate's text."""
        self.show_inspector(True)
        self.studio.commands.action("annotate.inspector_panel").setChecked(True)
        self.inspector.edit_text()

    def _begin_text(self, char: str) -> None:
        if self.editor.editable:
            self.show_inspector(True)
            self.studio.commands.action("annotate.inspector_panel").setChecked(True)
            self.inspector.begin_text(char)
            self.typing.make_ready()

    def _text_edited(self) -> None:
        document = self.editor.document
        if document is not None and not document.content.items:
            self.typing.make_ready()

    def lay_text(self) -> None:
        """Lay the plate's text on the characters; where none is drawn, they are looked for."""
        self.editor.lay_text(self.plate_text())

    def find_crops(self) -> None:
        """Go to the search field."""
        self.crops.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.crops.search.selectAll()

    def set_smooth(self, smooth: bool) -> None:
        """Smooth or nearest-pixel enlargement."""
        self.canvas.set_smooth(smooth)

    def show_list(self, shown: bool) -> None:
        """Show or hide the panel at the left."""
        self.crops.setVisible(shown)

    def show_inspector(self, shown: bool) -> None:
        """Show or hide the panel at the right."""
        self.inspector.setVisible(shown)
