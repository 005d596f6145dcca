"""From a typed plate text to its characters on a blank crop: the model where one is at work, else light and dark.

Looked for in a child process, never on the window's thread; what comes late for a crop that was left is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from lpstudio.dataset.types import Candidate, Character, Polygon
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.edits.base import ordinal
from lpstudio.studio.review.weights import starter_weights
from lpstudio.studio.workers import WorkerPool

_LEAST = 3  # points of an outline
_PATIENCE_MS = 4000  # that a person waits for a model that still loads


class PlateTyping(QObject):
    """Answers ``editor.proposal_wanted``. ``locate`` gives the picture of a crop by its key.

    The reader loads its weights while the text is still typed (:meth:`make_ready`); who is faster than it is not kept
    waiting for long.
    """

    def __init__(
        self, editor: CropEditor, workers: WorkerPool, locate: Callable[[str], Path], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._workers = workers
        self._locate = locate
        self._asked: tuple[str, int] | None = None  # which worker, and the number of the request
        self._no_model = False  # the weights could not be loaded
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._overdue: Callable[[], None] | None = None
        self._patience.timeout.connect(self._too_long)
        editor.proposal_wanted.connect(self._propose)
        editor.document_changed.connect(self.forget)

    @property
    def waiting(self) -> bool:
        """Whether characters are being looked for."""
        return self._asked is not None

    def make_ready(self) -> None:
        """A text is being typed for a blank crop: let the reader load its weights meanwhile."""
        reader = self._workers.reader
        if not reader.running and not self._no_model and starter_weights():
            reader.request("load", {}, on_error=self._without_model)

    def _without_model(self, _message: str) -> None:
        self._no_model = True

    def forget(self) -> None:
        """Wait for nothing any more: another crop comes."""
        self._patience.stop()
        if self._asked is not None:
            worker, number = self._asked
            self._asked = None
            (self._workers.reader if worker == "reader" else self._workers.tools).cancel(number)

    def _propose(self, text: str) -> None:
        document = self._editor.document
        if document is None:
            return
        self.forget()
        self.make_ready()
        path = str(self._locate(document.key))
        self._editor.said.emit(f"Looking for the {len(text)} characters of {text}…")
        if self._workers.reader.running and not self._no_model:
            number = self._workers.reader.request(
                "typed",
                {"path": path, "text": text},
                lambda payload: self._seen(path, text, payload),
                on_error=lambda _message: self._look(path, text, ""),
            )
            self._asked = ("reader", number)
            self._overdue = lambda: self._look(path, text, "")
            self._patience.start()
        else:
            self._look(path, text, "")

    def _too_long(self) -> None:
        """The model still loads: this crop is looked at without it, the next one with it."""
        if self._asked is not None and self._asked[0] == "reader" and self._overdue is not None:
            self.forget()
            self._overdue()

    # -- the model --------------------------------------------------------------------------------------------------

    def _seen(self, path: str, text: str, payload: dict[str, Any]) -> None:
        """The model has looked for the text: its characters are taken where it sees as many."""
        self._patience.stop()
        self._asked = None
        seen = payload.get("characters") or []
        if len(seen) == len(text):
            at = tuple(place for place in payload.get("at") or () if 0 <= place < len(text))
            characters = [_character(one, char) for one, char in zip(seen, text, strict=True)]
            self._add(text, characters, str(payload.get("doubt") or ""), at)
            return
        count = int(payload.get("count") or 0)
        self._look(path, text, f"{len(text)} typed, the model sees {count}" if count else "")

    # -- light and dark ---------------------------------------------------------------------------------------------

    def _look(self, path: str, text: str, doubt: str) -> None:
        number = self._workers.tools.request(
            "typed",
            {"path": path, "text": text},
            lambda payload: self._found(text, payload, doubt),
            on_error=lambda message: self._failed(text, message),
        )
        self._asked = ("tools", number)

    def _found(self, text: str, payload: dict[str, Any], doubt: str) -> None:
        self._asked = None
        polygons: list[Polygon] = [
            tuple((float(x), float(y)) for x, y in points) for points in payload.get("polygons") or []
        ]
        if len(polygons) != len(text) or any(len(polygon) < _LEAST for polygon in polygons):
            self._failed(text, "no outlines came back")
            return
        characters = [Character(polygon, char) for polygon, char in zip(polygons, text, strict=True)]
        at = tuple(place for place in payload.get("at") or () if 0 <= place < len(text))
        self._add(text, characters, str(payload.get("doubt") or doubt), at)

    def _failed(self, text: str, message: str) -> None:
        self._asked = None
        reason = message.rpartition(": ")[2]
        self._editor.said.emit(f"{text} is kept, but its characters were not found: {reason}. Draw them in any order")

    def _add(self, text: str, characters: list[Character], doubt: str, at: tuple[int, ...]) -> None:
        if not self._editor.add_proposed([replace(one, unreadable=False) for one in characters], at):
            return
        if doubt:
            where = f": look at the {ordinal(at[0] + 1)}" if at else ""
            self._editor.said.emit(f"{doubt}{where}")
        else:
            self._editor.said.emit(f"{text}: {len(characters)} characters proposed. Enter confirms them")


def _character(seen: dict[str, Any], char: str) -> Character:
    candidates = tuple(Candidate(one["char"], float(one["probability"])) for one in seen.get("candidates") or [])
    polygon = tuple((float(x), float(y)) for x, y in seen["polygon"])
    return Character(polygon, char, False, candidates, seen.get("confidence"))
