"""One look at what stands on a crop: its faults, and whether it disagrees with what is known of its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.check import crop_faults, known_texts
from lpstudio.dataset.faults import DISAGREEMENTS, text_faults
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

LABEL_FILE = "label-file"  # the kind of a label file that cannot be read at all


@dataclass(frozen=True, slots=True)
class FoundFault:
    """One fault in a project. ``at``: the place of the character on its crop, ``line``: in its label file."""

    key: str
    kind: str
    at: int | None
    line: int | None
    message: str
    fixable: bool

    def to_row(self) -> list[Any]:
        """Plain data, from which :meth:`from_row` makes the same again."""
        return [self.key, self.kind, self.at, self.line, self.message, self.fixable]

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> FoundFault:
        key, kind, at, line, message, fixable = row
        return cls(key, kind, at, line, message, bool(fixable))


def look_at(project: Project, key: str, split: str, state: CropState) -> tuple[list[FoundFault], bool]:
    """The faults of one crop, and whether its characters, a draft's included, differ from its known text.

    Drafts are a machine's: they have no faults before a person takes them. Ignored crops have none at all.
    """
    if state is CropState.DRAFT:
        return [], _draft_disagrees(project, key, split)
    if state is CropState.IGNORED or not project.label_path(key).is_file():
        return [], False
    try:
        found = crop_faults(project, key, split)
    except LpStudioError as error:
        return [FoundFault(key, LABEL_FILE, None, None, error.what, False)], False
    rows = [FoundFault(key, one.kind.value, one.at, line, one.message, one.fixable) for one, line in found]
    return rows, any(one.kind in DISAGREEMENTS for one, _ in found)


def _draft_disagrees(project: Project, key: str, split: str) -> bool:
    draft = project.store.draft(key)
    if not draft:
        return False
    record = project.store.record(key)
    known = known_texts(project, key, split, None if record is None else record.text)
    return any(fault.kind in DISAGREEMENTS for fault in text_faults(draft, known))
