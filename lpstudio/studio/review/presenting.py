"""From an item under review to what canvas and strip show of it."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.review.canvas import Tag
from lpstudio.studio.review.items import Mark, ReviewItem
from lpstudio.studio.review.readings import ReadCharacter
from lpstudio.studio.widgets.canvas_geometry import as_array
from lpstudio.studio.widgets.canvas_shapes import CanvasShape, Line
from lpstudio.studio.widgets.reading_strip import StripCell

_DEFAULT_SIMILARITY = Similarity()


def _hue(char: str, similarity: Similarity | None) -> QColor | None:
    """The hue of a character's group on the surfaces of the window; None for a character of no group."""
    groups = similarity or _DEFAULT_SIMILARITY
    return theme.group_hue(char, groups) if theme.is_grouped(char, groups) else None


def _hue_over_picture(char: str, similarity: Similarity | None) -> QColor:
    """The hue of a character's group over pictures: bright in both themes; white for a character of no group."""
    groups = similarity or _DEFAULT_SIMILARITY
    return theme.group_hue(char, groups, bright=True) if theme.is_grouped(char, groups) else QColor("#ffffff")


def _label(item: ReviewItem, index: int) -> str | None:
    return item.labels[index] if item.labels is not None else None


def _disagrees(item: ReviewItem, index: int, mark: Mark) -> bool:
    return item.labels is not None and (_label(item, index) or "") != mark.char


def shapes_of(item: ReviewItem | None, similarity: Similarity | None) -> list[CanvasShape]:
    """The read characters, then the drawn ones that the reading missed.

    Solid once a person accepted them, dashed as proposals before; missed ones carry a fault.
    """
    if item is None or item.reading is None:
        return []
    shapes = [
        CanvasShape(
            as_array(read.polygon),
            mark.char or "–",
            _hue_over_picture(mark.char, similarity),
            Line.SOLID if mark.decided else Line.DRAFT,
        )
        for read, mark in zip(item.reading.characters, item.marks, strict=True)
    ]
    for character in item.missed:
        shapes.append(CanvasShape(as_array(character.polygon), character.char, None, Line.SOLID, "not read"))
    return shapes


def tags_of(item: ReviewItem | None, similarity: Similarity | None) -> list[Tag]:
    """The two best candidates of every read character."""
    if item is None or item.reading is None:
        return []
    tags = []
    for index, (read, mark) in enumerate(zip(item.reading.characters, item.marks, strict=True)):
        second = read.second
        tags.append(
            Tag(
                first=read.first.char,
                first_probability=read.first.probability,
                second=second.char if second else "",
                second_probability=second.probability if second else 0.0,
                chosen=mark.char,
                similar=read.similar,
                decided=mark.decided,
                disagrees=_disagrees(item, index, mark),
                hue=_hue_over_picture(mark.char, similarity),
            )
        )
    return tags


def lines_of(characters: tuple[ReadCharacter, ...]) -> list[int]:
    """How many characters each line of a plate has: a new line begins where reading goes back to the left and down."""
    lines: list[int] = []
    previous: ReadCharacter | None = None
    for character in characters:
        x1, y1, _, y2 = character.box
        back = previous is not None and x1 < previous.box[0] and (y1 + y2) / 2 > previous.box[3] - 0.25 * (y2 - y1)
        if previous is None or back:
            lines.append(0)
        lines[-1] += 1
        previous = character
    return lines


def cells_of(
    item: ReviewItem | None, plate: int, current: int | None, picture: QImage | None, similarity: Similarity | None
) -> list[list[StripCell]]:
    """The cells of one plate, a list a line."""
    if item is None or item.reading is None or plate >= len(item.reading.plates):
        return []
    span = item.span(plate)
    scale = picture.width() / item.reading.width if picture is not None and item.reading.width else 0.0
    cells = [_cell(item, at, at == current, picture, scale, similarity) for at in span]
    rows: list[list[StripCell]] = []
    for length in lines_of(item.reading.plates[plate].characters):
        rows.append(cells[:length])
        cells = cells[length:]
    return rows


def _cell(
    item: ReviewItem, at: int, current: bool, picture: QImage | None, scale: float, similarity: Similarity | None
) -> StripCell:
    assert item.reading is not None
    read, mark = item.reading.characters[at], item.marks[at]
    other = next((c for c in read.candidates if c.char != mark.char), None)
    own = next((c.probability for c in read.candidates if c.char == mark.char), 0.0)
    label = _label(item, at)
    disagrees = _disagrees(item, at, mark)
    said = ["accepted by a person"] if mark.decided else []
    if not mark.char:
        said.append("left out: taken for no character of the plate")
    if disagrees:
        said.append(f"the crop's label is {label}" if label else "the crop has no character here")
    return StripCell(
        char=mark.char,
        glyph=_glyph(picture, read, scale),
        probability=own,
        second=other.char if other else "",
        second_probability=other.probability if other else None,
        similar=read.similar,
        changed=mark.char == read.chosen != read.first.char,
        disagrees=disagrees,
        selected=current,
        hue=_hue(mark.char, similarity),
        tip="\n".join(said),
    )


def _glyph(picture: QImage | None, read: ReadCharacter, scale: float) -> QImage | None:
    """The character cut out of the picture with a little around it."""
    if picture is None or scale <= 0:
        return None
    x1, y1, x2, y2 = read.box
    margin = 0.08 * (y2 - y1)
    rect = QRect(
        int((x1 - margin) * scale),
        int((y1 - margin) * scale),
        max(1, round((x2 - x1 + 2 * margin) * scale)),
        max(1, round((y2 - y1 + 2 * margin) * scale)),
    )
    return picture.copy(rect.intersected(picture.rect()))
