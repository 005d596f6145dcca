"""The Annotate workspace: list, canvas, reading strip and inspector around one open crop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

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
from lpstudio.studio.annotate.crop_walk import CropWalk
from lpstudio.studio.annotate.drawing_aids import DrawingAids
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.inspector import Inspector
from lpstudio.studio.annotate.key_canvas import KeyCanvas
from lpstudio.studio.annotate.outline_tools import HINTS, OutlineTools
from lpstudio.studio.annotate.picture_display import PictureDisplay
from lpstudio.studio.annotate.plate_typing import PlateTyping
from lpstudio.studio.annotate.plate_verdict import PlateVerdict
from lpstudio.studio.faults.feature import ChecksFeature
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.safety.crop_side import CropSafety
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.widgets.reading_strip import ReadingStrip
from lpstudio.studio.workspace import Studio, Workspace


class AnnotateWorkspace(Workspace):
    """Wires the parts together. The document is changed by :class:`CropEditor` alone."""

    id = "annotate"
    title = "Annotate"
    icon = "pencil-line"

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self._session: ProjectSession | None = None
        self._can_paste = False
        self._registered = False

    def prepare(self) -> Iterator[None]:
        studio = self.studio
        self.loader = ImageLoader(self.locate, self, thumbnail_size=QSize(176, 88))
        self.editor = CropEditor(self)
        self.clipboard = CropClipboard(self.editor)
        self.desk = CropDesk(self.loader, self)
        self.display = PictureDisplay(studio.settings, self)
        yield
        self.crops = CropList(self.loader, self)
        yield
        self.canvas = KeyCanvas(self)
        self.aids = DrawingAids(self.editor, self.canvas, studio.settings, self)
        self.outlines = OutlineTools(self.editor, self.canvas, studio.workers.tools, self.locate, self)
        self.typing = PlateTyping(self.editor, studio.workers, self.locate, self)
        self.strip = ReadingStrip(self)
        yield
        self.inspector = Inspector(self.editor, self)
        yield
        self.bar = CanvasBar(self)
        self.words = WordLine(self)
        self.captures = CaptureStrip(self.loader, studio.settings, self)
        self.views = CropViews(self.editor, self.canvas, self.strip, self)
        self.safety = CropSafety(self)
        self.walk = CropWalk(self)
        self.verdict = PlateVerdict(self)
        yield
        self.checks = ChecksFeature(self)
        yield
        self._lay_out()
        yield
        self._wire()
        self.walk.show_nothing()

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
        self.studio.keep_free(self.safety.panel)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _wire(self) -> None:
        editor, canvas, strip = self.editor, self.canvas, self.strip
        self.display.said.connect(self.words.say)
        self.crops.entered.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        editor.content_changed.connect(self._content_changed)
        for change in (editor.document_changed, editor.content_changed, editor.selection_changed):
            change.connect(self.commands_changed)
        editor.said.connect(self.words.say)
        canvas.tool_changed.connect(self._tool_changed)
        canvas.drawing_changed.connect(self._say_drawing)
        canvas.menu_requested.connect(lambda at, place: open_canvas_menu(self.studio.commands, canvas, at, place))
        canvas.pointer_moved.connect(self.words.show_pointer)
        canvas.view_changed.connect(lambda: self.words.show_zoom(canvas.zoom if canvas.picture_size else None))
        strip.menu_requested.connect(lambda _at, place: open_character_menu(self.studio.commands, canvas, place))
        self.inspector.done.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        theme.notifier().changed.connect(self._looks_changed)
        QGuiApplication.clipboard().dataChanged.connect(self._clipboard_changed)
        self._clipboard_changed()

    def locate(self, key: str) -> Path:
        """The picture of a crop of the open project."""
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
            self._session.scanned.disconnect(self.walk.crops_known)
            self._session.state_changed.disconnect(self.walk.state_changed)
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
        self.walk.show_nothing()
        if session is not None:
            session.scanned.connect(self.walk.crops_known)
            session.state_changed.connect(self.walk.state_changed)
            session.similarity_changed.connect(self._looks_changed)
        self.safety.set_session(session)

    def top_bar(self) -> QWidget:
        return self.crops.query

    def enter(self) -> None:
        self.desk.look_again()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self.settle()
        self.walk.keep_place()

    def settle(self) -> None:
        """Nothing that was begun on this crop may be lost, or end up on the next one."""
        self.canvas.settle()
        self.inspector.keep_text()

    def save_state(self, settings: QSettings) -> None:
        settings.setValue("annotate/splitter", self.splitter.saveState())
        settings.setValue("annotate/list", not self.crops.isHidden())
        settings.setValue("annotate/inspector", not self.inspector.isHidden())
        settings.setValue("annotate/density", self.crops.delegate.density.value)
        settings.setValue("annotate/smooth", self.canvas.smooth)
        self.walk.keep_place()

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

    def shut_down(self) -> None:
        QGuiApplication.clipboard().dataChanged.disconnect(self._clipboard_changed)
        self.clipboard.release()
        self.outlines.close()
        self.checks.close()
        self.typing.forget()
        self.editor.close()
        self.aids.close()
        self.walk.close()
        self.display.close()
        self.safety.stop()
        self.crops.close_jobs()
        self.captures.close_jobs()
        self.loader.close()
        self.canvas.set_picture(None)

    @property
    def session(self) -> ProjectSession | None:
        """The open project."""
        return self._session

    def show_crop(self, key: str, character: int | None = None) -> None:
        """Go to a crop (shown even when the filter hides it) and select one of its characters by its number."""
        self.walk.show(key, character)

    # -- showing ------------------------------------------------------------------------------------------------

    def _content_changed(self) -> None:
        document = self.editor.document
        if document is not None:
            self.crops.model.note_text(document.key, document.content.text)

    def commands_changed(self) -> None:
        """Show what can be done now; at once, not by a timer: the next key may come before any timer."""
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

    # -- hands --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.strip.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.verdict.confirm()
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
        self.commands_changed()

    def can_paste(self) -> bool:
        """Whether there are characters on the clipboard and a crop to paste them on."""
        return self._can_paste and self.editor.editable

    # -- commands -----------------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the character that is pointed at on the canvas, else the selected ones."""
        if not self.canvas.hasFocus() or not self.canvas.delete_pointed():
            self.editor.delete()

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
