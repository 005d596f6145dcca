"""Between runs, their evaluations on disk and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from lpstudio.studio.evaluation.job import EvaluationJob, Order
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.train.following import FollowedRun
from lpstudio.studio.workspace import Notice, Severity, Studio
from lpstudio.training.runs import RunStatus

if TYPE_CHECKING:
    from lpstudio.dataset.types import CropContent
    from lpstudio.studio.evaluation.facts import Case, Facts
    from lpstudio.studio.evaluation.page import ReportPage
    from lpstudio.studio.session import ProjectSession

AFTER_SETTING = "train/evaluate_after"
CHEAP_CROPS = 3000  # a run with at most so many val crops is evaluated when it finishes


class EvaluationControl(QObject):
    """Evaluates runs when asked (and when they finish, where that is wanted) and shows what came of it."""

    changed = Signal()  # what can be done is another thing now

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._session: ProjectSession | None = None
        self._page: ReportPage | None = None
        self._shown: FollowedRun | None = None
        self._facts: Facts | None = None
        self._asked: tuple[Path, str] | None = None  # run folder and state of its evaluation that is shown or read
        self._reading = 0
        self._relabelled: set[str] = set()
        self._put_off: list[FollowedRun] = []  # finished while others were at work
        self._jobs = Jobs(self, threads=1)
        self.job = EvaluationJob(self)
        self.job.changed.connect(self._job_changed)
        self.job.evaluated.connect(self._evaluated)
        self.job.failed.connect(self._failed)

    # -- the window's calls ----------------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        self.job.cancel()
        self._session = session
        self._shown = self._facts = self._asked = None
        self._relabelled = set()
        self._put_off.clear()
        if session is not None:
            session.crop_saved.connect(self._relabel)

    def attach(self, page: ReportPage, saved: tuple[object, object]) -> None:
        """The page is there."""
        self._page = page
        page.crop_wanted.connect(self.open_case)
        page.restore_state(*saved)
        self._show()

    @property
    def page(self) -> ReportPage | None:
        return self._page

    def save_state(self, settings: QSettings) -> None:
        if self._page is not None:
            self._page.save_state(settings)

    def stop(self) -> None:
        """The window closes."""
        self.job.stop()
        self._jobs.close()
        if self._page is not None:
            self._page.close_jobs()

    # -- evaluating ------------------------------------------------------------------------------------------------

    def can_evaluate(self, followed: FollowedRun | None) -> bool:
        return (
            self._session is not None
            and followed is not None
            and followed.best is not None
            and not self.job.is_asked(followed.name)
        )

    def evaluate(self, followed: FollowedRun) -> None:
        """Read the val crops with the best weights of a run."""
        if self._session is None or not self.can_evaluate(followed):
            return
        device = followed.settings.device.partition(",")[0] if followed.settings is not None else ""
        device = "" if device == "auto" else device
        order = Order(followed.name, followed.run.dir, self._session.project.yaml_path, device)
        self.job.add(order)

    @property
    def after_finish(self) -> bool:
        """Whether a run is evaluated when it finishes."""
        return bool(self._studio.settings.value(AFTER_SETTING, True, bool))

    @after_finish.setter
    def after_finish(self, on: bool) -> None:
        self._studio.settings.setValue(AFTER_SETTING, on)

    def run_ended(self, followed: FollowedRun, others_at_work: bool) -> None:
        """A run came to its end: evaluate it where that is wanted and cheap, as soon as it is in nobody's way."""
        crops = int((followed.run.counts.get("crops") or {}).get("val", 0))
        if self.after_finish and followed.status == RunStatus.FINISHED and 0 < crops <= CHEAP_CROPS:
            self._put_off.append(followed)
        if not others_at_work:
            for run in self._put_off:
                self.evaluate(run)
            self._put_off.clear()

    def _job_changed(self) -> None:
        job = self.job
        if job.current is not None:
            self._studio.set_task("evaluate", job.text, job.fraction, "train.stop_evaluation")
        else:
            self._studio.end_task("evaluate")
        self._show()
        self.changed.emit()

    def _evaluated(self, name: str) -> None:
        self._asked = None
        self._relabelled = set()
        self._show()
        in_sight = self._page is not None and self._page.isVisible() and self._shown is not None
        if not (in_sight and self._shown is not None and self._shown.name == name):
            self._studio.notify(Notice(f"{name} is evaluated", Severity.INFO, "train.report", "Show the report"))
        self.changed.emit()

    def _failed(self, name: str, message: str) -> None:
        self._studio.notify(Notice(f"{name} could not be evaluated: {message}", Severity.ERROR))
        self._show()

    # -- showing ---------------------------------------------------------------------------------------------------

    def show_run(self, followed: FollowedRun) -> None:
        """Show the evaluation of a run, as far as there is one; cheap when nothing has changed."""
        self._shown = followed
        self._show()

    def _show(self) -> None:
        page, shown = self._page, self._shown
        if page is None or shown is None:
            return
        job = self.job
        if job.is_asked(shown.name):
            at_work = job.current is not None and job.current.name == shown.name
            page.say(
                job.text[:1].upper() + job.text[1:] if at_work else "Waits for another evaluation",
                working=True,
                fraction=job.fraction if at_work else None,
            )
            return
        wanted = (shown.run.dir, shown.evaluation)
        if self._asked != wanted:
            self._asked, self._facts = wanted, None
            self._read(shown)
        if self._facts is not None:
            page.show_facts(self._facts)
            self._show_stale()
        elif self._reading:
            page.say("Reading the evaluation…")
        elif shown.best is None:
            page.say("No epoch is done yet: there are no weights to evaluate.")
        else:
            page.say(
                "Not evaluated yet. Evaluate reads the val crops with the best weights of this run: figures with their "
                "intervals, what is taken for what, and the crops that went wrong.",
                can_begin=True,
            )

    def _read(self, shown: FollowedRun) -> None:
        if not shown.evaluation:
            return
        from lpstudio.evaluation.stored import folder_of
        from lpstudio.studio.evaluation.facts import read_facts

        folder, weights = folder_of(shown.run.dir), shown.best
        asked = self._asked

        def done(facts: Facts | None) -> None:
            self._reading = 0
            if self._asked == asked:
                self._facts = facts
                self._show()
                self.changed.emit()

        def failed(error: BaseException) -> None:
            done(None)
            self._studio.notify(Notice(f"The evaluation of {shown.name} cannot be read: {error}", Severity.ERROR))

        self._jobs.forget(self._reading)
        self._reading = self._jobs.run(lambda: read_facts(folder, weights), done, failed)

    def _relabel(self, key: str) -> None:
        self._relabelled.add(key)
        self._show_stale()

    def _show_stale(self) -> None:
        page, facts = self._page, self._facts
        if page is None or facts is None or page.facts is not facts:
            return
        changed = self._relabelled & facts.keys
        labels = f"Labels of {len(changed)} of these crops were changed since." if changed else ""
        page.say_stale(" ".join(text for text in (facts.stale, labels) if text))

    @property
    def facts(self) -> Facts | None:
        """What is known of the chosen run's evaluation, once it was read."""
        return self._facts

    # -- going elsewhere -------------------------------------------------------------------------------------------

    def open_case(self, case: Case) -> None:
        """Go to a crop in Annotate, at the character that the case is about."""
        from lpstudio.plates.order import box_of
        from lpstudio.studio.evaluation.facts import nearest_character

        session, studio = self._session, self._studio
        if session is None:
            return

        def then(content: CropContent, _fault: str) -> None:
            boxes = [box_of(one.polygon) for one in content.characters]
            studio.show_crop(case.crop.key, nearest_character(case, boxes))

        session.request_content(case.crop.key, then)

    def open_report(self, followed: FollowedRun) -> None:
        """Open the page that can be sent, in the browser."""
        from lpstudio.evaluation.stored import folder_of

        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder_of(followed.run.dir) / "report.html")))


def conditions(control: EvaluationControl, shown: Callable[[], FollowedRun | None]) -> dict[str, Callable[[], bool]]:
    """When the commands about evaluations can be used."""

    def has_evaluation() -> bool:
        followed = shown()
        return followed is not None and bool(followed.evaluation)

    return {
        "evaluate": lambda: control.can_evaluate(shown()),
        "stop_evaluation": lambda: control.job.current is not None,
        "report": lambda: shown() is not None,
        "open_report": has_evaluation,
        "propose": has_evaluation,
    }
