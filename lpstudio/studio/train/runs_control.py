"""Between the runs on disk and what is seen of them: the list, the page, the status line, the commands."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from lpstudio.studio.evaluation.control import EvaluationControl
from lpstudio.studio.train.comparison import Column
from lpstudio.studio.train.following import FollowedRun, RunsWatch
from lpstudio.studio.train.queue_control import QueueControl
from lpstudio.studio.train.run_actions import RunActions
from lpstudio.studio.train.run_list import measures_text
from lpstudio.studio.train.run_page import REPORT
from lpstudio.studio.train.sources import RunWeights
from lpstudio.studio.train.view import NEW_RUN, QUEUE, RUNS, TrainView
from lpstudio.studio.train.wording import duration
from lpstudio.studio.workspace import Notice, Severity, Studio
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
        self.queue = QueueControl(studio, self.watch, self.actions, self)
        self.evaluations = EvaluationControl(studio, self)
        self.evaluations.changed.connect(studio.commands.refresh)
        self.evaluations.job.evaluated.connect(lambda _name: self.watch.look_now())
        self._report_state: tuple[object, object] = (None, None)
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
        view.page.report_wanted.connect(self._build_report)
        self.queue.attach(view)
        self._runs_changed()

    def _build_report(self) -> None:
        """The report is looked at: make its page, the first time, and show the chosen run on it."""
        view = self._view
        if view is None:
            return
        if self.evaluations.page is None:
            self.actions.load("lpstudio.studio.evaluation.page", self._make_report)
        if self.shown is not None:
            self.evaluations.show_run(self.shown)

    def _make_report(self) -> None:
        """Its module is there: put the page in its place."""
        from lpstudio.studio.evaluation.page import ReportPage

        if self._view is None or self.evaluations.page is not None:
            return
        action = self._studio.commands.action
        others = [action("train.open_report"), action("train.propose")]
        page = ReportPage(action("train.evaluate"), action("train.stop_evaluation"), others)
        layout = self._view.page.report_place.layout()
        assert layout is not None
        layout.addWidget(page)
        self.evaluations.attach(page, self._report_state)

    def restore_report(self, splitter: object, tab: object) -> None:
        """How the report was left the last time."""
        self._report_state = (splitter, tab)

    def set_root(self, root: Path | None) -> None:
        """Follow the runs of another project, or of none."""
        for name in self._tasks:
            self._studio.end_task(name)
        self._tasks = set()
        self._news = self._wanted = ""
        self.queue.set_root(root)
        self.watch.set_root(root)

    def stop(self) -> None:
        """Wait until nothing is under way."""
        self.evaluations.stop()
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
                if view.side.currentIndex() != QUEUE:
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
        model = view.run_list.runs_model
        names = [name for name in model.compared if name != followed.name]
        compared = [Column(run, model.colour_of(name)) for name in names if (run := self.watch.get(name)) is not None]
        view.page.show_run(followed, compared, self.actions.asked(followed))
        if view.page.views.currentIndex() == REPORT:
            self._build_report()
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

    def can_evaluate_compared(self) -> bool:
        return bool(self._compared_without_evaluation())

    def _compared_without_evaluation(self) -> list[FollowedRun]:
        if self._view is None:
            return []
        compared = {*self._view.run_list.runs_model.compared, self._view.run_list.current_name}
        runs = [run for run in self.watch.runs if run.name in compared and not run.evaluation]
        return [run for run in runs if self.evaluations.can_evaluate(run)]

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

    def evaluate(self) -> None:
        """Evaluate the chosen run and show the report."""
        if self.shown is not None:
            self.evaluations.evaluate(self.shown)
            self.show_report()

    def evaluate_compared(self) -> None:
        for followed in self._compared_without_evaluation():
            self.evaluations.evaluate(followed)

    def show_report(self) -> None:
        """Show the report of the chosen run; of the one whose end or evaluation was told last, from elsewhere."""
        if not self.in_front:
            self.show_news()
        if self._view is not None:
            if not self._view.shows_runs:
                self._view.side.setCurrentIndex(RUNS)
            self._view.page.views.setCurrentIndex(REPORT)

    def open_report(self) -> None:
        if self.shown is not None:
            self.evaluations.open_report(self.shown)

    def propose(self) -> None:
        """Show in Similarity what the confusions of the chosen run say."""
        if self.shown is not None:
            self._studio.show_proposal(self.shown.name)

    def open_folder(self) -> None:
        if self.shown is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.shown.run.dir)))

    def throw_away(self) -> None:
        if self.shown is not None:
            self.queue.drop(self.shown)
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
        self.evaluations.run_ended(followed, bool(self.watch.live) or bool(self.watch.queue.waiting))
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
