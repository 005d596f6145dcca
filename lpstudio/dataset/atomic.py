"""Files written whole or not at all, on disk before they count as written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from lpstudio.errors import LpStudioError

# Hidden, so that no scan takes it for a picture or a label; short, because names have at most 255 bytes.
TEMPORARY = ".lpstudio-"
# The process comes next: what a killed one left behind can be told from what a living one is writing.
_LEFT = re.compile(rf"{re.escape(TEMPORARY)}(\d+)-\w+\.tmp")

_REMEDIES = {
    errno.ENOSPC: ("the disk is full", "Free some space and save again"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and save again"),
    errno.EFBIG: ("the file is larger than allowed here", "Free some space and save again"),
    errno.EACCES: ("it cannot be written", "Give yourself write permission to the folder"),
    errno.EPERM: ("it cannot be written", "Give yourself write permission to the folder"),
    errno.EROFS: ("the disk is read-only", "Copy the dataset to a disk that can be written"),
    errno.ENOENT: ("its folder is gone", "Put the folder back, or open the dataset where it is now"),
    errno.ENOTDIR: ("a file stands where its folder should be", "Move that file out of the way"),
    errno.EEXIST: ("a file stands where its folder should be", "Move that file out of the way"),
    errno.EISDIR: ("a folder stands in its place", "Move that folder out of the way"),
    errno.EIO: ("the disk reported an error", "Check the disk and its connection"),
    errno.ESTALE: ("its folder is gone", "Connect the drive again"),
    errno.ENAMETOOLONG: ("its path is too long for this system", "Move the project to a folder with a shorter path"),
    errno.ELOOP: ("it is a link that leads to itself", "Take that link away"),
}


def write_error(error: OSError, path: Path) -> LpStudioError:
    """An operating-system error while writing ``path``, in plain words."""
    why, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or str(error), ""))
    return LpStudioError(f"not saved: {why}", path=path, remedy=remedy)


def write_bytes_atomic(path: Path, data: bytes, *, replacing: AbstractContextManager[object] | None = None) -> None:
    """Write ``data`` to ``path``: a temporary file in the same folder, fsync, rename, fsync of the folder.

    Missing folders are made. A link is followed, so that what it points to is replaced and not the link. When anything
    fails the old file stays whole and no temporary file is left. ``replacing`` is entered for the rename alone, when
    all else is on disk; what it raises as it is entered stops the rename. Raises LpStudioError.
    """
    path = Path(path)
    try:
        target = _followed(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode_for(target)
        handle, name = tempfile.mkstemp(prefix=temporary_prefix(), suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if os.name == "posix":
                temporary.chmod(mode)
            with replacing or contextlib.nullcontext():
                temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(error, path) from error


def _followed(path: Path) -> Path:
    """Where a link leads, whether or not something is there; the path itself when it is none. Raises OSError."""
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def temporary_prefix() -> str:
    """How the names of this process's temporary files begin."""
    return f"{TEMPORARY}{os.getpid()}-"


def remove_leftovers(folder: Path) -> int:
    """Remove the temporary files that killed processes left in a folder; returns how many. Never raises."""
    import psutil

    removed = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 (names only: folders of labels are large)
            left = _LEFT.fullmatch(name) if name.startswith(TEMPORARY) else None
            if left is not None and not psutil.pid_exists(int(left.group(1))):
                with contextlib.suppress(OSError):
                    (folder / name).unlink()
                    removed += 1
    return removed


def create_file(folder: Path, name: str, data: bytes) -> Path:
    """Write ``data`` to a new file ``folder/name`` that appears whole; FileExistsError when the name is taken."""
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary_name = tempfile.mkstemp(prefix=temporary_prefix(), suffix=".tmp", dir=folder)
        temporary = Path(temporary_name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if os.name == "posix":
                temporary.chmod(0o666 & ~_UMASK)
            claim(temporary, target)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        sync_folder(folder)
    except FileExistsError:
        raise
    except OSError as error:
        raise write_error(error, target) from error
    return target


def claim(temporary: Path, target: Path) -> None:
    """Give the finished file ``temporary`` the name ``target``; FileExistsError when the name is taken."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network drives): take the name first, then put the finished file in its place.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        temporary.replace(target)


def append_line_durable(path: Path, line: str) -> None:
    """Append one line (without line break) to a text file and wait until it is on disk. Raises LpStudioError.

    The line is written in one piece; a last line that was cut off by a crash is closed first.
    """
    if "\n" in line:
        raise ValueError("a line holds no line break")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            broken = False
            if end:
                file.seek(end - 1)
                broken = file.read(1) != b"\n"
            file.write((b"\n" if broken else b"") + line.encode("utf-8", "surrogateescape") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if end == 0:
            sync_folder(path.parent)
    except OSError as error:
        raise write_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder last, where the system allows it."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_file(path: Path) -> None:
    """Remove a file durably; one that is not there is no error. Raises LpStudioError.

    Of a link what it leads to is removed, so that a later write goes the same way as before.
    """
    try:
        target = _followed(path)
        target.unlink(missing_ok=True)
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(error, path) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _umask() if os.name == "posix" else 0


def _mode_for(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    try:
        return target.stat().st_mode & 0o7777
    except OSError:
        return 0o666 & ~_UMASK
