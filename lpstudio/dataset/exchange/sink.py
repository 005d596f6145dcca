"""Where an export goes: a folder or a zip that appears whole, or not at all."""

from __future__ import annotations

import secrets
import shutil
import zipfile
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

from lpstudio.dataset.atomic import TEMPORARY, claim, write_error
from lpstudio.errors import LpStudioError


class Sink(ABC):
    """Takes files by relative posix name."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file. Raises LpStudioError."""

    @abstractmethod
    def copy(self, name: str, path: Path) -> None:
        """Copy a file from disk. Raises LpStudioError."""

    @abstractmethod
    def finish(self) -> None:
        """Make it appear under its name. Raises LpStudioError."""

    @abstractmethod
    def discard(self) -> None:
        """Take away what was written, unless it is finished."""

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.discard()


class FolderSink(Sink):
    """A new folder, or an empty one."""

    def __init__(self, target: Path) -> None:
        self._target = target
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise LpStudioError("this is not an empty folder", path=target, remedy="Name a new one")
        try:
            self._folder = _hidden(target)
            self._folder.mkdir()
        except OSError as error:
            raise write_error(error, target) from error

    def _path(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, data: bytes) -> None:
        try:
            self._path(name).write_bytes(data)
        except OSError as error:
            raise write_error(error, self._target / name) from error

    def copy(self, name: str, path: Path) -> None:
        try:
            shutil.copyfile(path, self._path(name))
        except OSError as error:
            raise write_error(error, self._target / name) from error

    def finish(self) -> None:
        try:
            if self._target.is_dir():
                self._target.rmdir()
            self._folder.rename(self._target)
        except OSError as error:
            raise write_error(error, self._target) from error

    def discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class ZipSink(Sink):
    """A new zip. Pictures are packed already and are stored as they are."""

    def __init__(self, target: Path) -> None:
        self._target = target
        if target.exists():
            raise LpStudioError("there is such a file already", path=target, remedy="Name a new one")
        try:
            self._path = _hidden(target)
            self._zip = zipfile.ZipFile(self._path, "x", zipfile.ZIP_DEFLATED)
        except OSError as error:
            raise write_error(error, target) from error

    def write(self, name: str, data: bytes) -> None:
        try:
            self._zip.writestr(name, data)
        except OSError as error:
            raise write_error(error, self._target) from error

    def copy(self, name: str, path: Path) -> None:
        try:
            self._zip.write(path, name, zipfile.ZIP_STORED)
        except (OSError, ValueError) as error:  # ValueError: a date before 1980
            if isinstance(error, OSError):
                raise write_error(error, self._target) from error
            self.write(name, path.read_bytes())

    def finish(self) -> None:
        try:
            self._zip.close()
            claim(self._path, self._target)
        except OSError as error:
            raise write_error(error, self._target) from error

    def discard(self) -> None:
        with suppress(OSError):
            self._zip.close()
        with suppress(OSError):
            self._path.unlink()


def _hidden(target: Path) -> Path:
    """A new hidden name beside the target, in whose folder it can be renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent / f"{TEMPORARY}{secrets.token_hex(8)}"


def open_sink(target: Path) -> Sink:
    """A zip where the name ends in ``.zip``, else a folder. Raises LpStudioError when something stands there."""
    return ZipSink(target) if target.suffix.lower() == ".zip" else FolderSink(target)
