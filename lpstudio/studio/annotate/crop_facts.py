"""What the search field may ask of every crop beside its path, read in a thread or by a process when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.label_index import LabelIndex
from lpstudio.dataset.readings import ModelReadings
from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import Facts, Rows
from lpstudio.studio.annotate.query import Query
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession


class Findings(Protocol):
    """What the checks of the whole project know, for queries; each says by a call of ``ready`` when it knows more."""

    def ask_for(self, query: Query) -> str:
        """Begin to look for what a query needs; what is still missing in a few words, empty when nothing is."""
        ...

    def disagreeing(self) -> dict[str, set[str]]:
        """Keys of crops where "text" or "model" disagrees with the characters. From any thread, as the next."""
        ...

    def faulty(self) -> dict[str, set[str]]:
        """Keys of crops by kind of fault."""
        ...


class CropFacts(QObject):
    """``ready`` is called on the GUI thread whenever something that was asked for has been read."""

    def __init__(self, ready: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._ready = ready
        self._session: ProjectSession | None = None
        self._jobs = Jobs(self, threads=1, in_order=True)
        self._texts: dict[str, str] | None = None
        self._labels: LabelIndex | None = None
        self._numbers: dict[str, NDArray[np.float32]] | None = None
        self._reading: set[str] = set()
        self.findings: Findings | None = None
        self.missing = ""  # what is still read, for a person who waits

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
        self._texts = self._labels = self._numbers = None
        self._reading.clear()

    def facts(self) -> Facts:
        """What is known now; may be used in another thread."""
        session, texts = self._session, self._texts
        if session is None:
            return Facts()
        known = self.findings
        disagreeing = None if known is None else _Positions(session.index, known.disagreeing)
        faulty = None if known is None else _Positions(session.index, known.faulty)
        if texts is None:
            return Facts(None, self._labels, self._numbers, disagreeing, faulty)
        plates, here = session.project.plate_texts, session.text_changed_here  # read with the texts
        none = not len(plates)

        def text_of(key: str, split: str) -> str:
            text = here(key)
            if text is None:
                text = texts.get(key)
            if text is not None or none:
                return text or ""
            return plates.text_of(key, split) or ""

        return Facts(text_of, self._labels, self._numbers, disagreeing, faulty)

    def ask_for(self, query: Query, sort: str = "") -> bool:
        """Begin to read what a query, and an order, need. False while something is missing without which it finds
        nothing; ``missing`` says what.
        """
        session = self._session
        self.missing = "Reading what stands on the crops…"
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
        wants_numbers = query.uses("score", "margin") or (query.sort or sort).lstrip("-") in ("score", "margin")
        if self._numbers is None and wants_numbers and "numbers" not in self._reading:
            self._reading.add("numbers")
            index = session.index
            self._jobs.run(
                lambda: _read_numbers(session, index),
                lambda numbers: self._take_numbers(session, index, numbers),
            )
        texts_missing = self._texts is None and query.uses("text")
        if texts_missing or (self._labels is None and query.uses("char")) or (self._numbers is None and wants_numbers):
            return False
        self.missing = self.findings.ask_for(query) if self.findings is not None else ""
        return not self.missing

    def _take_numbers(self, session: ProjectSession, index: CropIndex, numbers: dict[str, NDArray[np.float32]]) -> None:
        if session is self._session and index is session.index and "numbers" in self._reading:
            self._reading.discard("numbers")
            self._numbers = numbers
            self._ready()

    def forget_numbers(self) -> None:
        """A model read crops anew: scores and margins are read again when they are asked for."""
        self._numbers = None
        self._reading.discard("numbers")

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
        numbers = self._numbers
        if numbers is not None and session is not None:
            index, project = session.index, session.project

            def take(told: tuple[float | None, float | None]) -> None:
                position = index.position(key)
                if numbers is self._numbers and position is not None:
                    for name, value in zip(("score", "margin"), told, strict=True):
                        numbers[name][position] = np.nan if value is None else value

            self._jobs.run(lambda: ModelReadings(project.store.database).certainty_of(key), take)
        if "labels" in self._reading:  # it waits behind the whole reading
            self._jobs.run(lambda: None, lambda _nothing: self._reread(key) if session is self._session else None)
        elif self._labels is not None:
            labels = self._labels
            self._jobs.run(lambda: labels.reread(key))

    def close(self) -> None:
        """Read nothing any more."""
        self._session = None
        self._jobs.close()


class _Positions(Mapping[str, Rows]):
    """Sets of keys as ascending positions of an index, found in the thread that first asks for them."""

    def __init__(self, index: CropIndex, keys: Callable[[], dict[str, set[str]]]) -> None:
        self._index = index
        self._keys = keys
        self._rows: dict[str, Rows] | None = None

    def _all(self) -> dict[str, Rows]:
        if self._rows is None:
            self._rows = {name: self._of(keys) for name, keys in self._keys().items()}
        return self._rows

    def _of(self, keys: set[str]) -> Rows:
        places = (self._index.position(key) for key in keys)
        return np.sort(np.fromiter((place for place in places if place is not None), dtype=np.int32))

    def __getitem__(self, name: str) -> Rows:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _read_numbers(session: ProjectSession, index: CropIndex) -> dict[str, NDArray[np.float32]]:
    scores, margins = (np.full(len(index), np.nan, dtype=np.float32) for _ in range(2))
    for key, score, margin in ModelReadings(session.project.store.database).certainties():
        place = index.position(key)
        if place is not None and score is not None and margin is not None:
            scores[place], margins[place] = score, margin
    return {"score": scores, "margin": margins}


def _read_texts(session: ProjectSession) -> dict[str, str]:
    session.project.plate_texts.text_of("")  # reads plates.csv here, in the thread
    return session.project.store.texts()
