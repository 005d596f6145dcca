"""What Annotate shows of safety: two versions of a crop, a project that is read only, changes of the file, recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from lpstudio.dataset.read_only import READ_ONLY_FOLDER
from lpstudio.studio.annotate.edits import TakeOver
from lpstudio.studio.commands import Command
from lpstudio.studio.safety.conflict_panel import ConflictPanel
from lpstudio.studio.session import ProjectSession

if TYPE_CHECKING:
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace

LOOK_MS = 1500  # how often the label file of the crop on the screen is looked at


class CropSafety(QObject):
    """Belongs to the Annotate workspace, which lays out ``panel`` above its canvas."""

    def __init__(self, workspace: AnnotateWorkspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._session: ProjectSession | None = None
        self._looking = False
        self.panel = ConflictPanel(workspace)
        self.panel.command_wanted.connect(lambda name: workspace.studio.commands.action(name).trigger())
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        workspace.editor.document_changed.connect(self.show)

    def register_commands(self) -> None:
        """The two choices, also by keyboard."""
        add = self._workspace.studio.commands.register
        add(
            Command(
                "annotate.keep_mine",
                "Keep &my version",
                "Annotate",
                ("Ctrl+Alt+M",),
                "pencil-line",
                "Write what was edited here over what another program wrote; undo brings that back",
                "annotate",
                separator_before=True,
            ),
            self.keep_mine,
            available=self.has_conflict,
        )
        add(
            Command(
                "annotate.take_theirs",
                "Take &their version",
                "Annotate",
                ("Ctrl+Alt+T",),
                "file",
                "Go on with what another program wrote; undo brings back what was edited here",
                "annotate",
            ),
            self.take_theirs,
            available=self.has_conflict,
        )

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project."""
        if self._session is not None:
            self._session.conflicts.changed.disconnect(self._conflict_changed)
            self._session.read_only_changed.disconnect(self._read_only_changed)
        self._session = session
        self._looking = False
        if session is not None:
            session.conflicts.changed.connect(self._conflict_changed)
            session.read_only_changed.connect(self._read_only_changed)
        self.show()

    def blocked(self) -> str:
        """Why nothing on crops may be changed; empty when it may."""
        session = self._session
        if session is None or not session.project.read_only:
            return ""
        if session.project.read_only_because == READ_ONLY_FOLDER:
            return "This folder cannot be written: you can look, but nothing is saved"
        return "Another studio works on this project: you can look here, or take it over"

    def _read_only_changed(self) -> None:
        self._workspace.canvas.abort()
        self._workspace.editor.block(self.blocked())
        self._workspace.studio.commands.refresh()

    # -- two versions --------------------------------------------------------------------------------------------------

    def has_conflict(self) -> bool:
        """Whether the crop on the screen has two versions."""
        document = self._workspace.editor.document
        return (
            self._session is not None
            and document is not None
            and self._workspace.editor.editable
            and self._session.conflicts.get(document.key) is not None
        )

    def _conflict_changed(self, key: str) -> None:
        if key == self._workspace.desk.current:
            self.show()

    def show(self) -> None:
        """Show both versions of the crop on the screen, where there are two."""
        session, workspace = self._session, self._workspace
        document = workspace.editor.document
        conflict = session.conflicts.get(document.key) if session is not None and document is not None else None
        if session is None or document is None or conflict is None or workspace.views.picture is None:
            self.panel.hide()
        else:
            self.panel.show_conflict(conflict, workspace.views.picture, document.size, session.similarity)
        if session is not None and document is not None:
            self._timer.start()
        else:
            self._timer.stop()
        workspace.studio.commands.refresh()

    def keep_mine(self) -> None:
        """What was edited here counts. Theirs becomes a step of the history, so that undo brings it back."""
        self._choose(mine=True)

    def take_theirs(self) -> None:
        """What the other program wrote counts; undo brings back what was edited here."""
        self._choose(mine=False)

    def _choose(self, *, mine: bool) -> None:
        session, editor = self._session, self._workspace.editor
        document = editor.document
        if session is None or document is None or not editor.editable:
            return
        self._workspace.canvas.abort()
        conflict = session.settle(document.key)
        if conflict is None:
            return
        own, text = document.content, document.content.text
        theirs = TakeOver(
            conflict.theirs.characters, conflict.theirs.unread, own.state, text, "Take the other program's version"
        )
        editor.do(theirs)
        if mine:
            editor.do(TakeOver(own.characters, own.unread, own.state, text, "Keep my version"))
        self._workspace.words.say(
            "Your version is kept; undo brings the other one back"
            if mine
            else "The other program's version is taken; undo brings yours back"
        )
        self.show()

    # -- the file itself -----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Another program may have written the label file of the crop that is looked at."""
        session, workspace = self._session, self._workspace
        key = workspace.desk.current
        if session is None or not key or self._looking or not workspace.isVisible() or session.is_unsaved(key):
            return
        self._looking = True

        def seen(changed: bool) -> None:
            self._looking = False
            if changed and key == workspace.desk.current and not workspace.canvas.busy:
                workspace.desk.look_again()

        session.look_for_change(key, seen)

    def stop(self) -> None:
        """The window closes."""
        self._timer.stop()
