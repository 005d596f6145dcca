"""What a person does to the open crop: edits, undo, clipboard, states. Between the views and the document."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import count

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.check import project_formats
from lpstudio.dataset.faults import KnownTexts
from lpstudio.dataset.journal_records import DO, MERGE, REDO, UNDO, StepNote
from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.types import Character, CropState
from lpstudio.plates.order import box_of
from lpstudio.studio.annotate.checks import Fault, find_text_faults
from lpstudio.studio.annotate.clipboard import union_box
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import (
    AddCharacters,
    Content,
    Edit,
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
from lpstudio.studio.annotate.fault_finder import FaultFinder
from lpstudio.studio.annotate.outline_forms import without
from lpstudio.studio.annotate.presentation import second_candidate
from lpstudio.studio.annotate.recalled import standing
from lpstudio.studio.session import ProjectSession
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


class CropEditor(QObject):
    """Edits one :class:`Document` and hands every change to the session at once.

    ``said``: a short word on what just happened, or why not (shown beside the canvas, never as a dialog).
    """

    document_changed = Signal()  # another crop (or none)
    content_changed = Signal()  # and perhaps the selection with it
    selection_changed = Signal()
    said = Signal(str)
    proposal_wanted = Signal(str)  # the characters of this text, on a crop where none is drawn

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: ProjectSession | None = None
        self.document: Document | None = None
        self._blocked = ""
        self._finder = FaultFinder(self)
        self._finder.changed.connect(self.reread)
        self._text_faults: tuple[object, KnownTexts, list[Fault]] | None = None
        self._gestures = count(1)
        self.no_overlap = False  # a finished outline is cut back against its neighbours
        self._nudge = (0.0, 0)  # when the last arrow key was, and its gesture

    # -- which crop ---------------------------------------------------------------------------------------------

    def open(self, document: Document | None, blocked: str = "") -> None:
        """Edit this document. ``blocked``: why nothing may be changed, empty when it may."""
        self.document = document
        self._blocked = blocked
        self._nudge = (0.0, 0)
        self._finder.forget()
        self.document_changed.emit()

    def block(self, why: str) -> None:
        """From now on nothing may be changed (or everything again, when ``why`` is empty)."""
        if why != self._blocked:
            self._blocked = why
            self.content_changed.emit()

    def reread(self) -> None:
        """The document was changed, perhaps by other hands: tell all views."""
        self.content_changed.emit()

    @property
    def editable(self) -> bool:
        return self.document is not None and not self._blocked

    @property
    def blocked(self) -> str:
        """Why nothing may be changed; empty when it may."""
        return self._blocked

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the characters of the open crop; of many, the rest comes with ``content_changed``."""
        document, session = self.document, self.session
        if document is None or session is None:
            return []
        return self._finder.faults(document.content.items, document.size, session.project.alphabet)

    @property
    def text_faults(self) -> list[Fault]:
        """Where the open crop's reading order, text, formats and ``plates.csv`` do not go together."""
        document, session = self.document, self.session
        if document is None or session is None:
            return []
        items = document.content.items
        csv = session.csv_text(document.key)
        known = KnownTexts(document.content.text, csv, project_formats(session.project))
        if self._text_faults is None or self._text_faults[0] is not items or self._text_faults[1] != known:
            self._text_faults = (items, known, find_text_faults(items, document.lines(), known))
        return self._text_faults[2]

    def close(self) -> None:
        """The window closes."""
        self._finder.close()

    # -- doing and undoing --------------------------------------------------------------------------------------

    def do(self, edit: Edit) -> bool:
        """Apply an edit and save. False when it may not be, or changes nothing."""
        document = self.document
        if document is None or not self.editable:
            if self._blocked:
                self.said.emit(self._blocked)
            return False
        before = document.content
        if not document.do(edit):
            return False
        self._after_change(before, MERGE if document.history.merged_last else DO, document.history.undo_title)
        return True

    def undo(self) -> None:
        self._walk("Undone", UNDO, lambda document: document.undo())

    def redo(self) -> None:
        self._walk("Done again", REDO, lambda document: document.redo())

    def _walk(self, word: str, op: str, step: Callable[[Document], str]) -> None:
        document = self.document
        if document is None or not self.editable:
            return
        before = document.content
        title = step(document)
        if title:
            self._after_change(before, op, title)
            self.said.emit(f"{word}: {title}")

    def _after_change(self, before: Content, op: str, title: str) -> None:
        document = self.document
        assert document is not None
        self._save(document, before, StepNote(op, title, standing(before), standing(document.content)))
        self.reread()

    def _save(self, document: Document, before: Content, step: StepNote) -> None:
        """Hand what changed to the session's writer, in one piece; nothing waits for the disk."""
        session, after = self.session, document.content
        assert session is not None
        text = after.text if after.text != before.text else None
        drawn = after.items is not before.items or after.unread is not before.unread
        ignoring = CropState.IGNORED in (before.state, after.state) and before.state is not after.state
        if drawn or (after.state is not before.state and not ignoring):
            session.save(document.key, document.crop_content(), after.state, text=text, step=step)
        elif ignoring:
            session.set_state(document.key, after.state, text=text, step=step)
        elif text is not None:
            session.set_text(document.key, text, step=step)

    # -- selection ----------------------------------------------------------------------------------------------

    def select(self, ids: Iterable[int]) -> None:
        document = self.document
        if document is not None:
            before = document.selection
            document.select(ids)
            if document.selection != before:
                self.selection_changed.emit()

    def select_all(self) -> None:
        if self.document is not None:
            self.select(self.document.reading())

    def step(self, by: int) -> None:
        """Select the next or previous character in reading order."""
        document = self.document
        if document is None or not document.content.items:
            return
        order = document.reading()
        if not document.selection:
            self.select([order[0] if by > 0 else order[-1]])
            return
        there = document.neighbour(document.selection[-1], by)
        if there is not None:
            self.select([there])

    @property
    def selected(self) -> list[Character]:
        """The selected characters."""
        return [item.character for item in self.document.selected] if self.document is not None else []

    def selected_ids(self) -> frozenset[int]:
        """The numbers of the selected items."""
        return frozenset(self.document.selection) if self.document is not None else frozenset()

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
        items, text = document.content.items, document.content.text
        untouched = not any(item.character.char or item.character.unreadable for item in items)
        if untouched and len(items) == len(text) and self.lay_text(text):
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

    def _cut_back(self, points: FloatArray, item_id: int = 0) -> FloatArray | None:
        """The outline without what others cover, where that is wanted; None when nothing of it is left."""
        document = self.document
        if not self.no_overlap or document is None:
            return points
        x1, y1, x2, y2 = bounds(points)
        neighbours = []
        for item in document.content.items:
            left, top, right, bottom = box_of(item.character.polygon)
            if item.id != item_id and left < x2 and x1 < right and top < y2 and y1 < bottom:
                neighbours.append(as_array(item.character.polygon))
        return without(points, neighbours) if neighbours else points

    def move(self, dx: float, dy: float) -> None:
        """Shift the selection by pixels of the crop."""
        self.do(MoveCharacters(self.selected_ids(), dx, dy))

    def nudge(self, dx: float, dy: float) -> None:
        """Shift the selection by an arrow key, no further than the border; a run of them is one step of undo."""
        document = self.document
        if document is None or not document.selection:
            return
        box = union_box(self.selected)
        dx, dy = limit_shift(box, dx, dy, *self.crop_size())
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
            self.said.emit(
                f"{text} has {len(text)} characters, {len(order)} are drawn: the text is kept, not laid{where}"
            )
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
            self.said.emit(
                f"Not so: {len(document.content.items)} characters are drawn. Delete them first "
                f"({key_of('annotate.select_all')}, {key_of('annotate.delete')})"
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
