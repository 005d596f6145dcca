"""``python -m tests.bench.record keyboard|mouse PROJECT CROP TEXT FOLDER``: annotate one plate and picture every step.

A copy of PROJECT is opened in a window of 1280 × 800; CROP (its file's stem) must be blank. With ``keyboard`` nothing
but keys is used: the text is typed, one vertex is moved, the crop is confirmed. With ``mouse`` nothing but the mouse:
each character is outlined by a drag around it with the box tool (where typing would find it) and gets its class from
the menu. FOLDER gets one numbered picture a step, and a line of what was done is printed for each.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from lpstudio.dataset.types import CropState
from tests.bench.window import open_window, settle

_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier
_PATIENCE = 600  # turns of 50 ms


class Recorder:
    """One window, and pictures of it."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.application, self.window, self.annotate = open_window(1280, 800)
        self.canvas = self.annotate.canvas
        self._count = 0
        self.window.open_project(project)
        self.wait(lambda: self.annotate.editor.document is not None)

    def wait(self, there: Callable[[], bool]) -> None:
        """Until something happened. Raises TimeoutError."""
        for _ in range(_PATIENCE):
            if there():
                settle(0.15)
                return
            settle(0.05)
        raise TimeoutError("what was waited for did not happen")

    def picture(self, what: str) -> None:
        """A picture of the window as it is now, menus and the pointer's cross included."""
        self._count += 1
        settle(0.1)
        shot = self.window.grab()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            painter = QPainter(shot)
            painter.drawPixmap(self.window.mapFromGlobal(popup.mapToGlobal(QPoint(0, 0))), popup.grab())
            painter.end()
        name = f"{self._count:02} {what}"
        shot.save(str(self.folder / f"{name.replace(' ', '_').replace('/', '-')}.png"))
        print(name, flush=True)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        """A key where the focus is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)
        settle(0.02)

    def keys(self, text: str) -> None:
        for char in text:
            QTest.keyClicks(QApplication.focusWidget() or self.window, char)

    def drag(self, start: tuple[float, float], end: tuple[float, float], what: str = "") -> None:
        """Press at one place of the crop, move, picture what is seen when ``what`` is said, release at another."""
        first, last = (self.canvas.to_widget(*place).toPoint() for place in (start, end))
        QTest.mouseMove(self.canvas, first)
        QTest.mousePress(self.canvas, _LEFT, _NONE, first)
        for step in range(1, 9):
            place = QPointF(first + (last - first) * step / 8)
            where = QPointF(self.canvas.mapToGlobal(place.toPoint()))
            event = QMouseEvent(QMouseEvent.Type.MouseMove, place, where, Qt.MouseButton.NoButton, _LEFT, _NONE)
            QApplication.sendEvent(self.canvas, event)
        if what:
            self.picture(what)
        QTest.mouseRelease(self.canvas, _LEFT, _NONE, last)

    def button(self, name: str) -> None:
        for kind in (QToolButton, QPushButton):
            found = self.annotate.bar.findChild(kind, name)
            if isinstance(found, QWidget):
                QTest.mouseClick(found, _LEFT)

    def close(self) -> None:
        self.window.abandon_project()
        self.window.close()
        self.application.processEvents()


def _open(recorder: Recorder, crop: str) -> None:
    model = recorder.annotate.crops.model
    keys = [key for key in map(model.key_at, range(model.rowCount())) if Path(key).stem == crop]
    recorder.annotate.show_crop(keys[0])
    recorder.wait(lambda: recorder.annotate.editor.document is not None and recorder.annotate.desk.current == keys[0])
    recorder.canvas.setFocus()


def by_keyboard(recorder: Recorder, crop: str, text: str) -> None:
    """Text, Enter, one vertex moved, Enter."""
    _open(recorder, crop)
    document = recorder.annotate.editor.document
    assert document is not None
    recorder.picture("blank")
    recorder.keys(text[:3])
    recorder.picture("typing the text")
    recorder.keys(text[3:])
    recorder.key(Qt.Key.Key_Return)
    recorder.wait(lambda: len(document.content.items) == len(text))
    recorder.picture("text and Enter")
    recorder.key(Qt.Key.Key_F2)
    recorder.key(Qt.Key.Key_F2)
    recorder.picture("second character")
    recorder.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    recorder.key(Qt.Key.Key_F12)
    recorder.key(Qt.Key.Key_F12)
    recorder.picture("zoomed, a vertex chosen")
    for _ in range(3):
        recorder.key(Qt.Key.Key_Left)
    recorder.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    recorder.picture("vertex moved")
    recorder.key(Qt.Key.Key_Escape)
    QTest.keyPress(recorder.canvas, Qt.Key.Key_Period)
    recorder.picture("overlay hidden while the period is held")
    QTest.keyRelease(recorder.canvas, Qt.Key.Key_Period)
    recorder.key(Qt.Key.Key_Escape)
    recorder.key(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    recorder.picture("seen as a whole")
    recorder.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    for key, times in ((Qt.Key.Key_Right, 2), (Qt.Key.Key_Down, 1)):
        for _ in range(times):
            recorder.key(key, Qt.KeyboardModifier.ShiftModifier)
        recorder.key(Qt.Key.Key_Space)
    recorder.picture("drawing with arrows and Space")
    recorder.key(Qt.Key.Key_Escape)
    recorder.key(Qt.Key.Key_Escape)
    _confirm(recorder, document.key, lambda: recorder.key(Qt.Key.Key_Return))


def by_mouse(recorder: Recorder, crop: str, text: str) -> None:
    """A box around each character, its class from the menu, the button that verifies."""
    from lpstudio.reading.pictures import load_picture
    from lpstudio.reading.typed import propose

    _open(recorder, crop)
    document = recorder.annotate.editor.document
    assert document is not None and recorder.window.session is not None
    polygons = propose(load_picture(recorder.window.session.project.image_path(document.key)).pixels, text).polygons
    recorder.picture("blank")
    recorder.button("button_box_tool")
    for place, polygon in enumerate(polygons):
        xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
        around = (min(xs) - 1.5, min(ys) - 2), (max(xs) + 1.5, max(ys) + 2)
        recorder.drag(*around, what="a box around a character" if place == 1 else "")
        recorder.wait(lambda number=place + 1: len(document.content.items) == number)
    recorder.picture("all outlined")
    recorder.button("button_select_tool")
    for place, char in enumerate(text):
        points = polygons[place]
        x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
        where = recorder.canvas.to_widget(x, y).toPoint()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, recorder.canvas.mapToGlobal(where))
        QApplication.sendEvent(recorder.canvas, event)
        if place == 2:
            recorder.picture("the class from the menu")
        menu = QApplication.activePopupWidget()
        assert menu is not None
        button = menu.findChild(QToolButton, f"class_{char}")
        assert isinstance(button, QToolButton)
        QTest.mouseClick(button, _LEFT)
        recorder.wait(lambda: QApplication.activePopupWidget() is None)
    recorder.picture("all named")
    polygon = (
        document.selected[0].character.polygon if document.selected else document.content.items[-1].character.polygon
    )
    recorder.drag(polygon[0], (polygon[0][0] - 3, polygon[0][1] - 2), what="a vertex in hand, magnified")
    recorder.picture("vertex moved")
    _confirm(recorder, document.key, lambda: recorder.button("button_verify"))


def _confirm(recorder: Recorder, key: str, act: Callable[[], object]) -> None:
    session = recorder.window.session
    assert session is not None
    act()
    recorder.wait(lambda: session.state(key) is CropState.VERIFIED or bool(recorder.annotate.words.word.text()))
    recorder.wait(lambda: recorder.annotate.editor.document is not None)
    recorder.picture(f"{session.state(key)}")


def main() -> int:
    """See the module's docstring."""
    how, project, crop, text, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="lpstudio-record-", ignore_cleanup_errors=True) as place:
        os.environ["LPSTUDIO_SETTINGS"] = str(Path(place) / "settings")
        copy = Path(place) / "project"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".lpstudio", "runs"))
        recorder = Recorder(copy, Path(folder))
        (by_keyboard if how == "keyboard" else by_mouse)(recorder, crop, text)
        recorder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
