"""Hands for tests of Annotate: they press real buttons and keys, and read what is on the screen or on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.drawing_canvas import Tool
from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.main_window import MainWindow

Points = Sequence[tuple[float, float]]
_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier


class Hands:
    """Acts on one window, in pixels of the crop."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        workspace = window.workspace("annotate")
        assert isinstance(workspace, AnnotateWorkspace)
        self.annotate = workspace
        self.canvas = workspace.canvas
        self.strip = workspace.strip
        self.wait_open()

    # -- waiting and looking ----------------------------------------------------------------------------------------

    def wait_open(self, stem: str = "") -> None:
        """Until a crop (this one) can be edited."""

        def there() -> bool:
            document = self.annotate.editor.document
            return document is not None and (not stem or Path(document.key).stem == stem)

        self.qtbot.waitUntil(there, timeout=10000)
        QApplication.processEvents()

    def wait_saved(self) -> None:
        session = self.window.session
        assert session is not None
        self.qtbot.waitUntil(lambda: session.pending == 0, timeout=10000)

    @property
    def document(self) -> Document:
        document = self.annotate.editor.document
        assert document is not None
        return document

    @property
    def chars(self) -> str:
        """What the strip reads."""
        return "".join(cell.char or "?" for cell in self.strip.cells)

    @property
    def polygons(self) -> list[list[tuple[float, float]]]:
        """The polygons on the canvas."""
        return [[(x, y) for x, y in shape.points.tolist()] for shape in self.canvas.shapes]

    @property
    def said(self) -> str:
        label = self.annotate.findChild(QLabel, "said")
        assert isinstance(label, QLabel)
        return label.text()

    def state(self) -> CropState:
        return self.document.content.state

    def label_file(self) -> Path:
        assert self.window.session is not None
        return self.window.session.project.label_path(self.document.key)

    def label_lines(self) -> list[str]:
        self.wait_saved()
        return self.label_file().read_text().splitlines()

    # -- mouse ------------------------------------------------------------------------------------------------------

    def place(self, x: float, y: float) -> QPoint:
        return self.canvas.to_widget(x, y).toPoint()

    def point(self, x: float, y: float) -> None:
        """Move the pointer without a button."""
        QTest.mouseMove(self.canvas, self.place(x, y))
        self._send(QMouseEvent.Type.MouseMove, self.place(x, y), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        QTest.mouseClick(self.canvas, _LEFT, modifiers, self.place(x, y))

    def double_click(self, x: float, y: float) -> None:
        """As a hand does it: two presses at one place."""
        self.click(x, y)
        QTest.mouseDClick(self.canvas, _LEFT, _NONE, self.place(x, y))

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], modifiers: Qt.KeyboardModifier = _NONE
    ) -> None:
        """Press, move in steps, release."""
        first, last = self.place(*start), self.place(*end)
        self.point(*start)
        QTest.mousePress(self.canvas, _LEFT, modifiers, first)
        for step in range(1, 11):
            here = first + (last - first) * step / 10
            self._send(QMouseEvent.Type.MouseMove, here, Qt.MouseButton.NoButton, _LEFT, modifiers)
        QTest.mouseRelease(self.canvas, _LEFT, modifiers, last)

    def _send(
        self,
        kind: QMouseEvent.Type,
        place: QPoint,
        button: Qt.MouseButton,
        buttons: Qt.MouseButton,
        modifiers: Qt.KeyboardModifier = _NONE,
    ) -> None:
        local = QPointF(place)
        event = QMouseEvent(kind, local, QPointF(self.canvas.mapToGlobal(place)), button, buttons, modifiers)
        QApplication.sendEvent(self.canvas, event)

    # -- keys -------------------------------------------------------------------------------------------------------

    def keys(self, text: str, widget: QWidget | None = None) -> None:
        """Type letters and digits."""
        QTest.keyClicks(widget or self.canvas, text)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or self.canvas, key, modifiers)
        QApplication.processEvents()

    def command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        """A shortcut of the window."""
        QApplication.processEvents()
        self.key(key, modifiers)

    # -- whole gestures ---------------------------------------------------------------------------------------------

    def take_draw_tool(self) -> None:
        if self.canvas.tool is not Tool.DRAW:
            self.command(Qt.Key.Key_E)
        assert self.canvas.tool is Tool.DRAW

    def take_select_tool(self) -> None:
        while self.canvas.tool is Tool.DRAW:
            self.key(Qt.Key.Key_Escape)

    def draw(self, points: Points) -> None:
        """Draw a polygon: click its vertices, close it by Enter."""
        self.take_draw_tool()
        for x, y in points:
            self.click(x, y)
        self.key(Qt.Key.Key_Return)

    def go(self, stem: str) -> None:
        """To a crop by the list: click its row."""
        model, view = self.annotate.crops.model, self.annotate.crops.view
        rows = [row for row in range(model.rowCount()) if Path(model.key_at(row)).stem == stem]
        place = model.index(rows[0], 0)
        view.scrollTo(place)
        QTest.mouseClick(view.viewport(), _LEFT, _NONE, view.visualRect(place).center())
        self.wait_open(stem)


def box_points(x1: float, y1: float, x2: float, y2: float) -> list[tuple[float, float]]:
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
