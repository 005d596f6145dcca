"""Magic outline, knife, join, simplify and smooth: from the canvas's wishes to edits, with their commands."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from lpstudio.dataset.types import Polygon
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.annotate.outline_editor import OutlineEditor
from lpstudio.studio.annotate.tool_canvas import Form, ToolCanvas
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.widgets.canvas_geometry import FloatArray, as_array
from lpstudio.studio.workers import WorkerClient

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register

HINTS = {
    Tool.MAGIC: "Click a character, or drag a box around it · type a letter or digit to label the last one · Esc ends",
    Tool.BOX: "Drag a box around a character: its outline is found, or the box is taken · Esc ends",
    Tool.KNIFE: "Drag a line across a character, from outside to outside · Esc ends",
}


_OTHERS = 12  # characters of the plate that tell its typeface


class OutlineTools(QObject):
    """``locate`` gives the picture of a crop by its key. Outlines are found in ``worker``, never on this thread."""

    def __init__(
        self,
        editor: CropEditor,
        canvas: ToolCanvas,
        worker: WorkerClient,
        locate: Callable[[str], Path],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._canvas = canvas
        self._worker = worker
        self._locate = locate
        self._outlines = OutlineEditor(editor)
        self._request: int | None = None
        self._box: tuple[float, ...] | None = None  # to be taken where no outline is found in it
        self._target: Item | None = None  # whose outline is looked for; None: a new character's
        self._loose: tuple[int, Polygon, tuple[float, ...]] | None = None  # a character that is a bare box as yet
        self._jobs = Jobs(self, threads=1)
        canvas.outline_wanted.connect(self._find)
        canvas.outline_dropped.connect(self._drop)
        canvas.cut_wanted.connect(self._cut)
        canvas.reshaped_all.connect(self._outlines.reshape_all)
        canvas.preview_changed.connect(editor.said)
        editor.document_changed.connect(self._other_crop)
        editor.content_changed.connect(self._named)

    # -- magic outline ------------------------------------------------------------------------------------------

    def _find(self, where: tuple[float, ...]) -> None:
        """Ask for the outline at a place or in a box; a wish that still waits is overtaken."""
        document = self._editor.document
        if document is None or not self._editor.editable:
            return
        self.forget()
        boxed = len(where) == 4
        self._box = where if boxed and self._canvas.tool is not Tool.MAGIC else None
        self._target = self._outlines.inside(where) if boxed else None
        self._ask(where, "" if self._target is None else self._target.character.char)

    def _ask(self, where: tuple[float, ...], char: str) -> None:
        document = self._editor.document
        assert document is not None
        self._canvas.set_waiting(True)
        self._editor.said.emit("Looking for an outline… Esc stops")
        request: dict[str, Any] = {"path": str(self._locate(document.key))}
        request["point" if len(where) == 2 else "rectangle"] = list(where)
        if char:
            others = [one.character for one in document.content.items if one is not self._target]
            request |= {"char": char, "slope": self._outlines.slope(where)}
            request["others"] = [[one.char, one.polygon] for one in others[:_OTHERS] if one.char]
        self._request = self._worker.request("outline", request, self._found, on_error=self._failed)

    def _found(self, payload: dict[str, Any]) -> None:
        self._end()
        points = as_array(payload.get("polygon") or [])
        if len(points) < 3:
            self._failed("nothing stands out here")
            return
        self._editor.said.emit("")
        self._use(points, "Outline")

    def _use(self, points: FloatArray, verb: str) -> None:
        if self._target is not None:
            self._outlines.reshape(self._target, points)
        else:
            self._editor.add_drawn(points, verb)

    def _failed(self, message: str) -> None:
        self._end()
        if self._box is not None:
            self._take_box()
            return
        self._editor.said.emit(f"No outline found: {message.rpartition(': ')[2]}")

    def _take_box(self) -> None:
        """No outline stands out in the box: then it is the box itself, until the character is named."""
        document = self._editor.document
        assert self._box is not None and document is not None
        x1, y1, x2, y2 = self._box
        self._use(as_array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]), "Box")
        self._editor.said.emit("No outline stands out in this box: the box itself was taken. Type what it is")
        if self._target is None and len(document.selection) == 1:
            self._loose = document.selection[0], document.by_id[document.selection[0]].character.polygon, self._box

    def _named(self) -> None:
        """A box that was taken for a character has its class now: its form is laid into the box."""
        document = self._editor.document
        if self._loose is None or document is None or self._request is not None:
            return
        item_id, polygon, box = self._loose
        item = document.by_id.get(item_id)
        if item is None or item.character.polygon != polygon:
            self._loose = None
        elif item.character.char:
            self._loose = None
            self._box, self._target = None, item
            self._ask(box, item.character.char)

    @property
    def waiting(self) -> bool:
        """Whether an outline is being looked for."""
        return self._request is not None

    def _drop(self) -> None:
        self.forget()
        self._editor.said.emit("Stopped looking for an outline")

    def _end(self) -> None:
        self._request = None
        self._canvas.set_waiting(False)

    def _other_crop(self) -> None:
        self._loose = None
        self.forget()

    def forget(self) -> None:
        """Wait for no outline any more."""
        if self._request is not None:
            self._worker.cancel(self._request)
            self._end()

    # -- geometry that takes a moment to load -------------------------------------------------------------------

    def _when_loaded(self, then: Callable[[], object]) -> None:
        """Call ``then``: at once, or when the geometry library was loaded in a thread (once)."""
        if "shapely" in sys.modules:
            then()
        else:
            self._jobs.run(lambda: importlib.import_module("shapely.ops"), lambda _module: then())

    def _cut(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        document = self._editor.document
        self._when_loaded(lambda: self._outlines.cut(start, end) if self._editor.document is document else None)

    def close(self) -> None:
        """Wait for nothing any more: the window closes."""
        self.forget()
        self._jobs.close()

    # -- commands -----------------------------------------------------------------------------------------------

    def register_tools(self, add: Register, choose_tool: Callable[[Tool], None]) -> None:
        """The tools, beside those that draw and select."""
        add(
            "magic_tool",
            "&Outline by a click",
            lambda _checked: choose_tool(Tool.MAGIC),
            keys=("Ctrl+G",),
            icon="wand-sparkles",
            tip="Click a character, or drag a box around it: its outline is found",
            checkable=True,
        )
        add(
            "box_tool",
            "&Box to outline",
            lambda _checked: choose_tool(Tool.BOX),
            keys=("Ctrl+Shift+D",),
            icon="square-dashed",
            tip="Drag a box around a character: its outline is found, or the box itself is taken",
            checkable=True,
        )
        add(
            "knife_tool",
            "&Knife",
            lambda _checked: choose_tool(Tool.KNIFE),
            keys=("Ctrl+K",),
            icon="slice",
            tip="Drag a line across characters that touch, to cut them apart",
            checkable=True,
        )

    def register_forms(self, add: Register) -> None:
        """What is done to the selected outlines."""
        editor, canvas = self._editor, self._canvas

        def selected() -> bool:
            return editor.editable and bool(editor.selected)

        def preview(form: Form) -> Callable[[], None]:
            def begin() -> None:
                self._when_loaded(lambda: canvas.begin_preview(form))
                canvas.setFocus()

            return begin

        add(
            "join",
            "&Join",
            lambda: self._when_loaded(self._outlines.join),
            keys=("Ctrl+J",),
            icon="combine",
            tip="Make one character of the selected ones, which touch",
            when=lambda: editor.editable and len(editor.selected) > 1,
            separated=True,
        )
        add(
            "simplify",
            "Simpli&fy outlines",
            preview(Form.SIMPLIFY),
            keys=("Ctrl+R",),
            icon="spline",
            tip="Fewer vertices: Up and Down choose how many, Enter keeps",
            when=selected,
        )
        add(
            "smooth_outlines",
            "Smoot&h outlines",
            preview(Form.SMOOTH),
            keys=("Ctrl+Shift+R",),
            icon="waves",
            tip="Rounder corners: Up and Down choose how round, Enter keeps",
            when=selected,
        )
