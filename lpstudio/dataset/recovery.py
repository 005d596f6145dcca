"""What the opening of a project does after a crash: writes what the journal still holds, sweeps up torn beginnings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lpstudio.dataset import labels
from lpstudio.dataset.atomic import remove_leftovers
from lpstudio.dataset.database import FOLDER
from lpstudio.dataset.images import image_size
from lpstudio.dataset.journal_records import Unwritten
from lpstudio.dataset.state_rules import divide
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
            there = project.digest(key)
            if there not in _own_digests(project, key):
                raise
            project.save(key, what.content, what.state, there)
    if what.text is not None:
        project.set_text(key, what.text)
    if what.then is not None:
        project.set_state(key, what.then)


def _own_digests(project: Project, key: str) -> set[str]:
    """What the label file said after each step of the interrupted session: those versions are nobody else's."""
    interrupted = project.journal.interrupted()
    if interrupted is None:
        return set()
    history = project.journal.history(interrupted.generation).get(key)
    if history is None:
        return set()
    size = image_size(project.image_path(key))
    standings = [step.after for step in (*history.done, *history.undone)]
    standings += [step.before for step in (*history.done, *history.undone)]
    return {
        labels.digest_of(
            labels.format_label_text(divide(standing.content, project.alphabet)[0], project.alphabet, size)
        )
        for standing in standings
    }
