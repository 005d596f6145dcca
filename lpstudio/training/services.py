"""TensorBoard, MLflow and Weights & Biases, through Ultralytics' own switches; all of them off unless switched on.

Ultralytics attaches its services by the name of the trainer's class, some of them because a package happens to be
installed. Here a service takes part only when a person asked for it:

- TensorBoard: ``yolo settings tensorboard=True``
- Weights & Biases: ``yolo settings wandb=True``
- MLflow: the environment names where it is to log (``MLFLOW_TRACKING_URI``), and ``yolo settings mlflow`` is not False

A service that fails is left behind: no training ends because somebody else's server does not answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ultralytics.utils import LOGGER, SETTINGS

from lpstudio.training.mlflow_run import going_on

# reports of use and of crashes to the makers of the service, which nobody asked for; what a person set stays
_OWN_REPORTS = {"MLFLOW_DISABLE_TELEMETRY": "true", "WANDB_ERROR_REPORTING": "false"}


class Service:
    """One service that was asked for; ``name`` as in Ultralytics' settings."""

    def __init__(self, name: str) -> None:
        title, module, self._is_working = _KNOWN[name]
        self.name = name
        self.title = title
        self._callbacks = import_module(f"ultralytics.utils.callbacks.{module}")
        self._failed = False

    def attach(self, add: Callable[[str, Callable[[Any], None]], None]) -> None:
        """Have it called; ``add(event, callback)``."""
        callbacks = self._callbacks.callbacks
        if self.name == "mlflow" and callbacks:
            callbacks = going_on(self._callbacks)
        for event, callback in callbacks.items():
            add(event, self._guarded(callback))

    def said(self, trainer: Any) -> str:
        """What to say of it once a training began; nothing when it has failed, which was said then."""
        if not self._callbacks.callbacks:
            return f"{self.title} is switched on in Ultralytics' settings, but cannot be used here: is it installed?"
        if self._failed or not self._is_working(self._callbacks, trainer):
            return ""
        return f"{self.title} follows this run, as Ultralytics' settings ask for."

    def _guarded(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """The same, and all that it adds to the trainer's callbacks, as calls that end no training."""

        def call(trainer: Any) -> None:
            if self._failed:
                return
            before = {event: len(calls) for event, calls in trainer.callbacks.items()}
            try:
                with _arguments_for_services(trainer):
                    callback(trainer)
            except Exception as error:  # whatever it is: it is the service's, not the training's
                self._failed = True
                reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
                LOGGER.warning(f"{self.title} no longer follows this run, which goes on: {reason}")
            finally:
                for event, calls in trainer.callbacks.items():
                    known = before.get(event, 0)
                    calls[known:] = [self._guarded(added) for added in calls[known:]]

        return call


# name in the settings: title, Ultralytics' module, whether it took a training on
_KNOWN: dict[str, tuple[str, str, Callable[[Any, Any], bool]]] = {
    "tensorboard": ("TensorBoard", "tensorboard", lambda module, trainer: module.WRITER is not None),
    "mlflow": ("MLflow", "mlflow", lambda module, trainer: getattr(trainer, "_mlflow_active", False)),
    "wandb": ("Weights & Biases", "wb", lambda module, trainer: module.wb.run is not None),
}


def switched_on() -> list[str]:
    """The services a person asked for: any of ``tensorboard``, ``mlflow``, ``wandb``."""
    asked = {name: SETTINGS.get(name) is True for name in _KNOWN}
    asked["mlflow"] = asked["mlflow"] and bool(os.environ.get("MLFLOW_TRACKING_URI"))
    return [name for name, wanted in asked.items() if wanted]


def wanted_services(runs: Path) -> list[Service]:
    """The services that are switched on, for a run in the folder ``runs``.

    MLflow puts what it copies beside where the process stands: it must not be within one run what all of them share.
    """
    names = switched_on()
    for variable, value in _OWN_REPORTS.items() if names else ():
        os.environ.setdefault(variable, value)
    if "mlflow" in names:
        os.chdir(runs)
    return [Service(name) for name in names]


@contextmanager
def _arguments_for_services(trainer: Any) -> Iterator[None]:
    """While they look: the project by its name instead of its place, and whether the run is resumed."""
    args = trainer.args
    kept = args.project, args.resume
    args.project = trainer.run.dir.parent.parent.name or kept[0]
    args.resume = kept[1] or trainer.state is not None
    try:
        yield
    finally:
        args.project, args.resume = kept
