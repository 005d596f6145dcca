"""Shows what happens to the open project: saved state and progress in the status line, failures as notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from lpstudio.dataset.read_only import READ_ONLY_ASKED, READ_ONLY_FOLDER
from lpstudio.dataset.types import CropState
from lpstudio.errors import one_line
from lpstudio.studio.workspace import Notice, Severity

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow
    from lpstudio.studio.session import ProjectSession


class SessionWatch(QObject):
    """Between one session and the window's bars."""

    def __init__(self, session: ProjectSession, window: MainWindow) -> None:
        super().__init__(session)
        self._session = session
        self._window = window
        self._shown = ("", "")
        self._timer = QTimer(self)  # a burst of changes is shown once
        self._timer.setSingleShot(True)
        self._timer.setInterval(30)
        self._timer.timeout.connect(self.refresh)
        session.safe_changed.connect(self._show_saved)  # at once: what is shown as saved must be
        session.pending_changed.connect(self._show_saved)
        session.conflicts.changed.connect(self._conflict_changed)
        session.read_only_changed.connect(self._show_saved)
        session.state_changed.connect(self._soon)
        session.index_changed.connect(self._soon)
        session.crop_failed.connect(self._crop_failed)
        session.settings_failed.connect(self._settings_failed)
        session.scan_failed.connect(lambda message: self._say(message, "view.rescan", "Try again"))
        session.scanned.connect(lambda: window.end_task("scan"))
        session.scan_failed.connect(lambda _message: window.end_task("scan"))
        session.add_failed.connect(lambda message: self._say(message, "file.add_images", "Add others…"))
        session.crops_added.connect(self._crops_added)
        window.set_task("scan", "listing the crops", None)
        self._say_warnings()
        self.refresh()

    def _say_warnings(self) -> None:
        project = self._session.project
        if project.warnings:
            more = f" (and {len(project.warnings) - 1} more)" if len(project.warnings) > 1 else ""
            self._window.notify(Notice(f"{project.warnings[0]}{more}", Severity.WARNING))
        if project.read_only_because == READ_ONLY_FOLDER:
            text = f"{project.root} cannot be written: you can look, but nothing will be saved"
            self._window.notify(Notice(text, Severity.WARNING))
        if project.read_only_because == READ_ONLY_ASKED:
            who = f" ({project.other_owner.shown})" if project.other_owner is not None else ""
            text = f"Another studio{who} works on this project: here you can only look, unless you take it over"
            self._window.notify(Notice(text, Severity.WARNING, "file.take_over", "Take over"))
        self._say_recovered()

    def _soon(self, *_: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _show_saved(self, *_: object) -> None:
        """Say whether what was done is safe; never "saved" before it survives the end of the program."""
        shown = self._saved()
        if shown != self._shown:
            self._shown = shown
            self._window.status.set_saved(*shown)

    def _saved(self) -> tuple[str, str]:
        session = self._session
        failures = session.failures
        if session.project.read_only:
            return "read only", f"Nothing is written: {session.project.read_only_because}"
        if failures and session.is_safe:
            key, message = next(iter(failures.items()))
            crops = "1 crop is" if len(failures) == 1 else f"{len(failures)} crops are"
            return "kept", f"{crops} in the journal, but not in the label file; {one_line(key)}: {message}"
        if failures:
            key, message = next(iter(failures.items()))
            return "failed", f"{len(failures)} not saved; {one_line(key)}: {message}"
        if session.has_failed:
            return "failed", "A file of the project could not be written"
        if not session.is_safe:
            return "saving", "The last change is on its way to the disk"
        if len(session.conflicts):
            return "conflict", f"Another program changed {one_line(session.conflicts.keys()[0])}: choose a version"
        if session.pending:
            return "saved", f"Everything is in the journal; {session.pending} on the way to their files"
        return "saved", f"Everything is on disk in {session.project.root}"

    def _say_recovered(self) -> None:
        """What came of the session before, when that did not end as it should."""
        project, written = self._session.project, len(self._session.project.replayed.written)
        late = f"; {written} of them {'was' if written == 1 else 'were'} written just now" if written else ""
        if project.interrupted is not None and not project.read_only:
            steps, crops = project.interrupted.steps, len(project.interrupted.keys)
            text = (
                f"The last session was interrupted. Every edit it showed as saved is here{late}. "
                f"Its undo history can be recovered: {steps} step{'' if steps == 1 else 's'} on "
                f"{crops} crop{'' if crops == 1 else 's'}"
            )
            self._window.notify(Notice(text, Severity.WARNING, "file.recover_history", "Recover undo"))
        elif written:
            edits = "1 edit" if written == 1 else f"{written} edits"
            self._window.notify(Notice(f"{edits} of the last session were still to be written; now they are"))

    def refresh(self) -> None:
        """Show saved state and progress as they are now."""
        session, status = self._session, self._window.status
        self._show_saved()
        if session.is_scanned:
            counts = session.counts
            total = sum(counts.values()) - counts[CropState.IGNORED]
            tip = "\n".join(f"{counts[state]:,} {state.value}" for state in CropState if counts[state])
            status.set_verified(counts[CropState.VERIFIED], total, tip or "No crops yet")

    def _say(self, text: str, command_id: str = "", title: str = "") -> None:
        self._window.notify(Notice(text, Severity.ERROR, command_id, title))

    def _crop_failed(self, key: str, message: str) -> None:
        where = "in the journal" if self._session.is_safe else "here"
        self._say(f"{message}. Your work on {one_line(key)} is kept {where}", "file.save", "Try again")

    def _conflict_changed(self, key: str) -> None:
        self._show_saved()
        annotate: Any = self._window.stack.currentWidget()
        shown = getattr(getattr(annotate, "desk", None), "current", "") == key
        if self._session.conflicts.get(key) is not None and not shown:
            text = f"{one_line(key)} was edited here, and another program changed its label file: there are two of it"
            self._window.notify(Notice(text, Severity.WARNING, "file.show_conflict", "Show both"))

    def _settings_failed(self, message: str) -> None:
        self._say(message, "file.save", "Try again")

    def say_not_saved(self, lead: str, after: str = "") -> None:
        """Say which work is not in its file and why."""
        failures = self._session.failures
        if failures:
            key, message = next(iter(failures.items()))
            more = f" and {len(failures) - 1} more crops are" if len(failures) > 1 else " is"
            self._say(f"{lead}{one_line(key)}{more} not saved: {message}.{after}", "file.save", "Try again")
        else:
            self._say(
                f"{lead}{self._session.pending} changes could not be written yet.{after}", "file.save", "Try again"
            )
        self.refresh()

    def _crops_added(self, keys: list[str]) -> None:
        self._window.end_task("add")
        noun = "crop" if len(keys) == 1 else "crops"
        self._window.notify(Notice(f"{len(keys)} {noun} added to train", Severity.INFO, "go.annotate", "Annotate"))

    def stop(self) -> None:
        """The session ends."""
        self._timer.stop()
        self._window.end_task("scan")
        self._window.end_task("add")
        self._window.status.set_saved("", "")
        self._window.status.hide_verified()
