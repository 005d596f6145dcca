"""Handles on the other tools' windows: what a person's hands would reach. Imported in the tools' own processes only.

They reach into private names of pinned versions; another version may need other names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.bench.qt import QtCore, QtWidgets


class Tool(Protocol):
    """One tool: its program and, once the window stands, its canvas."""

    arguments: tuple[str, ...]
    window: Any

    def main(self) -> object: ...
    def attach(self, window: Any) -> None: ...
    @property
    def canvas(self) -> Any: ...
    @property
    def place_of_keys(self) -> Any: ...
    def open_folder(self, folder: Path) -> None: ...
    def to_widget(self, x: float, y: float) -> Any: ...
    def points(self, index: int) -> list[tuple[float, float]]: ...
    def edit_mode(self) -> None: ...
    def forget_changes(self) -> None: ...


class Labelme:
    """labelme 7."""

    arguments: tuple[str, ...] = ()
    window: Any

    def main(self) -> object:
        from labelme.__main__ import main

        return main()

    def attach(self, window: Any) -> None:
        self.window = window

    @property
    def canvas(self) -> Any:
        return self.window._canvas_widgets.canvas

    @property
    def place_of_keys(self) -> Any:
        return self.window

    def open_folder(self, folder: Path) -> None:
        self.window._load_from_file_or_dir(file_or_dir=str(folder))  # what File > Open Folder does after its dialog

    def to_widget(self, x: float, y: float) -> Any:
        return self.canvas.transform_image_point_to_widget(QtCore.QPointF(x, y))

    def points(self, index: int) -> list[tuple[float, float]]:
        return [(float(p[0]), float(p[1])) if not hasattr(p, "x") else (p.x(), p.y())
                for p in self.canvas.shapes[index].points]  # fmt: skip

    def edit_mode(self) -> None:
        self.window._switch_canvas_mode(edit=True, create_mode=None)

    def forget_changes(self) -> None:
        self.window.mark_clean()


class XAnyLabeling:
    """X-AnyLabeling 4."""

    arguments: tuple[str, ...] = ("--no-auto-update-check",)
    window: Any

    def main(self) -> object:
        from anylabeling.app import main

        return main()

    def attach(self, window: Any) -> None:
        self.window = window
        self.view = window.labeling_widget.view

    @property
    def canvas(self) -> Any:
        return self.view.canvas

    @property
    def place_of_keys(self) -> Any:
        return self.view

    def open_folder(self, folder: Path) -> None:
        self.view.import_image_folder(str(folder))  # what File > Open Folder does after its dialog

    def to_widget(self, x: float, y: float) -> Any:
        canvas = self.canvas
        return (QtCore.QPointF(x, y) + canvas.offset_to_center()) * canvas.scale

    def points(self, index: int) -> list[tuple[float, float]]:
        return [(point.x(), point.y()) for point in self.canvas.shapes[index].points]

    def edit_mode(self) -> None:
        self.view.set_edit_mode()

    def forget_changes(self) -> None:
        self.view.set_clean()


TOOLS: dict[str, Callable[[], Tool]] = {"labelme": Labelme, "x-anylabeling": XAnyLabeling}


def main_window() -> Any:
    """The program's window."""
    return next(w for w in QtWidgets.QApplication.topLevelWidgets() if isinstance(w, QtWidgets.QMainWindow))
