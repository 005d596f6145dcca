"""One studio at a time writes a project: who it is, whether it lives, and how another takes over."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.dataset.database import FOLDER
from lpstudio.dataset.file_lock import try_lock
from lpstudio.errors import LpStudioError

_LOCK, _OWNER, _WANTED = "studio.lock", "studio-owner.json", "studio-wanted.json"


@dataclass(frozen=True, slots=True)
class Owner:
    """A studio that works on a project. ``token`` tells one session from another of the same process."""

    token: str
    pid: int
    host: str
    user: str

    @property
    def shown(self) -> str:
        """Who and where, for a person."""
        here = self.host == socket.gethostname()
        where = f"process {self.pid} on this machine" if here else f"process {self.pid} on {self.host}"
        return f"{self.user}, {where}" if self.user else where


class Ownership:
    """The claim of one studio on a project's folder.

    A lock of the operating system, which its process cannot leave behind, says that a studio lives; a small file says
    which. All methods touch files: call them off the GUI thread. None raises for what a disk can do.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._root = root
        self._handle: int | None = None
        self.me = Owner(secrets.token_hex(8), os.getpid(), socket.gethostname(), _user())

    # -- claiming ------------------------------------------------------------------------------------------------------

    def claim(self) -> Owner | None:
        """Take the project if it is free. None when it is ours now, else who has it."""
        if self._handle is not None:
            return None if self.is_ours() else self.owner()
        other = self.other()
        if other is not None:
            return other
        return None if self._take() else self.owner()

    def other(self) -> Owner | None:
        """The living studio that has the project, None when there is none but us."""
        owner = self.owner()
        if owner is not None and owner.token == self.me.token:
            return None
        return (owner or _UNKNOWN) if self._is_held() else None

    def _is_held(self) -> bool:
        """Whether another process holds the lock; asking leaves nothing behind."""
        if self._handle is not None:
            return False
        try:
            handle = os.open(self._folder / _LOCK, os.O_RDWR)
        except OSError:
            return False
        try:
            return not try_lock(handle)
        finally:
            os.close(handle)

    def _take(self, *, force: bool = False) -> bool:
        try:
            handle = self._open_lock()
            if not try_lock(handle) and not force:
                os.close(handle)
                return False
            if not self._is_the_file(handle):  # its last owner has just removed it
                os.close(handle)
                return self._take(force=force)
        except OSError:
            return True  # nothing can be written here at all: nobody can get into anybody's way
        self._handle = handle
        with contextlib.suppress(LpStudioError, OSError):
            write_bytes_atomic(self._folder / _OWNER, json.dumps(asdict(self.me)).encode("utf-8"))
            (self._folder / _WANTED).unlink(missing_ok=True)
        return True

    def _open_lock(self) -> int:
        self._folder.mkdir(exist_ok=True)
        ignore = self._folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        return os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)

    def _is_the_file(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), (self._folder / _LOCK).stat())
        except FileNotFoundError:
            return False

    # -- from one to another -------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask the studio that has the project to let it go."""
        with contextlib.suppress(LpStudioError, OSError):
            write_bytes_atomic(self._folder / _WANTED, json.dumps(asdict(self.me)).encode("utf-8"))

    def wanted_by(self) -> Owner | None:
        """Who asks for the project that is ours."""
        return _read(self._folder / _WANTED)

    def seize(self) -> None:
        """Take the project although the studio that has it does not answer. It finds out before its next write."""
        self._take(force=True)

    def owner(self) -> Owner | None:
        """Who wrote its name last; it may be dead."""
        return _read(self._folder / _OWNER)

    def is_ours(self) -> bool:
        """Whether the project was not taken from us. True while the folder is gone: then nobody can take it."""
        owner = self.owner()
        return owner is None or owner.token == self.me.token

    def release(self) -> None:
        """Let the project go."""
        if self._handle is None:
            return
        if self.is_ours():
            for name in (_OWNER, _WANTED):
                with contextlib.suppress(OSError):
                    (self._folder / name).unlink(missing_ok=True)
        self._leave_nothing()
        os.close(self._handle)
        self._handle = None

    def _leave_nothing(self) -> None:
        """Where a dataset was only looked at, nothing of ours stays in it."""
        with contextlib.suppress(OSError):
            if {entry.name for entry in self._folder.iterdir()} <= {_LOCK, ".gitignore"}:
                for name in (_LOCK, ".gitignore"):
                    (self._folder / name).unlink(missing_ok=True)
                self._folder.rmdir()


def studio_at_work(root: Path) -> bool:
    """Whether a studio has the project open."""
    return Ownership(root).other() is not None


def _read(path: Path) -> Owner | None:
    try:
        data = json.loads(path.read_bytes())
        return Owner(str(data["token"]), int(data["pid"]), str(data["host"]), str(data["user"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


_UNKNOWN = Owner("", 0, "another machine", "")
