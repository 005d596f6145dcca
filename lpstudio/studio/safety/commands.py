"""The window's commands for what keeps work safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpstudio.dataset.read_only import READ_ONLY_ASKED
from lpstudio.studio.commands import Command
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.dataset.journal_records import Recalled
    from lpstudio.studio.main_window import MainWindow


def register(window: MainWindow) -> None:
    """Register what works in every workspace."""
    add = window.commands.register

    def interrupted() -> bool:
        session = window.session
        return session is not None and session.project.interrupted is not None and not session.project.read_only

    def taken() -> bool:
        return window.session is not None and window.session.project.read_only_because == READ_ONLY_ASKED

    def in_conflict() -> bool:
        return window.session is not None and len(window.session.conflicts) > 0

    def may_restore() -> bool:
        return window.session is not None and not window.session.project.read_only

    def restored() -> bool:
        session, before = window.session, window.before_restore
        return may_restore() and session is not None and before is not None and before[0] == session.project.root

    add(
        Command(
            "file.recover_history",
            "Recover the undo history",
            "File",
            (),
            "history",
            "Take up the steps of the session that was interrupted, so that they can be undone",
            separator_before=True,
        ),
        lambda: recover_history(window),
        available=interrupted,
    )
    add(
        Command(
            "file.show_conflict",
            "Show a crop with &two versions",
            "File",
            (),
            "triangle-alert",
            "A crop that was edited here and changed by another program meanwhile",
        ),
        lambda: show_conflict(window),
        available=in_conflict,
    )
    add(
        Command(
            "file.take_over",
            "Take the project o&ver",
            "File",
            (),
            "pencil-line",
            "Work on the project here; the other studio then only looks",
        ),
        lambda: take_over(window),
        available=taken,
    )
    add(
        Command(
            "file.restore",
            "&Restore a backup…",
            "File",
            (),
            "rotate-ccw",
            "Bring labels, states and texts back to how they stood on another day",
        ),
        lambda: _restore(window),
        available=may_restore,
    )
    add(
        Command(
            "file.undo_restore",
            "Undo the restore",
            "File",
            (),
            "undo-2",
            "Bring back how things stood before the last restore",
        ),
        lambda: _undo_restore(window),
        available=restored,
    )


def _undo_restore(window: MainWindow) -> None:
    from lpstudio.studio.safety.restoring import restore_backup

    if window.before_restore is not None:
        restore_backup(window, window.before_restore[1])


def recover_history(window: MainWindow) -> None:
    """Put the steps of the interrupted session into Annotate's undo history."""
    session = window.session
    if session is None or session.project.interrupted is None:
        return
    project, interrupted = session.project, session.project.interrupted

    def work() -> dict[str, Recalled]:
        histories = project.journal.history(interrupted.generation)
        project.journal.adopt(interrupted.generation)
        return histories

    def done(histories: dict[str, Recalled]) -> None:
        if window.session is not session:
            return
        project.interrupted = None
        histories = {key: past for key, past in histories.items() if session.index.position(key) is not None}
        if not histories:
            window.notify(Notice("Nothing of that session can be undone any more", Severity.INFO))
            return
        latest = next((key for key in interrupted.keys if key in histories), next(iter(histories)))
        window.show_workspace("annotate")
        annotate: Any = window.workspace("annotate")
        annotate.desk.recall(histories)
        window.show_crop(latest)
        annotate.editor.reread()
        steps = sum(len(past.done) for past in histories.values())
        crops = "1 crop" if len(histories) == 1 else f"{len(histories)} crops"
        window.notify(Notice(f"{steps} steps on {crops} can be undone again", Severity.INFO))

    def failed(message: str) -> None:
        window.notify(Notice(f"The undo history cannot be read: {message}", Severity.WARNING))

    session.run_in_order(work, done, failed)


def show_conflict(window: MainWindow) -> None:
    """Go to a crop that has two versions."""
    if window.session is not None and len(window.session.conflicts):
        window.show_crop(window.session.conflicts.keys()[0])


def take_over(window: MainWindow) -> None:
    """Ask the other studio for the project, and open it anew when it let go."""
    if window.session is not None:
        window.door.open(window.session.project.yaml_path, take_over=True)


def _restore(window: MainWindow) -> None:
    from lpstudio.studio.safety.restore_dialog import RestoreDialog

    RestoreDialog.show_for(window)
