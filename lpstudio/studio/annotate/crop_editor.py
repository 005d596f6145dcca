"""What a person does to the open crop: edits, undo, clipboard, states. Between the views and the document."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import count

import numpy as np
from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.types import Character, CropState, Polygon
from lpstudio.plates.order import box_of
from lpstudio.studio.annotate.clipboard import union_box
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.document_editor import DocumentEditor
from lpstudio.studio.annotate.edits import (
    AddCharacters,
    LayText,
    MarkUnreadable,
    MoveCharacters,
    RemoveCharacters,
    RemoveUnreadLines,
    Reshape,
    SetClass,
    SetState,
    SetText,
)
from lpstudio.studio.annotate.edits.base import ordinal
from lpstudio.studio.annotate.edits.outlines import ReshapeAll
from lpstudio.studio.annotate.outline_forms import without
from lpstudio.studio.annotate.presentation import second_candidate
from lpstudio.studio.shortcuts.words import key_of, with_keys
from lpstudio.studio.widgets.canvas_geometry import (
    FloatArray,
    as_array,
    as_polygon,
    bounds,
    clip_to_frame,
    limit_shift,
)

_NUDGES_WITHIN = 0.8  # seconds between arrow keys that still belong to one gesture


class CropEditor(DocumentEditor):
    """What a person does to characters, text and state. ``proposal_wanted``: find the characters of this text."""

    proposal_wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.no_overlap = False  # a finished outline is cut back against its neighbours
        self._gestures = count(1)
        self._nudge = (0.0, 0)  # when the last arrow key was, and its gesture

    def open(self, document: Document | None, blocked: str = "") -> None:
        self._nudge = (0.0, 0)
        super().open(document, blocked)

    # -- shapes -------------------------------------------------------------------------------------------------

    def crop_size(self) -> tuple[float, float]:
        """Width and height in pixels of the open crop; zeros without one."""
        document = self.document
        return document.size if document is not None and document.size is not None else (0.0, 0.0)

    def add_drawn(self, points: FloatArray, verb: str = "Draw") -> None:
        """A polygon was drawn; what lies outside the picture is cut off.

        When the plate's text is known and this was its last character, the text is laid on all of them.
        """
        clipped = clip_to_frame(points, *self.crop_size())
        if len(clipped) < 3:
            self.said.emit("Not added: it lies outside the picture")
            return
        free = self._cut_back(clipped)
        if free is None:
            self.said.emit("Not added: it lies wholly on other characters")
            return
        clipped = free
        if self.do(AddCharacters((Character(as_polygon(clipped)),), verb)):
            self._lay_when_whole()

    def add_proposed(self, characters: Sequence[Character], chosen: tuple[int, ...] = ()) -> bool:
        """Characters that were found for the plate's text; on a crop that has some by now, nothing is added.

        ``chosen``: which of them are selected, by their place. With none selected, Enter confirms the crop.
        """
        document = self.document
        if document is None or document.content.items:
            return False
        size = self.crop_size()
        clipped = [
            replace(one, polygon=as_polygon(points))
            for one in characters
            if len(points := clip_to_frame(as_array(one.polygon), *size)) >= 3
        ]
        return self.do(AddCharacters(tuple(clipped), "Propose", chosen))

    def _lay_when_whole(self) -> None:
        document = self.document
        if document is None or not document.content.text:
            return
        text = document.content.text
        drawn = [document.by_id[item_id].character for item_id in document.reading()]
        agree = len(drawn) == len(text) and all(
            one.char in ("", char) and not one.unreadable for one, char in zip(drawn, text, strict=True)
        )
        if agree and self.lay_text(text):
            self.said.emit(f"All {len(text)} characters are drawn: {text} is laid on them")

    def reshape(self, item_id: int, points: FloatArray, verb: str, gesture: int = 0) -> None:
        """A polygon got another form; what lies outside the picture is cut off."""
        clipped = clip_to_frame(points, *self.crop_size())
        free = self._cut_back(clipped, item_id) if len(clipped) >= 3 else None
        if free is None:
            self.said.emit("Not changed: nothing of it would be left")
            self.content_changed.emit()
            return
        self.do(Reshape(item_id, as_polygon(free), verb, gesture))

    def nudge_vertex(self, item_id: int, points: FloatArray) -> None:
        """A vertex was moved by an arrow key; a run of them is one step of undo."""
        self.reshape(item_id, points, "Move vertex", self._gesture_of_nudge())

    def _cut_back(self, points: FloatArray, *own: int) -> FloatArray | None:
        """The outline without what others than ``own`` cover, where that is wanted; None when nothing of it is left."""
        document = self.document
        if not self.no_overlap or document is None:
            return points
        x1, y1, x2, y2 = bounds(points)
        neighbours = []
        for item in document.content.items:
            left, top, right, bottom = box_of(item.character.polygon)
            if item.id not in own and left < x2 and x1 < right and top < y2 and y1 < bottom:
                neighbours.append(as_array(item.character.polygon))
        return without(points, neighbours) if neighbours else points

    def move(self, dx: float, dy: float) -> None:
        """Shift the selection by pixels of the crop; it is cut back where it then lies on others, if that is wanted."""
        moved = self._moved_free(dx, dy)
        if moved is None:
            self.said.emit("Not moved: a character would lie wholly on others")
            self.content_changed.emit()
        elif moved:
            self.do(ReshapeAll(tuple(moved.items()), "Move"))
        else:
            self.do(MoveCharacters(self.selected_ids(), dx, dy))

    def _moved_free(self, dx: float, dy: float) -> dict[int, Polygon] | None:
        """The outlines of the selection after a shift, if others cut one of them back; empty where nothing is cut.

        None where nothing would be left of one.
        """
        document = self.document
        if not self.no_overlap or document is None:
            return {}
        ids = self.selected_ids()
        found, cut = {}, False
        for item in document.selected:
            points = as_array(item.character.polygon) + np.array((dx, dy))
            free = self._cut_back(points, *ids)
            if free is None:
                return None
            cut = cut or free is not points
            found[item.id] = as_polygon(free)
        return found if cut else {}

    def nudge(self, dx: float, dy: float) -> None:
        """Shift the selection by an arrow key, no further than the border; a run of them is one step of undo."""
        document = self.document
        if document is None or not document.selection:
            return
        box = union_box(self.selected)
        dx, dy = limit_shift(box, dx, dy, *self.crop_size())
        if self._moved_free(dx, dy) != {}:
            self.said.emit("Not moved: it would lie on a neighbour")
            return
        self.do(MoveCharacters(self.selected_ids(), dx, dy, self._gesture_of_nudge()))

    def _gesture_of_nudge(self) -> int:
        """The number of the run of arrow keys that this one belongs to."""
        now = time.monotonic()
        last, gesture = self._nudge
        if now - last > _NUDGES_WITHIN:
            gesture = next(self._gestures)
        self._nudge = (now, gesture)
        return gesture

    def delete(self) -> None:
        ids = self.selected_ids()
        if not ids:
            return
        document = self.document
        assert document is not None
        order = document.reading()
        last = max(order.index(item_id) for item_id in ids)
        rest = [item_id for item_id in order[last + 1 :] if item_id not in ids]
        rest = rest or [item_id for item_id in reversed(order[:last]) if item_id not in ids]
        if self.do(RemoveCharacters(ids)) and rest:
            self.select(rest[:1])

    def delete_one(self, item_id: int) -> None:
        """Delete this character; the selection stays as it is."""
        self.do(RemoveCharacters(frozenset([item_id])))

    def drop_unread(self) -> None:
        """Drop the lines of the label file that were not understood."""
        self.do(RemoveUnreadLines())

    # -- classes ------------------------------------------------------------------------------------------------

    def _known(self, char: str) -> bool:
        session = self.session
        if session is not None and session.project.alphabet.index(char) is not None:
            return True
        self.said.emit(f"This dataset has no class {char}")
        return False

    def type_char(self, char: str, *, only_open: bool = False) -> bool:
        """Give the selection a class; with one selected, go on to the next in reading order.

        With none selected, typing begins at the first character that awaits its class.

        ``only_open`` (while drawing): go on only to a character that awaits its class.
        """
        document = self.document
        if document is None or not self.editable:
            return False
        if not document.selection:
            self._select_first_open(document)
        chosen = document.selection
        if not chosen or not self._known(char):
            return False
        self.do(SetClass(frozenset(chosen), char))
        if len(chosen) == 1:
            following = document.neighbour(chosen[0], 1)
            item = document.content.item(following) if following is not None else None
            if item is not None and not (only_open and (item.character.char or item.character.unreadable)):
                self.select([item.id])
        return True

    def _select_first_open(self, document: Document) -> None:
        by_id = {item.id: item.character for item in document.content.items}
        waiting = [i for i in document.reading() if not by_id[i].char and not by_id[i].unreadable]
        self.select(waiting[:1])

    def set_class(self, item_id: int, char: str) -> bool:
        """Give one character a class; the selection stays."""
        return self._known(char) and self.do(SetClass(frozenset([item_id]), char))

    def take_second(self, *, move_on: bool = True) -> None:
        """Give the selected character its second candidate."""
        document = self.document
        if document is None or len(document.selection) != 1:
            return
        second = second_candidate(document.selected[0].character)
        if second is None:
            return
        if move_on:
            self.type_char(second.char)
        else:
            self.set_class(document.selection[0], second.char)

    def toggle_unreadable(self) -> None:
        if self.selected:
            self.do(MarkUnreadable(self.selected_ids(), not all(c.unreadable for c in self.selected)))

    # -- text ---------------------------------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        """Keep the plate's text with the crop."""
        self.do(SetText(normalise_text(text)))

    def lay_text(self, text: str) -> bool:
        """Lay a text on all characters in reading order, or on the readable ones, whichever number agrees.

        When neither does, only the text is kept (and False comes back). Where no character is drawn, as many as the
        text has are looked for (``proposal_wanted``).
        """
        document = self.document
        text = normalise_text(text)
        if document is None or not text:
            return False
        order = document.reading()
        unknown = sorted({char for char in text if not self._known(char)})
        if unknown:
            return False
        if not order:
            self.set_text(text)
            if self.editable:
                self.proposal_wanted.emit(text)
            return True
        readable = [i for i in order if not self._unreadable(document, i)]
        targets = order if len(text) == len(order) else readable
        if len(text) != len(targets):
            self.set_text(text)
            where = self._select_difference(document, order, text)
            are = "1 is" if len(order) == 1 else f"{len(order)} are"
            self.said.emit(f"{text} has {len(text)} characters, {are} drawn: the text is kept, not laid{where}")
            return False
        self.do(LayText(tuple(zip(targets, text, strict=True)), text))
        self.select([])  # Enter now confirms the crop
        return True

    def _select_difference(self, document: Document, order: Sequence[int], text: str) -> str:
        """Select where what is drawn and a text part, as far as the classes tell; the words for it."""
        read = "".join(document.by_id[item_id].character.char or "?" for item_id in order)
        if not read.strip("?"):
            return ""
        parts = SequenceMatcher(None, read, text, autojunk=False).get_opcodes()
        at = next((first for tag, first, *_ in parts if tag != "equal"), 0)
        self.select([order[min(at, len(order) - 1)]])
        return f" · look at the {ordinal(min(at, len(order) - 1) + 1)}"

    @staticmethod
    def _unreadable(document: Document, item_id: int) -> bool:
        item = document.content.item(item_id)
        return item is not None and item.character.unreadable

    # -- states -------------------------------------------------------------------------------------------------

    def verify(self) -> bool:
        """Confirm the crop. False, and the faults are said, while something forbids it."""
        document = self.document
        if document is None or not self.editable:
            return False
        assert self.session is not None
        alphabet = self.session.project.alphabet
        faults = self._finder.faults(document.content.items, document.size, alphabet, now=True)
        blocking = [fault for fault in faults if fault.blocking]
        if blocking:
            self.select([blocking[0].item_id])
            who = "1 character" if len({f.item_id for f in blocking}) == 1 else f"{len(blocking)} characters"
            self.said.emit(f"Not verified: {who} – {blocking[0].text}")
            return False
        if not document.content.items and document.content.state is not CropState.VERIFIED:
            self.said.emit(
                with_keys(
                    "Not verified: nothing is drawn. If there are no characters, say so with {annotate.verify_empty}"
                )
            )
            return False
        self._confirm()
        return True

    def _confirm(self) -> None:
        if self.document is not None and self.document.content.state is not CropState.VERIFIED:
            self.do(SetState(CropState.VERIFIED))

    def verify_empty(self) -> bool:
        """Confirm that there are no characters on this crop. Characters that are drawn must be deleted first."""
        document = self.document
        if document is None or not self.editable:
            return False
        if document.content.items:
            drawn = len(document.content.items)
            self.said.emit(
                f"Not so: {'1 character is' if drawn == 1 else f'{drawn} characters are'} drawn. Delete "
                f"{'it' if drawn == 1 else 'them'} first ({key_of('annotate.select_all')}, {key_of('annotate.delete')})"
            )
            return False
        self._confirm()
        return True

    def toggle_ignored(self) -> None:
        """Leave this crop out of everything, or take it back in."""
        document = self.document
        if document is None or self.session is None:
            return
        if document.content.state is not CropState.IGNORED:
            self.do(SetState(CropState.IGNORED))
            return
        untouched = CropState.IN_PROGRESS if document.content.items else CropState.UNLABELLED
        self.do(SetState(document.state_before_ignored or untouched))
