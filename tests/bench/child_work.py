"""A scripted person annotates every plate of a plan in the window: ``child_work DATASET PLAN``.

The person sees what stands on the crop, knows what is right, and does the least that makes it so: types the text of a
blank crop, types over a wrong class, drags what lies beside its character, and has a wrong outline found anew in a box
(drawn by hand where that fails). Then the crop is verified.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from shapely import affinity

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.edit_canvas import Tool
from tests.bench.hand import Effort, Hand, wait_until
from tests.bench.plates_to_do import LEAST_IOU, iou, shape
from tests.bench.processes import tell
from tests.bench.window import PictureWatch, open_window, settle

CONTROL = Qt.KeyboardModifier.ControlModifier
_SAME = 0.25  # IoU from which an outline is taken for a character's
_PASSES = 4  # looks at a plate until it must be right
_HOPELESS = 0.5  # of what stands there, from which all of it is deleted
_TRIES = 2  # boxes without a right outline, until the person draws all others of the plate by hand
_BOX_MARGIN = 0.06  # of a character's height, around it


class Person:
    """Eyes and hand of the session."""

    def __init__(self, window: Any, annotate: Any) -> None:
        self.annotate = annotate
        self.canvas = annotate.canvas
        self.editor = annotate.editor
        self.hand = Hand(window)
        self.fixed = {"class": 0, "shift": 0, "outline": 0, "drawn": 0, "extra": 0, "begun anew": 0}
        self.boxes_failed = 0  # on this plate

    # -- eyes -------------------------------------------------------------------------------------------------------

    @property
    def items(self) -> list[Any]:
        document = self.editor.document
        return [] if document is None else list(document.content.items)

    def matched(self, truth: list[Any]) -> tuple[list[Any | None], list[Any]]:
        """Which item stands for each character of the truth, and those that stand for none."""
        left = self.items
        pairs = sorted(
            ((iou(item.character.polygon, polygon), place, item) for place, (_, polygon) in enumerate(truth)
             for item in left), key=lambda pair: -pair[0],
        )  # fmt: skip
        found: list[Any | None] = [None] * len(truth)
        for overlap, place, item in pairs:
            if overlap >= _SAME and found[place] is None and item in left:
                found[place] = item
                left.remove(item)
        return found, left

    # -- hand -------------------------------------------------------------------------------------------------------

    def place(self, x: float, y: float) -> QPoint:
        return self.canvas.to_widget(x, y).toPoint()

    def inside(self, item: Any) -> QPoint:
        """A place well inside an outline."""
        point = shape(item.character.polygon).representative_point()
        return self.place(point.x, point.y)

    def select(self, item: Any) -> None:
        self.hold(Tool.SELECT)
        self.hand.click(self.canvas, self.inside(item))
        if self.editor.document.selection != (item.id,):
            raise RuntimeError("the click did not select the character under it")

    def hold(self, tool: Tool) -> None:
        """Take a tool in hand by its key, if it is not there."""
        if self.canvas.tool is tool:
            return
        if tool is Tool.SELECT:
            self.hand.key(Qt.Key.Key_Escape)
        else:
            self.hand.key({Tool.MAGIC: Qt.Key.Key_G, Tool.DRAW: Qt.Key.Key_E}[tool], CONTROL)
        if self.canvas.tool is not tool:
            raise RuntimeError(f"the key did not bring the tool {tool.value}")

    # -- a plate ----------------------------------------------------------------------------------------------------

    def annotate_plate(self, plate: dict[str, Any]) -> None:
        """From what stands there to a verified crop."""
        self.boxes_failed = 0
        if plate["draft"] is None and not self.items:
            self.hand.text(plate["text"])
            self.hand.key(Qt.Key.Key_Return)
            wait_until(lambda: not self.annotate.typing.waiting, "the characters of the text")
        for _ in range(_PASSES):
            if self.correct(plate["truth"], plate["draw"]):
                break
        else:
            raise RuntimeError(f"{plate['key']} is still not right after {_PASSES} looks")
        self.hold(Tool.SELECT)
        if not self.editor.document.selection:
            self.hand.key(Qt.Key.Key_Return)
        if self.is_open(plate["key"]):
            self.hand.key(Qt.Key.Key_Return, CONTROL)
        wait_until(lambda: not self.is_open(plate["key"]), f"{plate['key']} to be verified")

    def is_open(self, key: str) -> bool:
        document = self.editor.document
        return document is not None and document.key == key and document.content.state is not CropState.VERIFIED

    def correct(self, truth: list[Any], draw: list[Any]) -> bool:
        """Correct all that is seen to be wrong; True when nothing was."""
        found, extra = self.matched(truth)
        wrong = [
            one for one, (_, polygon) in zip(found, truth, strict=True)
            if one is not None and iou(one.character.polygon, polygon) < LEAST_IOU
        ]  # fmt: skip
        if len(wrong) + len(extra) > len(self.items) * _HOPELESS:
            self.hand.key(Qt.Key.Key_A, CONTROL)
            self.hand.key(Qt.Key.Key_Delete)
            self.fixed["begun anew"] += 1
            found, extra = [None] * len(truth), []
        right = not extra
        for item in extra:
            self.select(item)
            self.hand.key(Qt.Key.Key_Delete)
            self.fixed["extra"] += 1
        for (char, polygon), outline, item in zip(truth, draw, found, strict=True):
            if item is not None and iou(item.character.polygon, polygon) < LEAST_IOU:
                right = False
                if self.shift(item, polygon):
                    item = next((one for one in self.items if one.id == item.id), None)
                else:
                    self.select(item)
                    self.hand.key(Qt.Key.Key_Delete)
                    item = None
            if item is None:
                right = False
                self.outline(char, polygon, outline)
            elif item.character.char != char:
                right = False
                self.select(item)
                self.hand.key(Qt.Key(ord(char)))
                self.fixed["class"] += 1
        return right

    def shift(self, item: Any, polygon: list[Any]) -> bool:
        """Drag an outline of the right form onto its character; False when its form is another."""
        ours, theirs = shape(item.character.polygon), shape(polygon)
        (x1, y1, *_), (x2, y2, *_) = ours.bounds, theirs.bounds
        moved = affinity.translate(ours, x2 - x1, y2 - y1)
        if moved.intersection(theirs).area < 0.85 * moved.union(theirs).area:
            return False
        self.hold(Tool.SELECT)
        start = self.inside(item)
        self.hand.drag(self.canvas, start, start + self.place(x2, y2) - self.place(x1, y1))
        self.fixed["shift"] += 1
        return True

    def outline(self, char: str, polygon: list[Any], draw: list[Any]) -> None:
        """A character that is not there: a box around it, else its vertices one by one; then its class."""
        before = {item.id for item in self.items}
        if self.boxes_failed >= _TRIES or not self.boxed(polygon, before):
            self.hold(Tool.DRAW)
            for x, y in draw:
                self.hand.click(self.canvas, self.place(x, y))
            self.hand.key(Qt.Key.Key_Return)
            self.fixed["drawn"] += 1
        if not self.added(before):
            raise RuntimeError("nothing was drawn")
        laid_later = self.editor.document.content.text and not any(item.character.char for item in self.items)
        if not self.added(before)[0].character.char and not laid_later:
            self.hand.key(Qt.Key(ord(char)))

    def boxed(self, polygon: list[Any], before: set[int]) -> bool:
        """Have the outline found in a box; what is not right is taken back."""
        self.hold(Tool.MAGIC)
        x1, y1, x2, y2 = shape(polygon).bounds
        margin = _BOX_MARGIN * (y2 - y1)
        said: list[str] = []
        self.editor.said.connect(said.append)
        self.hand.drag(self.canvas, self.place(x1 - margin, y1 - margin), self.place(x2 + margin, y2 + margin))
        wait_until(lambda: self.added(before) or any("No" in word for word in said), "an outline in the box")
        self.editor.said.disconnect(said.append)
        found = self.added(before)
        if found and iou(found[0].character.polygon, polygon) >= LEAST_IOU:
            self.fixed["outline"] += 1
            return True
        self.boxes_failed += 1
        if found:
            self.hand.key(Qt.Key.Key_Z, CONTROL)
        return False

    def added(self, before: set[int]) -> list[Any]:
        return [item for item in self.items if item.id not in before]


def work(dataset: Path, plan: list[dict[str, Any]]) -> None:
    """Annotate every plate; tell the effort of each."""
    application, window, annotate = open_window(1920, 1080)
    watch = PictureWatch(annotate)
    window.open_project(dataset)
    watch.wait()
    settle(1.0)
    annotate.canvas.setFocus()
    person = Person(window, annotate)
    plates = {plate["key"]: plate for plate in plan}
    done: dict[str, dict[str, float]] = {}
    first = min(plates, key=lambda key: window_row(annotate, key))
    annotate.show_crop(first)
    while len(done) < len(plates):
        wait_until(lambda: ready(annotate, done), "the next plate")
        key = standing(annotate)
        person.hand.effort = Effort()
        began = time.perf_counter()
        person.annotate_plate(plates[key])
        done[key] = {}
        if len(done) < len(plates):
            wait_until(lambda: ready(annotate, done), "the next plate")
        person.hand.effort.seconds = time.perf_counter() - began
        done[key] = person.hand.effort.to_dict()
    session = window.session
    assert session is not None
    wait_until(lambda: not session.pending, "everything to be saved")
    tell({"plates": done, "fixed": person.fixed})
    window.close()
    application.processEvents()


def window_row(annotate: Any, key: str) -> int:
    row = annotate.crops.model.row_of(key)
    return 1 << 30 if row is None else row


def standing(annotate: Any) -> str:
    """The crop that is open, empty while none is."""
    document = annotate.editor.document
    return "" if document is None else str(document.key)


def ready(annotate: Any, done: dict[str, Any]) -> bool:
    """Whether a plate that is not done yet stands there to be worked on, with its picture."""
    return standing(annotate) not in {"", *done} and annotate.canvas.picture is not None


if __name__ == "__main__":
    work(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
