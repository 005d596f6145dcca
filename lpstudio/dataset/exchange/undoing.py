"""Taking an import back: what it touches is noted first, in ``.lpstudio/imports/NUMBER/record.jsonl``.

Crops that somebody worked on after the import stay as they are now, and are named. A record outlives a crash in the
middle of an import, which can then be taken back as far as it came.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from lpstudio.dataset import records
from lpstudio.dataset.atomic import remove_file, write_bytes_atomic, write_error
from lpstudio.dataset.exchange.model import Place
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.project import Project
from lpstudio.dataset.records import CropRecord
from lpstudio.dataset.scan import read_list
from lpstudio.errors import LpStudioError

FOLDER = Path(".lpstudio") / "imports"
_RECORD = "record.jsonl"
_UNDONE = "undone"
_KEPT = 10  # imports whose records are kept


@dataclass(frozen=True)
class PastImport:
    """An import that can be taken back. ``crops``: how many it touched; ``ended``: it came to its end."""

    folder: Path
    source: str
    time: float
    crops: int
    ended: bool


@dataclass
class ImportLog:
    """Notes what an import is about to change. Nothing is made on disk before the first crop is touched."""

    project: Project
    source: Path
    folder: Path | None = None
    _file: TextIO | None = field(default=None, repr=False)

    def before(self, key: str) -> None:
        """A crop of the project is about to be changed."""
        record = self.project.store.record(key) or CropRecord(key)
        draft = self.project.store.draft(key)
        self._write(
            {
                "key": key,
                "label": _label(self.project, key),
                "record": records.record_to_line(record),
                "draft": None if draft is None else records.characters_to_json(draft),
            }
        )

    def added(self, key: str) -> None:
        """A picture was copied into the project."""
        self._write({"key": key, "added": _stamp(self.project.image_path(key))})

    def after(self, key: str) -> None:
        """A crop was changed: what it looks like now tells later whether somebody worked on it since."""
        self._write({"key": key, "after": _fingerprint(self.project, key)})

    def end(self) -> None:
        """The import came to its end."""
        if self._file is not None:
            self._write({"ended": True})

    def close(self) -> None:
        """Write what is noted. Can be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, entry: dict[str, Any]) -> None:
        try:
            if self._file is None:
                self.folder = self.folder or _new_folder(self.project.root / FOLDER)
                self._file = (self.folder / _RECORD).open("a", encoding="utf-8", errors="surrogateescape")
                if self._file.tell() == 0:
                    self._write({"source": str(self.source), "time": time.time()})
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
        except OSError as error:
            raise write_error(error, self.project.root / FOLDER) from error


def _new_folder(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    numbers = sorted(int(entry.name) for entry in place.iterdir() if entry.name.isdigit())
    for old in numbers[: max(0, len(numbers) - _KEPT + 1)]:
        shutil.rmtree(place / str(old), ignore_errors=True)
    number = numbers[-1] + 1 if numbers else 1
    while True:
        folder = place / str(number)
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return folder


def last_import(root: Path) -> PastImport | None:
    """The newest import into a project that was not taken back, or None."""
    place = root / FOLDER
    try:
        numbers = sorted((int(entry.name) for entry in place.iterdir() if entry.name.isdigit()), reverse=True)
    except OSError:
        return None
    for number in numbers:
        folder = place / str(number)
        if (folder / _UNDONE).exists():
            continue
        entries = _entries(folder)
        keys = {entry["key"] for entry in entries if "key" in entry}
        if keys:
            head = entries[0]
            ended = any(entry.get("ended") for entry in entries)
            return PastImport(folder, str(head.get("source", "")), float(head.get("time", 0.0)), len(keys), ended)
    return None


def _entries(folder: Path) -> list[dict[str, Any]]:
    entries = []
    with suppress(OSError):
        for line in (folder / _RECORD).read_text("utf-8", "surrogateescape").splitlines():
            with suppress(ValueError):  # the last line of an import that was killed
                entry = json.loads(line)
                if isinstance(entry, dict):
                    entries.append(entry)
    return entries


def undo_import(project: Project, past: PastImport) -> Report:
    """Bring back what stood there before an import. Raises LpStudioError when the disk does not take it."""
    report = Report()
    first: dict[str, dict[str, Any]] = {}
    after: dict[str, str] = {}
    added: dict[str, list[int]] = {}
    for entry in _entries(past.folder):
        key = entry.get("key")
        if not isinstance(key, str):
            continue
        if "after" in entry:
            after[key] = str(entry["after"])
        elif "added" in entry:
            added[key] = entry["added"]
        elif "record" in entry:
            first.setdefault(key, entry)
    gone: list[str] = []
    for key in [*first, *(key for key in added if key not in first)]:
        if key in after and after[key] != _fingerprint(project, key):
            report.lose("crops", f"{key} was worked on since: it stays as it is", Place(key))
        elif key in added:
            if _stamp(project.image_path(key)) not in (added[key], None):
                report.lose("crops", f"{key} was changed since: it stays", Place(key))
                continue
            _restore(project, key, None)
            with suppress(FileNotFoundError):
                project.image_path(key).unlink()
            gone.append(key)
            report.count("crops taken out again")
        else:
            _restore(project, key, first[key])
            report.count("crops as before")
    _leave_lists(project, gone)
    with suppress(OSError):
        (past.folder / _UNDONE).touch()
    project.scan()
    project.flush()
    return report


def _restore(project: Project, key: str, entry: dict[str, Any] | None) -> None:
    """The label file and all that the store knows of a crop, as they were; without an entry: nothing."""
    label = entry["label"] if entry is not None else None
    path = project.label_path(key)
    if label is None:
        remove_file(path)
    else:
        write_bytes_atomic(path, str(label).encode("utf-8", "surrogateescape"))
    record, store = CropRecord(key), project.store
    if entry is not None:
        found, _ = records.parse_records(str(entry["record"]))
        record = found.get(key, record)
    store.set_saved(key, record.state, record.kept)  # a draft that the import brought goes with it
    store.set_text(key, record.text)
    store.set_origin(key, record.origin)
    if entry is not None and entry["draft"] is not None:
        store.set_draft(key, records.characters_from_json(str(entry["draft"])))
        if record.state is not None:
            store.set_state(key, record.state)


def _leave_lists(project: Project, gone: list[str]) -> None:
    """Take pictures that are there no more out of the lists of splits."""
    if not gone:
        return
    paths = {os.path.normpath(project.image_path(key)) for key in gone}
    for source in project.sources:
        if not source.path.is_file() or source.path.suffix.lower() != ".txt":
            continue
        try:
            dropped = {line for line, image in read_list(source.path) if os.path.normpath(image) in paths}
            if dropped:
                text = source.path.read_bytes().decode("utf-8-sig", "surrogateescape")
                kept = [line for n, line in enumerate(text.splitlines(keepends=True), 1) if n not in dropped]
                write_bytes_atomic(source.path, "".join(kept).encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise write_error(error, source.path) from error


def _label(project: Project, key: str) -> str | None:
    try:
        return project.label_path(key).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LpStudioError(
            f"the label file cannot be read: {error.strerror or error}", path=project.label_path(key)
        ) from error


def _fingerprint(project: Project, key: str) -> str:
    """What stands on a crop, as a short text that changes with it."""
    record = project.store.record(key) or CropRecord(key)
    draft = project.store.draft(key)
    parts = [
        _label(project, key) or "",
        str(record.state),
        str(record.text),
        json.dumps(records.kept_to_list(record.kept)),
        "" if draft is None else records.characters_to_json(draft),
    ]
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _stamp(path: Path) -> list[int] | None:
    """Size and time of a picture; None when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]
