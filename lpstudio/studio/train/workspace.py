"""Train: the settings of a new run and what it will train on; the runs of the project and their curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lpstudio.errors import LpStudioError
from lpstudio.studio.evaluation.control import conditions
from lpstudio.studio.icons import icon
from lpstudio.studio.slices import run_out
from lpstudio.studio.train.devices import CPU, Device, DeviceProbe
from lpstudio.studio.train.preflight import PreflightReader
from lpstudio.studio.train.preflight_data import Preflight
from lpstudio.studio.train.runs_control import RunsControl
from lpstudio.studio.train.train_commands import COMMANDS
from lpstudio.studio.train.view import NEW_RUN, TrainView
from lpstudio.studio.workspace import Notice, Severity, Studio, Workspace
from lpstudio.training.settings import LossSettings, TrainSettings

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.studio.session import ProjectSession

KEEP_MS = 800  # after the last edit the form is written to the project's settings


def changed_values(settings: TrainSettings) -> dict[str, Any]:
    """What differs from the defaults, as it is kept in a project's settings."""

    def differing(part: TrainSettings | LossSettings) -> dict[str, Any]:
        plain = [item for item in fields(part) if item.name != "loss"]
        return {item.name: value for item in plain if (value := getattr(part, item.name)) != item.default}

    loss = differing(settings.loss)
    return {**differing(settings), **({"loss": loss} if loss else {})}


class TrainWorkspace(Workspace):
    """The workspace. Its widgets are made at the first :meth:`enter`; runs are followed from the start."""

    id = "train"
    title = "Train"
    icon = "chart-spline"

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self._session: ProjectSession | None = None
        self._writing = False  # what is unsaved, before a training
        self._view: TrainView | None = None
        self._making: TrainView | None = None
        self._preflight_asked: tuple[object, bool] | None = None
        self._saved_state: dict[str, Any] = {}
        self.runs = RunsControl(studio, self)
        self.runs.actions.changed.connect(self._show_start_note)
        self.runs.actions.begun.connect(self._show_start_note)
        self.probe = DeviceProbe(self)
        self.probe.found.connect(self._devices_found)
        self.probe.failed.connect(lambda _message: self._devices_found([CPU]))
        self.reader = PreflightReader(self)
        self.reader.ready.connect(self._preflight_ready)
        self.reader.failed.connect(self._preflight_failed)
        self._keep_timer = QTimer(self)
        self._keep_timer.setSingleShot(True)
        self._keep_timer.timeout.connect(self._keep_settings)

    def register_commands(self) -> None:
        runs, queue = self.runs, self.runs.queue
        evaluations = conditions(runs.evaluations, lambda: runs.shown)
        wiring: dict[str, tuple[Callable[..., object], Callable[[], bool]]] = {
            "train.start": (self.start, self._can_start),
            "train.pause": (runs.pause, runs.can_pause),
            "train.resume": (runs.resume, runs.can_resume),
            "train.stop_after_epoch": (runs.stop_after_epoch, runs.can_pause),
            "train.stop": (runs.stop_now, runs.can_stop),
            "train.export": (runs.export, runs.has_best),
            "train.review": (runs.review, runs.has_best),
            "train.reuse": (self.reuse, runs.has_settings),
            "train.folder": (runs.open_folder, runs.has_shown),
            "train.delete": (runs.throw_away, runs.can_throw_away),
            "train.show_news": (runs.show_news, runs.has_news),
            "train.evaluate": (runs.evaluate, evaluations["evaluate"]),
            "train.stop_evaluation": (runs.evaluations.job.cancel, evaluations["stop_evaluation"]),
            "train.report": (runs.show_report, evaluations["report"]),
            "train.open_report": (runs.open_report, evaluations["open_report"]),
            "train.propose": (runs.propose, evaluations["propose"]),
            "train.evaluate_compared": (runs.evaluate_compared, runs.can_evaluate_compared),
            "train.evaluate_after": (self._set_evaluate_after, lambda: True),
            "train.queue_variants": (self.queue_variants, self._can_start),
            "train.enqueue": (
                lambda: queue.enqueue(runs.shown) if runs.shown is not None else None,
                lambda: queue.can_enqueue(runs.shown),
            ),
            "train.queue_up": (lambda: queue.move(-1), lambda: queue.can_move(-1)),
            "train.queue_down": (lambda: queue.move(1), lambda: queue.can_move(1)),
            "train.queue_remove": (queue.remove, queue.can_remove),
            "train.queue_undo": (queue.undo, queue.can_undo),
            "train.queue_hold": (queue.hold, queue.can_hold),
            "train.queue_go": (queue.go, queue.can_go),
            "train.reset_settings": (
                lambda: self.view.form.reset_all(),
                lambda: self._view is not None and bool(self._view.form.changed_names),
            ),
            "train.undo": (
                lambda: self.view.form.undo(),
                lambda: self._view is not None and self._view.form.can_undo,
            ),
            "train.redo": (
                lambda: self.view.form.redo(),
                lambda: self._view is not None and self._view.form.can_redo,
            ),
        }
        for command, short in COMMANDS:
            run, available = wiring[command.id]
            action = self.studio.commands.register(command, run, available=available)
            action.setIcon(icon(command.icon))
            if short:
                action.setIconText(short)
        self.studio.commands.action("train.evaluate_after").setChecked(runs.evaluations.after_finish)

    def _set_evaluate_after(self, on: bool) -> None:
        self.runs.evaluations.after_finish = on

    @property
    def view(self) -> TrainView:
        """The widgets, made now if they were not yet."""
        if self._view is None:
            run_out(self._making_steps())
        assert self._view is not None
        return self._view

    def furnish(self) -> Iterator[None]:
        yield from self._making_steps()

    def _making_steps(self) -> Iterator[None]:
        """The steps that are left until the widgets stand; whoever runs them, each is run once."""
        if self._view is not None:
            return
        making = self._making
        if making is None:
            making = self._making = TrainView(self.studio.commands, self, whole=False)
            making.hide()
        while next(making.steps, self) is not self:
            yield
        if self._view is None:
            self._view = view = making
            view.form.changed.connect(self._form_changed)
            view.side.currentChanged.connect(self._side_changed)
            self.reader.progress.connect(view.preflight.show_progress)
            view.form.set_devices([CPU], known=False)
            layout = QVBoxLayout(self)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(view)
            view.show()
            self._apply_saved_state(view)
            if self._session is not None:
                self._load_settings(view, self._session)
            self.runs.attach(view)

    # -- the window's calls ----------------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        self._keep_timer.stop()
        self._preflight_asked = None
        self.reader.cancel()
        self._session = session
        if self._view is not None:
            self._view.preflight.clear()
            self._view.side.setCurrentIndex(NEW_RUN)
        self.runs.evaluations.set_session(session)
        self.runs.set_root(session.project.root if session is not None else None)
        if session is None:
            return
        session.index_changed.connect(self._crops_changed)
        session.crop_saved.connect(self._crops_changed)
        session.state_changed.connect(self._crops_changed)
        session.similarity_changed.connect(self._similarity_changed)
        if self._view is not None:
            self._load_settings(self._view, session)
            self._ask_preflight(at_once=True)

    def enter(self) -> None:
        self.runs.in_front = True
        view = self.view
        self.probe.start()
        self.runs.watch.look_now()
        self._ask_preflight(at_once=view.preflight.preflight is None)
        self._side_changed(view.side.currentIndex())
        page = view.side.currentWidget()
        if page is not None:
            page.setFocus()

    def leave(self) -> None:
        self.runs.in_front = False
        if self._view is not None:
            self._view.form.commit()
            self._keep_settings()

    def save_state(self, settings: QSettings) -> None:
        view = self._view
        if view is None:
            return
        settings.beginGroup("train")
        settings.setValue("splitter", view.saveState())
        settings.setValue("page", view.page.splitter.saveState())
        settings.setValue("groups", view.form.open_groups())
        settings.setValue("export", self.runs.export_folder)
        self.runs.evaluations.save_state(settings)
        settings.endGroup()

    def restore_state(self, settings: QSettings) -> None:
        settings.beginGroup("train")
        self._saved_state = {key: settings.value(key) for key in settings.childKeys()}
        settings.endGroup()
        self.runs.export_folder = str(self._saved_state.get("export") or self.runs.export_folder)
        self.runs.restore_report(self._saved_state.get("report"), self._saved_state.get("report_tab"))

    def _apply_saved_state(self, view: TrainView) -> None:
        saved = self._saved_state
        if saved.get("splitter") is not None:
            view.restoreState(saved["splitter"])
        if saved.get("page") is not None:
            view.page.splitter.restoreState(saved["page"])
        groups = saved.get("groups")
        if groups:
            view.form.set_open_groups([groups] if isinstance(groups, str) else list(groups))

    def shut_down(self) -> None:
        self._keep_timer.stop()
        self.runs.stop()
        self.reader.stop()
        self.probe.stop()

    # -- settings --------------------------------------------------------------------------------------------------

    def _load_settings(self, view: TrainView, session: ProjectSession) -> None:
        try:
            settings = TrainSettings.from_dict(session.project.settings.training)
        except LpStudioError as error:
            settings = TrainSettings()
            path = session.project.settings_path
            self.studio.notify(Notice(f"{path}: {error.message}; the default settings are used", Severity.WARNING))
        view.form.set_settings(settings)
        self._show_start_note()

    def _form_changed(self) -> None:
        self._keep_timer.start(KEEP_MS)
        self._ask_preflight(at_once=True)
        self._show_start_note()
        self.studio.commands.refresh()

    def _keep_settings(self) -> None:
        """Write the form's settings to the project, if they are others."""
        self._keep_timer.stop()
        session = self._session
        if session is not None and self._view is not None and not session.project.read_only:
            values = changed_values(self._view.form.settings)
            if values != session.project.settings.training:
                session.save_training_settings(values)

    def _devices_found(self, devices: list[Device]) -> None:
        self.view.form.set_devices(devices, known=True)
        self._show_start_note()
        self.studio.commands.refresh()

    def reuse(self) -> None:
        """Fill the form with the settings of the chosen run; Undo brings the former ones back."""
        settings = self.runs.shown.settings if self.runs.shown is not None else None
        if settings is not None:
            self.view.form.set_settings(settings, undoable=True)
            self.view.side.setCurrentIndex(NEW_RUN)
            self._form_changed()

    # -- before the start ------------------------------------------------------------------------------------------

    def _side_changed(self, index: int) -> None:
        if index == NEW_RUN:
            self.view.main.setCurrentWidget(self.view.preflight)
        else:
            self.runs.show_chosen()
        self.studio.commands.refresh()

    def _crops_changed(self, *_: object) -> None:
        self._preflight_asked = None
        self._ask_preflight()

    def _similarity_changed(self) -> None:
        if self._view is not None and self._session is not None:
            self._view.preflight.set_similarity(self._session.similarity)

    def _ask_preflight(self, *, at_once: bool = False) -> None:
        session = self._session
        if session is None or self._view is None or not self.runs.in_front:
            return
        wanted = (session, self._view.form.settings.verified_only)
        if self._preflight_asked != wanted:
            self._preflight_asked = wanted
            self.reader.ask(session.project, wanted[1], at_once=at_once)

    def _preflight_ready(self, preflight: Preflight) -> None:
        if self._session is not None:
            self.view.preflight.show_preflight(preflight, self._session.similarity)
            self._show_start_note()
            self.studio.commands.refresh()

    def _preflight_failed(self, message: str) -> None:
        self._preflight_asked = None
        self.view.preflight.show_failure(message)
        self._show_start_note()
        self.studio.commands.refresh()

    def _obstacle(self) -> str:
        """Why nothing can be started as it is; empty when it can."""
        session, view = self._session, self._view
        if session is None or view is None:
            return "No project is open."
        if session.project.read_only:
            return "This project's folder cannot be written, so no run can be made in it."
        faults = view.form.faults
        if faults:
            return f"Not usable yet: {', '.join(view.form.row(name).info.title for name in faults)}."
        preflight = view.preflight.preflight
        stops = [warning.text for warning in preflight.warnings if warning.stops] if preflight is not None else []
        return stops[0] if stops else ""

    def _show_start_note(self, *_: object) -> None:
        view = self._view
        if view is None:
            return
        obstacle, preflight = self._obstacle(), view.preflight.preflight
        if obstacle:
            view.show_start_note(obstacle, bad=True)
        elif self.runs.actions.is_beginning:
            view.show_start_note("Freezing the crops that take part…", bad=False)
        elif preflight is None:
            view.show_start_note(view.form.summary(), bad=False)
        else:
            crops = preflight.split("train").taking_part
            view.show_start_note(f"{crops:,} crops · {view.form.summary()}", bad=False)

    def _can_start(self) -> bool:
        view = self._view
        known = view is not None and view.preflight.preflight is not None
        return known and not self.runs.actions.is_beginning and not self._obstacle()

    def _when_ready(self, then: Callable[[Project, TrainSettings], object]) -> None:
        """Take in what is being typed, write what is unsaved (the window goes on), then ``then(project, settings)``.

        Where something is wrong, or cannot be written, that is said instead.
        """
        session, form = self._session, self.view.form
        if session is None or self._writing:
            return
        form.commit()
        if form.faults:
            form.show_setting(next(iter(form.faults)))
            return
        self._keep_settings()
        settings = form.settings

        def written(all_written: bool) -> None:
            self._writing = False
            if session is not self._session:
                return
            if all_written:
                then(session.project, settings)
            else:
                text = f"{session.pending} edits are not on disk yet; the training was not started"
                self.studio.notify(Notice(text, Severity.ERROR, "file.save", "Save now"))

        self._writing = True
        session.when_written(written)

    def start(self) -> None:
        """Save what is unsaved, then start a training with the form's settings."""
        self._when_ready(self.runs.actions.begin)

    def queue_variants(self) -> None:
        """Save what is unsaved, then ask which variants of the form's settings are to be trained."""
        self._when_ready(self.runs.queue.ask_variants)
