"""The open project as the window sees it: everything that touches files happens in threads and comes back as signals.

A content that was handed to :meth:`ProjectSession.save` is never lost: it goes into the journal at once, until its file
is written it is what :meth:`request_content` gives back, and a failed save keeps it for :meth:`retry`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from lpstudio.dataset.types import Character, CropContent, CropState, Origin
from lpstudio.errors import LpStudioError
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.side_files import SideFiles

if TYPE_CHECKING:
    from lpstudio.dataset.index import CropIndex
    from lpstudio.dataset.journal import StepNote
    from lpstudio.dataset.project import Project
    from lpstudio.similarity import Similarity
    from lpstudio.studio.safety.conflicts import Conflict

_log = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0


class ProjectSession(QObject):
    """One open project: its index, the way to load and save crops, and the similarity.

    Call from the GUI thread only.
    """

    scanned = Signal()
    scan_failed = Signal(str)
    index_changed = Signal()
    content_loaded = Signal(str, object, object, str)  # key, CropContent, (width, height) | None, fault
    crop_saved = Signal(str)
    crop_failed = Signal(str, str)  # key, message
    state_changed = Signal(str)
    pending_changed = Signal(int)  # crops (and the settings file) whose newest content is not in its file yet
    safe_changed = Signal(bool)  # whether all that was done survives the end of the program, whatever ends it
    read_only_changed = Signal()
    similarity_changed = Signal()
    settings_failed = Signal(str)  # lpstudio.toml or crops.jsonl could not be written
    crops_added = Signal(list)  # keys
    add_failed = Signal(str)

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        from lpstudio.dataset.index import CropIndex
        from lpstudio.studio.crop_loads import CropLoads
        from lpstudio.studio.crop_saver import CropSaver

        self.project = project
        self.index: CropIndex = CropIndex()
        self.is_scanned = False
        self._loads = Jobs(self, threads=2)
        self._store = Jobs(self, threads=1, in_order=True)  # states, texts, settings, new crops: one after the other
        self._saver = CropSaver(project, self._loads, self.state, self)
        self._crops = CropLoads(project, self._saver, self._loads, self)
        self._crops.loaded.connect(self.content_loaded)
        self.conflicts = self._saver.conflicts
        self.failures = self._saver.failures
        self._saver.safe_changed.connect(lambda _safe: self.safe_changed.emit(self.is_safe))
        self._saver.saved.connect(self._crop_saved)
        self._saver.failed.connect(self.crop_failed)
        self._side_files = SideFiles(project, self._store, self)
        self._side_files.failed.connect(self.settings_failed)
        for part in (self._saver, self._side_files):
            part.changed.connect(lambda: self.pending_changed.emit(self.pending))

    # -- the index -------------------------------------------------------------------------------------------------

    def scan(self) -> None:
        """List the pictures of the project in a thread; then ``scanned`` (the first time) and ``index_changed``."""

        self._store.run(self.project.scan, self._take_scan, lambda error: self.scan_failed.emit(plain_message(error)))

    def _take_scan(self, index: CropIndex) -> None:
        self.index = index
        first, self.is_scanned = not self.is_scanned, True
        if first:
            self.scanned.emit()
        self.index_changed.emit()

    @property
    def counts(self) -> dict[CropState, int]:
        """How many crops there are in each state, now."""
        return self.index.counts()

    def state(self, key: str) -> CropState:
        """The state of a crop as the person sees it (a change counts at once, before it is on disk)."""
        position = self.index.position(key)
        return CropState.UNLABELLED if position is None else self.index.state_of(position)

    def _note_state(self, key: str, state: CropState) -> None:
        position = self.index.position(key)
        if position is not None:
            self.index.set_state(position, state)
            self.state_changed.emit(key)

    # -- loading ---------------------------------------------------------------------------------------------------

    def request_content(self, key: str, then: Callable[[CropContent, str], object] | None = None) -> None:
        """Read what stands on a crop in a thread; answers with ``content_loaded``.

        ``fault`` is empty, or says why the picture cannot be shown. Bad lines of a label file come inside the content.
        ``then(content, fault)`` is answered instead where it is given: who decides by what the disk says now must not
        take the answer to an earlier request for it.
        """
        self._crops.request(key, then)

    def look_for_change(self, key: str, then: Callable[[bool], object]) -> None:
        """``then(whether the label file of a crop is not as it was last read or written here)``."""
        self._crops.look_for_change(key, then)

    def text(self, key: str) -> str:
        """The plate text of a crop that was loaded or set in this session, else an empty text."""
        return self._crops.texts.get(key, "")

    def text_changed_here(self, key: str) -> str | None:
        """The plate text of a crop that was loaded or set in this session, None of any other. From any thread."""
        return self._crops.texts.get(key)

    def csv_text(self, key: str) -> str:
        """What ``plates.csv`` says of a crop that was loaded, else an empty text."""
        position = self.index.position(key) if key in self._crops.texts else None
        if position is None:
            return ""
        return self.project.plate_texts.text_of(key, self.index.split_of(position)) or ""

    def origin(self, key: str) -> Origin | None:
        """Where a loaded crop was cut from."""
        return self._crops.origins.get(key)

    # -- saving ----------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """How many crops (and the settings file, and crops.jsonl) have content that is not in its file yet."""
        return self._saver.pending + self._side_files.pending

    @property
    def is_safe(self) -> bool:
        """Whether all that was done survives the end of the program: it is in the journal, or in its file."""
        return self._saver.is_safe and not self._side_files.is_writing

    @property
    def has_failed(self) -> bool:
        """Whether something could not be written the last time it was tried."""
        return bool(self.failures) or self._side_files.has_failed

    def is_unsaved(self, key: str) -> bool:
        """Whether the newest content of a crop is not in its label file yet."""
        return self._saver.is_unsaved(key)

    def save(
        self,
        key: str,
        content: CropContent,
        state: CropState | None = None,
        *,
        text: str | None = None,
        step: StepNote | None = None,
    ) -> None:
        """Save a crop's content soon, in the writer's thread; returns at once.

        Without a state, unlabelled and draft crops become in progress and the others keep theirs. ``text``: the plate's
        text where it changes too; ``step``: what was done, so that undo works after a crash.
        """
        before = self.state(key)
        if text is not None:
            self._crops.texts[key] = text
        self._saver.save(key, content, state, text, step)
        if state is None:
            state = CropState.IN_PROGRESS if before in (CropState.UNLABELLED, CropState.DRAFT) else before
        self._note_state(key, state)
        self.conflicts.note_mine(key, content, state)
        self.pending_changed.emit(self.pending)

    def set_state(self, key: str, state: CropState, *, text: str | None = None, step: StepNote | None = None) -> None:
        """Give a crop another state, after the saves of it that wait; what stands on it stays.

        A label file on disk may make another state of it (unlabelled becomes labelled); ``state_changed`` comes again
        then.
        """
        if text is not None:
            self._crops.texts[key] = text
        self._saver.set_state(key, state, text, step)
        self._note_state(key, state)
        self.pending_changed.emit(self.pending)

    def set_text(self, key: str, text: str, *, step: StepNote | None = None) -> None:
        """Say what the plate reads."""
        self._crops.texts[key] = text
        self._saver.set_text(key, text, step)
        self.pending_changed.emit(self.pending)

    def set_draft(
        self, key: str, characters: Sequence[Character], on_done: Callable[[bool], object] | None = None
    ) -> None:
        """Propose characters for a crop; ``on_done(False)`` when a person has worked on it already."""

        def done(taken: bool) -> None:
            if taken:
                self._note_state(key, CropState.DRAFT)
            if on_done is not None:
                on_done(taken)

        self._store.run(
            lambda: self.project.set_draft(key, tuple(characters)),
            done,
            lambda error: self.crop_failed.emit(key, plain_message(error)),
        )

    def _crop_saved(self, key: str) -> None:
        self.crop_saved.emit(key)
        self.state_changed.emit(key)  # the writer has put into the index what the disk makes of it

    def settle(self, key: str) -> Conflict | None:
        """A person chose between two versions; the caller saves the chosen one next. None when there are not two."""
        return self._saver.settle(key)

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self._saver.retry()
        self._side_files.retry()
        self.pending_changed.emit(self.pending)

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until everything is in its file, at most so long, and hold up the window. True when it is."""
        self._saver.writer.flush(seconds)
        self._side_files.write_records()
        self._store.wait(int(seconds * 1000))
        QCoreApplication.sendPostedEvents(self._saver, QEvent.Type.MetaCall.value)  # what the writer said meanwhile
        return self.pending == 0

    def when_written(self, then: Callable[[bool], object], seconds: float = FLUSH_SECONDS) -> None:
        """As :meth:`flush`, but the window goes on: ``then(whether everything is in its file)`` comes later."""
        self._saver.failures.clear()
        writer = self._saver.writer

        def work() -> None:
            writer.flush(seconds)
            if self.project.is_present:
                self.project.flush()

        def ended(failure: str) -> None:
            self._side_files.note_records(failure)
            QCoreApplication.sendPostedEvents(self._saver, QEvent.Type.MetaCall.value)
            self.pending_changed.emit(self.pending)
            then(self.pending == 0)

        self._side_files.retry_settings()
        self._store.run(work, lambda _: ended(""), lambda error: ended(plain_message(error)))

    # -- similarity ------------------------------------------------------------------------------------------------

    @property
    def similarity(self) -> Similarity:
        """What the project says about look-alikes; setting it saves ``lpstudio.toml`` in a thread."""
        return self._side_files.similarity

    @similarity.setter
    def similarity(self, similarity: Similarity) -> None:
        if similarity == self._side_files.similarity:
            return
        self._side_files.similarity = similarity
        self.similarity_changed.emit()
        self._side_files.save_settings()

    def save_training_settings(self, values: dict[str, Any]) -> None:
        """Keep the training form's values in ``lpstudio.toml``."""
        self._side_files.save_training(values)

    def save_filters(self, filters: dict[str, str]) -> None:
        """Keep the saved filters of the crop list in ``lpstudio.toml``."""
        self._side_files.save_filters(filters)

    # -- new crops -------------------------------------------------------------------------------------------------

    def add_images(self, paths: Sequence[Path], split: str = "train") -> None:
        """Copy pictures into the project in a thread; ends with ``crops_added`` or ``add_failed``."""

        faults: list[LpStudioError] = []

        def done(keys: list[str]) -> None:
            if faults:
                more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
                self.add_failed.emit(f"{faults[0].message}{more}")
            self.crops_added.emit(keys)
            self.scan()

        self._store.run(
            lambda: self.project.add_images(list(paths), split=split, faults=faults),
            done,
            lambda error: self.add_failed.emit(plain_message(error)),
        )

    def add_crop(
        self,
        png: bytes,
        stem: str,
        origin: Origin,
        on_done: Callable[[str], object],
        on_error: Callable[[str], object],
        split: str = "train",
    ) -> None:
        """Write one picture into the project in a thread; then ``on_done(key)``, or ``on_error(message)``.

        A draft may follow under its key at once.
        """

        def done(key: str) -> None:
            self.crops_added.emit([key])
            self.scan()
            on_done(key)

        self._store.run(
            lambda: self.project.add_crop(png, stem, origin, split=split),
            done,
            lambda error: on_error(plain_message(error)),
        )

    def note_restored(self) -> None:
        """Labels, states and texts were brought back from a backup: what was known of them does not hold any more."""
        self._saver.forget_known()
        self._crops.texts.clear()
        self.scan()

    def run_in_order(
        self, work: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[str], object]
    ) -> None:
        """Run ``work`` in the thread of states, settings and new crops, after what was asked of it before."""
        self._store.run(work, done, lambda error: failed(plain_message(error)))

    # -- the end ---------------------------------------------------------------------------------------------------

    def become_read_only(self, because: str) -> None:
        """Another studio has the project now."""
        self.project.make_read_only(because)
        self.read_only_changed.emit()

    def close(self) -> bool:
        """Write what is left and let the project go. False, and still open, when something could not be written."""
        self.retry()
        if not self.flush():
            return False
        self.abandon()
        return True

    def abandon(self) -> None:
        """Let the project go, also when something could not be written (the person chose so)."""
        self._saver.writer.close()
        self._loads.close()
        self._store.close()
        try:
            self.project.close()
        except LpStudioError as error:
            _log.warning("closing the project: %s", error.message)
