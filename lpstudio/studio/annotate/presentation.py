"""How a document looks: shapes for the canvas and cells for the reading strip, made anew only where it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage

from lpstudio.dataset.types import Candidate, Character, CropState
from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.annotate.checks import Fault
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import Item
from lpstudio.studio.widgets.canvas_geometry import as_array, bounds
from lpstudio.studio.widgets.canvas_shapes import CanvasShape, Line
from lpstudio.studio.widgets.reading_strip import StripCell

STRIP_MOST = 240  # characters that the strip shows; more are no plate
NO_CLASS = "has no class yet"


def second_candidate(character: Character) -> Candidate | None:
    """The best candidate other than the character's class: what Tab takes."""
    return next((c for c in character.candidates if c.char != character.char), None)


def _probability(character: Character) -> float | None:
    if not character.candidates:
        return None
    return next((c.probability for c in character.candidates if c.char == character.char), 0.0)


def faults_by_item(faults: Sequence[Fault]) -> dict[int, str]:
    """The first fault of each item that is worth a red outline; a missing class is said by its "?" alone."""
    found: dict[int, str] = {}
    for fault in faults:
        if fault.item_id and fault.text != NO_CLASS:
            found.setdefault(fault.item_id, fault.text)
    return found


Prepared = dict[int, tuple[Item, str, bool, CanvasShape]]  # by item number: what a shape was made of, and the shape


class Presentation:
    """Keeps what was made for the crop on the screen; :meth:`forget` when another crop comes."""

    def __init__(self) -> None:
        self._shapes: Prepared = {}
        self._cells: dict[int, tuple[Item, str, bool, QImage | None, StripCell]] = {}
        self._similarity: Similarity | None = None

    def forget(self) -> None:
        """Nothing made so far looks right any more."""
        self._shapes.clear()
        self._cells.clear()

    def _look(self, similarity: Similarity) -> None:
        if similarity is not self._similarity:
            self.forget()
            self._similarity = similarity

    @staticmethod
    def prepare(document: Document, similarity: Similarity) -> Prepared:
        """The shapes of many characters, made in a thread before their crop is shown; the reading order with them."""
        document.lines()
        draft = document.content.state is CropState.DRAFT
        return {
            item.id: (item, "", draft, Presentation._shape(item.character, "", draft, similarity))
            for item in document.content.items
        }

    def take(self, prepared: Prepared, similarity: Similarity) -> None:
        """Show what was prepared."""
        self.forget()
        self._similarity = similarity
        self._shapes = prepared

    def shapes(self, document: Document, faults: Mapping[int, str], similarity: Similarity) -> list[CanvasShape]:
        """One shape per item, in the order of the items; the same object as before where nothing changed."""
        self._look(similarity)
        draft = document.content.state is CropState.DRAFT
        old, self._shapes = self._shapes, {}
        result = []
        for item in document.content.items:
            fault = faults.get(item.id, "")
            kept = old.get(item.id)
            if kept is None or kept[0] is not item or kept[1] != fault or kept[2] is not draft:
                kept = (item, fault, draft, self._shape(item.character, fault, draft, similarity))
            self._shapes[item.id] = kept
            result.append(kept[3])
        return result

    @staticmethod
    def _shape(character: Character, fault: str, draft: bool, similarity: Similarity) -> CanvasShape:
        return CanvasShape(
            as_array(character.polygon),
            character.char,
            over_picture_hue(character.char, similarity),
            Line.DRAFT if draft else Line.SOLID,
            fault,
            character.unreadable,
        )

    def lines(
        self,
        document: Document,
        faults: Mapping[int, str],
        similarity: Similarity,
        picture: QImage | None,
    ) -> list[list[StripCell]]:
        """The cells of the strip, line by line in reading order."""
        self._look(similarity)
        chosen = set(document.selection)
        by_id = {item.id: item for item in document.content.items}
        old, self._cells = self._cells, {}
        result: list[list[StripCell]] = []
        if len(by_id) > STRIP_MOST:
            return result
        for line in document.lines():
            cells = []
            for item_id in line:
                item, fault, selected = by_id[item_id], faults.get(item_id, ""), item_id in chosen
                kept = old.get(item_id)
                if (
                    kept is None
                    or kept[0] is not item
                    or kept[1] != fault
                    or kept[2] is not selected
                    or kept[3] is not picture
                ):
                    glyph = self._glyph(item, kept, document, picture)
                    kept = (item, fault, selected, picture, _cell(item.character, fault, selected, glyph, similarity))
                self._cells[item_id] = kept
                cells.append(kept[4])
            result.append(cells)
        return result

    @staticmethod
    def _glyph(
        item: Item,
        kept: tuple[Item, str, bool, QImage | None, StripCell] | None,
        document: Document,
        picture: QImage | None,
    ) -> QImage | None:
        if picture is None or picture.isNull() or document.size is None:
            return None
        if kept is not None and kept[3] is picture and kept[0].character.polygon is item.character.polygon:
            return kept[4].glyph
        return cut_glyph(picture, document.size, item.character)


def _cell(character: Character, fault: str, selected: bool, glyph: QImage | None, similarity: Similarity) -> StripCell:
    candidates = character.candidates
    second = second_candidate(character)
    return StripCell(
        char=character.char,
        glyph=glyph,
        probability=_probability(character),
        second=second.char if second else "",
        second_probability=second.probability if second else None,
        similar=len(candidates) > 1 and similarity.is_similar(candidates[0].char, candidates[1].char),
        disagrees=bool(candidates) and bool(character.char) and candidates[0].char != character.char,
        unreadable=character.unreadable,
        selected=selected,
        fault=fault,
        hue=theme.group_hue(character.char, similarity) if theme.is_grouped(character.char, similarity) else None,
    )


def cut_glyph(picture: QImage, size: tuple[float, float], character: Character) -> QImage:
    """The character cut out of the picture with a little air. ``size``: the crop's true width and height."""
    scale_x, scale_y = picture.width() / size[0], picture.height() / size[1]
    x1, y1, x2, y2 = bounds(as_array(character.polygon))
    air = 0.08 * max(x2 - x1, y2 - y1) + 1
    rect = QRect(
        int((x1 - air) * scale_x),
        int((y1 - air) * scale_y),
        max(1, round((x2 - x1 + 2 * air) * scale_x)),
        max(1, round((y2 - y1 + 2 * air) * scale_y)),
    )
    return picture.copy(rect.intersected(picture.rect()))


def over_picture_hue(char: str, similarity: Similarity) -> QColor:
    """The hue of a character's group as it is painted over pictures: bright in both themes; white for no group."""
    if not theme.is_grouped(char, similarity):
        return QColor("#f4f4f4")
    return theme.group_hue(char, similarity, bright=True)
