"""The errors a person sees: what happened, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path


def one_line(text: str) -> str:
    """A text, a file's name above all, without what breaks lines or cannot be printed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)


class LpStudioError(Exception):
    """A failure with a message made for the person at the screen.

    ``what`` is one sentence without a full stop, ``path`` and ``line`` say where, ``remedy`` says what to do.
    """

    def __init__(self, what: str, *, path: Path | str | None = None, line: int | None = None, remedy: str = "") -> None:
        self.what = what
        self.path = Path(path) if path is not None else None
        self.line = line
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def where(self) -> str:
        """``file:line``, ``file`` or an empty string."""
        if self.path is None:
            return ""
        path = one_line(str(self.path))
        return f"{path}:{self.line}" if self.line is not None else path

    @property
    def message(self) -> str:
        """The whole message in one line: where, what, remedy."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text


class UsageError(LpStudioError):
    """The call itself is wrong (exit code 2), not the work it asked for."""
