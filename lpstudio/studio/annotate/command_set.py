"""The commands of Annotate: one table entry each, for menu, toolbar, shortcut and palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.filters import UNVERIFIED
from lpstudio.studio.commands import Command

if TYPE_CHECKING:
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace

_Run = Callable[[], object]


class Register:
    def __init__(self, workspace: AnnotateWorkspace) -> None:
        self._table = workspace.studio.commands

    def __call__(
        self,
        name: str,
        title: str,
        run: Callable[[], object] | Callable[[bool], object],
        *,
        menu: str = "Annotate",
        keys: tuple[str, ...] = (),
        icon: str = "",
        tip: str = "",
        when: Callable[[], bool] | None = None,
        checkable: bool = False,
        separated: bool = False,
    ) -> None:
        command = Command(f"annotate.{name}", title, menu, keys, icon, tip, "annotate", checkable, separated)
        self._table.register(command, run, available=when)


def register(workspace: AnnotateWorkspace) -> Iterator[None]:
    """Register everything that Annotate can do, in slices."""
    add = Register(workspace)
    _edit(workspace, add)
    yield
    _crop(workspace, add)
    yield
    _view(workspace, add)


def _edit(w: AnnotateWorkspace, add: Register) -> None:
    editor = w.editor

    def selected() -> bool:
        return editor.editable and bool(editor.selected)

    def several() -> bool:
        return editor.document is not None and bool(editor.document.content.items)

    def can_undo() -> bool:
        return editor.editable and editor.document is not None and bool(editor.document.history.undo_title)

    def can_redo() -> bool:
        return editor.editable and editor.document is not None and bool(editor.document.history.redo_title)

    edit = "Edit"
    add("undo", "&Undo", editor.undo, menu=edit, keys=("Ctrl+Z",), icon="undo-2", when=can_undo)
    add("redo", "&Redo", editor.redo, menu=edit, keys=("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo-2", when=can_redo)
    add("cut", "Cu&t", w.clipboard.cut, menu=edit, keys=("Ctrl+X",), icon="scissors", when=selected, separated=True)
    add("copy", "&Copy", w.clipboard.copy, menu=edit, keys=("Ctrl+C",), icon="copy", when=lambda: bool(editor.selected))
    add("paste", "&Paste", w.clipboard.paste, menu=edit, keys=("Ctrl+V",), icon="clipboard-paste", when=w.can_paste)
    add("duplicate", "Dup&licate", w.clipboard.duplicate, menu=edit, keys=("Ctrl+D",), icon="layers", when=selected)
    add("delete", "&Delete", w.delete, menu=edit, keys=("Delete",), icon="trash-2", when=selected)
    add(
        "select_all",
        "Select &all",
        editor.select_all,
        menu=edit,
        keys=("Ctrl+A",),
        icon="square-dashed-mouse-pointer",
        when=several,
        separated=True,
    )
    add(
        "select_tool",
        "Select and &edit",
        lambda _checked: w.choose_tool(Tool.SELECT),
        keys=("Ctrl+Shift+E",),
        icon="mouse-pointer-2",
        tip="Select, move and reshape characters",
        checkable=True,
    )
    add(
        "draw_tool",
        "&Draw characters",
        lambda _checked: w.choose_tool(Tool.DRAW),
        keys=("Ctrl+E", "Insert"),
        icon="pen-tool",
        tip="Draw polygons: click the vertices; double click, Enter or the first vertex closes",
        checkable=True,
    )
    w.outlines.register_tools(add, w.choose_tool)
    add(
        "unreadable",
        "Mark &unreadable",
        editor.toggle_unreadable,
        keys=("Ctrl+U",),
        icon="eye-off",
        tip="Mark unreadable: kept, never trained on",
        when=selected,
        separated=True,
    )
    add(
        "take_second",
        "Take the &second candidate",
        editor.take_second,
        icon="arrow-left-right",
        tip="Take the second candidate (Tab in canvas and strip)",
        when=selected,
    )
    w.outlines.register_forms(add)
    w.aids.register(add)
    add(
        "edit_text",
        "Plate &text…",
        w.verdict.edit_text,
        keys=("Ctrl+T",),
        icon="text-cursor-input",
        tip="Type the plate's text",
        separated=True,
    )
    add(
        "lay_text",
        "&Lay the text on the characters",
        w.verdict.lay_text,
        keys=("Ctrl+L",),
        icon="spell-check",
        when=lambda: editor.editable and bool(w.verdict.plate_text()),
        tip="Lay the text on the characters; where none is drawn, they are looked for",
    )
    add(
        "drop_unread",
        "Drop label lines that are not understood",
        editor.drop_unread,
        icon="file",
        when=lambda: editor.editable and editor.document is not None and bool(editor.document.content.unread),
    )


def _crop(w: AnnotateWorkspace, add: Register) -> None:
    editor = w.editor

    def open_crop() -> bool:
        return editor.editable

    def listed() -> bool:
        return w.crops.model.rowCount() > 0

    add(
        "verify",
        "&Verify and go on",
        w.verdict.verify,
        keys=("Ctrl+Return", "Ctrl+Enter"),
        icon="badge-check",
        tip="Confirm this crop and go to the next one to verify",
        when=open_crop,
        separated=True,
    )
    add(
        "verify_empty",
        "&No characters",
        w.verdict.verify_empty,
        keys=("Ctrl+Shift+Return",),
        icon="square-dashed",
        tip="Confirm that there are no characters on this crop, and go on",
        when=open_crop,
    )
    add(
        "ignore",
        "&Ignore crop",
        lambda _checked: w.verdict.toggle_ignored(),
        keys=("Ctrl+I",),
        icon="ban",
        tip="Leave this crop out of training and counts, or take it back in",
        when=open_crop,
        checkable=True,
    )
    add(
        "next",
        "Ne&xt crop",
        lambda: w.walk.go_by(1),
        keys=("PgDown", "Ctrl+Right"),
        icon="chevron-right",
        when=listed,
        separated=True,
    )
    add(
        "previous",
        "&Previous crop",
        lambda: w.walk.go_by(-1),
        keys=("PgUp", "Ctrl+Left"),
        icon="chevron-left",
        when=listed,
    )
    add(
        "next_unlabelled",
        "Next unla&belled",
        lambda: w.walk.go_to_state(frozenset([CropState.UNLABELLED]), "unlabelled"),
        keys=("Ctrl+Down",),
        icon="circle-dashed",
        when=listed,
    )
    add(
        "previous_unlabelled",
        "Previous unlabelled",
        lambda: w.walk.go_to_state(frozenset([CropState.UNLABELLED]), "unlabelled", -1),
        keys=("Ctrl+Up",),
        icon="circle-dashed",
        when=listed,
    )
    add(
        "next_unverified",
        "Next to verif&y",
        lambda: w.walk.go_to_state(UNVERIFIED, "to verify"),
        keys=("Ctrl+Shift+Down",),
        icon="list-checks",
        when=listed,
    )
    add(
        "previous_unverified",
        "Previous to verify",
        lambda: w.walk.go_to_state(UNVERIFIED, "to verify", -1),
        keys=("Ctrl+Shift+Up",),
        icon="list-checks",
        when=listed,
    )
    add("find", "&Find crops", w.find_crops, menu="Edit", keys=("Ctrl+F",), icon="search", tip="Find crops by name")
    add("show_all", "Show all crops", w.crops.clear_filter, menu="Edit", keys=("Ctrl+Shift+F",), icon="list-filter")


def _view(w: AnnotateWorkspace, add: Register) -> None:
    canvas = w.canvas
    view = "View"
    add(
        "zoom_in",
        "Zoom &in",
        lambda: canvas.zoom_by(1.5),
        menu=view,
        keys=("Ctrl++", "Ctrl+="),
        icon="zoom-in",
        separated=True,
    )
    add("zoom_out", "Zoom &out", lambda: canvas.zoom_by(1 / 1.5), menu=view, keys=("Ctrl+-",), icon="zoom-out")
    add("zoom_fit", "&Fit", canvas.fit, menu=view, keys=("Ctrl+0",), icon="maximize", tip="Show the whole crop")
    add(
        "zoom_one",
        "One to one",
        canvas.one_to_one,
        menu=view,
        keys=("Ctrl+Alt+0",),
        icon="scan",
        tip="One pixel of the crop on one of the screen",
    )
    add(
        "zoom_selection",
        "Zoom to the selection",
        lambda: canvas.zoom_to(canvas.selection),
        menu=view,
        keys=("Ctrl+Alt+F",),
        icon="locate",
        when=lambda: bool(canvas.selection),
    )
    add(
        "smooth",
        "S&mooth picture",
        w.set_smooth,
        menu=view,
        keys=("Ctrl+M",),
        icon="blend",
        tip="Smooth enlargement, or the pixels as they are",
        checkable=True,
        separated=True,
    )
    w.display.register(add, w.studio.commands)
    w.captures.register(add)
    add(
        "overlay",
        "Show &outlines",
        canvas.set_overlay,
        menu=view,
        keys=("Ctrl+H",),
        icon="eye",
        tip="Show outlines; hold the period key to hide them for a moment",
        checkable=True,
        separated=True,
    )
    add("labels", "Show labe&ls", canvas.set_labels, menu=view, keys=("Ctrl+Shift+H",), icon="tags", checkable=True)
    add(
        "list_panel",
        "Crop list",
        w.show_list,
        menu=view,
        keys=("Ctrl+B",),
        icon="panel-left",
        checkable=True,
        separated=True,
    )
    add(
        "inspector_panel",
        "Inspector",
        w.show_inspector,
        menu=view,
        keys=("Ctrl+Shift+B",),
        icon="panel-right",
        checkable=True,
    )
    add("density", "Compact list, list or filmstrip", w.crops.next_density, menu=view, icon="rows-2")
    for name in ("overlay", "labels", "list_panel", "inspector_panel", "select_tool"):
        w.studio.commands.action(f"annotate.{name}").setChecked(True)
