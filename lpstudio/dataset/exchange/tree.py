"""What is imported from: a folder, one file, or a zip, all seen as a list of relative names.

Names inside are only ever looked up in that list, never joined to a path: nothing outside the source can be reached,
and a zip is never unpacked to names of its own choosing.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.model import Place
from lpstudio.dataset.exchange.report import Report, shown
from lpstudio.dataset.images import image_size, is_image_name
from lpstudio.errors import LpStudioError, UsageError

_CHUNK = 1 << 20


class Tree(ABC):
    """Files by relative posix name. Close it after use: pictures that were unpacked are removed then.

    ``only_named``: pictures that no annotation names are not part of it.
    """

    only_named = False

    def __init__(self, shown_as: str) -> None:
        self.shown_as = shown_as
        self.names: list[str] = []
        self._known: frozenset[str] | None = None
        self._by_file: dict[str, list[str]] | None = None
        self._folder: Path | None = None

    # --- names -------------------------------------------------------------------------------------------------------

    def place(self, name: str, line: int | None = None) -> Place:
        """Where a file stands, as a person reads it."""
        return Place(f"{self.shown_as}/{name}" if name else self.shown_as, line)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        if self._known is None:
            self._known = frozenset(self.names)
        return name in self._known

    def having(self, *endings: str) -> list[str]:
        """The names with one of these endings (lower case, with the dot), sorted."""
        return [name for name in self.names if name.lower().endswith(endings)]

    @property
    def pictures(self) -> list[str]:
        """The names of the pictures, sorted."""
        return [name for name in self.names if is_image_name(name)]

    def resolve(self, base: str, given: str) -> str | None:
        """The file that ``given``, found in a file of the folder ``base``, means; None when it is not in the source.

        ``..`` is followed within the source only. A path that leads elsewhere (absolute, of another machine) finds the
        file whose name ends in the most parts of it, if that is one.
        """
        given = given.replace("\\", "/")
        inside = normalised(f"{base}/{given}" if base else given)
        if inside is not None and not is_absolute(given) and self.has(inside):
            return inside
        if self._by_file is None:
            self._by_file = {}
            for name in self.names:
                self._by_file.setdefault(name.rpartition("/")[2], []).append(name)
        parts = [part for part in given.split("/") if part not in ("", ".", "..")][-20:]
        found = self._by_file.get(parts[-1], []) if parts else []
        beside = f"{base}/{parts[-1]}" if base and parts else "".join(parts[-1:])
        if len(parts) == 1 and beside in found:
            return beside
        for count in range(len(parts), 0, -1):
            tail = "/".join(parts[-count:])
            fitting = [name for name in found[:1000] if name == tail or name.endswith(f"/{tail}")]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
        return None

    # --- content -----------------------------------------------------------------------------------------------------

    def read(self, name: str, most: int = limits.MAX_SMALL_BYTES) -> bytes:
        """A whole file. Raises LpStudioError when it cannot be read or has more than ``most`` bytes."""
        pieces, size = [], 0
        for piece in self._pieces(name):
            size += len(piece)
            if size > most:
                raise LpStudioError(f"more than {most / limits.MB:.3g} MB", path=self.place(name).file)
            pieces.append(piece)
        return b"".join(pieces)

    def ends(self, name: str, size: int = 1 << 16) -> bytes:
        """The beginning and the end of a file, for telling what it is; empty when it cannot be read."""
        first, last = b"", b""
        with suppress(LpStudioError):
            for piece in self._pieces(name):
                first = first or piece[:size]
                last = (last + piece)[-size:]
        return first if last == first else first + b"\n" + last

    def local(self, name: str) -> Path:
        """A picture as a file on disk; one out of a zip is there until the next call. Raises LpStudioError."""
        return self.keep(name, self._pieces(name))

    def keep(self, name: str, pieces: Iterator[bytes]) -> Path:
        """Write bytes to a temporary file with the ending of ``name``, bounded as a picture. Raises LpStudioError."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="lpstudio-import-"))
        ending = name.rpartition(".")[2].lower()
        path = self._folder / f"picture.{ending if is_image_name(f'x.{ending}') else 'bin'}"
        size = 0
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    size += len(piece)
                    if size > limits.MAX_PICTURE_BYTES:
                        raise LpStudioError("too large for a picture", path=self.place(name).file)
                    file.write(piece)
        except OSError as error:
            raise LpStudioError(f"it cannot be unpacked: {error.strerror or error}", path=path) from error
        return path

    def picture_size(self, name: str) -> tuple[int, int]:
        """Width and height of a picture after EXIF orientation. Raises LpStudioError."""
        try:
            return image_size(self.local(name))
        except LpStudioError as error:
            raise LpStudioError(error.what, path=self.place(name).file) from error

    @abstractmethod
    def _pieces(self, name: str) -> Iterator[bytes]:
        """The content of a file, piece by piece. Raises LpStudioError."""

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FolderTree(Tree):
    """A folder with all below it, or chosen files of it. Hidden files and links to folders are passed over."""

    def __init__(self, root: Path, only: list[str] | None = None, shown_as: str = "") -> None:
        super().__init__(shown_as or str(root))
        self.root = root
        self.names = sorted(only) if only is not None else sorted(_walk(root))
        if len(self.names) > limits.MAX_FILES:
            raise LpStudioError(f"more than {limits.MAX_FILES} files", path=root)

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with (self.root / name).open("rb") as file:
                while piece := file.read(_CHUNK):
                    yield piece
        except OSError as error:
            raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=self.place(name).file) from error

    def local(self, name: str) -> Path:
        return self.root / name


def _walk(root: Path) -> Iterator[str]:
    start = len(str(root).rstrip(os.sep)) + 1
    for place, below, files in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in files:
            if name.startswith("."):
                continue
            path = os.path.join(place, name)  # noqa: PTH118 (a Path for each of a million files costs too much)
            with suppress(OSError):
                if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (no pipe or device, which would block)
                    yield path[start:].replace(os.sep, "/")


class ZipTree(Tree):
    """The files of a zip. Members with odd names, links and bombs are refused and named in ``report``."""

    def __init__(self, path: Path, report: Report) -> None:
        super().__init__(str(path))
        try:
            self._zip = zipfile.ZipFile(path)
            infos = self._zip.infolist()
        except Exception as error:  # damaged directories raise BadZipFile, struct.error, OverflowError, UnicodeError…
            raise LpStudioError(f"this zip cannot be opened: {shown(error)}", path=path) from error
        try:
            self._check_whole(path, infos)
        except LpStudioError:
            self._zip.close()
            raise
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if info.is_dir():
                continue
            given = info.filename.replace("\\", "/")
            name = normalised(given) or ""
            reason = _refusal(info, given, name)
            if not reason and name in self._infos:
                reason = "the name occurs twice in the zip; the first one was taken"
            if reason:
                report.lose("files", reason, self.place(given))
            elif not any(part.startswith((".", "__MACOSX")) for part in name.split("/")):
                self._infos[name] = info
        self.names = sorted(self._infos)

    @staticmethod
    def _check_whole(path: Path, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > limits.MAX_FILES:
            raise LpStudioError(f"more than {limits.MAX_FILES} files", path=path)
        unpacked = sum(info.file_size for info in infos)
        packed = max(1, path.stat().st_size)
        if unpacked > limits.MAX_UNPACKED_BYTES or (
            unpacked > limits.RATIO_FREE_ARCHIVE and unpacked > limits.MAX_RATIO * packed
        ):
            raise LpStudioError(
                f"refused: it would unpack to {unpacked / limits.MB:,.0f} MB, {unpacked // packed} times its size",
                path=path,
                remedy="If it is to be trusted, unpack it and import the folder",
            )

    def _pieces(self, name: str) -> Iterator[bytes]:
        where = self.place(name).file
        info = self._infos[name]
        if info.file_size > limits.RATIO_FREE_MEMBER and info.file_size > limits.MAX_RATIO * max(1, info.compress_size):
            raise LpStudioError("refused: it would unpack to more than 200 times its size", path=where)
        left = info.file_size
        try:
            with self._zip.open(info) as file:
                # Never more than the directory promises, whatever the stream holds.
                while left >= 0 and (piece := file.read(min(_CHUNK, left + 1))):
                    left -= len(piece)
                    yield piece
            if left < 0:
                raise LpStudioError("damaged in the zip: larger than it says", path=where)
        except LpStudioError:
            raise
        except Exception as error:  # BadZipFile, EOFError, RuntimeError, zlib.error, struct.error…
            raise LpStudioError(f"damaged in the zip, or not readable: {shown(error)}", path=where) from error

    def close(self) -> None:
        super().close()
        self._zip.close()


def _refusal(info: zipfile.ZipInfo, given: str, name: str) -> str:
    """Why a member of a zip is not taken, or an empty text."""
    if is_absolute(given) or ".." in given.split("/"):
        return "refused: the name leads out of the zip"
    if not name or any(ord(c) < 32 for c in name):
        return "refused: a name that no file can have"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and not stat.S_ISREG(kind):
        return "refused: it is a link or a device, not a file"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way that is not read here (only stored and deflated)"
    if name.lower().endswith(".zip"):
        return "a zip in a zip is not opened"
    return ""


def normalised(name: str) -> str | None:
    """A relative posix name without ``.``, ``..`` and doubled separators; None when it leads out or is empty."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or None


def is_absolute(name: str) -> bool:
    """Whether a name starts at a root, a drive or a server, on any system."""
    return name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) is not None


def open_source(path: Path, report: Report) -> Tree:
    """The files of a folder, a zip, or of one annotation file with its folder. Raises LpStudioError, UsageError."""
    path = Path(os.path.normpath(path.absolute()))
    if path.is_dir():
        return FolderTree(path)
    if not path.exists():
        raise UsageError("there is no such file or folder", path=path)
    if not path.is_file():
        raise UsageError("this is neither a file nor a folder", path=path)
    if path.suffix.lower() == ".zip":
        return ZipTree(path, report)
    if path.suffix.lower() not in (".json", ".xml", ".yaml", ".yml"):
        raise UsageError(
            "this is no annotation file", path=path, remedy="Give a folder, a zip, a .json, an .xml or a data.yaml"
        )
    if path.suffix.lower() in (".yaml", ".yml"):
        return FolderTree(path.parent)
    # The pictures that the file names are looked for beside and below; others there are none of its business.
    tree = FolderTree(path.parent, [path.name, *(name for name in _walk(path.parent) if is_image_name(name))])
    tree.only_named = True
    return tree
