"""Fetches crops: documents in memory, pictures from the loader, neighbours ahead of time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from lpstudio.dataset.journal_records import Recalled
from lpstudio.dataset.types import CropContent
from lpstudio.studio.annotate.document import Document
from lpstudio.studio.annotate.edits import Content
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.session import ProjectSession

_UNTOUCHED_KEPT = 256  # documents without any edit that stay in memory


class CropDesk(QObject):
    """Documents by key with their history, for as long as the project is open.

    After :meth:`go`, ``document_ready`` and ``picture_ready`` (or ``failed``) come for that key, in any order, perhaps
    before :meth:`go` returns. ``changed_outside``: what stands on the current crop was changed elsewhere.
    """

    document_ready = Signal(str)
    picture_ready = Signal(str, QImage)
    failed = Signal(str, str)
    changed_outside = Signal(str)

    def __init__(self, loader: ImageLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._session: ProjectSession | None = None
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._asked: dict[str, Content | None] = {}
        self._faults: dict[str, str] = {}
        self._recalled: dict[str, Recalled] = {}
        self._ahead: list[str] = []
        self._ahead_timer = QTimer(self)  # neighbours wait until the crop itself was asked for and painted
        self._ahead_timer.setSingleShot(True)
        self._ahead_timer.setInterval(10)
        self._ahead_timer.timeout.connect(self._fetch_ahead)
        self.current = ""
        loader.loaded.connect(self._picture_loaded)
        loader.failed.connect(self._picture_failed)

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project: nothing of the old one is kept."""
        if self._session is not None:
            self._session.content_loaded.disconnect(self._content_loaded)
        self._session = session
        self.current = ""
        self._documents.clear()
        self._asked.clear()
        self._faults.clear()
        self._recalled.clear()
        self._ahead_timer.stop()
        if session is not None:
            session.content_loaded.connect(self._content_loaded)

    def document(self, key: str) -> Document | None:
        """The document of a crop, None while it was not read yet."""
        return self._documents.get(key)

    def recall(self, histories: Mapping[str, Recalled]) -> None:
        """Give crops the histories of an interrupted session, those that were not read yet when they are."""
        for key, past in histories.items():
            document = self._documents.get(key)
            if document is not None:
                document.recall(past)
            else:
                self._recalled[key] = past

    def fault(self, key: str) -> str:
        """Why the crop's picture cannot be shown; empty when nothing is known against it."""
        return self._faults.get(key, "")

    def go(self, key: str) -> None:
        """Make this crop the current one."""
        self.current = key
        self._ahead_timer.stop()
        document = self._documents.get(key)
        if document is not None:
            self._documents.move_to_end(key)
            self.document_ready.emit(key)
        self.look_again()
        self._loader.request(key)

    def look_again(self) -> None:
        """Read the current crop from the dataset: it may have been changed outside this workspace."""
        self._ask(self.current)

    def fetch_soon(self, keys: Iterable[str]) -> None:
        """Read these crops ahead of time (neighbours of the current one)."""
        self._ahead = list(keys)
        self._ahead_timer.start()

    def _fetch_ahead(self) -> None:
        self._loader.prefetch(self._ahead)
        for key in self._ahead:
            if key not in self._documents:
                self._ask(key)

    def _ask(self, key: str) -> None:
        session = self._session
        if session is None or not key or session.is_unsaved(key):
            return  # what is unsaved is newer than the disk
        document = self._documents.get(key)
        self._asked[key] = document.content if document is not None else None
        session.request_content(key)

    def _content_loaded(self, key: str, content: CropContent, size: tuple[int, int] | None, fault: str) -> None:
        session = self._session
        if session is None or key not in self._asked:
            return
        asked = self._asked.pop(key)
        if fault:
            self._faults[key] = fault
            if key == self.current:
                self.failed.emit(key, fault)
            return
        self._faults.pop(key, None)
        document = self._documents.get(key)
        if document is None:
            document = Document(key, content, session.state(key), session.text(key))
            document.size = size
            if key in self._recalled:
                document.recall(self._recalled.pop(key))
            self._documents[key] = document
            self._drop_untouched()
            if key == self.current:
                self.document_ready.emit(key)
            return
        document.size = size or document.size
        # Edited since it was asked for: then what was read is the older one.
        edited = document.content is not asked
        if not edited and document.take_over(content, session.state(key), session.text(key)) and key == self.current:
            self.changed_outside.emit(key)

    def _drop_untouched(self) -> None:
        """Documents with a history stay; of the others only the latest."""
        untouched = [key for key, document in self._documents.items() if document.history.is_empty]
        for key in untouched[: max(0, len(untouched) - _UNTOUCHED_KEPT)]:
            if key != self.current:
                del self._documents[key]

    def _picture_loaded(self, key: str, image: QImage) -> None:
        if key == self.current:
            self.picture_ready.emit(key, image)

    def _picture_failed(self, key: str, text: str) -> None:
        if key == self.current:
            self._faults[key] = text
            self.failed.emit(key, text)
