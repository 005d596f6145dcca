"""What helps the hand while drawing: snapping, no overlap, and the commands of the keyboard's own editing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.key_canvas import KeyCanvas
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.widgets.canvas_geometry import FloatArray

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register


class DrawingAids(QObject):
    """Switches that are remembered, and commands that move through characters and vertices."""

    def __init__(self, editor: CropEditor, canvas: KeyCanvas, settings: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._canvas = canvas
        self._settings = settings
        self._jobs = Jobs(self, threads=1)
        canvas.vertex_nudged.connect(self._vertex_nudged)

    def _vertex_nudged(self, index: int, points: FloatArray) -> None:
        document = self._editor.document
        if document is not None and index < len(document.content.items):
            self._editor.nudge_vertex(document.content.items[index].id, points)

    # -- switches -----------------------------------------------------------------------------------------------

    def _set_snapping(self, on: bool) -> None:
        self._canvas.set_snapping(on)
        self._settings.setValue("annotate/snap", on)
        self._editor.said.emit(
            "Vertices snap to neighbours; hold Ctrl to place one freely" if on else "Vertices do not snap"
        )

    def _set_no_overlap(self, on: bool) -> None:
        self._use_no_overlap(on)
        self._settings.setValue("annotate/no_overlap", on)
        self._editor.said.emit(
            "A finished outline is cut back where it overlaps neighbours" if on else "Outlines may overlap"
        )

    def _use_no_overlap(self, on: bool) -> None:
        self._editor.no_overlap = on
        if on:  # the geometry takes a moment to load: not in the middle of a gesture
            self._jobs.run(lambda: importlib.import_module("shapely"), lambda _module: None)

    def restore(self, commands: CommandTable) -> None:
        """As it was the last time."""
        snap = bool(self._settings.value("annotate/snap", False, bool))
        no_overlap = bool(self._settings.value("annotate/no_overlap", False, bool))
        self._canvas.set_snapping(snap)
        self._use_no_overlap(no_overlap)
        commands.action("annotate.snap").setChecked(snap)
        commands.action("annotate.no_overlap").setChecked(no_overlap)

    def close(self) -> None:
        """The window closes."""
        self._jobs.close()

    # -- commands -----------------------------------------------------------------------------------------------

    def register(self, add: Register) -> None:
        """Beside the tools."""
        editor, canvas = self._editor, self._canvas

        def any_drawn() -> bool:
            return editor.document is not None and bool(editor.document.content.items)

        def one_selected() -> bool:
            return editor.editable and len(editor.selected) == 1

        add(
            "snap",
            "S&nap to neighbours",
            lambda checked: self._set_snapping(bool(checked)),
            keys=("Ctrl+Shift+S",),
            icon="locate",
            tip="Vertices snap to vertices and edges of neighbours; hold Ctrl to place one freely",
            checkable=True,
            separated=True,
        )
        add(
            "no_overlap",
            "No o&verlap with neighbours",
            lambda checked: self._set_no_overlap(bool(checked)),
            keys=("Ctrl+Shift+X",),
            icon="layers",
            tip="A finished outline is cut back where it overlaps neighbours",
            checkable=True,
        )
        add(
            "next_character",
            "Next character",
            lambda: editor.step(1),
            keys=("F2",),
            icon="arrow-right",
            tip="Select the next character in reading order (also Space)",
            when=any_drawn,
            separated=True,
        )
        add(
            "previous_character",
            "Previous character",
            lambda: editor.step(-1),
            keys=("Shift+F2",),
            icon="arrow-left",
            tip="Select the previous character in reading order (also Backspace)",
            when=any_drawn,
        )
        add(
            "next_vertex",
            "Next vertex",
            lambda: canvas.step_vertex(1),
            keys=("F12",),
            icon="step-forward",
            tip="Choose the next vertex of the selected character; arrows move it, Backspace deletes it",
            when=one_selected,
        )
        add(
            "previous_vertex",
            "Previous vertex",
            lambda: canvas.step_vertex(-1),
            keys=("Shift+F12",),
            icon="step-back",
            tip="Choose the previous vertex of the selected character",
            when=one_selected,
        )
        add(
            "insert_vertex",
            "Insert a vertex",
            canvas.insert_after_vertex,
            keys=("Ctrl+Insert",),
            icon="plus",
            tip="Insert a vertex after the chosen one, in the middle of the edge",
            when=one_selected,
        )
        add(
            "delete_vertex",
            "Delete the vertex",
            canvas.delete_chosen_vertex,
            keys=("Ctrl+Backspace",),
            icon="x",
            tip="Delete the chosen vertex (also Backspace)",
            when=one_selected,
        )
