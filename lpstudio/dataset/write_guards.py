"""What must hold before a project is written, and before a label file is written over: no work may be lost unseen."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lpstudio.alphabet import Alphabet
from lpstudio.dataset import labels
from lpstudio.dataset.read_only import READ_ONLY_FOLDER
from lpstudio.dataset.state_rules import divide
from lpstudio.dataset.types import CropContent
from lpstudio.errors import LpStudioError

_REMEDIES = {READ_ONLY_FOLDER: "Give yourself write permission, or copy the dataset"}


class ProjectGoneError(LpStudioError):
    """The dataset is not where it was opened any more."""


def must_be_writable(root: Path, read_only_because: str, *, is_present: bool) -> None:
    """Raises LpStudioError for a project that can only be looked at, ProjectGoneError for one that is gone."""
    if read_only_because:
        raise LpStudioError(
            f"not saved: {read_only_because}",
            path=root,
            remedy=_REMEDIES.get(read_only_because, "Take the project over to work on it here"),
        )
    if not is_present:
        # Where a drive is gone its empty place may still stand there: nothing must be made in it.
        raise ProjectGoneError(
            "not saved: the project's folder is gone",
            path=root,
            remedy="Connect the drive again, or put the folder back; your work is written then",
        )


def must_be_as(path: Path, expected: str, content: CropContent, alphabet: Alphabet, size: tuple[int, int]) -> None:
    """Raises LabelChangedError when a label file is neither what it was nor what it is to become.

    ``expected``: the digest of what it was; ``content``: what it is to become; ``size``: the picture (width, height).
    """
    there = labels.read_label_text(path)
    if labels.digest_of(there) == expected or (path.parent.exists() and not path.parent.is_dir()):
        return  # a file where the folder should be is told of by the write
    wanted = labels.format_label_text(divide(content, alphabet)[0], alphabet, size)
    if there != wanted and (there is not None or wanted):
        raise labels.LabelChangedError(
            "not saved: another program changed the label file meanwhile",
            path=path,
            remedy="Choose which version to keep",
        )


def must_be_readable(path: Path) -> None:
    """Raises LpStudioError for a label file that is too large to have been read."""
    with suppress(OSError):
        if path.stat().st_size > labels.MAX_BYTES:
            raise LpStudioError(
                "not saved: the label file there is too large to be one", path=path, remedy="Move it away first"
            )
