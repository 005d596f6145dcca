"""What the right button opens: the commands of what is under it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from lpstudio.studio.annotate.class_grid import add_class_grid
from lpstudio.studio.annotate.edit_canvas import EditCanvas
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.widgets.canvas_geometry import Part

_CHARACTER = (
    "take_second", "unreadable", "", "cut", "copy", "duplicate", "delete", "", "join", "simplify",
    "smooth_outlines", "", "zoom_selection",
)  # fmt: skip
_PICTURE = (
    "draw_tool", "magic_tool", "box_tool", "knife_tool", "paste", "select_all", "", "lay_text", "edit_text", "",
    "verify", "verify_empty", "ignore", "", "zoom_fit", "zoom_one", "smooth", "overlay", "labels",
)  # fmt: skip


def _menu(commands: CommandTable, canvas: EditCanvas, names: tuple[str, ...]) -> QMenu:
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if names is _CHARACTER and canvas.selection:
        label = canvas.shapes[canvas.selection[-1]].label
        add_class_grid(menu, canvas.typed.emit, label)
    for name in names:
        if name:
            menu.addAction(commands.action(f"annotate.{name}"))
        else:
            menu.addSeparator()
    return menu


def open_character_menu(commands: CommandTable, canvas: EditCanvas, place: QPoint) -> None:
    """The commands of the selected character, at a place of the screen."""
    _menu(commands, canvas, _CHARACTER).popup(place)


def open_canvas_menu(commands: CommandTable, canvas: EditCanvas, index: int | None, place: QPoint) -> None:
    """The commands of the shape at ``index`` (and of the vertex under the pointer), or of the crop for None."""
    menu = _menu(commands, canvas, _PICTURE if index is None else _CHARACTER)
    hovered = canvas.hovered
    on_vertex = hovered is not None and hovered.part is Part.VERTEX and hovered.index == index
    if index is not None and hovered is not None and on_vertex and len(canvas.shapes[index].points) > 3:
        first = menu.actions()[0]
        action = menu.addAction("Delete this vertex")
        action.triggered.connect(lambda: canvas.delete_vertex(hovered))
        menu.insertAction(first, action)
    menu.popup(place)
