"""What is done to outlines as a whole: cutting, joining, simplifying, smoothing. Between canvas and document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpstudio.plates.order import box_of
from lpstudio.studio.annotate import outline_forms
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.annotate.edits.outlines import CutCharacters, JoinCharacters, ReshapeAll
from lpstudio.studio.widgets.canvas_geometry import FloatArray, as_array, as_polygon

_INSIDE = 0.6  # share of a character's box that lies in a box dragged around it
_STRAIGHT = 0.4  # of its height: how far characters may stand off one line
_FILLED = 0.25  # share of that box that the character's fills


class OutlineEditor:
    """Asks :class:`CropEditor` for edits, and says why where there is nothing to do."""

    def __init__(self, editor: CropEditor) -> None:
        self._editor = editor

    def inside(self, box: tuple[float, ...]) -> Item | None:
        """The character that a box (x1, y1, x2, y2) was dragged around: the one that it fits best, None for none."""
        document = self._editor.document
        x1, x2 = sorted((box[0], box[2]))
        y1, y2 = sorted((box[1], box[3]))
        best: tuple[float, Item] | None = None
        for item in document.content.items if document is not None else ():
            left, top, right, bottom = box_of(item.character.polygon)
            shared = max(0.0, min(right, x2) - max(left, x1)) * max(0.0, min(bottom, y2) - max(top, y1))
            own = max((right - left) * (bottom - top), 1e-9)
            if shared >= _INSIDE * own and shared >= _FILLED * max((x2 - x1) * (y2 - y1), 1e-9):
                share = shared / own
                if best is None or share > best[0]:
                    best = share, item
        return None if best is None else best[1]

    def slope(self, box: tuple[float, ...]) -> float:
        """How much the line of characters at a box falls, in pixels down for each to the right; 0 where it is open."""
        document = self._editor.document
        middle, high = (box[1] + box[3]) / 2, abs(box[3] - box[1])
        places = []
        for item in document.content.items if document is not None else ():
            x1, y1, x2, y2 = box_of(item.character.polygon)
            if abs((y1 + y2) / 2 - middle) < 2 * high:
                places.append(((x1 + x2) / 2, (y1 + y2) / 2))
        if len(places) < 3:
            return 0.0
        x, y = np.array(places).T
        if float(np.ptp(x)) < high:
            return 0.0
        fall, start = np.polyfit(x, y, 1)
        straight = float(np.abs(y - fall * x - start).max()) < _STRAIGHT * high
        return float(fall) if straight and abs(fall) < 1 else 0.0

    def reshape(self, item: Item, points: FloatArray) -> None:
        """Give a character, if it is still there, another outline; it keeps its class."""
        document = self._editor.document
        if document is not None and item.id in document.by_id:
            self._editor.reshape(item.id, points, "Outline")

    def cut(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Cut along a line: the selected characters that it crosses, or all of them when none is selected."""
        document = self._editor.document
        if document is None:
            return
        chosen = set(document.selection)
        pieces = []
        for item in document.content.items:
            if not chosen or item.id in chosen:
                found = outline_forms.cut(as_array(item.character.polygon), start, end)
                if found:
                    pieces.append((item.id, tuple(as_polygon(piece) for piece in found)))
        if not pieces:
            who = "selected character" if chosen else "character"
            self._editor.said.emit(f"Not cut: the line crosses no {who} from edge to edge")
        elif self._editor.do(CutCharacters(tuple(pieces))):
            number = sum(len(found) - 1 for _, found in pieces)
            self._editor.said.emit(f"Cut: type what the {'new piece is' if number == 1 else 'new pieces are'}")

    def join(self) -> None:
        """Make one character of the selected ones; the class comes from the largest that has one."""
        document = self._editor.document
        if document is None or len(document.selection) < 2:
            self._editor.said.emit("Select two or more characters to join")
            return
        items = document.selected
        joined = outline_forms.join([as_array(item.character.polygon) for item in items])
        if joined is None:
            self._editor.said.emit("Not joined: the selected characters do not touch, or one crosses itself")
            return
        self._editor.do(JoinCharacters(frozenset(document.selection), self._heir(items).id, as_polygon(joined)))

    @staticmethod
    def _heir(items: Sequence[Item]) -> Item:
        return max(items, key=lambda i: (bool(i.character.char), outline_forms.size_of(as_array(i.character.polygon))))

    def reshape_all(self, forms: dict[int, FloatArray], verb: str) -> None:
        """Give characters, by their place on the canvas, other outlines."""
        document = self._editor.document
        if document is None:
            return
        items = document.content.items
        polygons = tuple((items[place].id, as_polygon(points)) for place, points in sorted(forms.items()))
        if not self._editor.do(ReshapeAll(polygons, verb)):
            self._editor.said.emit("Nothing to change at this tolerance")
