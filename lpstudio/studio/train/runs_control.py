"""Between the runs on disk and what is seen of them: the list, the page, the status line, the commands."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from lpstudio.studio.train.following import FollowedRun, RunsWatch
from lpstudio.studio.train.run_actions import RunActions
from lpstudio.studio.train.run_list import measures_text
from lpstudio.studio.train.sources import RunWeights
from lpstudio.studio.train.view import NEW_RUN, RUNS, TrainView
from lpstudio.studio.train.wording import duration
from lpstudio.studio.workspace import Notice, Severity, Studio
from lpstudio.training.history import RunHistory
from lpstudio.training.runs import RunStatus


class RunsControl(QObject):
    """Follows the runs of the open project, with or without widgets to show them in."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._view: TrainView | None = None
        self._tasks: set[str] = set()
        self._news = ""
        self._wanted = ""  # a run to show as soon as it is listed
        self.in_front = False
        self.export_folder = str(Path.home())
        self.watch = RunsWatch(self)
        self.actions = RunActions(self)
        self.watch.changed.connect(self._runs_changed)
        self.watch.updated.connect(self._runs_updated)
        self.watch.ended.connect(self._run_ended)
        self.actions.begun.connect(self._begun)
        self.actions.exported.connect(self._exported)
        self.actions.moved_to_trash.connect(self._thrown_away)
        self.actions.failed.connect(lambda message: studio.notify(Notice(message, Severity.ERROR)))
        self.actions.changed.connect(self._told)

    def attach(self, view: TrainView) -> None:
        """The widgets are there."""
        self._view = view
        view.run_list.chosen.connect(lambda _name: self.show_chosen())
        view.run_list.runs_model.compared_changed.connect(self.show_chosen)
        self._runs_changed()

    def set_root(self, root: Path | None) -> None:
        """Follow the runs of another project, or of none."""
        for name in self._tasks:
            self._studio.end_task(name)
        self._tasks = set()
        self._news = self._wanted = ""
        self.watch.set_root(root)

    def stop(self) -> None:
        """Wait until nothing is under way."""
        self.watch.stop()
        self.actions.stop()

    # -- showing ---------------------------------------------------------------------------------------------------

    def _runs_changed(self) -> None:
        self._show_tasks()
        view = self._view
        if view is not None:
            runs, before = self.watch.runs, view.run_list.current_name
            view.run_list.runs_model.set_runs(runs)
            if before and not view.run_list.current_name:
                view.run_list.choose(before)
            view.side.setTabText(RUNS, f"Runs ({len(runs)})" if runs else "Runs")
            view.form.offer_runs([RunWeights(run.name, run.best) for run in runs if run.best is not None])
            live = self.watch.live
            if self._wanted and view.run_list.choose(self._wanted):
                self._wanted = ""
                view.side.setCurrentIndex(RUNS)
            elif not view.run_list.current_name and runs:
                view.run_list.choose(live[0].name if live else runs[0].name)
                view.side.setCurrentIndex(RUNS if live else NEW_RUN)
            self.show_chosen()
        self._studio.commands.refresh()

    def _runs_updated(self, names: set[str]) -> None:
        self._show_tasks()
        view = self._view
        if view is None:
            return
        view.run_list.runs_model.set_runs(self.watch.runs)
        if names & {view.run_list.current_name, *view.run_list.runs_model.compared}:
            self.show_chosen()

    def show_chosen(self) -> None:
        """Bring the run page up to date with the chosen run."""
        view = self._view
        if view is None or not view.shows_runs:
            return
        followed = self.shown
        if followed is None:
            view.main.setCurrentWidget(view.no_runs)
            return
        view.main.setCurrentWidget(view.page)
        names = [name for name in view.run_list.runs_model.compared if name != followed.name]
        compared: list[tuple[str, RunHistory]] = [
            (name, run.history) for name in names if (run := self.watch.get(name)) is not None
        ]
        view.page.show_run(followed, compared, self.actions.asked(followed))
        self._studio.commands.refresh()

    def _show_tasks(self) -> None:
        """Tell the status line of every training at work."""
        live = self.watch.live
        names = set()
        for followed in live:
            name = f"train:{followed.name}"
            names.add(name)
            progress = followed.history.progress
            if followed.status == RunStatus.RUNNING and progress.epochs:
                detail = f"{progress.epoch}/{progress.epochs} · {duration(progress.left_s)} left"
            else:
                detail = f"({followed.status})"
            text = f"training {followed.name} {detail}"
            self._studio.set_task(name, text, progress.fraction, "train.stop" if len(live) == 1 else "")
        for name in self._tasks - names:
            self._studio.end_task(name)
        self._tasks = names

    # -- which run is meant ----------------------------------------------------------------------------------------

    @property
    def shown(self) -> FollowedRun | None:
        """The run that is chosen in the list."""
        return self.watch.get(self._view.run_list.current_name) if self._view is not None else None

    @property
    def target(self) -> FollowedRun | None:
        """The run that pause, resume and stop mean: the chosen one in Train, elsewhere the only one at work."""
        if self.in_front and self._view is not None and self._view.shows_runs:
            return self.shown
        live = self.watch.live
        return live[0] if len(live) == 1 else None

    def can_pause(self) -> bool:
        target = self.target
        return target is not None and target.status == RunStatus.RUNNING and not self.actions.asked(target)

    def can_resume(self) -> bool:
        target = self.target
        return target is not None and (target.can_resume or target.status == RunStatus.PAUSED)

    def can_stop(self) -> bool:
        target = self.target
        return target is not None and target.is_live

    def has_shown(self) -> bool:
        return self.shown is not None

    def has_settings(self) -> bool:
        return self.shown is not None and self.shown.settings is not None

    def has_best(self) -> bool:
        return self.shown is not None and self.shown.best is not None

    def can_throw_away(self) -> bool:
        return self.shown is not None and not self.shown.is_live

    def has_news(self) -> bool:
        return bool(self._news)

    # -- commands --------------------------------------------------------------------------------------------------

    def _tell(self, command: str) -> None:
        target = self.target
        if target is not None:
            self.actions.tell(target, command)

    def pause(self) -> None:
        self._tell("pause")

    def stop_now(self) -> None:
        self._tell("stop")

    def stop_after_epoch(self) -> None:
        self._tell("stop_after_epoch")

    def resume(self) -> None:
        target = self.target
        if target is not None:
            self.actions.resume(target)

    def review(self) -> None:
        if self.shown is not None and self.shown.best is not None:
            self._studio.review_weights(self.shown.best)

    def open_folder(self) -> None:
        if self.shown is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.shown.run.dir)))

    def throw_away(self) -> None:
        if self.shown is not None:
            self.actions.throw_away(self.shown)

    def export(self) -> None:
        """Ask for a folder and copy the best weights there."""
        followed = self.shown
        if followed is None:
            return
        dialog = QFileDialog(self._view, f"Export the best weights of {followed.name} to…", self.export_folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Export")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self._export_to(followed, Path(folder)))
        dialog.open()

    def _export_to(self, followed: FollowedRun, folder: Path) -> None:
        self.export_folder = str(folder)
        self.actions.export(followed, folder)

    def show_news(self) -> None:
        """Show the run whose end was told last."""
        self._studio.show_workspace("train")
        if self._view is not None and self._view.run_list.choose(self._news):
            self._view.side.setCurrentIndex(RUNS)

    # -- what came of it -------------------------------------------------------------------------------------------

    def _begun(self, name: str) -> None:
        self._wanted = name
        self.watch.look_now()

    def _told(self) -> None:
        self.watch.look_now()
        self.show_chosen()
        self._studio.commands.refresh()

    def _exported(self, _name: str, path: Path) -> None:
        self._studio.notify(Notice(f"Exported to {path}", Severity.INFO))

    def _thrown_away(self, name: str) -> None:
        self._studio.notify(Notice(f"{name} is in the trash", Severity.INFO))
        self.watch.look_now()

    def _run_ended(self, name: str) -> None:
        followed = self.watch.get(name)
        if followed is None:
            return
        self._news = name
        self._studio.commands.refresh()
        in_sight = self.in_front and self._view is not None and self._view.shows_runs
        if in_sight and self.shown is not None and self.shown.name == name:
            return  # the page says it
        measured = measures_text(followed)
        texts = {
            RunStatus.FINISHED: f"{name} is finished{f': best {measured}' if measured else ''}",
            RunStatus.STOPPED: f"{name} is stopped; it can be resumed",
            RunStatus.FAILED: f"{name} failed: {followed.history.failure}",
            RunStatus.DIED: f"The process of {name} is gone without a word; it can be resumed",
        }
        bad = followed.status in (RunStatus.FAILED, RunStatus.DIED)
        severity = Severity.ERROR if bad else Severity.INFO
        self._studio.notify(Notice(texts[followed.status], severity, "train.show_news", "Show"))
