"""The studio in the measured process, driven by events, watched through its paint events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtWidgets import QApplication

from lpstudio.studio.app import make_application
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings
from tests.bench.hands import PaintWatch, activate, settle

if TYPE_CHECKING:
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace

__all__ = ["PictureWatch", "open_window", "settle", "workspace_of"]


def open_window(width: int = 1920, height: int = 1080) -> tuple[QApplication, MainWindow, AnnotateWorkspace]:
    """The window as a person gets it, shown and settled, in Annotate."""
    from lpstudio.studio import theme

    application = make_application(["lpstudio"])
    settings = open_settings()
    theme.install(application, "dark")
    window = MainWindow(settings)
    window.resize(width, height)
    window.show()
    annotate = cast("AnnotateWorkspace", workspace_of(window, "annotate"))
    activate(window)
    settle(0.5)
    return application, window, annotate


def workspace_of(window: MainWindow, name: str) -> Any:
    """A workspace by its id, built if need be. Raises RuntimeError, with what the window says, when it cannot be."""
    found = window.workspace(name)
    if found is None:
        raise RuntimeError(window.notice_bar.label.text() or f"there is no workspace {name}")
    return found


class PictureWatch(PaintWatch):
    """Watches the canvas of Annotate."""

    def __init__(self, annotate: AnnotateWorkspace) -> None:
        canvas = annotate.canvas
        super().__init__(canvas, lambda: 0 if canvas.picture is None else int(canvas.picture.cacheKey()))
