"""A restore, and its undo, from the window: first what waits is written, then a thread does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.dataset.backup_restore import Restored
    from lpstudio.studio.main_window import MainWindow

_TASK = "restore"


def restore_backup(window: MainWindow, path: Path, then: Callable[[str], object] = lambda _failure: None) -> None:
    """Restore a backup into the open project; ``then(why not, or empty)``."""
    session = window.session
    if session is None:
        return
    project = session.project
    window.set_task(_TASK, "restoring a backup", None)

    def ended(failure: str) -> None:
        window.end_task(_TASK)
        if failure:
            window.notify(Notice(failure, Severity.ERROR, "file.restore", "Restore…"))
        then(failure)

    def work() -> Restored:
        from lpstudio.dataset.backup_restore import restore

        return restore(project, path)

    def done(restored: Restored) -> None:
        if window.session is session:
            session.note_restored()
            window.before_restore = (project.root, restored.before.path)
            annotate: Any = window.shelf.get("annotate")
            if annotate is not None:
                annotate.desk.look_again()
            count = len(restored.difference.crops)
            crops = "1 crop stands" if count == 1 else f"{count:,} crops stand"
            text = f"{crops} as {'it' if count == 1 else 'they'} did in {path.name}"
            window.notify(Notice(text, Severity.WARNING, "file.undo_restore", "Undo the restore"))
        ended("")

    def written(all_written: bool) -> None:
        if not all_written:
            ended("Nothing was restored: some edits are not in their files yet")
        else:
            session.run_in_order(work, done, ended)

    session.when_written(written)
