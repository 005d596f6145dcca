"""A scripted person annotates every plate of a plan in the window: ``child_work DATASET PLAN``.

The person sees what stands on the crop, knows what is right, and does the least that makes it so: types the text of a
blank crop; brings the selection to a wrong class by keys, or points at it, whichever is faster, and types the right;
drags what lies beside its character; points at what is none and deletes it; drags a box (with Ctrl) around what has no
or a wrong outline, and draws by hand where that fails. Then Enter verifies the crop.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from shapely import affinity, union_all

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.drawing_canvas import Tool
from tests.bench.hand import AIM_S, KEY_S, Effort, Hand, wait_until
from tests.bench.plates_to_do import LEAST_IOU, iou, shape
from tests.bench.processes import tell
from tests.bench.window import PictureWatch, open_window, settle

CONTROL = Qt.KeyboardModifier.ControlModifier
_SAME = 0.25  # IoU from which an outline is taken for a character's
_PASSES = 4  # looks at a plate until it must be right
_HOPELESS = 0.5  # of what stands there beside all characters, from which everything is deleted
_TRIES = 3  # boxes in a row without a right outline, until the person draws all others of the plate by hand


class Person:
    """Eyes and hand of the session."""

    def __init__(self, window: Any, annotate: Any) -> None:
        self.annotate = annotate
        self.canvas = annotate.canvas
        self.editor = annotate.editor
        self.hand = Hand(window)
        self.fixed = {"class": 0, "shift": 0, "outline": 0, "drawn": 0, "extra": 0, "begun anew": 0}
        self.boxes_failed = 0  # in a row, on this plate

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
        """A place on an outline where the canvas takes hold of it: well inside, or beside what lies over it."""
        whole = shape(item.character.polygon)
        others = [shape(one.character.polygon) for one in self.items if one.id != item.id]
        free = whole.difference(union_all(others)) if others else whole
        for part in (whole, free):
            point = part.representative_point()
            place = self.place(point.x, point.y)
            hit = self.canvas.hit(QPointF(place))
            if hit is not None and self.items[hit.index].id == item.id:
                break
        return place

    def point(self, item: Any) -> None:
        """Bring the pointer to a character; what is selected stays so."""
        self.hold(Tool.SELECT)
        self.hand.move(self.canvas, self.inside(item))
        wait_until(lambda: self.pointed == item.id, "the pointer to point at the character")

    @property
    def pointed(self) -> int | None:
        """The character that the canvas shows as pointed at, or as the only selected one."""
        selection = self.editor.document.selection
        if self.canvas.pointed is not None:
            return int(self.items[self.canvas.pointed].id)
        return int(selection[0]) if len(selection) == 1 else None

    def reach(self, item: Any) -> None:
        """Make a character the one that a letter names: by Space and Backspace, or by pointing where that is faster."""
        order = self.editor.document.reading()
        target, selection = order.index(item.id), self.editor.document.selection
        forward, back = target + 1, len(order) - target  # with nothing selected
        if len(selection) == 1:
            forward = target - order.index(selection[0])
            back = -forward
        steps, key = (forward, Qt.Key.Key_Space) if 0 <= forward <= back or back < 0 else (back, Qt.Key.Key_Backspace)
        if steps * KEY_S >= AIM_S or len(selection) > 1:
            self.point(item)
            return
        self.hold(Tool.SELECT)
        for _ in range(steps):
            self.hand.key(key)
        if self.editor.document.selection != (item.id,):
            raise RuntimeError("the keys did not lead to the character")

    def delete(self, item: Any) -> None:
        """Delete the character that is selected already, or else the one that is pointed at."""
        if self.editor.document.selection != (item.id,):
            self.point(item)
        self.hand.key(Qt.Key.Key_Delete)

    def hold(self, tool: Tool) -> None:
        """Take a tool in hand by its key, if it is not there."""
        if self.canvas.tool is tool:
            return
        if tool is Tool.SELECT:
            self.hand.key(Qt.Key.Key_Escape)
        else:
            self.hand.key(Qt.Key.Key_E, CONTROL)
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
        self.hand.key(Qt.Key.Key_Return)
        if self.is_open(plate["key"]):  # something is complained of, and the person knows better
            self.hand.key(Qt.Key.Key_Return, CONTROL)
        wait_until(lambda: not self.is_open(plate["key"]), f"{plate['key']} to be verified")

    def is_open(self, key: str) -> bool:
        document = self.editor.document
        return document is not None and document.key == key and document.content.state is not CropState.VERIFIED

    def correct(self, truth: list[Any], draw: list[Any]) -> bool:
        """Correct all that is seen to be wrong; True when nothing was."""
        found, extra = self.matched(truth)
        if len(extra) > len(self.items) * _HOPELESS:
            self.hand.key(Qt.Key.Key_A, CONTROL)
            self.hand.key(Qt.Key.Key_Delete)
            self.fixed["begun anew"] += 1
            found, extra = [None] * len(truth), []
        right = not extra
        for item in extra:
            self.delete(item)
            self.fixed["extra"] += 1
        stands = self.editor.document.selection  # that one first: it needs nothing but its letter
        for (char, polygon), outline, item in sorted(
            zip(truth, draw, found, strict=True), key=lambda one: one[2] is None or one[2].id not in stands
        ):
            if item is None:
                right = False
                self.outline(char, polygon, outline)
                continue
            if item.character.char != char:
                right = False
                self.reach(item)
                self.hand.key(Qt.Key(ord(char)))
                self.fixed["class"] += 1
            if iou(item.character.polygon, polygon) < LEAST_IOU:
                right = False
                if not self.shift(item, polygon) and not self.boxed(polygon, item, char):
                    self.delete(item)
                    self.outline(char, polygon, outline)
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
        """A character that is not there: a box around it and its class, else its vertices one by one and its class."""
        if self.boxed(polygon, None, char):
            return
        before = {item.id for item in self.items}
        self.hold(Tool.DRAW)
        for x, y in draw:
            self.hand.click(self.canvas, self.place(x, y))
        self.hand.key(Qt.Key.Key_Return)
        self.fixed["drawn"] += 1
        added = [item for item in self.items if item.id not in before]
        if not added:
            raise RuntimeError("nothing was drawn")
        self.name(added[0].id, char)

    def name(self, item_id: int, char: str) -> None:
        """Type the class of what was just drawn, where the plate's text does not give it by itself."""
        item = next(one for one in self.items if one.id == item_id)
        laid_later = self.editor.document.content.text and not any(one.character.char for one in self.items)
        if not item.character.char and not laid_later:
            self.hand.key(Qt.Key(ord(char)))

    def boxed(self, polygon: list[Any], item: Any | None, char: str) -> bool:
        """Have the outline of a new character, or of this one, found in a box; what is not right is taken back."""
        if self.boxes_failed >= _TRIES:
            return False
        self.hold(Tool.SELECT)
        x1, y1, x2, y2 = shape(polygon).bounds
        before = self.items
        start, end = self.place(x1, y1), self.place(x2, y2)
        self.hand.drag(self.canvas, start, end, CONTROL)
        wait_until(lambda: not self.annotate.outlines.waiting, "an outline in the box")
        added = [one for one in self.items if one.id not in {other.id for other in before}]
        if item is None and added:
            self.name(added[0].id, char)
            wait_until(lambda: not self.annotate.outlines.waiting, "the form of the character")
        wanted = added[0].id if item is None and added else None if item is None else item.id
        now = next((one for one in self.items if one.id == wanted), None)
        if now is not None and iou(now.character.polygon, polygon) >= LEAST_IOU:
            self.fixed["outline"] += 1
            self.boxes_failed = 0
            return True
        self.boxes_failed += 1
        while self.items != before:
            self.hand.key(Qt.Key.Key_Z, CONTROL)
        return False


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
