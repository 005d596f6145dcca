"""A sweep: trainings that look for good settings of the loss, proposed by Optuna; a study that machines can share.

``runs/sweep-N/``: ``sweep.json`` (what stays the same), ``journal.log`` (Optuna's journal, an append-only file; every
machine that sees the folder can take part). Each trial is a run of its own, ``runs/sweep-N-trial-K-1``. What a trial is
worth is measured on the selection part of train: val takes no part in choosing.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError, UsageError
from lpstudio.training.runs import Run, create_run, new_folder
from lpstudio.training.settings import LossSettings, TrainSettings

if TYPE_CHECKING:
    import optuna

    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet

_RECORD = "sweep.json"
_JOURNAL = "journal.log"
_STUDY = "sweep"
TRIALS = 30
GOALS = {"characters": "char_top1", "masks": "mask_map"}


@dataclass(frozen=True)
class Axis:
    """One setting that is swept: from ``low`` to ``high``, whole numbers or not, evenly or by orders of magnitude."""

    name: str
    title: str
    low: float
    high: float
    whole: bool = False
    log: bool = False


SPACE = (
    Axis("k", "top k", 1, 5, whole=True),
    Axis("temperature", "temperature", 0.5, 4.0, log=True),
    Axis("base_weight", "cross-entropy weight", 0.1, 2.0, log=True),
    Axis("topk_weight", "top-k weight", 0.03, 2.0, log=True),
    Axis("gain", "gain", 0.05, 2.0, log=True),
    Axis("base_similarity", "base similarity", 0.1, 0.9),
    Axis("lr0", "learning rate", 0.001, 0.05, log=True),
)


@dataclass(frozen=True)
class Trial:
    """One training of a sweep. ``state``: complete, fail, running or waiting; ``value``: what it is worth, if known."""

    number: int
    state: str
    value: float | None
    values: Mapping[str, float]
    run: str
    host: str


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder, and what all its trials have in common.

    ``goal``: one of ``GOALS``; ``wanted``: how many trials there are to be in all.
    """

    dir: Path
    settings: TrainSettings
    goal: str
    hashes: Mapping[str, str]
    wanted: int

    @property
    def name(self) -> str:
        return self.dir.name

    @cached_property
    def study(self) -> optuna.Study:
        """Optuna's study; what other machines told is there whenever it is asked."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(self.dir / _JOURNAL)))
        # another machine's first draws must not be the same: how many trials there are differs
        begun = len(_trials(storage))
        sampler = optuna.samplers.TPESampler(seed=self.settings.seed + begun, constant_liar=True, multivariate=True)
        return optuna.create_study(
            storage=storage, sampler=sampler, study_name=_STUDY, direction="maximize", load_if_exists=True
        )

    def with_trials(self, wanted: int) -> Sweep:
        """The same sweep with another number of trials, which is kept."""
        path = self.dir / _RECORD
        record = {**json.loads(path.read_bytes()), "trials": wanted}
        write_bytes_atomic(path, json.dumps(record, indent=1).encode())
        return open_sweep(self.dir)

    def trials(self) -> list[Trial]:
        """All trials so far, in the order in which they began."""
        return [
            Trial(
                one.number,
                one.state.name.lower(),
                one.value,
                dict(one.params),
                str(one.user_attrs.get("run", "")),
                str(one.user_attrs.get("host", "")),
            )
            for one in self.study.get_trials(deepcopy=False)
        ]

    def interrupted(self) -> list[Trial]:
        """Trials that began on this machine and that nobody trains now."""
        return [
            one
            for one in self.trials()
            if one.state == "running" and one.host == socket.gethostname() and not self._is_trained(one)
        ]

    def begin(self, project: Project, training_set: TrainingSet) -> Trial:
        """Let Optuna propose settings and make their run. Raises LpStudioError when labels changed since the start."""
        trial = self.study.ask()
        values: dict[str, float] = {}
        for axis in SPACE:
            if axis.whole:
                values[axis.name] = trial.suggest_int(axis.name, int(axis.low), int(axis.high))
            else:
                values[axis.name] = trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)
        loss = replace(
            self.settings.loss,
            k=int(values["k"]),
            temperature=values["temperature"],
            base_weight=values["base_weight"],
            topk_weight=values["topk_weight"],
            gain=values["gain"],
        )
        settings = replace(
            self.settings,
            name=f"{self.name}-trial-{trial.number}",
            lr0=values["lr0"],
            loss=loss,
        )
        similarity = project.settings.similarity.with_base(values["base_similarity"])
        run = create_run(project, settings, training_set, similarity)
        if run.record["label_hashes"] != self.hashes:
            self.study.tell(trial, state=_state("FAIL"))
            raise LpStudioError(
                "labels were changed since this sweep began: its trials cannot be compared", path=self.dir,
                remedy="Begin a new sweep.",
            )  # fmt: skip
        trial.set_user_attr("run", run.name)
        trial.set_user_attr("host", socket.gethostname())
        return Trial(trial.number, "running", None, values, run.name, socket.gethostname())

    def run_of(self, trial: Trial) -> Run:
        """Raises LpStudioError when it is gone."""
        return Run.open(self.dir.parent / trial.run)

    def tell(self, trial: Trial) -> float:
        """Note what a finished trial is worth, and return it."""
        value = self.worth(self.run_of(trial))
        self.study.tell(trial.number, value)
        return value

    def give_up(self, trial: Trial) -> None:
        """Note that a trial came to nothing; Optuna proposes others then."""
        self.study.tell(trial.number, state=_state("FAIL"))

    def worth(self, run: Run) -> float:
        """The goal, as the selection part measured it for the best weights of a run."""
        value, offset = 0.0, 0
        while True:
            events, end = run.events(offset, {"epoch"})
            for event in events:
                if event.get("best"):
                    value = float(event["metrics"].get(GOALS[self.goal]) or 0.0)
            if end == offset:
                return value
            offset = end

    def _is_trained(self, trial: Trial) -> bool:
        try:
            return self.run_of(trial).status().is_live
        except LpStudioError:
            return False


def new_sweep(
    project: Project,
    settings: TrainSettings,
    training_set: TrainingSet,
    goal: str = "characters",
    wanted: int = TRIALS,
) -> Sweep:
    """Begin a sweep; its first trial has the settings as they are. Raises LpStudioError, UsageError.

    It needs a selection part: where val would choose, it could not score any more.
    """
    if goal not in GOALS:
        raise UsageError(f"the goal is one of {', '.join(GOALS)}, not {goal!r}")
    if settings.loss.is_stock:
        raise UsageError("the stock loss has no settings to sweep", remedy="Give --loss similarity")
    folder = new_folder(project.root / "runs", "sweep")
    probe = create_run(project, replace(settings, name=f"{folder.name}-probe"), training_set)
    hashes, chooser, why = probe.record["label_hashes"], probe.chooser, probe.record["selection"]["why_none"]
    from lpstudio.training.runs import delete_run

    delete_run(probe)
    if chooser != "selection":
        folder.rmdir()
        raise LpStudioError(
            f"nothing can be set aside to choose with: {why}", path=project.yaml_path, remedy="Label more plates first"
        )
    record = {
        "v": 1,
        "created": round(time.time(), 3),
        "settings": settings.to_dict(),
        "goal": goal,
        "trials": wanted,
        "label_hashes": hashes,
        "space": [vars(axis) for axis in SPACE],
    }
    write_bytes_atomic(folder / _RECORD, json.dumps(record, indent=1).encode())
    sweep = open_sweep(folder)
    sweep.study.enqueue_trial(_clipped(settings.loss, settings.lr0, project.settings.similarity.base))
    return sweep


def open_sweep(folder: Path) -> Sweep:
    """A sweep that was begun, here or on another machine. Raises LpStudioError when the folder holds none."""
    try:
        record: Any = json.loads((folder / _RECORD).read_bytes())
        return Sweep(
            folder,
            TrainSettings.from_dict(record["settings"]),
            str(record["goal"]),
            dict(record["label_hashes"]),
            int(record.get("trials", TRIALS)),
        )
    except OSError as error:
        raise LpStudioError("this folder holds no sweep", path=folder, remedy="Name one in runs/.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LpStudioError("the description of this sweep is broken", path=folder / _RECORD) from error


def _clipped(loss: LossSettings, lr0: float, base: float) -> dict[str, float]:
    """The present settings, inside the space."""
    values = {**{axis.name: getattr(loss, axis.name) for axis in SPACE[:5]}, "base_similarity": base, "lr0": lr0}
    return {axis.name: min(max(values[axis.name], axis.low), axis.high) for axis in SPACE}


def _state(name: str) -> Any:
    import optuna

    return optuna.trial.TrialState[name]


def _trials(storage: Any) -> list[Any]:
    studies = storage.get_all_studies()
    return storage.get_all_trials(studies[0]._study_id, deepcopy=False) if studies else []
