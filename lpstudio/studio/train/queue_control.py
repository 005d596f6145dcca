"""What a person does with the queue of trainings; undoable, written in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lpstudio.studio.train.following import FollowedRun, RunsWatch
from lpstudio.studio.train.run_actions import RunActions
from lpstudio.studio.train.variants_dialog import VariantsDialog
from lpstudio.studio.train.view import QUEUE, TrainView
from lpstudio.studio.workspace import Notice, Studio
from lpstudio.training.queue import QueueState
from lpstudio.training.settings import TrainSettings

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

UNDO_DEPTH = 100


class QueueControl(QObject):
    """Edits the order of what waits and shows it in the panel of the view."""

    def __init__(self, studio: Studio, watch: RunsWatch, actions: RunActions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._watch = watch
        self._actions = actions
        self._root: Path | None = None
        self._view: TrainView | None = None
        self._past: list[tuple[str, ...]] = []
        watch.queue_changed.connect(self._show)
        watch.updated.connect(lambda _names: self._show())
        actions.queued.connect(self._queued)

    def attach(self, view: TrainView) -> None:
        """The widgets are there."""
        self._view = view
        view.queue.chosen_changed.connect(self._studio.commands.refresh)
        self._show()

    def set_root(self, root: Path | None) -> None:
        """Another project, or none."""
        self._root = root
        self._past.clear()

    @property
    def state(self) -> QueueState:
        return self._watch.queue

    def _show(self) -> None:
        view = self._view
        if view is None:
            return
        waiting = len(self.state.waiting)
        view.side.setTabText(QUEUE, f"Queue ({waiting})" if waiting else "Queue")
        view.queue.show_queue(self.state, self._watch.queue_is_served, {run.name: run for run in self._watch.runs})
        self._studio.commands.refresh()

    # -- what can be done ------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The run that is chosen in the panel, while that is in sight."""
        view = self._view
        return view.queue.current if view is not None and view.side.currentIndex() == QUEUE else ""

    def can_move(self, by: int) -> bool:
        waiting, name = self.state.waiting, self.chosen
        return name in waiting and 0 <= waiting.index(name) + by < len(waiting)

    def can_remove(self) -> bool:
        return self.chosen in self.state.waiting

    def can_undo(self) -> bool:
        return bool(self._past)

    def can_hold(self) -> bool:
        return bool(self.state.waiting) and not self.state.held

    def can_go(self) -> bool:
        return bool(self.state.waiting) and (self.state.held or not self._watch.queue_is_served)

    def can_enqueue(self, shown: FollowedRun | None) -> bool:
        return shown is not None and shown.can_resume and not shown.place

    # -- doing it --------------------------------------------------------------------------------------------------

    def _change(self, change: Callable[[QueueState], QueueState], *, serve: bool = False) -> None:
        if self._root is not None:
            self._past.append(self.state.waiting)
            del self._past[:-UNDO_DEPTH]
            self._actions.change_queue(self._root, change, serve=serve)

    def move(self, by: int) -> None:
        """Let the chosen training begin some places later (earlier, below 0)."""
        name = self.chosen
        if self.can_move(by):
            self._change(lambda state: state.moved(name, by))

    def remove(self) -> None:
        """Let the chosen training wait no more."""
        name = self.chosen
        if name:
            self._change(lambda state: state.without(name))

    def drop(self, followed: FollowedRun) -> None:
        """A run is thrown away: it waits no more."""
        if followed.place and self._root is not None:
            self._actions.change_queue(self._root, lambda state: state.without(followed.name))

    def undo(self) -> None:
        """Take the last change back; what began meanwhile has begun."""
        if not self._past or self._root is None:
            return
        before = self._past.pop()
        startable = {run.name for run in self._watch.runs if run.can_resume}
        order = tuple(name for name in before if name in startable)

        def change(state: QueueState) -> QueueState:
            return replace(state, waiting=(*order, *(name for name in state.waiting if name not in order)))

        self._actions.change_queue(self._root, change, serve=True)

    def hold(self) -> None:
        """Begin nothing more for now."""
        if self._root is not None:
            self._actions.change_queue(self._root, lambda state: replace(state, held=True))

    def go(self) -> None:
        """Go on with what waits."""
        if self._root is not None:
            self._actions.change_queue(self._root, lambda state: replace(state, held=False, problems={}), serve=True)

    def enqueue(self, followed: FollowedRun) -> None:
        """Put a run that does not work at the end of the queue."""
        self._change(lambda state: state.with_runs([followed.name]), serve=True)

    def ask_variants(self, project: Project, settings: TrainSettings) -> VariantsDialog:
        """Open the form for variants of these settings."""
        measured = (run.history.progress.epoch_s for run in self._watch.runs)
        dialog = VariantsDialog(settings, next((one for one in measured if one), None), self._view)
        dialog.wanted.connect(lambda variants: self._actions.queue(project, variants))
        dialog.open()
        return dialog

    def _queued(self, names: list[str]) -> None:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self._studio.notify(Notice(f"Queued {names[0]}{more}"))
        if self._view is not None:
            self._view.side.setCurrentIndex(QUEUE)
        self._watch.look_now()
