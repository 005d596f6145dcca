"""What the opening of a project does after a crash: writes what the journal still holds, sweeps up torn beginnings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lpstudio.dataset import labels
from lpstudio.dataset.atomic import remove_leftovers
from lpstudio.dataset.database import FOLDER
from lpstudio.dataset.images import image_size
from lpstudio.dataset.journal_records import Standing, Unwritten
from lpstudio.dataset.sameness import same_content
from lpstudio.dataset.state_rules import divide
from lpstudio.dataset.types import CropContent
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Replay:
    """What came of the edits that an earlier session could not write any more.

    ``written``: crops that are in their label files now. ``changed``: another program changed their label file since, a
    person must choose. ``failed``: crops that still cannot be written, and why.
    """

    written: list[str] = field(default_factory=list)
    changed: list[Unwritten] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """Whole sentences for a person about what could not be written."""
        return [f"{message}. The edit is kept in the journal" for message in self.failed.values()]


def replay(project: Project) -> Replay:
    """Do what the journal says was not done. Never raises: what cannot be done stays in the journal."""
    result = Replay()
    for folder in (project.root, project.root / FOLDER):
        remove_leftovers(folder)
    try:
        left = project.journal.unwritten()
    except LpStudioError as error:
        log.warning("the journal cannot be read: %s", error.message)
        return result
    if not left:
        return result
    for folder in {project.label_path(what.key).parent for what in left}:
        remove_leftovers(folder)
    project.store.note_change()  # crops.jsonl may be behind
    for what in left:
        try:
            _write(project, what)
            result.written.append(what.key)
            project.journal.drop([what.key])
        except labels.LabelChangedError:
            result.changed.append(what)
        except LpStudioError as error:
            result.failed[what.key] = error.message
    log.info("replayed %d edits; %d changed, %d failed", len(result.written), len(result.changed), len(result.failed))
    return result


def _write(project: Project, what: Unwritten) -> None:
    key = what.key
    if what.content is not None:
        try:
            project.save(key, what.content, what.state, what.expected)
        except labels.LabelChangedError:
            there, digest = _in_file(project, key)
            if not any(same_content(there, own) for own in _own_versions(project, what)):
                raise
            project.save(key, what.content, what.state, digest)
    if what.text is not None:
        project.set_text(key, what.text)
    if what.then is not None:
        project.set_state(key, what.then)


def _in_file(project: Project, key: str) -> tuple[CropContent, str]:
    """What the label file of a crop says, and its digest."""
    size = image_size(project.image_path(key))
    text = labels.read_label_text(project.label_path(key))
    content = labels.parse_label_text(text, project.alphabet, size) if text is not None else CropContent()
    return content, labels.digest_of(text)


def _own_versions(project: Project, what: Unwritten) -> list[CropContent]:
    """What the label file said after each step of the interrupted session: those versions are nobody else's."""
    standings = [Standing(what.content)] if what.content is not None else []
    interrupted = project.journal.interrupted()
    history = project.journal.history(interrupted.generation).get(what.key) if interrupted is not None else None
    if history is not None:
        standings += history.versions
    return [divide(standing.content, project.alphabet)[0] for standing in standings]
