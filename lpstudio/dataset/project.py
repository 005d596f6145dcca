"""A project: an Ultralytics segmentation dataset on disk, with what LP Studio keeps beside it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from lpstudio.dataset import additions, labels
from lpstudio.dataset.atomic import remove_file
from lpstudio.dataset.data_yaml import DataYaml, SplitSource, find_data_yaml, read_data_yaml
from lpstudio.dataset.images import image_size
from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.journal import EditJournal, Interrupted
from lpstudio.dataset.ownership import Owner, Ownership, studio_at_work
from lpstudio.dataset.plate_texts import FILE_NAME as PLATES_NAME
from lpstudio.dataset.plate_texts import PlateTexts, normalise_text, read_plate_texts
from lpstudio.dataset.read_only import READ_ONLY_ASKED, READ_ONLY_FOLDER
from lpstudio.dataset.recovery import Replay, replay
from lpstudio.dataset.scan import label_path, scan_sources
from lpstudio.dataset.settings import FILE_NAME as SETTINGS_NAME
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.dataset.state_rules import divide, effective_state, state_after_save, stored_form, with_kept
from lpstudio.dataset.store import Store
from lpstudio.dataset.types import Character, CropContent, CropState, Origin
from lpstudio.dataset.write_guards import must_be_as, must_be_readable, must_be_writable
from lpstudio.errors import LpStudioError

log = logging.getLogger(__name__)

_BY_PERSON = frozenset({CropState.LABELLED, CropState.IN_PROGRESS, CropState.VERIFIED})


class Project:
    """One open dataset. Methods may be called from any thread; those that read or write files take milliseconds.

    ``warnings`` are whole sentences for a person: what is odd about the dataset but does not keep it from opening.
    ``read_only``: the folder cannot be written; everything can be looked at, nothing saved.
    """

    def __init__(self, data: DataYaml, *, create_store: bool = True, read_only: bool = False) -> None:
        """Use :meth:`open`."""
        self.yaml_path = data.path
        self.root = data.path.parent.resolve()
        self.alphabet = data.alphabet
        self.sources: tuple[SplitSource, ...] = data.sources
        self.name = self.root.name
        self.settings_path = self.root / SETTINGS_NAME
        self.read_only_because = READ_ONLY_ASKED if read_only else ""
        if not _can_write(self.root):
            self.read_only_because = READ_ONLY_FOLDER
        self.yaml_notes = data.notes
        warnings = [LpStudioError(note.message, path=data.path, line=note.line).message for note in data.notes]
        if self.read_only_because == READ_ONLY_FOLDER:
            warnings.append(f"{self.root}: this folder cannot be written; crops can be looked at, but nothing is saved")
        try:
            self.settings = ProjectSettings.load(self.settings_path)
        except LpStudioError as error:
            self.settings = ProjectSettings()
            warnings.append(f"{error.message}; the default settings are used")
        self.store = Store(self.root, create=create_store, read_only=self.read_only)
        self.journal = EditJournal(self.root, self.store.database)
        self.warnings: tuple[str, ...] = (*warnings, *self.store.warnings)
        self._index: CropIndex | None = None
        self.replayed = Replay()  # what a crash had left to write
        self.interrupted: Interrupted | None = None  # the history of a session that did not end
        self.ownership: Ownership | None = None  # a studio's claim on the project; it goes when the project is closed
        self.other_owner: Owner | None = None  # the studio that works on it, where this one only looks
        self._digests: dict[str, str] = {}  # of the label files as they were last written through this project
        self._texts: PlateTexts | None = None
        self._lock = threading.RLock()
        self._texts_lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, create_store: bool = True, read_only: bool = False, owned: bool = False) -> Project:
        """Open a dataset by its folder or its ``data.yaml``, in place. What a crash left in the journal is written.

        ``create_store=False``: never make a database. ``read_only``: write nothing, another studio does. ``owned``: the
        caller knows that no other studio is at work. Raises LpStudioError (file, line) when it is no dataset, the yaml
        is broken, or no class is a character.
        """
        data = read_data_yaml(find_data_yaml(Path(path)))
        project = cls(data, create_store=create_store, read_only=read_only)
        if create_store and not project.read_only and (owned or not studio_at_work(project.root)):
            project.replayed = replay(project)
            project.interrupted = project.journal.interrupted()
            finished = project._finish_restore()
            project.warnings = (*project.warnings, *project.replayed.warnings, *finished)
        return project

    def _finish_restore(self) -> tuple[str, ...]:
        from lpstudio.dataset.backup_restore import RESTORING, finish_interrupted

        said = finish_interrupted(self) if (self.root / RESTORING).exists() else ""
        return (said,) if said else ()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be saved: :attr:`read_only_because` says why."""
        return bool(self.read_only_because)

    def make_read_only(self, because: str) -> None:
        """From now on nothing is saved any more (another studio took the project over)."""
        with self._lock:
            self.read_only_because = because
            self.store.read_only = True

    @property
    def is_present(self) -> bool:
        """Whether the dataset is still where it was opened: a drive may be gone, a folder renamed."""
        return self.yaml_path.is_file()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the list of crops -------------------------------------------------------------------------------------------

    def scan(self) -> CropIndex:
        """List the crops of every split with their states. Reads folders only, no picture and no label file.

        The index that comes back is kept up to date by what is saved through this project, until the next scan.
        """
        self._index = self.fresh_index()
        return self._index

    def fresh_index(self) -> CropIndex:
        """As :meth:`scan`, but the project goes on with the index it had: for a look at the disk beside the work."""
        index = scan_sources(self.root, self.sources)
        index.overlay(self.store.states(), effective_state)
        return index

    @property
    def index(self) -> CropIndex:
        """The index of the last scan; scans when there was none."""
        return self._index if self._index is not None else self.scan()

    def counts(self) -> dict[CropState, int]:
        """How many crops there are in each state."""
        return self.index.counts()

    def image_path(self, key: str) -> Path:
        """The picture of a crop."""
        return self.root / key

    def label_path(self, key: str) -> Path:
        """The label file of a crop; it need not exist."""
        return label_path(self.image_path(key))

    def key_of(self, image: Path) -> str:
        """The key of a picture: its posix path relative to the project's folder, absolute when it lies outside."""
        path = Path(os.path.normpath(Path(image).absolute()))
        if not path.is_relative_to(self.root):
            path = path.parent.resolve() / path.name
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

    # --- one crop ----------------------------------------------------------------------------------------------------

    def load(self, key: str) -> CropContent:
        """What stands on a crop: its label file (for a draft: the draft) and the characters kept beside it.

        Bad lines come back as ``unread``. Raises LpStudioError when the picture or the label file cannot be read.
        """
        return self.look(key)[0]

    def look(self, key: str) -> tuple[CropContent, str]:
        """As :meth:`load`, with the digest of the label file that it was read from (empty: there is none)."""
        size = image_size(self.image_path(key))
        text = labels.read_label_text(self.label_path(key))
        if text is None:
            if effective_state(self.store.state(key)[0], False, True) is CropState.DRAFT:
                draft = self.store.draft(key)
                if draft is not None:
                    return CropContent(draft), ""
            content = CropContent()
        else:
            content = labels.parse_label_text(text, self.alphabet, size)
        record = self.store.record(key)
        return with_kept(content, record.kept if record is not None else ()), labels.digest_of(text)

    def digest(self, key: str) -> str:
        """The digest of a crop's label file as it is now; empty when there is none. Raises LpStudioError."""
        return labels.digest_of(labels.read_label_text(self.label_path(key)))

    def written_digest(self, key: str) -> str | None:
        """The digest of a crop's label file as this project wrote it last; None when it did not."""
        return self._digests.get(key)

    def save(
        self, key: str, content: CropContent, state: CropState | None = None, expected: str | None = None
    ) -> CropState:
        """Save what stands on a crop; it is on disk when this returns. Returns the crop's new state.

        ``state`` None: an unlabelled crop or a draft becomes in progress, others keep their state. UNLABELLED with
        nothing on the crop takes its label file away; DRAFT puts the characters back into the database.

        ``expected``: the digest of the label file that the content was made from. When the file says something else
        now, LabelChangedError is raised and nothing is written. None: whatever stands there is overwritten.

        Raises LpStudioError; the label file then is the old one or the new one, whole, and no crop counts as more
        finished than it is.
        """
        self._must_write()
        size = image_size(self.image_path(key))
        path = self.label_path(key)
        with self._lock:
            if expected is not None:
                must_be_as(path, expected, content, self.alphabet, size)
            old = self._state(key)
            new = state_after_save(state, old, content)
            written, kept = divide(content, self.alphabet)
            if new in (CropState.UNLABELLED, CropState.DRAFT):
                return self._take_back(key, content, new)
            must_be_readable(path)
            lowers = new is CropState.IN_PROGRESS and old is not new
            if lowers:
                # Should the program die between the two writes, a half-drawn crop must not pass for a finished one.
                before = self.store.state(key)[0]
                self.store.set_state(key, new)
            try:
                self._digests[key] = labels.write_labels(path, written, self.alphabet, size)
            except BaseException:
                if lowers:
                    with suppress(LpStudioError):
                        self.store.set_state(key, before)
                raise
            self.store.set_saved(key, stored_form(new), kept)
            self._note(key, new, True)
            return new

    def _take_back(self, key: str, content: CropContent, state: CropState) -> CropState:
        """Undo all of a person's work on a crop: no label file any more, and the draft, if there was one, again."""
        if state is CropState.DRAFT:
            self.store.set_draft(key, content.characters)
        remove_file(self.label_path(key))
        self._digests[key] = ""
        if state is CropState.UNLABELLED:
            self.store.set_saved(key, None, ())
        self._note(key, state, False)
        return state

    def _state(self, key: str) -> CropState:
        stored, has_draft = self.store.state(key)
        return effective_state(stored, self.label_path(key).is_file(), has_draft)

    def state(self, key: str) -> CropState:
        """The state of a crop (from the last scan where it knows the crop, else from disk)."""
        if self._index is not None:
            position = self._index.position(key)
            if position is not None:
                return self._index.state_of(position)
        return self._state(key)

    def set_state(self, key: str, state: CropState) -> CropState:
        """Give a crop a state; returns the state it has then. Raises LpStudioError.

        Verifying a crop without label file writes an empty one: "no characters" is then the truth. UNLABELLED, LABELLED
        and DRAFT take back what a person said of the crop, so that it has the state that the disk gives it.
        """
        self._must_write()
        with self._lock:
            path = self.label_path(key)
            has_labels = path.is_file()
            if state is CropState.VERIFIED and not has_labels:
                if self._state(key) is CropState.DRAFT:
                    return self.save(key, self.load(key), CropState.VERIFIED)
                self._digests[key] = labels.write_labels(path, CropContent(), self.alphabet, (1, 1))
                has_labels = True
            self.store.set_state(key, stored_form(state))
            new = self._state(key)
            self._note(key, new, has_labels)
            return new

    def set_draft(self, key: str, characters: Sequence[Character]) -> bool:
        """Keep characters proposed by a machine. False, and nothing is done, when a person has worked on the crop."""
        self._must_write()
        with self._lock:
            old = self._state(key)
            record = self.store.record(key)
            if old in _BY_PERSON or old is CropState.IGNORED or (record is not None and record.kept):
                return False
            self.store.set_draft(key, tuple(characters))
            self._note(key, CropState.DRAFT, False)
            return True

    def text(self, key: str) -> str | None:
        """The plate's text as a person gave it, or as ``plates.csv`` says, or None."""
        record = self.store.record(key)
        if record is not None and record.text is not None:
            return record.text or None
        return self.plate_texts.text_of(key, self._split(key))

    def set_text(self, key: str, text: str) -> None:
        """Note the plate's text (upper case, letters and digits only); an empty one says that it is not known."""
        self._must_write()
        self.store.set_text(key, normalise_text(text))

    def origin(self, key: str) -> Origin | None:
        """Where a crop was cut from, or None."""
        record = self.store.record(key)
        return record.origin if record is not None else None

    @property
    def plate_texts(self) -> PlateTexts:
        """The texts of the ``plates.csv`` beside the yaml; empty when there is none."""
        with self._texts_lock:
            if self._texts is None:
                path = self.root / PLATES_NAME
                try:
                    self._texts = read_plate_texts(path) if path.is_file() else PlateTexts([])
                except LpStudioError as error:
                    log.warning("%s", error.message)
                    self.warnings = (*self.warnings, error.message)
                    self._texts = PlateTexts([])
            return self._texts

    def _split(self, key: str) -> str:
        if self._index is None:
            return ""
        position = self._index.position(key)
        return "" if position is None else self._index.split_of(position)

    # --- adding crops ------------------------------------------------------------------------------------------------

    def add_images(
        self,
        paths: Iterable[Path],
        split: str = "train",
        copy: bool = True,
        faults: list[LpStudioError] | None = None,
    ) -> list[str]:
        """Add pictures to a split; returns their keys. Nothing is overwritten: new ones are numbered.

        ``copy=False`` links instead of copying where the disk can do that. Pictures that cannot be read are put into
        ``faults`` and the rest goes on; without ``faults`` the first one raises LpStudioError before anything is added.
        """
        self._must_write()
        with self._lock:
            return additions.add_images(self, [Path(path) for path in paths], split, copy, faults)

    def add_crop(self, png: bytes, stem: str, origin: Origin | None, split: str = "train") -> str:
        """Add a picture given as PNG bytes, with where it was cut from; returns its key. Raises LpStudioError."""
        self._must_write()
        with self._lock:
            key = additions.add_bytes(self, png, f"{additions.safe_stem(stem)}.png", split)
            if origin is not None:
                self.store.set_origin(key, origin)
            return key

    # --- the rest ----------------------------------------------------------------------------------------------------

    def save_settings(self, settings: ProjectSettings | None = None) -> None:
        """Write ``lpstudio.toml`` (comments and unknown keys stay). Raises LpStudioError."""
        self._must_write()
        with self._lock:
            if settings is not None:
                self.settings = settings
            self.settings.save(self.settings_path)

    def flush(self) -> None:
        """Write ``crops.jsonl`` where something changed. Raises LpStudioError."""
        if not self.read_only:
            self._must_write()
        self.store.flush()

    def close(self) -> None:
        """Write what is not written yet, end the session's history and close the database."""
        usable = not self.read_only and self.is_present
        try:
            if usable and self.ownership is not None:
                self.journal.end()
            self.journal.close()
            self.store.close(flush=usable)
        finally:
            if self.ownership is not None:
                self.ownership.release()

    def _must_write(self) -> None:
        must_be_writable(self.root, self.read_only_because, is_present=self.is_present)

    def _note(self, key: str, state: CropState, has_labels: bool) -> None:
        if self._index is not None:
            position = self._index.position(key)
            if position is not None:
                self._index.set_state(position, state, has_labels)


def _can_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
