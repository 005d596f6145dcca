"""What the search field may ask of every crop beside its path: texts and classes, read in a thread when needed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from lpstudio.dataset.label_index import LabelIndex
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import Facts
from lpstudio.studio.annotate.query import Query
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession


class CropFacts(QObject):
    """``ready`` is called on the GUI thread whenever something that was asked for has been read."""

    def __init__(self, ready: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._ready = ready
        self._session: ProjectSession | None = None
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._texts: dict[str, str] | None = None
        self._labels: LabelIndex | None = None
        self._reading: set[str] = set()

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none: what was read of the one before is forgotten."""
        if self._session is not None:
            self._session.crop_saved.disconnect(self._reread)
            self._session.state_changed.disconnect(self._state_changed)
            self._session.index_changed.disconnect(self.forget)
        self._session = session
        self.forget()
        if session is not None:
            session.crop_saved.connect(self._reread)
            session.state_changed.connect(self._state_changed)
            session.index_changed.connect(self.forget)

    def forget(self) -> None:
        """The folder was listed anew: read it anew when it is asked for."""
        self._texts = self._labels = None
        self._reading.clear()

    def facts(self) -> Facts:
        """What is known now; may be used in another thread."""
        session, texts = self._session, self._texts
        if session is None or texts is None:
            return Facts(None, self._labels)
        project, here = session.project, session.text_changed_here

        def text_of(key: str, split: str) -> str:
            text = here(key)
            if text is None:
                text = texts.get(key)
            return text if text is not None else project.plate_texts.text_of(key, split) or ""

        return Facts(text_of, self._labels)

    def ask_for(self, query: Query) -> bool:
        """Begin to read what a query needs. False while something is missing without which it finds nothing."""
        session = self._session
        if session is None:
            return True
        if self._texts is None and query.uses("text", "") and "texts" not in self._reading:
            self._reading.add("texts")
            self._jobs.run(lambda: _read_texts(session), lambda texts: self._take_texts(session, texts))
        if self._labels is None and query.uses("char") and "labels" not in self._reading:
            self._reading.add("labels")
            labels, index = LabelIndex(session.project), session.index

            def read() -> bool:
                labelled = (key for place, key in enumerate(index.keys) if index.has_label_file(place))
                return labels.read(labelled, lambda: self._session is session and session.index is index)

            self._jobs.run(read, lambda whole: self._take_labels(session, labels, whole))
        texts_missing = self._texts is None and query.uses("text")
        return not (texts_missing or (self._labels is None and query.uses("char")))

    def _take_texts(self, session: ProjectSession, texts: dict[str, str]) -> None:
        if session is self._session and "texts" in self._reading:
            self._reading.discard("texts")
            self._texts = texts
            self._ready()

    def _take_labels(self, session: ProjectSession, labels: LabelIndex, whole: bool) -> None:
        if whole and session is self._session and "labels" in self._reading:
            self._reading.discard("labels")
            self._labels = labels
            self._ready()

    def _state_changed(self, key: str) -> None:
        if self._session is not None and self._session.state(key) is CropState.DRAFT:
            self._reread(key)

    def _reread(self, key: str) -> None:
        """A crop was saved; the list follows when it is filtered the next time, as with states."""
        session = self._session
        if "labels" in self._reading:  # it waits behind the whole reading
            self._jobs.run(lambda: None, lambda _nothing: self._reread(key) if session is self._session else None)
        elif self._labels is not None:
            labels = self._labels
            self._jobs.run(lambda: labels.reread(key))

    def close(self) -> None:
        """Read nothing any more."""
        self._session = None
        self._jobs.close()


def _read_texts(session: ProjectSession) -> dict[str, str]:
    session.project.plate_texts.text_of("")  # reads plates.csv here, in the thread
    return session.project.store.texts()
