"""A scripted person annotates every plate of a plan in labelme: polygon by polygon, a dialog for each label.

Runs in labelme's own process. As in LP Studio the person knows what is right and does the least that makes it so: a
double click on a polygon opens its label, a drag moves it, what has another form is deleted and drawn again.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from pathlib import Path
from typing import Any

from tests.bench.hand import Effort, Hand, wait_until
from tests.bench.hands import PaintWatch, Qt, activate, settle
from tests.bench.qt import QtCore, QtWidgets

CONTROL = Qt.KeyboardModifier.ControlModifier
_SAME_PLACE = 0.05  # of a character's height: how far apart two equal outlines may lie
_DIALOG_S = 2.0  # until a dialog has the keyboard
_LOOK_MS = 5  # how often it is looked whether the dialog is there


class Person:
    """The hand of the session."""

    def __init__(self, tool: Any, window: Any) -> None:
        self.tool = tool
        self.window = window
        self.hand = Hand(window)
        self._label: str | None = None
        self._looking = QtCore.QTimer()
        self._looking.setInterval(_LOOK_MS)
        self._looking.timeout.connect(self._answer)

    @property
    def canvas(self) -> Any:
        return self.tool.canvas

    def place(self, x: float, y: float) -> Any:
        return self.tool.to_widget(x, y).toPoint()

    # -- the label dialog -----------------------------------------------------------------------------------------

    def labelled(self, char: str, act: Any) -> None:
        """Do what opens the dialog; in it, type the class and press Enter."""
        self._label = char
        self._looking.start()
        act()
        wait_until(lambda: self._label is None, f"the dialog for {char}")

    def _answer(self) -> None:
        dialog = QtWidgets.QApplication.activeModalWidget()
        if dialog is None or not dialog.isVisible() or self._label is None:
            return
        self._looking.stop()
        char, self._label = self._label, None
        with contextlib.suppress(TimeoutError):  # its own field takes keys all the same
            activate(dialog, _DIALOG_S)
        self.hand.text(char)
        self.hand.key(Qt.Key.Key_Return)

    def press(self, key: Any, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """A key in the main window: a closed dialog gives it the keyboard back, as a window manager sees to."""
        activate(self.window)
        if QtWidgets.QApplication.focusWidget() is None:
            self.canvas.setFocus()
        self.hand.key(key, modifiers)

    # -- acts -------------------------------------------------------------------------------------------------------

    @property
    def is_creating(self) -> bool:
        return self.canvas.mode.name == "CREATE"

    def creating(self, create: bool) -> None:
        """Take the polygon tool in hand, or put it back, by its key."""
        if self.is_creating != create:
            self.press(Qt.Key.Key_N if create else Qt.Key.Key_J, CONTROL)
        wait_until(lambda: self.is_creating == create, "the tool")

    def draw(self, char: str, outline: list[list[float]]) -> None:
        self.creating(True)
        count = len(self.canvas.shapes)

        def act() -> None:
            for x, y in outline:
                self.hand.click(self.canvas, self.place(x, y))
                if self._label is None:
                    return  # this vertex was so near to the first one that it closed the polygon
            self.press(Qt.Key.Key_Return)

        self.labelled(char, act)
        wait_until(lambda: len(self.canvas.shapes) == count + 1, "the polygon")

    def delete(self, inside: list[float]) -> None:
        self.creating(False)
        count = len(self.canvas.shapes)
        self.hand.click(self.canvas, self.place(*inside))
        self.press(Qt.Key.Key_Delete)
        wait_until(lambda: len(self.canvas.shapes) == count - 1, "the polygon to be gone")

    def relabel(self, char: str, inside: list[float]) -> None:
        self.creating(False)
        self.labelled(char, lambda: self.hand.double_click(self.canvas, self.place(*inside)))

    def shift(self, polygon: list[list[float]], inside: list[float], to: list[list[float]]) -> None:
        self.creating(False)
        (x1, y1), (x2, y2) = corner(polygon), corner(to)
        x, y = inside
        self.hand.drag(self.canvas, self.place(x, y), self.place(x + x2 - x1, y + y2 - y1))

    # -- a plate ----------------------------------------------------------------------------------------------------

    def annotate_plate(self, plate: dict[str, Any]) -> None:
        """All that is wrong with the draft, or everything where there is none."""
        left = list(plate["draft"] or [])
        todo = []
        for (char, polygon), outline in zip(plate["truth"], plate["draw"], strict=True):
            there = min(left, key=lambda one: apart(one[1], polygon), default=None)
            if there is None or apart(there[1], polygon) > size(polygon) / 2:
                todo.append((char, outline))
                continue
            left.remove(there)
            if apart(there[1], polygon) <= _SAME_PLACE * size(polygon):
                if there[0] != char:
                    self.relabel(char, there[2])
            elif abs(size(there[1]) - size(polygon)) < 0.1 * size(polygon):
                self.shift(there[1], there[2], polygon)
            else:
                self.delete(there[2])
                todo.append((char, outline))
        for _char, _polygon, inside in left:
            self.delete(inside)
        for char, outline in todo:
            self.draw(char, outline)


def middle(polygon: list[list[float]]) -> tuple[float, float]:
    """The mean of its vertices."""
    return sum(x for x, _ in polygon) / len(polygon), sum(y for _, y in polygon) / len(polygon)


def corner(polygon: list[list[float]]) -> tuple[float, float]:
    return min(x for x, _ in polygon), min(y for _, y in polygon)


def size(polygon: list[list[float]]) -> float:
    return max(y for _, y in polygon) - min(y for _, y in polygon)


def apart(one: list[list[float]], other: list[list[float]]) -> float:
    """How far two outlines' places lie apart, in px of the image."""
    return math.dist(middle(one), middle(other))


def plates(tool: Any, folder: str, plan_file: str) -> dict[str, Any]:
    """Annotate every plate of the plan; tell the effort of each."""
    window = tool.window
    window.setGeometry(0, 0, 1920, 1080)
    plan = {Path(plate["key"]).stem: plate for plate in json.loads(Path(plan_file).read_text())}
    watch = PaintWatch(tool.canvas, lambda: int(tool.canvas.pixmap.cacheKey()))
    tool.open_folder(Path(folder))
    watch.wait()
    settle(1.0)
    person = Person(tool, window)
    done: dict[str, dict[str, float]] = {}
    while len(done) < len(plan):
        plate = plan[Path(window._image_path).stem]
        person.hand.effort = Effort()
        began = time.perf_counter()
        person.annotate_plate(plate)
        watch.expect()
        person.press(Qt.Key.Key_D)
        if len(done) + 1 < len(plan):
            watch.wait()
        person.hand.effort.seconds = time.perf_counter() - began
        done[plate["key"]] = person.hand.effort.to_dict()
    settle(1.0)
    window._wait_for_save()
    return {"plates": done}
